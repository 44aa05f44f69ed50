//! Updates the record of an incident from what a cycle found.

use std::time::Duration;

use chrono::TimeDelta;

use super::matching;
use super::required_reads::{self, IsRead};
use super::timing;
use crate::assess::{Incident, Outages, Rule};
use crate::detect::RestartCounts;
use crate::model::{
    Cause, Effect, FactKind, FaultClass, Finding, IncidentState, ObjectRef, Reason, ReasonFlag,
    Severity, Time,
};
use crate::redact::redact;
use crate::state::{ChangeKey, IncidentRecord, RootFinding, State};

/// The longest message kept, in characters.
const MESSAGE: usize = 300;
/// The most affected services kept.
const AFFECTED: usize = 30;

/// The record of a new incident.
pub fn new(id: String, incident: &Incident, now: Time) -> IncidentRecord {
    IncidentRecord {
        id,
        fingerprint: incident.fingerprint.clone(),
        state: IncidentState::New,
        severity: incident.severity,
        rule: incident.rule.as_str().to_owned(),
        title: incident.title.clone(),
        service: incident.service.clone(),
        tier: incident.tier,
        since: incident.since,
        first_seen: now,
        last_seen: now,
        resolved_at: None,
        ended_at: None,
        escalated_at: None,
        better_since: None,
        caught_ready_since: None,
        due_since: None,
        root: root(incident.root()),
        change_key: change_key(incident),
        required_reads: required_reads::rests_on(&incident.findings),
        silenced: None,
        unsilenced_at: None,
        part_of: None,
        notified: None,
        sent: Vec::new(),
    }
}

/// Updates the record of an incident that was found again. A cycle that did not read everything
/// required may raise its severity, not lower it. Its onset never moves to a later time.
pub fn update(record: &mut IncidentRecord, incident: &mut Incident, is_read: &IsRead, now: Time) {
    remember_cause(record, incident);
    let is_partly_read = is_partly_read(record, is_read);
    let reopened = !record.is_open();
    let caught_ready_since = caught_ready_since(record, incident, now);
    let is_ready_moment =
        caught_ready_since.is_some_and(|t| timing::elapsed(t, now) < timing::READY_MOMENT);
    if (is_partly_read || is_ready_moment) && !reopened && incident.severity > record.severity {
        incident.severity = record.severity;
        incident.rule = rule(record);
    }
    if !reopened {
        incident.since = incident.since.min(record.since);
    }
    record.state = if reopened {
        IncidentState::Reopened
    } else if incident.severity < record.severity {
        IncidentState::Escalated
    } else if incident.severity > record.severity {
        IncidentState::DeEscalated
    } else {
        IncidentState::Ongoing
    };
    if incident.severity < record.severity {
        record.escalated_at = Some(now);
    }
    let returns = reopened || incident.severity < record.severity;
    if let Some(notified) = record
        .notified
        .as_mut()
        .filter(|notified| returns && timing::is_flapping(notified, now))
    {
        // While it flaps, returns without a message count too.
        notified.last_return = Some(now);
    }
    let mut next = new(record.id.clone(), incident, now);
    if is_partly_read {
        next.required_reads
            .extend(record.required_reads.iter().cloned());
        next.required_reads.sort();
        next.required_reads.dedup();
        next.change_key = record.change_key.clone();
    }
    // A known cause stays when the log line that showed it has been rotated away.
    if next.change_key.cause.is_none() && next.root.class == record.root.class {
        next.change_key.cause.clone_from(&record.change_key.cause);
    }
    *record = IncidentRecord {
        state: record.state,
        first_seen: record.first_seen,
        escalated_at: record.escalated_at,
        better_since: better_since(record, incident.severity, now),
        caught_ready_since,
        due_since: record.due_since,
        silenced: record.silenced.take(),
        unsilenced_at: record.unsilenced_at,
        notified: record.notified.take(),
        sent: std::mem::take(&mut record.sent),
        ..next
    };
}

/// Said of a cause that an earlier cycle found.
const REMEMBERED: &str = " (found earlier in this incident)";

/// Gives the root its earlier cause while the same symptom of the same object goes on: in a crash
/// loop events are dropped and logs are replaced, so that the proof fades.
fn remember_cause(record: &IncidentRecord, incident: &mut Incident) {
    let known = Cause::ALL
        .iter()
        .find(|c| Some(c.as_str()) == record.root.cause.as_deref());
    let root = incident.root();
    let is_same =
        matching::is_same_object(record, root) && record.root.reason == root.reason.as_str();
    let goes_on = record.is_open() && is_same && !root.reason.has(ReasonFlag::Vague);
    let Some(cause) = known.filter(|_| goes_on && root.cause.is_none()) else {
        return;
    };
    let title = incident.title.strip_suffix(root.reason.as_str());
    let title = title.map(|rest| format!("{rest}{cause}"));
    incident.title = title.unwrap_or_else(|| incident.title.clone());
    let Some(root) = incident.findings.first_mut() else {
        return;
    };
    root.cause = Some(*cause);
    let earlier = record.root.message.trim_end_matches(REMEMBERED);
    let now = std::mem::replace(&mut root.message, format!("{earlier}{REMEMBERED}"));
    root.fact(FactKind::Object, now);
}

/// Since when an incident of pods that were down has only shown pods that are ready and restart
/// again and again. A crash loop is ready for a moment after each restart.
fn caught_ready_since(record: &IncidentRecord, incident: &Incident, now: Time) -> Option<Time> {
    let root = incident.root();
    let is_ready = root.effect == Effect::AtRisk && root.reason.has(ReasonFlag::Flaps);
    let was_down = record.severity < incident.severity && record.root.of_health;
    let is_same = record.root.class == root.class().as_str();
    let known = record.caught_ready_since;
    (is_ready && is_same && (was_down || known.is_some())).then(|| known.unwrap_or(now))
}

