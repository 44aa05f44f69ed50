//! What the words of a status say: condition types, reasons, phases. Pure.
//!
//! Custom resources follow conventions and no schema. A condition type ends in a word that says
//! whether True or False is good (`Ready`, `DataPlaneAvailable`, `Degraded`, `SyncFailed`). A phase
//! that is bad contains such a word (`ProvisioningFailed`, `faulted`).

/// What a condition says of its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opinion {
    /// It is as it should be.
    Good,
    /// Something is broken.
    Bad,
    /// Neither: an unknown type, or a fact that is no judgement.
    Neutral,
}

/// Last words of condition types of which `True` is good and `False` is bad.
const GOOD_WHEN_TRUE: &[&str] = &[
    "accepted",
    "admitted",
    "adopted",
    "applied",
    "archiving",
    "authenticated",
    "available",
    "bound",
    "compliant",
    "configured",
    "connected",
    "converged",
    "created",
    "deployed",
    "established",
    "healthy",
    "initialized",
    "installed",
    "joined",
    "launched",
    "loaded",
    "online",
    "operational",
    "programmed",
    "provisioned",
    "reachable",
    "ready",
    "reconciled",
    "refs",
    "registered",
    "released",
    "resolved",
    "satisfied",
    "schedulable",
    "serving",
    "succeeded",
    "success",
    "successful",
    "synced",
    "valid",
    "validated",
    "verified",
];

/// Words of condition types of which `False` is no fault by itself: nothing is active, nothing has
/// completed yet.
const GOOD_AND_OPTIONAL: &[&str] = &[
    "active",
    "complete",
    "completed",
    "enabled",
    "finished",
    "passed",
    "published",
    "running",
];

/// Words that say that something is broken.
const BAD: &[&str] = &[
    "aborted",
    "blocked",
    "broken",
    "conflict",
    "conflicted",
    "conflicts",
    "corrupt",
    "corrupted",
    "crash",
    "crashed",
    "crashing",
    "dead",
    "deadlock",
    "degraded",
    "denied",
    "disconnected",
    "diverged",
    "err",
    "error",
    "errored",
    "errors",
    "exceeded",
    "exhausted",
    "expired",
    "fail",
    "failed",
    "failing",
    "failure",
    "faulted",
    "fallback",
    "forbidden",
    "incompatible",
    "inconsistent",
    "insufficient",
    "invalid",
    "lost",
    "misconfigured",
    "mismatch",
    "noncompliant",
    "offline",
    "orphan",
    "rejected",
    "stalled",
    "stuck",
    "timeout",
    "unauthorized",
    "unavailable",
    "unhealthy",
    "unreachable",
    "unready",
    "unrecoverable",
    "unresolvable",
    "unresponsive",
    "violated",
    "violations",
];

/// First words of condition types of which `True` is bad.
const BAD_PREFIX: &[&str] = &[
    "error",
    "failed",
    "invalid",
    "missing",
    "partial",
    "partially",
];

/// Words of phases and health that are bad in a phase only.
const BAD_IN_PHASE: &[&str] = &["different", "down", "red", "warn", "warning"];

/// Words of reasons and phases of something that is being made or changed.
const IN_PROGRESS: &[&str] = &[
    "applying",
    "awaiting",
    "booting",
    "bootstrapping",
    "cloning",
    "creating",
    "deleting",
    "deploying",
    "importing",
    "initializing",
    "installing",
    "issuing",
    "migrating",
    "pending",
    "preparing",
    "processing",
    "progress",
    "progressing",
    "provisioning",
    "queued",
    "reconciling",
    "resizing",
    "restarting",
    "restoring",
    "rolling",
    "scaling",
    "starting",
    "syncing",
    "terminating",
    "updating",
    "upgrading",
    "waiting",
];

/// The words of a name: `DataPlaneAvailable` is data, plane, available.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = ' ';
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        if letter.is_alphanumeric() {
            let is_next_lower = rest.peek().is_some_and(|next| next.is_lowercase());
            let begins = !previous.is_alphanumeric()
                || letter.is_uppercase() && (previous.is_lowercase() || is_next_lower)
                || letter.is_numeric() != previous.is_numeric();
            if begins || words.is_empty() {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(letter.to_lowercase());
            }
        }
        previous = letter;
    }
    words
}

/// What a condition says, by its type, status and reason.
#[must_use]
pub fn opinion(kind: &str, status: &str, reason: &str) -> Opinion {
    let kind = kind.rsplit('/').next().unwrap_or(kind);
    let words = words(kind);
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return Opinion::Neutral;
    };
    let has_bad_reason = says_broken(reason);
    let is_negated = words.len() > 1 && matches!(first.as_str(), "no" | "not" | "non");
    // NoMatchingNode: what it selects does not exist.
    let matches_nothing = first == "no" && words.get(1).is_some_and(|word| word == "matching");
    let mut is_bad_when_true =
        contains(BAD, last) || contains(BAD_PREFIX, first) || matches_nothing;
    let mut is_good_when_true = !is_bad_when_true && contains(GOOD_WHEN_TRUE, last);
    if is_negated && !matches_nothing {
        std::mem::swap(&mut is_bad_when_true, &mut is_good_when_true);
    }
    match status {
        "True" if is_bad_when_true => Opinion::Bad,
        "True" if contains(GOOD_AND_OPTIONAL, last) && has_bad_reason => Opinion::Bad,
        "True" if first == "non" && has_bad_reason => Opinion::Bad,
        "True" if is_good_when_true => Opinion::Good,
        "False" if is_bad_when_true => Opinion::Good,
        "False" if is_good_when_true || has_bad_reason => Opinion::Bad,
        "Unknown" if is_good_when_true && has_bad_reason => Opinion::Bad,
        // Prometheus' operator writes Available=Degraded.
        status if is_good_when_true && says_broken(status) => Opinion::Bad,
        _ => Opinion::Neutral,
    }
}

