//! How suspect a commit is, in points and in words.
//!
//! | evidence | points |
//! | --- | --- |
//! | lag from commit to onset | 5-30 min: 40, falling to 3 at 24 h |
//! | what it changes against the cause | exact 40, plausible 28, weak 8 |
//! | whose files | the failing service 20, another of the chain 5 |
//! | a rollout between commit and onset | 15 |
//! | Argo CD applied this very revision | 10 |
//!
//! HIGH from 80, MEDIUM from 62, LOW from 34, each below its caps: points say
//! what is likely, caps what must not be claimed.

use chrono::TimeDelta;

use super::relevance::Relevance;
use crate::model::Confidence;
use crate::model::duration::human;

/// From here on a commit is more likely than not to have done it.
pub const LIKELY: u32 = 62;

/// What is known about one commit and one incident.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// From the moment it was on the branch to the onset; negative: after it.
    pub lag: TimeDelta,
    /// The best that its changes do.
    pub fit: Relevance,
    /// What that change is, in words.
    pub change: String,
    /// How many other things it changes.
    pub others: usize,
    /// The failing service's own files; else whose.
    pub chain: Option<String>,
    /// A rollout that began between commit and onset: what, and how long after.
    pub rollout: Option<(String, TimeDelta)>,
    /// What became of it in the cluster.
    pub applied: Applied,
    /// The cause in one word.
    pub cause: &'static str,
}

/// What Argo CD made of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// It does not say.
    Unknown,
    /// It synchronised between commit and onset.
    Synced,
    /// It synchronised this very revision between commit and onset.
    Exactly,
    /// It has not applied it: nothing was synchronised since.
    NotYet,
    /// It tried and failed.
    Failed,
}

/// A judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// To rank by.
    pub points: u32,
    /// What may be claimed.
    pub confidence: Confidence,
    /// Why, the strongest first.
    pub reasons: Vec<String>,
}

/// Judges a commit.
#[must_use]
pub fn score(evidence: &Evidence) -> Score {
    if evidence.lag < TimeDelta::zero() || evidence.fit == Relevance::None {
        return Score {
            points: 0,
            confidence: Confidence::None,
            reasons: Vec::new(),
        };
    }
    let (is_own, has_rollout) = (evidence.chain.is_none(), evidence.rollout.is_some());
    let points = of_lag(evidence.lag)
        + of_fit(evidence.fit)
        + circumstances(is_own, has_rollout, &evidence.applied);
    let earned = match points {
        80.. => Confidence::High,
        LIKELY.. => Confidence::Medium,
        34.. => Confidence::Low,
        _ => Confidence::None,
    };
    Score {
        points,
        // `High` is the smallest of the words.
        confidence: earned.max(cap(evidence)),
        reasons: reasons(evidence),
    }
}

/// The most points that a commit can get, whatever it changes: not worth
/// opening if another has more.
#[must_use]
pub fn at_most(lag: TimeDelta, is_own: bool, has_rollout: bool, applied: &Applied) -> u32 {
    if lag < TimeDelta::zero() {
        return 0;
    }
    of_lag(lag) + of_fit(Relevance::Exact) + circumstances(is_own, has_rollout, applied)
}

fn circumstances(is_own: bool, has_rollout: bool, applied: &Applied) -> u32 {
    let whose = if is_own { 20 } else { 5 };
    let rollout = if has_rollout { 15 } else { 0 };
    let revision = if *applied == Applied::Exactly { 10 } else { 0 };
    whose + rollout + revision
}

