//! How likely a commit is the cause, in points and with reasons.
//!
//! | evidence | points |
//! | --- | --- |
//! | lag from arrival to onset | 5-30 min: 40, falling to 3 at 24 h |
//! | the change and the cause | exact 40, plausible 28, weak 8 |
//! | the service | the failing service 20, another one of its chain 5 |
//! | a rollout between arrival and onset | 15 |
//! | Argo CD synced this revision | 10 |
//!
//! HIGH from 80 points, MEDIUM from 62, LOW from 34. Caps limit the confidence whatever the points.

use chrono::TimeDelta;

use super::relevance::Relevance;
use crate::model::duration::age;
use crate::model::{Cause, Confidence};

/// The fewest points of HIGH confidence.
const HIGH_POINTS: u32 = 80;
/// The fewest points of MEDIUM confidence.
pub const MEDIUM_POINTS: u32 = 62;
/// The fewest points of LOW confidence.
const LOW_POINTS: u32 = 34;

/// What is known about one commit and one incident.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// From the commit's arrival on the branch to the onset; negative after the onset.
    pub lag: TimeDelta,
    /// The relevance of its most relevant change.
    pub relevance: Relevance,
    /// A description of that change.
    pub change: String,
    /// The number of its other changes.
    pub other_changes: usize,
    /// The service that it changes, if that is not the failing one.
    pub other_service: Option<String>,
    /// A rollout between arrival and onset: what, and how long after the arrival.
    pub rollout: Option<(String, TimeDelta)>,
    /// Whether Argo CD synced it.
    pub sync: SyncOutcome,
    /// The incident's cause.
    pub cause: &'static str,
}

/// What Argo CD did with a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncOutcome {
    /// The Application does not show it.
    Unknown,
    /// A sync between arrival and onset, of this or of a later revision.
    Synced,
    /// A sync of this revision between arrival and onset.
    SyncedRevision,
    /// No sync since the arrival, and the Application is out of sync.
    Pending,
    /// A sync since the arrival failed.
    Failed,
}

/// The result for one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// For the order of commits.
    pub points: u32,
    /// How likely it is the cause.
    pub confidence: Confidence,
    /// The reasons, the strongest first.
    pub reasons: Vec<String>,
}

/// Scores a commit.
#[must_use]
pub fn score(evidence: &Evidence) -> Score {
    if evidence.lag < TimeDelta::zero() || evidence.relevance == Relevance::None {
        return Score {
            points: 0,
            confidence: Confidence::None,
            reasons: Vec::new(),
        };
    }
    let points = lag_points(evidence.lag)
        + relevance_points(evidence.relevance)
        + cluster_points(
            evidence.other_service.is_none(),
            evidence.rollout.is_some(),
            evidence.sync,
        );
    let confidence = match points {
        HIGH_POINTS.. => Confidence::High,
        MEDIUM_POINTS.. => Confidence::Medium,
        LOW_POINTS.. => Confidence::Low,
        _ => Confidence::None,
    };
    Score {
        points,
        // The order of `Confidence` begins with HIGH, so `max` is the lower one.
        confidence: confidence.max(cap(evidence)),
        reasons: reasons(evidence),
    }
}

/// The highest points that a commit can get before its changes are known.
#[must_use]
pub fn max_points(lag: TimeDelta, is_own: bool, has_rollout: bool, sync: SyncOutcome) -> u32 {
    if lag < TimeDelta::zero() {
        return 0;
    }
    lag_points(lag) + relevance_points(Relevance::Exact) + cluster_points(is_own, has_rollout, sync)
}

fn cluster_points(is_own: bool, has_rollout: bool, sync: SyncOutcome) -> u32 {
    let service = if is_own { 20 } else { 5 };
    let rollout = if has_rollout { 15 } else { 0 };
    let revision = if sync == SyncOutcome::SyncedRevision {
        10
    } else {
        0
    };
    service + rollout + revision
}

/// Argo CD syncs after 3 to 5 minutes; image pulls and probes take more. Most failures caused by a
/// commit begin 5 to 30 minutes after it.
fn lag_points(lag: TimeDelta) -> u32 {
    match lag.num_seconds() {
        ..60 => 15,
        60..300 => 28,
        300..=1800 => 40,
        1801..=3600 => 30,
        3601..=10_800 => 18,
        10_801..=21_600 => 10,
        21_601..=43_200 => 6,
        _ => 3,
    }
}

