//! What is asked of the API server besides its objects: its version, its
//! clock, and what the account may do.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use http::Method;
use http::header::DATE;
use serde::{Deserialize, Serialize};

use super::Cluster;
use super::error::FetchError;
use super::failure::Failure;
use super::outcome::nothing_read;
use super::request::exchange;
use crate::model::Time;

/// Reviews that are under way together.
const AT_ONCE: usize = 16;
const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerVersion {
    /// Like `v1.34.1+k3s1`; none where the account may not know it.
    pub version: Option<String>,
    /// The server's clock, to the second.
    pub date: Option<Time>,
    /// How long the answer took, connection included.
    pub took: Duration,
}

/// One verb on one kind, as RBAC grants it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccessRule {
    /// `get`, `list`, `create` ...
    pub verb: &'static str,
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Lower-case plural, with its subresource: `pods/log`.
    pub resource: &'static str,
    /// Empty: in all of them.
    pub namespace: String,
    /// Empty: whatever its name.
    pub name: String,
}

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "gitVersion")]
    git_version: String,
}

#[derive(Serialize)]
struct Review<'a> {
    #[serde(rename = "apiVersion")]
    api_version: &'static str,
    kind: &'static str,
    spec: ReviewSpec<'a>,
}

#[derive(Serialize)]
struct ReviewSpec<'a> {
    #[serde(rename = "resourceAttributes")]
    attributes: Attributes<'a>,
}

#[derive(Serialize)]
struct Attributes<'a> {
    verb: &'a str,
    group: &'a str,
    resource: &'a str,
    subresource: &'a str,
    namespace: &'a str,
    name: &'a str,
}

#[derive(Deserialize)]
struct Reviewed {
    status: ReviewStatus,
}

#[derive(Deserialize)]
struct ReviewStatus {
    allowed: bool,
}

impl Cluster {
    /// Asks for the version, once, in at most `limit`.
    ///
    /// # Errors
    /// When no API server answers, or not to these credentials.
    pub fn version(&self, limit: Duration) -> Result<ServerVersion, FetchError> {
        let began = Instant::now();
        let answer = self.block_on(exchange(
            &self.client,
            Method::GET,
            "/version",
            Vec::new(),
            tokio::time::Instant::now() + limit,
        ));
        let (version, date) = match answer {
            Ok(answer) => {
                let found: Version = serde_json::from_slice(&answer.body)
                    .map_err(|error| self.fault(&Failure::of_json(&error), limit))?;
                let date = answer.headers.get(DATE).and_then(|d| d.to_str().ok());
                (Some(found.git_version), date.and_then(http_date))
            }
            Err(failure) if failure.code() == Some(403) => (None, None),
            Err(failure) => return Err(self.fault(&failure, limit)),
        };
        let took = began.elapsed();
        Ok(ServerVersion {
            version,
            date,
            took,
        })
    }

    /// Asks whether the account has each right, in their order and within
    /// `limit` for all. Rights are asked for, not used.
    ///
    /// An error says why the server could not say.
    #[must_use]
    pub fn may(&self, rights: &[AccessRule], limit: Duration) -> Vec<Result<bool, String>> {
        self.block_on(async {
            let end = tokio::time::Instant::now() + limit;
            let mut answers = Vec::with_capacity(rights.len());
            for some in rights.chunks(AT_ONCE) {
                answers.extend(join_all(some.iter().map(|right| self.review(right, end))).await);
            }
            answers
        })
    }

    async fn review(&self, right: &AccessRule, end: tokio::time::Instant) -> Result<bool, String> {
        let (resource, subresource) = right
            .resource
            .split_once('/')
            .unwrap_or((right.resource, ""));
        let review = Review {
            api_version: "authorization.k8s.io/v1",
            kind: "SelfSubjectAccessReview",
            spec: ReviewSpec {
                attributes: Attributes {
                    verb: right.verb,
                    group: right.group,
                    resource,
                    subresource,
                    namespace: &right.namespace,
                    name: &right.name,
                },
            },
        };
        let body = serde_json::to_vec(&review).map_err(|e| Failure::of_json(&e).text())?;
        let answer = exchange(&self.client, Method::POST, REVIEWS, body, end).await;
        let answer = answer.map_err(|failure| failure.text())?;
        let reviewed: Reviewed =
            serde_json::from_slice(&answer.body).map_err(|e| Failure::of_json(&e).text())?;
        Ok(reviewed.status.allowed)
    }

    fn fault(&self, failure: &Failure, limit: Duration) -> FetchError {
        match failure {
            Failure::Deadline => FetchError::DeadlineExceeded {
                server: self.server.clone(),
                seconds: limit.as_secs(),
            },
            failure => nothing_read(self.server.clone(), &[failure]),
        }
    }
}

/// `Mon, 23 Nov 2026 08:49:37 GMT`, as HTTP writes it.
pub(super) fn http_date(text: &str) -> Option<Time> {
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    Some(date.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::http_date;

    #[test]
    fn the_date_of_an_answer_is_read() {
        let date = http_date("Mon, 23 Nov 2026 08:49:37 GMT").unwrap();
        assert_eq!(date.to_rfc3339(), "2026-11-23T08:49:37+00:00");
        assert_eq!(http_date("yesterday"), None);
    }
}
