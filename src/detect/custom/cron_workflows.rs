//! `CronWorkflow`s of Argo Workflows whose runs were due and did not start.

use chrono::TimeDelta;
use serde_json::Value;

use super::{pause, service};
use crate::cluster::types::CustomObject;
use crate::detect::index::ClusterIndex;
use crate::detect::runs::back_since;
use crate::detect::text::minute;
use crate::model::{Cause, Effect, FactKind, Finding, Reason, Schedule, Time};

/// Its controller starts a run within seconds.
const LATE: TimeDelta = TimeDelta::minutes(10);

/// Findings about runs that did not start.
pub fn detect(index: &ClusterIndex) -> Vec<Finding> {
    // A control plane that was away starts what was due in its first minutes.
    if back_since(index).is_some_and(|back| index.now() - back < LATE) {
        return Vec::new();
    }
    let objects = index.snapshot.objects.custom.iter();
    objects
        .filter(|object| object.is("argoproj.io", "CronWorkflow"))
        .filter(|object| object.metadata.deletion_timestamp.is_none() && !pause::is_paused(object))
        .filter_map(|object| missed(index, object))
        .collect()
}

fn missed(index: &ClusterIndex, object: &CustomObject) -> Option<Finding> {
    if waits_for_a_run(object) {
        return None;
    }
    let last: Option<Time> = object.status_text(&["lastScheduledTime"]).parse().ok();
    let since = last.max(object.metadata.creation_timestamp)?;
    let schedules = schedules(object);
    let zone = object.spec_text(&["timezone"]);
    let parsed = schedules
        .iter()
        .filter_map(|text| Schedule::parse(text, zone));
    let due = parsed.filter_map(|schedule| schedule.next(since)).min()?;
    if index.now() - due < LATE {
        return None;
    }
    let reference = object.reference();
    let mut finding = Finding::new(Reason::CronJobMissed, reference, due, Effect::Impaired);
    finding.cause = Some(Cause::CronJobMissed);
    finding.service = service::of(index, object);
    let last = last.map_or_else(|| "never".to_owned(), minute);
    finding.message = format!(
        "was due at {} and did not run; last run {last}",
        minute(due)
    );
    let zone = if zone.is_empty() { "UTC" } else { zone };
    let text = format!("schedule {} ({zone})", schedules.join(", "));
    finding.fact(FactKind::Object, text);
    Some(finding)
}

/// Whether a run is at work that must end before the next one starts.
fn waits_for_a_run(object: &CustomObject) -> bool {
    let active = object.status_at(&["active"]).and_then(Value::as_array);
    object.spec_text(&["concurrencyPolicy"]) == "Forbid"
        && active.is_some_and(|active| !active.is_empty())
}

/// A `CronWorkflow` has one schedule, or in later versions several.
fn schedules(object: &CustomObject) -> Vec<&str> {
    let several = object.spec_at(&["schedules"]).and_then(Value::as_array);
    let several = several.into_iter().flatten().filter_map(Value::as_str);
    let one = object.spec_text(&["schedule"]);
    let mut all: Vec<_> = std::iter::once(one).chain(several).collect();
    all.retain(|text| !text.is_empty());
    all
}
