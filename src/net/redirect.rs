//! Redirects. Pure.

use ureq::http::header::LOCATION;
use ureq::http::{Response, Uri};

/// The target of a redirect, if it is on the same server. Other servers must not receive the token.
pub fn target<T>(from: &Uri, answer: &Response<T>) -> Option<Uri> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let to = answer.headers().get(LOCATION)?.to_str().ok()?;
    let to: Uri = Some(to).filter(|to| !to.starts_with("//"))?.parse().ok()?;
    let to = match to.authority() {
        Some(_) => to,
        None => Uri::builder()
            .scheme(from.scheme_str()?)
            .authority(from.authority()?.as_str())
            .path_and_query(to.path_and_query()?.as_str())
            .build()
            .ok()?,
    };
    (origin(&to) == origin(from)).then_some(to)
}

fn origin(uri: &Uri) -> (Option<&str>, Option<String>, Option<u16>) {
    let port = match uri.scheme_str() {
        Some("https") => 443,
        _ => 80,
    };
    (
        uri.scheme_str(),
        uri.host().map(str::to_ascii_lowercase),
        uri.port_u16().or(Some(port)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_redirects_on_the_same_server_are_followed() {
        let from: Uri = "https://api.github.com/repos/a/b?x=1".parse().unwrap();
        let to = |status: u16, location: &str| {
            let answer = Response::builder().status(status);
            let answer = answer.header(LOCATION, location).body(()).unwrap();
            target(&from, &answer).map(|uri| uri.to_string())
        };
        let there = "https://api.github.com/repositories/7?x=1";
        for status in [301, 302, 303, 307, 308] {
            assert_eq!(to(status, there).as_deref(), Some(there));
            assert_eq!(to(status, "/repositories/7?x=1").as_deref(), Some(there));
        }
        assert!(to(301, "https://API.github.com:443/x").is_some());
        for elsewhere in [
            "http://api.github.com/x",
            "https://api.github.com:8443/x",
            "https://github.com/x",
            "//other.example/x",
            "ftp://api.github.com/x",
            "x",
            "",
        ] {
            assert_eq!(to(301, elsewhere), None, "{elsewhere}");
        }
        assert_eq!(to(200, there), None);
        assert_eq!(to(304, there), None);
    }
}
