//! The version of the API server, its clock, and what the account may do.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::Method;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use serde::Deserialize;

use super::error::FetchError;
use super::failure::Failure;
use super::outcome::nothing_read;
use super::request::{date, exchange};
use crate::model::Time;

/// Access reviews that are requested at the same time.
const CONCURRENCY: usize = 16;
const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// The API server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerVersion {
    /// Like `v1.34.1+k3s1`; none where the account may not read it.
    pub version: Option<String>,
    /// The server's clock, to the second.
    pub date: Option<Time>,
    /// Time until the response, connection included.
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
    /// Empty: in all namespaces.
    pub namespace: String,
    /// Empty: for all names.
    pub name: String,
}

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "gitVersion")]
    git_version: String,
}

/// Reads the version, once, in at most `limit`.
pub(super) async fn version(
    client: &kube::Client,
    server: &str,
    limit: Duration,
) -> Result<ServerVersion, FetchError> {
    let began = Instant::now();
    let end = tokio::time::Instant::now() + limit;
    let response = exchange::<Version>(client, Method::GET, "/version", Vec::new(), end).await;
    let (version, date) = match response {
        Ok((version, headers)) => (Some(version.git_version), date(&headers)),
        Err(failure) if failure.code() == Some(403) => (None, None),
        Err(Failure::Deadline) => {
            return Err(FetchError::DeadlineExceeded {
                server: server.to_owned(),
                seconds: limit.as_secs(),
            });
        }
        Err(failure) => return Err(nothing_read(server.to_owned(), &[&failure])),
    };
    Ok(ServerVersion {
        version,
        date,
        took: began.elapsed(),
    })
}

/// Asks the server whether it grants each rule, in their order and within `limit` for all.
///
/// An error says why the server did not answer.
pub(super) async fn may(
    client: &kube::Client,
    rules: &[AccessRule],
    limit: Duration,
) -> Vec<Result<bool, String>> {
    let end = tokio::time::Instant::now() + limit;
    let mut answers = Vec::with_capacity(rules.len());
    for chunk in rules.chunks(CONCURRENCY) {
        answers.extend(join_all(chunk.iter().map(|rule| review(client, rule, end))).await);
    }
    answers
}

async fn review(
    client: &kube::Client,
    rule: &AccessRule,
    end: tokio::time::Instant,
) -> Result<bool, String> {
    let (resource, subresource) = rule.resource.split_once('/').unwrap_or((rule.resource, ""));
    let attributes = ResourceAttributes {
        verb: Some(rule.verb.to_owned()),
        group: Some(rule.group.to_owned()),
        resource: Some(resource.to_owned()),
        subresource: Some(subresource.to_owned()),
        namespace: Some(rule.namespace.clone()),
        name: Some(rule.name.clone()),
        ..ResourceAttributes::default()
    };
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(attributes),
            ..SelfSubjectAccessReviewSpec::default()
        },
        ..SelfSubjectAccessReview::default()
    };
    let body = serde_json::to_vec(&review).map_err(|e| Failure::of_json(&e).text())?;
    let reviewed = exchange::<SelfSubjectAccessReview>(client, Method::POST, REVIEWS, body, end);
    let (reviewed, _) = reviewed.await.map_err(|failure| failure.text())?;
    let status = reviewed.status.ok_or("the review has no status")?;
    Ok(status.allowed)
}