/// Whether a reason says that something failed. `NoErrors` does not.
#[must_use]
pub fn says_broken(reason: &str) -> bool {
    let words = words(reason);
    let denies = |word: &String| matches!(word.as_str(), "no" | "not" | "without");
    !(words.len() > 1 && words.first().is_some_and(denies))
        && words.iter().any(|w| contains(BAD, w))
}

/// Whether a phase, state or health is a bad one.
#[must_use]
pub fn is_bad_phase(phase: &str) -> bool {
    // Longer texts are messages.
    if phase.len() > 60 {
        return false;
    }
    if phase.contains("already exists") {
        return true;
    }
    let words = words(phase);
    let denies = |word: &String| matches!(word.as_str(), "no" | "not" | "non" | "without");
    // "not applicable", "not required": there is nothing to be well or ill.
    let is_no_state = |word: &String| {
        matches!(
            word.as_str(),
            "applicable" | "required" | "started" | "needed" | "set" | "enabled" | "configured"
        )
    };
    match words.as_slice() {
        [first, second] if denies(first) => {
            first != "no" && !is_no_state(second) && !contains(BAD, second)
        }
        [first, ..] if first == "no" => false,
        words => words
            .iter()
            .any(|word| contains(BAD, word) || contains(BAD_IN_PHASE, word) || word == "not"),
    }
}

/// Whether a reason or phase says that something is being made or changed.
#[must_use]
pub fn is_in_progress(text: &str) -> bool {
    words(text).iter().any(|word| contains(IN_PROGRESS, word))
}

fn contains(list: &[&str], word: &str) -> bool {
    list.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_where_a_reader_splits_them() {
        for (text, expected) in [
            ("DataPlaneAvailable", "data plane available"),
            ("APIServiceReady", "api service ready"),
            ("backup-target/NotReady", "backup target not ready"),
            ("Cluster is unrecoverable", "cluster is unrecoverable"),
            ("Error5", "error 5"),
            ("", ""),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn a_condition_is_judged_by_its_last_word_and_its_reason() {
        use Opinion::{Bad, Good, Neutral};
        for (kind, status, reason, expected) in [
            ("Ready", "False", "", Bad),
            ("Ready", "Unknown", "", Neutral),
            ("Ready", "Unknown", "PartialTriggerError", Bad),
            ("Ready", "True", "Available", Good),
            (
                "ContinuousArchiving",
                "False",
                "ContinuousArchivingFailing",
                Bad,
            ),
            ("LastBackupSucceeded", "False", "LastBackupFailed", Bad),
            ("NotReady", "True", "Throwable", Bad),
            ("NotReady", "False", "", Good),
            ("NoWarnings", "True", "NoWarnings", Neutral),
            ("Degraded", "True", "", Bad),
            ("Degraded", "False", "AsExpected", Good),
            ("SyncFailed", "True", "", Bad),
            ("ReplicaFailure", "True", "FailedCreate", Bad),
            ("PartiallyReady", "True", "", Bad),
            ("Active", "False", "ScalerNotActive", Neutral),
            ("Completed", "False", "Failed", Bad),
            ("Progressing", "False", "ProgressDeadlineExceeded", Bad),
            ("Progressing", "True", "NewReplicaSetAvailable", Neutral),
            ("Progressing", "True", "ReplicaSetUpdated", Neutral),
            ("DashboardSynchronized", "False", "ApplyFailed", Bad),
            ("ErrorOccurred", "False", "ApplicationSetUpToDate", Good),
            (
                "ErrorOccurred",
                "True",
                "ApplicationGenerationFromParamsError",
                Bad,
            ),
            ("Complete", "True", "JobFailed", Bad),
            ("Available", "Degraded", "SomePodsNotReady", Bad),
            ("cilium.io/NoMatchingNode", "True", "NoMatchingNode", Bad),
            ("NoMatchingInstance", "False", "", Good),
            ("SourceVerified", "False", "VerificationError", Bad),
            ("", "False", "Failed", Neutral),
        ] {
            assert_eq!(
                opinion(kind, status, reason),
                expected,
                "{kind}={status} {reason}"
            );
        }
    }

    #[test]
    fn a_phase_is_bad_when_it_says_so() {
        for bad in [
            "Failed",
            "faulted",
            "ProvisioningFailed",
            "FailedAndRolledBack",
            "HEALTH_ERR",
            "red",
            "UpdateFailed",
            "NotReady",
            "unavailable",
            "Error",
            "PartiallyFailed",
        ] {
            assert!(is_bad_phase(bad), "{bad}");
        }
        for good in [
            "Running",
            "Cluster in healthy state",
            "healthy",
            "attached",
            "Completed",
            "NoErrors",
            "NotApplicable",
            "Available",
            "New",
            "Bound",
            "green",
            "",
        ] {
            assert!(!is_bad_phase(good), "{good}");
        }
    }
}
