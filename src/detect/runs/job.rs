//! What a job says of itself.

use crate::cluster::types::{Condition, Job, condition};
use crate::model::Time;

/// Whether a condition of the job is true.
fn is(job: &Job, kind: &str) -> bool {
    condition(&job.status.conditions, kind).is_some_and(Condition::is_true)
}

pub fn is_complete(job: &Job) -> bool {
    is(job, "Complete")
}

/// Since when it has failed for good.
pub fn failed_at(job: &Job) -> Option<Time> {
    let failed = condition(&job.status.conditions, "Failed").filter(|c| c.is_true())?;
    failed.last_transition_time.or(started_at(job))
}

/// Whether it should be at work: neither ended nor ending nor suspended.
pub fn is_unfinished(job: &Job) -> bool {
    let is_ending = ["Complete", "Failed", "FailureTarget", "SuccessCriteriaMet"]
        .iter()
        .any(|kind| is(job, kind));
    !is_ending && !job.spec.suspend && job.metadata.deletion_timestamp.is_none()
}

pub fn started_at(job: &Job) -> Option<Time> {
    job.status.start_time.or(job.metadata.creation_timestamp)
}

/// The newest job that has ended. One that is still being retried does not count.
pub fn newest_ended<'a>(jobs: &[&'a Job]) -> Option<&'a Job> {
    jobs.iter()
        .copied()
        .filter(|j| is_complete(j) || failed_at(j).is_some())
        .max_by_key(|j| (started_at(j), &j.metadata.name))
}

/// The name of a run without the versions, numbers and hashes at its end:
/// `migrate` of `migrate-1-22-3`, of `migrate-v2.0.1-rc1` and of `migrate-x7v2p`.
pub fn stem(name: &str) -> &str {
    let mut stem = name;
    while let Some((shorter, tail)) = stem.rsplit_once('-') {
        if shorter.is_empty() || !is_version(tail) && !is_hash(tail) {
            break;
        }
        stem = shorter;
    }
    if stem.len() < name.len() {
        return stem;
    }
    // The API server's random suffix may lack digits.
    match name.rsplit_once('-') {
        Some((shorter, tail)) if is_random(tail) && !shorter.is_empty() => shorter,
        _ => name,
    }
}

/// `3`, `v2.0.1`, `rc1`.
fn is_version(part: &str) -> bool {
    let words = ["v", "rc", "alpha", "beta", "r", "rev"];
    let word = words.iter().filter_map(|word| part.strip_prefix(word));
    std::iter::once(part).chain(word).any(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest.chars().all(|c| c.is_ascii_digit() || c == '.')
    })
}

/// A number, a hash or a random suffix: `29540100`, `5d4f8c7b9`, `x7v2p`.
fn is_hash(part: &str) -> bool {
    let has_digit = part.chars().any(|c| c.is_ascii_digit());
    part.len() >= 5 && has_digit && part.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Five of the characters that the API server makes names of.
fn is_random(part: &str) -> bool {
    part.len() == 5
        && part
            .chars()
            .all(|c| "bcdfghjklmnpqrstvwxz2456789".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stem_has_no_version_and_no_hash() {
        for (name, expected) in [
            ("migrate", "migrate"),
            ("db-migrate-3", "db-migrate"),
            ("gitea-migrate-1-22-3", "gitea-migrate"),
            ("app-upgrade-v2.0.1-rc1", "app-upgrade"),
            ("app-upgrade-2026.10.1-29540100", "app-upgrade"),
            ("app-import-a1b2c", "app-import"),
            ("app-import-xkdfw", "app-import"),
            ("image-scan-x7v2p", "image-scan"),
            ("nextcloud-db-upgrade", "nextcloud-db-upgrade"),
            ("backup-s3", "backup-s3"),
            ("backup-b2", "backup-b2"),
            ("pg-2-join", "pg-2-join"),
            ("3", "3"),
            ("-1", "-1"),
        ] {
            assert_eq!(stem(name), expected);
        }
    }
}