fn relevance_points(relevance: Relevance) -> u32 {
    match relevance {
        Relevance::Exact => 40,
        Relevance::Plausible => 28,
        Relevance::Weak => 8,
        Relevance::None => 0,
    }
}

/// The highest confidence, whatever the points.
fn cap(evidence: &Evidence) -> Confidence {
    let by_lag = match evidence.lag.num_hours() {
        ..3 => Confidence::High,
        3..12 => Confidence::Medium,
        _ => Confidence::Low,
    };
    let by_relevance = match (evidence.relevance, &evidence.rollout) {
        (Relevance::Exact | Relevance::Plausible, _) => Confidence::High,
        (Relevance::Weak | Relevance::None, Some(_)) => Confidence::Medium,
        (Relevance::Weak | Relevance::None, None) => Confidence::Low,
    };
    let by_service = match evidence.other_service {
        Some(_) => Confidence::Medium,
        None => Confidence::High,
    };
    let by_sync = match evidence.sync {
        SyncOutcome::Pending => Confidence::Low,
        // That the sync fails is what the commit is to explain.
        SyncOutcome::Failed if is_symptom(evidence) => Confidence::High,
        SyncOutcome::Failed => Confidence::Medium,
        SyncOutcome::Unknown | SyncOutcome::Synced | SyncOutcome::SyncedRevision => {
            Confidence::High
        }
    };
    by_lag.max(by_relevance).max(by_service).max(by_sync)
}

fn reasons(evidence: &Evidence) -> Vec<String> {
    let (change, cause) = (&evidence.change, evidence.cause);
    let mut reasons = vec![match evidence.relevance {
        Relevance::Exact => format!("{change}, which can cause {cause}"),
        Relevance::Plausible => format!("{change}, which may lead to {cause}"),
        Relevance::Weak | Relevance::None => format!("{change}, which rarely causes {cause}"),
    }];
    if let Some((what, after)) = &evidence.rollout {
        let after = age(after.to_std().unwrap_or_default());
        reasons.push(format!("{what} followed {after} later"));
    }
    reasons.extend(sync_reason(evidence).map(str::to_owned));
    reasons.push(lag_reason(evidence).to_owned());
    if let Some(service) = &evidence.other_service {
        reasons.push(format!("it changes {service}, not the failing service"));
    }
    match evidence.other_changes {
        0 => {}
        1 => reasons.push("it makes one other change".to_owned()),
        more => reasons.push(format!("it makes {more} other changes")),
    }
    reasons
}

fn is_symptom(evidence: &Evidence) -> bool {
    evidence.cause == Cause::ArgoSyncFailed.as_str()
}

fn sync_reason(evidence: &Evidence) -> Option<&'static str> {
    match evidence.sync {
        SyncOutcome::Unknown => None,
        SyncOutcome::Synced => Some("Argo CD synced between the commit and the failure"),
        SyncOutcome::SyncedRevision => Some("Argo CD synced this revision before the failure"),
        SyncOutcome::Pending => Some("but Argo CD has not synced it yet"),
        SyncOutcome::Failed if is_symptom(evidence) => {
            Some("Argo CD failed to sync it, which is the failure itself")
        }
        SyncOutcome::Failed => Some("but Argo CD failed to sync it"),
    }
}

