//! When a request is retried. Pure.

use std::time::Duration;

use super::{HttpError, Response};

/// How often, and after which outcomes, a request is retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Retries of a request that was not sent.
    pub unsent: u32,
    /// Retries of a request that may have been processed: the answer is incomplete or a 5xx. Zero
    /// for what must not happen twice.
    pub unsure: u32,
    /// Retries after a 429.
    pub limited: u32,
    /// Other statuses that are retried.
    pub statuses: &'static [u16],
    /// The pause before the first retry. It doubles with each retry.
    pub pause: Duration,
}

impl Retry {
    /// For requests that only read.
    pub const READ: Self = Self {
        unsent: 2,
        unsure: 2,
        limited: 1,
        statuses: &[500, 502, 503, 504],
        pause: Duration::from_secs(1),
    };

    /// The pause before the next retry, or nothing if there is to be none.
    pub(super) fn pause(
        &self,
        outcome: &Result<Response, HttpError>,
        tries: u32,
    ) -> Option<Duration> {
        let backoff = self.pause * 2_u32.saturating_pow(tries.min(16));
        let (allowed, pause) = match outcome {
            Err(HttpError::InvalidUrl | HttpError::Header { .. } | HttpError::NoTime { .. }) => {
                return None;
            }
            // The next answer would be as large or as slow.
            Err(HttpError::TooLarge { .. } | HttpError::Timeout { .. }) => return None,
            Err(error) if error.is_unsent() => (self.unsent, backoff),
            Err(_) => (self.unsure, backoff),
            Ok(answer) if answer.status == 429 => {
                (self.limited, answer.retry_after().unwrap_or(backoff))
            }
            Ok(answer) if self.statuses.contains(&answer.status) => {
                (self.unsure, answer.retry_after().unwrap_or(backoff))
            }
            Ok(_) => return None,
        };
        (tries < allowed).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ureq::http::HeaderMap;

    #[allow(clippy::unnecessary_wraps, reason = "the return type of `send`")]
    fn answer(status: u16, retry_after: Option<&str>) -> Result<Response, HttpError> {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert("retry-after", value.parse().unwrap());
        }
        Ok(Response {
            status,
            headers,
            body: Vec::new(),
        })
    }

    fn cut() -> Result<Response, HttpError> {
        Err(HttpError::Cut {
            host: "h".into(),
            reason: "r".into(),
        })
    }

    #[test]
    fn each_outcome_has_its_own_retries() {
        let seconds = Duration::from_secs;
        let policy = Retry {
            unsure: 1,
            ..Retry::READ
        };
        for (outcome, tries, pause) in [
            (answer(200, None), 0, None),
            (answer(404, None), 0, None),
            (answer(429, Some("7")), 0, Some(seconds(7))),
            (
                answer(429, Some("0.5")),
                0,
                Some(Duration::from_millis(500)),
            ),
            (answer(429, Some("Wed, 21 Oct 2026")), 0, Some(seconds(1))),
            (answer(429, Some("-1")), 0, Some(seconds(1))),
            (answer(429, None), 1, None),
            (answer(503, None), 0, Some(seconds(1))),
            (answer(503, Some("3")), 0, Some(seconds(3))),
            (answer(503, None), 1, None),
            (cut(), 0, Some(seconds(1))),
            (cut(), 1, None),
            (Err(HttpError::InvalidUrl), 0, None),
        ] {
            assert_eq!(policy.pause(&outcome, tries), pause, "{outcome:?} {tries}");
        }
        let unsent = Err(HttpError::Unsent {
            host: "h".into(),
            reason: "r".into(),
        });
        assert_eq!(policy.pause(&unsent, 0), Some(seconds(1)));
        assert_eq!(policy.pause(&unsent, 1), Some(seconds(2)));
        assert_eq!(policy.pause(&unsent, 2), None);
    }
}
