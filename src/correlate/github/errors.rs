//! What failed requests to GitHub mean, and the remedy. Pure.

use chrono::DateTime;

use crate::correlate::repository::RepositoryError;
use crate::model::duration::human;
use crate::net::{HttpError, Response};

/// An error without a response. A response that is too large concerns one request only.
pub fn of_transport(error: &HttpError) -> RepositoryError {
    RepositoryError::Unavailable(match error {
        HttpError::TooLarge { .. } => {
            return RepositoryError::Unreadable("a commit is too large to read".to_owned());
        }
        HttpError::NoTime { .. } => "no time is left for GitHub in this cycle".to_owned(),
        HttpError::Timeout { after, .. } => format!("GitHub did not answer within {after:?}"),
        HttpError::Cut { reason, .. } => {
            format!("the connection to GitHub was lost before the response was complete: {reason}")
        }
        error => error.to_string(),
    })
}

/// Passes on responses with status 200 and 304; every other status is an error.
pub fn check_status(response: Response, has_token: bool) -> Result<Response, RepositoryError> {
    let unavailable = |text: &str| RepositoryError::Unavailable(text.to_owned());
    let not_found = |text: &str| RepositoryError::NotFound(text.to_owned());
    Err(match response.status {
        200 | 304 => return Ok(response),
        401 if has_token => {
            unavailable("GitHub rejects the token (401): create a new one and set GITHUB_TOKEN")
        }
        401 => unavailable("GitHub requires a token (401): set GITHUB_TOKEN"),
        403 | 429 if is_rate_limited(&response) => {
            RepositoryError::Unavailable(rate_limit(&response, has_token))
        }
        403 => unavailable(
            "GitHub denies access (403): GITHUB_TOKEN needs read access to the repository's contents and pull requests",
        ),
        404 => not_found(
            "the repository or branch does not exist on GitHub, or GITHUB_TOKEN has no access to it (404)",
        ),
        409 => not_found("the repository is empty (409)"),
        status @ (422 | 451) => {
            RepositoryError::NotFound(format!("GitHub rejects the request ({status})"))
        }
        status => RepositoryError::Unavailable(format!("GitHub answered with status {status}")),
    })
}

/// The rate limit, if this response used the last request of it.
pub fn rate_limited(response: &Response, has_token: bool) -> Option<String> {
    has_no_requests_left(response).then(|| rate_limit(response, has_token))
}

fn has_no_requests_left(response: &Response) -> bool {
    response.header("x-ratelimit-remaining") == Some("0")
}

fn is_rate_limited(response: &Response) -> bool {
    response.status == 429
        || response.header("retry-after").is_some()
        || has_no_requests_left(response)
        || String::from_utf8_lossy(&response.body)
            .to_lowercase()
            .contains("rate limit")
}

fn rate_limit(response: &Response, has_token: bool) -> String {
    let reset = response
        .header("x-ratelimit-reset")
        .and_then(|text| text.parse().ok());
    let reset = reset.and_then(|at| DateTime::from_timestamp(at, 0));
    let until = match (response.retry_after(), reset) {
        (Some(wait), _) => format!(" for another {}", human(wait)),
        (None, Some(at)) => format!(" until {}", at.format("%F %H:%M UTC")),
        (None, None) => String::new(),
    };
    let remedy = if has_token {
        ""
    } else {
        "; GITHUB_TOKEN raises it to 5000 requests per hour"
    };
    format!("GitHub's rate limit is used up{until}{remedy}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, headers: &[(&'static str, &str)], body: &str) -> Response {
        let headers = headers.iter().map(|(name, value)| {
            let name = ureq::http::HeaderName::from_static(name);
            (name, value.parse().unwrap())
        });
        Response {
            status,
            headers: headers.collect(),
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn every_error_status_has_its_remedy() {
        for (status, headers, body, has_token, expected) in [
            (401, vec![], "", true, "create a new one"),
            (401, vec![], "", false, "set GITHUB_TOKEN"),
            (
                403,
                vec![
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1793520000"),
                ],
                "",
                true,
                "used up until 2026-11-01 08:00 UTC",
            ),
            (
                403,
                vec![("retry-after", "90")],
                "",
                false,
                "used up for another 1m30s; GITHUB_TOKEN",
            ),
            (
                403,
                vec![],
                "You have exceeded a secondary rate limit",
                true,
                "rate limit",
            ),
            (
                403,
                vec![],
                "Resource not accessible",
                true,
                "contents and pull requests",
            ),
            (429, vec![], "", true, "rate limit"),
            (404, vec![], "", true, "does not exist"),
            (409, vec![], "", true, "empty"),
            (422, vec![], "", true, "rejects the request (422)"),
            (500, vec![], "", true, "status 500"),
            (302, vec![], "", true, "status 302"),
        ] {
            let error = check_status(response(status, &headers, body), has_token)
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{status}: {error}");
        }
        assert!(check_status(response(200, &[], "[]"), false).is_ok());
        assert!(check_status(response(304, &[], ""), false).is_ok());
    }
}
