//! How well a change explains a fault. The changes that can cause it are in the rows of
//! `model::Cause` and `model::Reason`.

use serde::Serialize;

use super::change::Change;
use crate::model::{Cause, ChangeKind, Reason};

/// How well a change explains a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Relevance {
    /// It cannot cause it.
    None,
    /// Any change can break anything.
    Weak,
    /// It is known to cause it sometimes.
    Plausible,
    /// The fault is its direct consequence.
    Exact,
}

/// Changes after which anything can fail: a new object, another version of a chart, another
/// source.
const UNKNOWN_EFFECT: &[ChangeKind] = &[ChangeKind::Added, ChangeKind::Chart, ChangeKind::Source];

/// How well a change explains a symptom with its cause.
#[must_use]
pub fn relevance(cause: Option<Cause>, reason: Reason, change: &Change) -> Relevance {
    let kind = change.kind;
    let changes = cause.map_or(&reason.row().changes, |cause| &cause.row().changes);
    if kind == ChangeKind::Metadata
        || changes.never
        || changes.excluded.contains(&(kind, change.way))
    {
        Relevance::None
    } else if changes.exact.contains(&kind) {
        Relevance::Exact
    } else if changes.any || changes.plausible.contains(&kind) || UNKNOWN_EFFECT.contains(&kind) {
        Relevance::Plausible
    } else {
        Relevance::Weak
    }
}

#[cfg(test)]
mod tests {
    use Cause as C;
    use ChangeKind as K;

    use super::*;
    use crate::model::Direction;

    fn change(kind: ChangeKind, way: Direction) -> Change {
        Change {
            kind,
            way,
            text: String::new(),
        }
    }

    #[test]
    #[rustfmt::skip]
    fn changes_explain_what_they_can_cause() {
        for (cause, kind, way, wanted) in [
            (C::OOMKilled, K::MemoryLimit, Direction::Down, Relevance::Exact),
            (C::OOMKilled, K::MemoryLimit, Direction::Up, Relevance::None),
            (C::OOMKilled, K::Image, Direction::Otherwise, Relevance::Plausible),
            (C::OOMKilled, K::Ingress, Direction::Otherwise, Relevance::Weak),
            (C::ImageNotFound, K::Image, Direction::Otherwise, Relevance::Exact),
            (C::ImageNotFound, K::MemoryLimit, Direction::Down, Relevance::Weak),
            (C::ReadinessProbePort, K::ReadinessProbe, Direction::Otherwise, Relevance::Exact),
            (C::ReadinessProbePort, K::LivenessProbe, Direction::Otherwise, Relevance::Weak),
            (C::AppCrash, K::Config, Direction::Otherwise, Relevance::Exact),
            (C::AppCrash, K::Chart, Direction::Otherwise, Relevance::Exact),
            (C::InsufficientCpu, K::CpuRequest, Direction::Up, Relevance::Exact),
            (C::InsufficientCpu, K::CpuRequest, Direction::Down, Relevance::None),
            (C::ScaledToZero, K::Replicas, Direction::Down, Relevance::Exact),
            (C::ScaledToZero, K::Replicas, Direction::Up, Relevance::None),
            (C::WorkloadMissing, K::Removed, Direction::Gone, Relevance::Exact),
            (C::ServiceSelectorMismatch, K::Selector, Direction::Otherwise, Relevance::Exact),
            (C::IngressBackendMissing, K::Ingress, Direction::Otherwise, Relevance::Exact),
            (C::NodeNotReady, K::Image, Direction::Otherwise, Relevance::None),
            (C::DiskPressure, K::Other, Direction::Otherwise, Relevance::None),
            (C::AppCrash, K::Metadata, Direction::Otherwise, Relevance::None),
            (C::AppCrash, K::Unread, Direction::Otherwise, Relevance::Weak),
            (C::ArgoSyncFailed, K::Ingress, Direction::Otherwise, Relevance::Plausible),
        ] {
            let found = relevance(Some(cause), Reason::CrashLoopBackOff, &change(kind, way));
            assert_eq!(found, wanted, "{cause} {kind:?} {way:?}");
        }
    }

    #[test]
    fn without_a_cause_the_reason_decides() {
        for (reason, kind, wanted) in [
            (Reason::CrashLoopBackOff, K::Image, Relevance::Plausible),
            (Reason::CrashLoopBackOff, K::Ingress, Relevance::Weak),
            (Reason::ImagePullBackOff, K::Image, Relevance::Exact),
            (Reason::NoReadyEndpoints, K::Selector, Relevance::Exact),
            (Reason::NodeNotReady, K::Image, Relevance::None),
        ] {
            let found = relevance(None, reason, &change(kind, Direction::Otherwise));
            assert_eq!(found, wanted, "{reason} {kind:?}");
        }
    }

    /// A cause without a change would never be explained by a commit.
    #[test]
    fn every_cause_has_changes_or_says_that_none_can_cause_it() {
        for cause in Cause::ALL {
            let changes = &cause.row().changes;
            let named = !changes.exact.is_empty() || !changes.plausible.is_empty();
            assert!(named || changes.any || changes.never, "{cause}");
            assert!(!(named && changes.never), "{cause}");
        }
    }
}
