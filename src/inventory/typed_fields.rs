//! Keys with typed values: tier, durations, numbers, workloads, known issues. A value that cannot be
//! read is an error, and the default applies.

use std::fmt::Display;

use super::diagnostic::{Diagnostics, quote};
use super::document::Entry;
use super::keys::Key;
use super::known_issue;
use super::model::{KnownIssue, KnownIssueKind, Service, WorkloadRef};
use super::resource_pattern::ResourcePattern;
use super::{tolerance, values};
use crate::model::Tier;

/// The value of the key `Tier`, if it can be read.
pub(super) fn tier(entries: &[Entry]) -> Option<Tier> {
    entries
        .iter()
        .filter(|entry| entry.key == Some(Key::Tier))
        .find_map(|entry| read_tier(&entry.value.text))
}

/// `P1`, `P2-P3` (the more critical one), `P1 (since June)`.
fn read_tier(text: &str) -> Option<Tier> {
    values::plain(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map_while(|word| word.parse().ok())
        .min()
}

/// Reports a value that cannot be read.
fn unreadable(
    diagnostics: &mut Diagnostics<'_, '_>,
    entry: &Entry,
    key: Key,
    why: impl Display,
    help: Option<&str>,
) {
    let key = key.label().to_lowercase();
    let text = entry.values().next();
    let (line, part) = text.map_or((entry.line, entry.name.as_str()), |it| (it.line, &it.text));
    let value = text.map_or(String::new(), |it| format!(" {}", quote(&it.text)));
    let span = diagnostics.span(line, part);
    let message = format!("{key}{value} cannot be read: {why}");
    diagnostics.error(span, message, help.map(str::to_owned));
}

/// The value of `Data Layer`.
pub(super) fn data_layer(entry: &Entry, diagnostics: &mut Diagnostics<'_, '_>) -> Option<bool> {
    let answer = values::yes_or_no(&entry.value.text);
    if answer.is_none() {
        unreadable(
            diagnostics,
            entry,
            Key::DataLayer,
            "it must be yes or no",
            None,
        );
    }
    answer
}

/// Reads and classifies known issues.
pub(super) fn known_issues(
    service: &mut Service,
    entry: &Entry,
    diagnostics: &mut Diagnostics<'_, '_>,
) {
    for value in entry.values().filter(|value| !values::is_none(&value.text)) {
        let kind = known_issue::classify(&value.text);
        if kind == KnownIssueKind::Other && known_issue::mentions_slow_start(&value.text) {
            diagnostics.warn(
                diagnostics.span(value.line, &value.text),
                "a slow start without a duration gives no startup grace",
                Some(
                    "add the duration, as in `5-6 minutes to be ready`, or the key `Startup Grace: 6m`"
                        .to_owned(),
                ),
            );
        }
        service.known_issues.push(KnownIssue {
            text: value.text.clone(),
            kind,
        });
    }
}

/// The longest slow start among the known issues.
pub(super) fn slowest_start(issues: &[KnownIssue]) -> Option<std::time::Duration> {
    let graces = issues.iter().filter_map(|issue| match issue.kind {
        KnownIssueKind::SlowStartup { grace } => Some(grace),
        _ => None,
    });
    graces.max()
}

/// Reads `kind/name` entries.
pub(super) fn workloads(
    workloads: &mut Vec<WorkloadRef>,
    entry: &Entry,
    diagnostics: &mut Diagnostics<'_, '_>,
) {
    for value in entry.values() {
        let parts = values::split_list(&value.text);
        for part in parts.into_iter().filter(|part| !values::is_none(part)) {
            match values::workload(part) {
                Some(workload) if workloads.len() >= values::MAX_NAMES || workloads.contains(&workload) => {}
                Some(workload) => workloads.push(workload),
                None => diagnostics.error(
                    diagnostics.span(value.line, part),
                    format!("workload {} cannot be read: it must be kind/name", quote(part)),
                    Some("the kind must be deployment, statefulset, daemonset, cronjob, rollout, cluster, workflow or cronworkflow, as in `deployment/api`".to_owned()),
                ),
            }
        }
    }
}

/// Reads `kind.group/name` entries.
pub(super) fn custom_resources(
    service: &mut Service,
    entry: &Entry,
    diagnostics: &mut Diagnostics<'_, '_>,
) {
    let known = &mut service.custom_resources;
    for value in entry.values() {
        let parts = values::split_list(&value.text);
        for part in parts.into_iter().filter(|part| !values::is_none(part)) {
            match ResourcePattern::parse(part) {
                Some(pattern) if known.len() >= values::MAX_NAMES || known.contains(&pattern) => {}
                Some(pattern) => known.push(pattern),
                None => diagnostics.error(
                    diagnostics.span(value.line, part),
                    format!(
                        "custom resource {} cannot be read: it must be kind.group/name",
                        quote(part)
                    ),
                    Some("as in `bucket.s3.aws.upbound.io/loki-*`".to_owned()),
                ),
            }
        }
    }
}

/// Reads the keys with a single duration, number or tier.
pub(super) fn scalar(
    service: &mut Service,
    key: Key,
    entry: &Entry,
    diagnostics: &mut Diagnostics<'_, '_>,
) {
    let text = entry.joined().unwrap_or_default();
    match key {
        Key::MaxDowntime => match tolerance::parse_tolerance(&text) {
            Ok((limit, note)) => (service.max_downtime, service.max_downtime_note) = (limit, note),
            Err(error) => unreadable(diagnostics, entry, key, &error, Some(error.help())),
        },
        Key::StartupGrace | Key::BackupMaxAge => match tolerance::parse_duration(&text) {
            Ok(span) if key == Key::StartupGrace => service.startup_grace = Some(span),
            Ok(span) => service.backup_max_age = Some(span),
            Err(error) => {
                let help = "write it like `6m`, `26h` or `6 minutes`";
                unreadable(diagnostics, entry, key, error, Some(help));
            }
        },
        Key::Replicas => match values::replicas(&text) {
            Ok(count) => service.replicas = count,
            Err(()) => unreadable(
                diagnostics,
                entry,
                key,
                "it must start with a whole number",
                None,
            ),
        },
        // `tier` has read it already. Here it is only checked.
        Key::Tier if read_tier(&text).is_none() => {
            unreadable(diagnostics, entry, key, "it must be P0, P1, P2 or P3", None);
        }
        _ => {}
    }
}
