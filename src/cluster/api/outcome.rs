//! From the outcome of each kind to the snapshot's `reads`, or to the one error of a cluster that
//! could not be read. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::FetchError;
use super::failure::{Failure, subject};
use crate::cluster::Read;
use crate::model::{CustomKind, Resource};

/// The outcome of each kind.
pub(super) type Outcomes = BTreeMap<Resource, Outcome>;

/// The outcome of one kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// All pages were read.
    Complete,
    /// The cluster does not serve it.
    Absent,
    /// It was not read.
    Failed(Failure),
}

impl Outcome {
    /// The outcome as the snapshot has it.
    pub(super) fn read(&self, resource: Resource) -> Read {
        match self {
            Self::Complete => Read::Complete,
            Self::Absent => Read::Absent,
            Self::Failed(failure) if failure.code() == Some(404) && may_lack(resource) => {
                Read::Absent
            }
            Self::Failed(failure) => Read::Unread(failure.unread(resource)),
        }
    }

    /// The same of a custom kind, which may be removed after discovery.
    pub(super) fn read_custom(&self, kind: &CustomKind) -> Read {
        match self {
            Self::Complete => Read::Complete,
            Self::Absent => Read::Absent,
            Self::Failed(failure) if failure.code() == Some(404) => Read::Absent,
            Self::Failed(failure) => Read::Unread(failure.unread_custom(kind)),
        }
    }
}

/// Whether a Kubernetes may lack the kind: an old one has no autoscaling/v2, and a custom resource
/// may be removed after discovery.
fn may_lack(resource: Resource) -> bool {
    !resource.is_vital() && !resource.info().group.is_empty()
}

/// Checks that enough was read for a snapshot.
///
/// # Errors
/// When no kind could be read, or none of the vital ones in time.
pub(super) fn check_usable(
    server: &str,
    outcomes: &Outcomes,
    deadline: Duration,
) -> Result<(), FetchError> {
    let server = server.to_owned();
    let vital = outcomes.iter().filter(|(resource, _)| resource.is_vital());
    if vital
        .clone()
        .all(|(_, o)| *o == Outcome::Failed(Failure::Deadline))
    {
        return Err(FetchError::DeadlineExceeded {
            server,
            seconds: (deadline + Duration::from_millis(500)).as_secs(),
        });
    }
    if outcomes
        .values()
        .any(|outcome| *outcome == Outcome::Complete)
    {
        return Ok(());
    }
    let failures: Vec<&Failure> = outcomes
        .values()
        .filter_map(|outcome| match outcome {
            Outcome::Failed(failure) => Some(failure),
            _ => None,
        })
        .collect();
    Err(nothing_read(server, &failures))
}

/// The one error of failures after which nothing was read.
pub(super) fn nothing_read(server: String, failures: &[&Failure]) -> FetchError {
    let all = |test: fn(&Failure) -> bool| failures.iter().all(|failure| test(failure));
    for failure in failures {
        match failure {
            Failure::Tls(cause) => {
                let cause = cause.clone();
                return FetchError::Tls { server, cause };
            }
            Failure::Connect { cause, .. } => {
                let cause = cause.clone();
                return FetchError::Unreachable { server, cause };
            }
            _ => {}
        }
    }
    let message = failures.first().map_or_else(String::new, |f| f.text());
    if all(|f| f.code() == Some(401)) {
        return FetchError::Unauthorized { server, message };
    }
    if all(|f| matches!(f.code(), Some(401 | 403))) {
        let who = failures.iter().find_map(|f| subject(&f.text()));
        let who = who.unwrap_or_else(|| "the monitor's user".to_owned());
        return FetchError::ForbiddenEverything {
            server,
            who,
            message,
        };
    }
    if all(is_not_kubernetes) {
        return FetchError::NotKubernetes {
            server,
            found: message,
        };
    }
    FetchError::Unavailable { server, message }
}

/// A response that no API server gives to the list of a core kind.
fn is_not_kubernetes(failure: &Failure) -> bool {
    match failure {
        Failure::Malformed(_) => true,
        Failure::Status { code, .. } => !matches!(code, 401 | 403 | 410 | 429 | 500..),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, message: &str) -> Failure {
        Failure::Status {
            code,
            message: message.to_owned(),
            retry_after: None,
        }
    }

    fn all(failure: &Failure) -> Outcomes {
        [
            Resource::Nodes,
            Resource::Pods,
            Resource::Deployments,
            Resource::Jobs,
        ]
        .into_iter()
        .map(|resource| (resource, Outcome::Failed(failure.clone())))
        .collect()
    }

    fn checked(outcomes: &Outcomes) -> Result<(), FetchError> {
        check_usable("https://k3s", outcomes, Duration::from_secs(7))
    }

    #[test]
    fn when_nothing_is_read_the_failures_become_one_error() {
        use FetchError as E;
        let error = |failure: Failure| checked(&all(&failure)).unwrap_err();
        assert!(matches!(error(status(401, "")), E::Unauthorized { .. }));
        assert!(matches!(error(status(404, "")), E::NotKubernetes { .. }));
        assert!(matches!(error(status(500, "")), E::Unavailable { .. }));
        assert!(matches!(
            error(Failure::Deadline),
            E::DeadlineExceeded { seconds: 7, .. }
        ));
        assert!(matches!(error(Failure::Tls(String::new())), E::Tls { .. }));
        assert!(matches!(
            error(Failure::Malformed(String::new())),
            E::NotKubernetes { .. }
        ));
        let forbidden = status(403, r#"pods is forbidden: User "eve" cannot list"#);
        assert!(
            matches!(error(forbidden), E::ForbiddenEverything { who, .. } if who == "User eve")
        );
    }

    #[test]
    fn one_kind_is_enough_for_a_snapshot() {
        let mut outcomes = all(&status(403, ""));
        outcomes.insert(Resource::Namespaces, Outcome::Complete);
        assert_eq!(checked(&outcomes), Ok(()));
    }

    #[test]
    fn no_vital_kind_before_the_deadline_is_an_error() {
        let mut outcomes = all(&Failure::Deadline);
        outcomes.insert(Resource::Namespaces, Outcome::Complete);
        assert!(matches!(
            checked(&outcomes),
            Err(FetchError::DeadlineExceeded { .. })
        ));
        outcomes.insert(Resource::Pods, Outcome::Complete);
        assert_eq!(checked(&outcomes), Ok(()));
    }

    #[test]
    fn only_kinds_that_a_kubernetes_may_lack_can_be_absent() {
        let gone = Outcome::Failed(status(404, ""));
        assert_eq!(gone.read(Resource::HorizontalPodAutoscalers), Read::Absent);
        assert_eq!(gone.read(Resource::Gateways), Read::Absent);
        for resource in [Resource::Pods, Resource::Services, Resource::Deployments] {
            assert!(
                matches!(gone.read(resource), Read::Unread(_)),
                "{resource:?}"
            );
        }
    }
}