/// Argo CD needs 3 to 5 minutes, images and probes some more: what fails within
/// half an hour of a commit very often fails by it.
fn of_lag(lag: TimeDelta) -> u32 {
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

fn of_fit(fit: Relevance) -> u32 {
    match fit {
        Relevance::Exact => 40,
        Relevance::Plausible => 28,
        Relevance::Weak => 8,
        Relevance::None => 0,
    }
}

/// What must not be claimed, whatever the points.
fn cap(evidence: &Evidence) -> Confidence {
    let by_lag = match evidence.lag.num_hours() {
        ..3 => Confidence::High,
        3..12 => Confidence::Medium,
        _ => Confidence::Low,
    };
    let by_fit = match (evidence.fit, &evidence.rollout) {
        (Relevance::Exact | Relevance::Plausible, _) => Confidence::High,
        (_, Some(_)) => Confidence::Medium,
        _ => Confidence::Low,
    };
    let by_chain = if evidence.chain.is_some() {
        Confidence::Medium
    } else {
        Confidence::High
    };
    let by_sync = match evidence.applied {
        Applied::NotYet => Confidence::Low,
        Applied::Failed => Confidence::Medium,
        _ => Confidence::High,
    };
    by_lag.max(by_fit).max(by_chain).max(by_sync)
}

fn reasons(evidence: &Evidence) -> Vec<String> {
    let mut reasons = Vec::new();
    let cause = evidence.cause;
    reasons.push(match evidence.fit {
        Relevance::Exact => format!("{}, which can cause {cause}", evidence.change),
        Relevance::Plausible => format!("{}, which may lead to {cause}", evidence.change),
        _ => format!("{}, which seldom has to do with {cause}", evidence.change),
    });
    if let Some((what, after)) = &evidence.rollout {
        reasons.push(format!("{what} followed {} later", time(*after)));
    }
    match evidence.applied {
        Applied::Exactly => {
            reasons.push("Argo CD applied this very revision before it began".to_owned());
        }
        Applied::Synced => {
            reasons.push("Argo CD synchronised between commit and failure".to_owned());
        }
        Applied::NotYet => reasons.push("but Argo CD has not applied it yet".to_owned()),
        Applied::Failed => reasons.push("but Argo CD failed to apply it".to_owned()),
        Applied::Unknown => {}
    }
    reasons.push(of_time(evidence.lag));
    if let Some(service) = &evidence.chain {
        reasons.push(format!("it is a change to {service}, not to what failed"));
    }
    match evidence.others {
        0 => {}
        1 => reasons.push("it changes one other thing".to_owned()),
        more => reasons.push(format!("it changes {more} other things")),
    }
    reasons
}

fn of_time(lag: TimeDelta) -> String {
    let minutes = lag.num_minutes();
    match minutes {
        ..5 => "it came shortly before, hardly in time for Argo CD".to_owned(),
        5..=30 => "it came as long before as a commit takes to be applied and to fail".to_owned(),
        31..=180 => "it came some time before".to_owned(),
        _ => "it came long before".to_owned(),
    }
}

fn time(span: TimeDelta) -> String {
    human(span.to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Confidence::{High, Low, Medium, None as Nothing};

    fn evidence(minutes: i64, fit: Relevance) -> Evidence {
        Evidence {
            lag: TimeDelta::minutes(minutes),
            fit,
            change: "lowers the memory limit".to_owned(),
            others: 0,
            chain: None,
            rollout: None,
            applied: Applied::Unknown,
            cause: "OOMKilled",
        }
    }

    #[test]
    fn the_nearer_and_the_fitter_the_more_suspect() {
        for (minutes, fit, wanted) in [
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
            let found = score(&evidence(minutes, fit)).confidence;
            assert_eq!(found, wanted, "{minutes} min, {fit:?}");
        }
    }

    #[test]
    fn what_the_cluster_shows_counts() {
        let base = evidence(120, Relevance::Exact);
        let rollout = Evidence {
            rollout: Some(("a new ReplicaSet (api-1)".to_owned(), TimeDelta::minutes(4))),
            ..base.clone()
        };
        assert_eq!(score(&rollout).confidence, High);
        let with = |applied, fit| Evidence {
            applied,
            ..evidence(12, fit)
        };
        for (applied, wanted) in [
            (Applied::Exactly, High),
            (Applied::Synced, High),
            (Applied::Unknown, High),
            (Applied::Failed, Medium),
            (Applied::NotYet, Low),
        ] {
            let found = score(&with(applied.clone(), Relevance::Exact)).confidence;
            assert_eq!(found, wanted, "{applied:?}");
        }
    }

    #[test]
    fn nothing_makes_20_hours_high_and_no_neighbour_the_culprit() {
        let everything = |minutes, chain: Option<&str>| Evidence {
            rollout: Some((String::new(), TimeDelta::minutes(4))),
            applied: Applied::Exactly,
            chain: chain.map(str::to_owned),
            ..evidence(minutes, Relevance::Exact)
        };
        assert_eq!(score(&everything(20 * 60, None)).confidence, Low);
        assert_eq!(score(&everything(12, Some("n8n"))).confidence, Medium);
        let own = score(&everything(12, None));
        assert!(own.points > score(&everything(12, Some("n8n"))).points);
    }

    #[test]
    fn reasons_are_sentences_of_their_own() {
        let full = Evidence {
            rollout: Some(("a new ReplicaSet (api-1)".to_owned(), TimeDelta::minutes(4))),
            applied: Applied::Exactly,
            others: 2,
            ..evidence(12, Relevance::Exact)
        };
        assert_eq!(
            score(&full).reasons,
            [
                "lowers the memory limit, which can cause OOMKilled",
                "a new ReplicaSet (api-1) followed 4m later",
                "Argo CD applied this very revision before it began",
                "it came as long before as a commit takes to be applied and to fail",
                "it changes 2 other things",
            ]
        );
    }

    #[test]
    fn no_commit_gets_more_than_the_most() {
        for minutes in [0, 3, 12, 45, 120, 300, 1300] {
            let best = Evidence {
                rollout: Some((String::new(), TimeDelta::zero())),
                applied: Applied::Exactly,
                ..evidence(minutes, Relevance::Exact)
            };
            let most = at_most(TimeDelta::minutes(minutes), true, true, &Applied::Exactly);
            assert_eq!(score(&best).points, most);
        }
    }
}