fn better_since(record: &IncidentRecord, severity: Severity, now: Time) -> Option<Time> {
    let notified = record.notified.as_ref()?;
    (severity > notified.severity).then(|| record.better_since.unwrap_or(now))
}

fn is_partly_read(record: &IncidentRecord, is_read: &IsRead) -> bool {
    let namespace = &record.root.namespace;
    required_reads::any_unread(&record.required_reads, namespace, is_read)
}

/// Updates the record of an incident that was not found: it is part of another one, it could not be
/// read, or it is resolved.
pub fn absent(
    record: &mut IncidentRecord,
    container: Option<String>,
    is_read: &IsRead,
    end: impl FnOnce(&IncidentRecord) -> Option<Time>,
    now: Time,
) {
    if !record.is_open() {
        return;
    }
    record.state = IncidentState::Ongoing;
    if container.is_some() {
        record.last_seen = now;
    } else if !is_partly_read(record, is_read) {
        record.state = IncidentState::Resolved;
        record.resolved_at = Some(now);
        record.ended_at = end(record);
    }
    record.part_of = container;
}

/// When an incident ended that this cycle no longer finds; none: nothing is known but that. Between the
/// last cycle that found it and this one the cluster may have a time of recovery. Without one, and
/// after a longer break, it is only known until when it lasted at least.
pub fn end(
    record: &IncidentRecord,
    recoveries: &[(ObjectRef, Time)],
    interval: Duration,
    now: Time,
) -> Option<Time> {
    let root = &record.root;
    let is_root = |object: &ObjectRef| *object == root.object();
    let after = recoveries
        .iter()
        .filter(|(object, at)| is_root(object) && (record.last_seen..=now).contains(at));
    let recovered = after.map(|(_, at)| *at).min();
    let is_break = timing::is_due(record.last_seen, interval * 2, now);
    recovered.or(is_break.then_some(record.last_seen))
}

/// The incident as far as its record has it: the root finding without evidence.
pub fn incident_of(record: &IncidentRecord) -> Incident {
    let root = &record.root;
    let reason = Reason::ALL.iter().find(|r| r.as_str() == root.reason);
    let cause = Cause::ALL
        .iter()
        .find(|c| Some(c.as_str()) == root.cause.as_deref());
    let effect = if root.of_health {
        Effect::Degraded
    } else {
        Effect::Impaired
    };
    let mut finding = Finding::new(
        reason.copied().unwrap_or(Reason::Error),
        root.object(),
        record.since,
        effect,
    );
    finding.cause = cause.copied();
    finding.message.clone_from(&root.message);
    finding.service.clone_from(&record.service);
    Incident {
        fingerprint: record.fingerprint.clone(),
        title: record.title.clone(),
        service: record.service.clone(),
        tier: record.tier,
        severity: record.severity,
        rule: rule(record),
        since: record.since,
        affects: record.change_key.affects.clone(),
        findings: vec![finding],
    }
}

fn rule(record: &IncidentRecord) -> Rule {
    let known = Rule::ALL.iter().find(|r| r.as_str() == record.rule);
    known.copied().unwrap_or(Rule::Support)
}

fn root(finding: &Finding) -> RootFinding {
    RootFinding {
        reason: finding.reason.as_str().to_owned(),
        cause: finding.cause.map(|c| c.as_str().to_owned()),
        kind: finding.resource.kind.clone(),
        namespace: finding.resource.namespace.clone(),
        name: finding.resource.name.clone(),
        group: finding.resource.group.clone(),
        class: finding.class().as_str().to_owned(),
        of_health: finding.is_of_health(),
        message: redact(&finding.message).chars().take(MESSAGE).collect(),
    }
}

fn change_key(incident: &Incident) -> ChangeKey {
    let mut objects: Vec<_> = incident.findings.iter().map(|f| &f.resource).collect();
    objects.sort();
    objects.dedup();
    let mut pods: Vec<_> = incident.findings.iter().flat_map(|f| &f.pods).collect();
    pods.sort();
    pods.dedup_by_key(|p| (&p.namespace, &p.name));
    let mut affects = incident.affects.clone();
    affects.sort();
    affects.truncate(AFFECTED);
    ChangeKey {
        cause: incident.root().cause.map(|c| c.as_str().to_owned()),
        affects,
        objects: objects.len(),
        pods: pods.len(),
    }
}

/// Stores restart counts, at most once in half an interval: a run by hand a minute after the last
/// cycle must not make a crash loop look healthy.
pub fn count_restarts(state: &mut State, counts: RestartCounts, interval: Duration, now: Time) {
    let half = TimeDelta::from_std(interval / 2).unwrap_or(TimeDelta::MAX);
    let is_recent = state.restarts_at.is_some_and(|at| now - at < half);
    if !is_recent {
        state.restarts = counts;
        state.restarts_at = Some(now);
    }
}

/// Since when services have been unavailable, by name. Needed where no object has the time: when a
/// workload was scaled to zero or deleted.
#[must_use]
pub fn outages(state: &State) -> Outages {
    let is_outage = |r: &&IncidentRecord| {
        let rule = Rule::ALL.iter().find(|rule| rule.as_str() == r.rule);
        r.is_open()
            && (rule.is_some_and(|rule| rule.is_outage())
                || r.root.class == FaultClass::Presence.as_str())
    };
    let open = state.incidents.iter().filter(is_outage);
    open.filter_map(|r| Some((r.service.clone()?, r.since)))
        .collect()
}