fn lag_reason(evidence: &Evidence) -> &'static str {
    let is_synced = matches!(
        evidence.sync,
        SyncOutcome::Synced | SyncOutcome::SyncedRevision
    );
    match evidence.lag.num_minutes() {
        ..5 if is_synced || is_symptom(evidence) => {
            "it came less than 5 minutes before the failure"
        }
        ..5 => "it came less than 5 minutes before the failure, usually too late for a sync",
        5..=30 => "it came 5 to 30 minutes before the failure, the usual delay",
        31..=180 => "it came up to 3 hours before the failure",
        _ => "it came more than 3 hours before the failure",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Confidence::{High, Low, Medium, None as Nothing};

    fn evidence(minutes: i64, relevance: Relevance) -> Evidence {
        Evidence {
            lag: TimeDelta::minutes(minutes),
            relevance,
            change: "lowers the memory limit".to_owned(),
            other_changes: 0,
            other_service: None,
            rollout: None,
            sync: SyncOutcome::Unknown,
            cause: "OOMKilled",
        }
    }

    #[test]
    fn confidence_falls_with_the_lag_and_rises_with_the_relevance() {
        for (minutes, relevance, expected) in [
            (12, Relevance::Exact, High),
            (5, Relevance::Exact, High),
            (30, Relevance::Exact, High),
            (45, Relevance::Exact, High),
            (3, Relevance::Exact, High),
            (0, Relevance::Exact, Medium),
            (120, Relevance::Exact, Medium),
            (5 * 60, Relevance::Exact, Medium),
            (20 * 60, Relevance::Exact, Low),
            (12, Relevance::Plausible, High),
            (50, Relevance::Plausible, Medium),
            (120, Relevance::Plausible, Medium),
            (20 * 60, Relevance::Plausible, Low),
            (12, Relevance::Weak, Low),
            (120, Relevance::Weak, Low),
            (20 * 60, Relevance::Weak, Nothing),
            (12, Relevance::None, Nothing),
            (-1, Relevance::Exact, Nothing),
            (-600, Relevance::Exact, Nothing),
        ] {
            let found = score(&evidence(minutes, relevance)).confidence;
            assert_eq!(found, expected, "{minutes} min, {relevance:?}");
        }
    }

    #[test]
    fn rollouts_raise_confidence_and_failed_syncs_cap_it() {
        let base = evidence(120, Relevance::Exact);
        let rollout = Evidence {
            rollout: Some(("a new ReplicaSet (api-1)".to_owned(), TimeDelta::minutes(4))),
            ..base.clone()
        };
        assert_eq!(score(&rollout).confidence, High);
        for (sync, expected) in [
            (SyncOutcome::SyncedRevision, High),
            (SyncOutcome::Synced, High),
            (SyncOutcome::Unknown, High),
            (SyncOutcome::Failed, Medium),
            (SyncOutcome::Pending, Low),
        ] {
            let with_sync = Evidence {
                sync,
                ..evidence(12, Relevance::Exact)
            };
            assert_eq!(score(&with_sync).confidence, expected, "{sync:?}");
        }
    }

    #[test]
    fn a_sync_that_is_the_symptom_or_took_place_is_no_reason_against_the_commit() {
        for (sync, cause, confidence, is_doubted) in [
            (SyncOutcome::Failed, "ArgoSyncFailed", High, false),
            (SyncOutcome::Failed, "OOMKilled", Medium, true),
            (SyncOutcome::SyncedRevision, "OOMKilled", High, false),
            (SyncOutcome::Unknown, "OOMKilled", High, true),
        ] {
            let scored = score(&Evidence {
                sync,
                cause,
                ..evidence(3, Relevance::Exact)
            });
            let reasons = scored.reasons.join("; ");
            assert_eq!(scored.confidence, confidence, "{reasons}");
            let doubts = reasons.contains("but ") || reasons.contains("too late");
            assert_eq!(doubts, is_doubted, "{reasons}");
        }
    }

    #[test]
    fn old_commits_and_commits_of_other_services_are_never_high() {
        let everything = |minutes, other_service: Option<&str>| Evidence {
            rollout: Some((String::new(), TimeDelta::minutes(4))),
            sync: SyncOutcome::SyncedRevision,
            other_service: other_service.map(str::to_owned),
            ..evidence(minutes, Relevance::Exact)
        };
        assert_eq!(score(&everything(20 * 60, None)).confidence, Low);
        assert_eq!(score(&everything(12, Some("n8n"))).confidence, Medium);
        let own = score(&everything(12, None));
        assert!(own.points > score(&everything(12, Some("n8n"))).points);
    }

    #[test]
    fn the_strongest_reason_comes_first() {
        let full = Evidence {
            rollout: Some(("a new ReplicaSet (api-1)".to_owned(), TimeDelta::minutes(4))),
            sync: SyncOutcome::SyncedRevision,
            other_changes: 2,
            ..evidence(12, Relevance::Exact)
        };
        assert_eq!(
            score(&full).reasons,
            [
                "lowers the memory limit, which can cause OOMKilled",
                "a new ReplicaSet (api-1) followed 4m later",
                "Argo CD synced this revision before the failure",
                "it came 5 to 30 minutes before the failure, the usual delay",
                "it makes 2 other changes",
            ]
        );
    }

    #[test]
    fn the_maximum_before_reading_is_the_score_of_an_exact_change() {
        for minutes in [0, 3, 12, 45, 120, 300, 1300] {
            let best = Evidence {
                rollout: Some((String::new(), TimeDelta::zero())),
                sync: SyncOutcome::SyncedRevision,
                ..evidence(minutes, Relevance::Exact)
            };
            let lag = TimeDelta::minutes(minutes);
            let max = max_points(lag, true, true, SyncOutcome::SyncedRevision);
            assert_eq!(score(&best).points, max);
        }
    }
}
