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

/// How well a change explains a reason with its cause.
#[must_use]
pub fn relevance(cause: Option<Cause>, reason: Reason, change: &Change) -> Relevance {
    let kind = change.kind;
    let changes = cause.map_or(&reason.row().changes, |cause| &cause.row().changes);
    if kind == ChangeKind::Metadata
        || changes.never
        || changes.excluded.contains(&(kind, change.direction))
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

    fn change(kind: ChangeKind, direction: Direction) -> Change {
        Change {
            kind,
            direction,
            text: String::new(),
        }
    }

    #[test]
    #[rustfmt::skip]
    fn relevance_depends_on_cause_kind_and_direction() {
        for (cause, kind, direction, expected) in [
            (C::OOMKilled, K::MemoryLimit, Direction::Lowered, Relevance::Exact),
            (C::OOMKilled, K::MemoryLimit, Direction::Raised, Relevance::None),
            (C::OOMKilled, K::Image, Direction::Changed, Relevance::Plausible),
            (C::OOMKilled, K::Ingress, Direction::Changed, Relevance::Weak),
            (C::ImageNotFound, K::Image, Direction::Changed, Relevance::Exact),
            (C::ImageNotFound, K::MemoryLimit, Direction::Lowered, Relevance::Weak),
            (C::ReadinessProbePort, K::ReadinessProbe, Direction::Changed, Relevance::Exact),
            (C::ReadinessProbePort, K::LivenessProbe, Direction::Changed, Relevance::Weak),
            (C::AppCrash, K::Config, Direction::Changed, Relevance::Exact),
            (C::AppCrash, K::Chart, Direction::Changed, Relevance::Exact),
            (C::InsufficientCpu, K::CpuRequest, Direction::Raised, Relevance::Exact),
            (C::InsufficientCpu, K::CpuRequest, Direction::Lowered, Relevance::None),
            (C::ScaledToZero, K::Replicas, Direction::Lowered, Relevance::Exact),
            (C::ScaledToZero, K::Replicas, Direction::Raised, Relevance::None),
            (C::WorkloadMissing, K::Removed, Direction::Removed, Relevance::Exact),
            (C::ServiceSelectorMismatch, K::Selector, Direction::Changed, Relevance::Exact),
            (C::IngressBackendMissing, K::Ingress, Direction::Changed, Relevance::Exact),
            (C::NodeNotReady, K::Image, Direction::Changed, Relevance::None),
            (C::DiskPressure, K::Other, Direction::Changed, Relevance::None),
            (C::AppCrash, K::Metadata, Direction::Changed, Relevance::None),
            (C::AppCrash, K::Unread, Direction::Changed, Relevance::Weak),
            (C::ArgoSyncFailed, K::Ingress, Direction::Changed, Relevance::Plausible),
        ] {
            let found = relevance(Some(cause), Reason::CrashLoopBackOff, &change(kind, direction));
            assert_eq!(found, expected, "{cause} {kind:?} {direction:?}");
        }
    }

    #[test]
    fn without_a_cause_the_reason_decides() {
        for (reason, kind, expected) in [
            (Reason::CrashLoopBackOff, K::Image, Relevance::Plausible),
            (Reason::CrashLoopBackOff, K::Ingress, Relevance::Weak),
            (Reason::ImagePullBackOff, K::Image, Relevance::Exact),
            (Reason::NoReadyEndpoints, K::Selector, Relevance::Exact),
            (Reason::NodeNotReady, K::Image, Relevance::None),
        ] {
            let found = relevance(None, reason, &change(kind, Direction::Changed));
            assert_eq!(found, expected, "{reason} {kind:?}");
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
