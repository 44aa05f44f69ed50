//! Pings a dead man's switch outside the cluster, with the API of healthchecks.io: `/start`,
//! the plain URL, `/fail`. Failures are logged and have no other effect.

use std::time::Duration;

use super::RETRY;
use crate::model::secret::Secret;
use crate::model::text::clean;
use crate::net::{Http, Peer, Request};
use crate::redact::redact;

/// Timeouts of the pings at the start and at the end: 5 s together.
const START: Duration = Duration::from_secs(2);
const END: Duration = Duration::from_secs(3);
/// After a signal, the process has two seconds for everything.
const SHUTDOWN: Duration = Duration::from_millis(900);
/// Longest summary, in characters.
const SUMMARY: usize = 500;

/// A cycle started.
pub fn start(url: &Secret, http: &Http, summary: &str) {
    ping(url, "/start", http, summary, START);
}

/// A cycle read the cluster and delivered every message that was due.
pub fn success(url: &Secret, http: &Http, summary: &str) {
    ping(url, "", http, summary, END);
}

/// A cycle failed.
pub fn fail(url: &Secret, http: &Http, summary: &str) {
    ping(url, "/fail", http, summary, END);
}

/// A signal ended the cycle.
pub fn interrupted(url: &Secret, http: &Http, summary: &str) {
    ping(url, "/fail", http, summary, SHUTDOWN);
}

fn ping(url: &Secret, suffix: &str, http: &Http, summary: &str, time: Duration) {
    let address = with_suffix(url.expose(), suffix);
    let line: String = redact(&clean(summary)).chars().take(SUMMARY).collect();
    let request = Request {
        timeout: time,
        limit: 64 * 1024,
        ..Request::post(
            Peer::Heartbeat,
            &address,
            "text/plain; charset=utf-8",
            line.into_bytes(),
        )
    };
    let deadline = http.clock().now() + time;
    match http.send(&request, &RETRY, deadline) {
        Ok(answer) if (200..300).contains(&answer.status) => {}
        Ok(answer) => log::warn!(
            "the heartbeat was rejected with status {}; check HEARTBEAT_URL",
            answer.status
        ),
        Err(error) => log::warn!("the heartbeat was not sent: {error}"),
    }
}

/// Adds the suffix to the path, before the query.
fn with_suffix(url: &str, suffix: &str) -> String {
    let (path, query) = match url.split_once('?') {
        Some((path, query)) => (path, format!("?{query}")),
        None => (url, String::new()),
    };
    if suffix.is_empty() {
        return url.to_owned();
    }
    format!("{}{suffix}{query}", path.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::with_suffix;

    #[test]
    fn the_suffix_goes_to_the_path() {
        for (url, suffix, expected) in [
            ("https://hc/u", "/start", "https://hc/u/start"),
            ("https://hc/u/", "/fail", "https://hc/u/fail"),
            ("https://hc/u?rid=1", "/start", "https://hc/u/start?rid=1"),
            ("https://hc/u/?rid=1", "", "https://hc/u/?rid=1"),
        ] {
            assert_eq!(with_suffix(url, suffix), expected);
        }
    }
}
