//! What GitHub's refusals mean, and what to do. Pure.

use chrono::DateTime;

use crate::correlate::repository::RepositoryError;
use crate::net::{HttpError, Response};

/// No answer. One that is too long is the question's fault, not GitHub's.
pub fn of_error(error: &HttpError) -> RepositoryError {
    match error {
        HttpError::TooLarge { .. } => {
            RepositoryError::Unreadable("one commit is too large to be read".to_owned())
        }
        HttpError::NoTime { .. } => {
            RepositoryError::Down("no time is left to ask GitHub".to_owned())
        }
        // Reading does no harm twice: whether it was carried out is no matter.
        HttpError::Timeout { after, .. } => {
            RepositoryError::Down(format!("GitHub did not answer within {after:?}"))
        }
        HttpError::Cut { reason, .. } => {
            RepositoryError::Down(format!("GitHub gave no whole answer: {reason}"))
        }
        error => RepositoryError::Down(error.to_string()),
    }
}

/// Lets through what is an answer.
pub fn judge(answer: Response, has_token: bool) -> Result<Response, RepositoryError> {
    let limited = is_limited(&answer);
    let trouble = match answer.status {
        200 | 304 => return Ok(answer),
        401 if has_token => RepositoryError::Down(
            "GitHub refuses the token (401): make a new one and set GITHUB_TOKEN".to_owned(),
        ),
        401 => RepositoryError::Down("GitHub wants a token (401): set GITHUB_TOKEN".to_owned()),
        403 | 429 if limited => RepositoryError::Down(limit(&answer, has_token)),
        403 => RepositoryError::Down(
            "GitHub forbids it (403): GITHUB_TOKEN needs to read the repository's contents and pull requests"
                .to_owned(),
        ),
        404 => RepositoryError::NotThere(
            "GitHub knows no such repository or branch (404), or GITHUB_TOKEN may not see it".to_owned(),
        ),
        409 => RepositoryError::NotThere("the repository is empty (409)".to_owned()),
        422 | 451 => RepositoryError::NotThere(format!("GitHub refuses to answer ({})", answer.status)),
        status => RepositoryError::Down(format!("GitHub answers with status {status}")),
    };
    Err(trouble)
}

/// Why the next request would be refused, if so.
pub fn exhausted(answer: &Response, has_token: bool) -> Option<String> {
    (answer.header("x-ratelimit-remaining") == Some("0")).then(|| limit(answer, has_token))
}

fn is_limited(answer: &Response) -> bool {
    answer.status == 429
        || answer.header("retry-after").is_some()
        || answer.header("x-ratelimit-remaining") == Some("0")
        || String::from_utf8_lossy(&answer.body)
            .to_lowercase()
            .contains("rate limit")
}

fn limit(answer: &Response, has_token: bool) -> String {
    let reset = answer
        .header("x-ratelimit-reset")
        .and_then(|text| text.parse().ok());
    let until = match (
        reset.and_then(|at| DateTime::from_timestamp(at, 0)),
        answer.retry_after(),
    ) {
        (_, Some(wait)) => format!(" for another {}", crate::model::duration::human(wait)),
        (Some(at), None) => format!(" until {}", at.format("%H:%M UTC")),
        (None, None) => String::new(),
    };
    let advice = if has_token {
        ""
    } else {
        "; GITHUB_TOKEN would allow 5000 requests an hour"
    };
    format!("GitHub's rate limit is used up{until}{advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Response {
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
    fn every_refusal_says_what_to_do() {
        for (status, headers, body, has_token, wanted) in [
            (401, vec![], "", true, "make a new one"),
            (401, vec![], "", false, "set GITHUB_TOKEN"),
            (
                403,
                vec![
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1793520000"),
                ],
                "",
                true,
                "used up until 08:00 UTC",
            ),
            (
                403,
                vec![("retry-after", "90")],
                "",
                false,
                "used up for another 1m 30s; GITHUB_TOKEN",
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
            (404, vec![], "", true, "no such repository"),
            (409, vec![], "", true, "empty"),
            (422, vec![], "", true, "refuses to answer (422)"),
            (500, vec![], "", true, "status 500"),
            (302, vec![], "", true, "status 302"),
        ] {
            let trouble = judge(answer(status, &headers, body), has_token)
                .unwrap_err()
                .to_string();
            assert!(trouble.contains(wanted), "{status}: {trouble}");
        }
        assert!(judge(answer(200, &[], "[]"), false).is_ok());
        assert!(judge(answer(304, &[], ""), false).is_ok());
    }
}
