//! From what came of each kind to what the snapshot says, or to the one error
//! that says that there is nothing to say. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::FetchError;
use super::failure::{Failure, subject};
use crate::cluster::{Read, Resource};

/// What came of each kind.
pub(super) type Outcomes = BTreeMap<Resource, Outcome>;

/// What came of one kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// All pages were read.
    Complete,
    /// The cluster does not have it.
    Absent,
    /// It was not read.
    Failed(Failure),
}

impl Outcome {
    /// What the snapshot says of the kind.
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
}

/// Whether some Kubernetes serves no such kind: an old one without autoscaling/v2,
/// or a custom resource that was removed after discovery.
fn may_lack(resource: Resource) -> bool {
    !resource.is_vital() && !resource.row().group.is_empty()
}

/// Whether there is a snapshot at all.
///
/// # Errors
/// When no kind could be read, or none of the vital ones in time.
pub(super) fn verdict(
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

/// The one error for failures that left nothing read.
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
    if all(is_foreign) {
        return FetchError::NotKubernetes {
            server,
            found: message,
        };
    }
    FetchError::Unavailable { server, message }
}

/// An answer that no API server gives to a list of a core kind.
fn is_foreign(failure: &Failure) -> bool {
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

    fn judged(outcomes: &Outcomes) -> Result<(), FetchError> {
        verdict("https://k3s", outcomes, Duration::from_secs(7))
    }

    #[test]
    fn nothing_read_is_one_error_for_its_reason() {
        use FetchError as E;
        let error = |failure: Failure| judged(&all(&failure)).unwrap_err();
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
    fn one_kind_read_is_a_snapshot() {
        let mut outcomes = all(&status(403, ""));
        outcomes.insert(Resource::Namespaces, Outcome::Complete);
        assert_eq!(judged(&outcomes), Ok(()));
    }

    #[test]
    fn a_deadline_before_anything_vital_is_no_snapshot() {
        let mut outcomes = all(&Failure::Deadline);
        outcomes.insert(Resource::Namespaces, Outcome::Complete);
        assert!(matches!(
            judged(&outcomes),
            Err(FetchError::DeadlineExceeded { .. })
        ));
        outcomes.insert(Resource::Pods, Outcome::Complete);
        assert_eq!(judged(&outcomes), Ok(()));
    }

    #[test]
    fn only_what_some_kubernetes_lacks_can_be_absent() {
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
