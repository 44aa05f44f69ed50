//! From an incident to what is remembered of it, and back.

use std::time::Duration;

use chrono::TimeDelta;

use super::{required_reads, timing};
use crate::assess::{Incident, Outages, Rule};
use crate::cluster::Resource;
use crate::detect::RestartCounts;
use crate::model::{
    Cause, Effect, FaultClass, Finding, IncidentState, ObjectRef, Reason, Severity, Time,
};
use crate::redact::redact;
use crate::state::{ChangeKey, IncidentRecord, RootFinding, State};

/// Of a message no more is remembered, in characters.
const LONGEST: usize = 300;
/// Of the services that suffer no more are remembered.
const MOST: usize = 30;

/// The memory of an incident that nobody remembers.
pub fn remember(id: String, incident: &Incident, now: Time) -> IncidentRecord {
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
        escalated_at: None,
        better_since: None,
        due_since: None,
        root: root(incident.root()),
        facts: facts(incident),
        rests_on: required_reads::rests_on(&incident.findings),
        silenced: None,
        unsilenced_at: None,
        part_of: None,
        told: None,
        sent: Vec::new(),
    }
}

/// The incident is there again. A cycle that could not see all of it may call it
/// worse, never better. An incident of yesterday began no later than it was
/// said to begin.
pub fn meet(
    remembered: &mut IncidentRecord,
    incident: &mut Incident,
    is_read: &dyn Fn(Resource) -> bool,
    now: Time,
) {
    let is_partly_read = required_reads::any_unread(&remembered.rests_on, is_read);
    let reopened = !remembered.is_open();
    if is_partly_read && !reopened && incident.severity > remembered.severity {
        incident.severity = remembered.severity;
        incident.rule = rule(remembered);
    }
    if !reopened {
        incident.since = incident.since.min(remembered.since);
    }
    remembered.state = if reopened {
        IncidentState::Reopened
    } else if incident.severity < remembered.severity {
        IncidentState::Escalated
    } else if incident.severity > remembered.severity {
        IncidentState::DeEscalated
    } else {
        IncidentState::Ongoing
    };
    if incident.severity < remembered.severity {
        remembered.escalated_at = Some(now);
    }
    let returns = reopened || incident.severity < remembered.severity;
    if let Some(told) = remembered
        .told
        .as_mut()
        .filter(|told| returns && timing::flaps(told, now))
    {
        // For as long as it goes on, unsaid returns count too.
        told.last_return = Some(now);
    }
    let mut next = remember(remembered.id.clone(), incident, now);
    if is_partly_read {
        next.rests_on.extend(remembered.rests_on.iter().cloned());
        next.rests_on.sort();
        next.rests_on.dedup();
        next.facts = remembered.facts.clone();
    }
    // What was known once is not unknown because a log line has scrolled away.
    if next.facts.cause.is_none() && next.root.class == remembered.root.class {
        next.facts.cause.clone_from(&remembered.facts.cause);
    }
    *remembered = IncidentRecord {
        state: remembered.state,
        first_seen: remembered.first_seen,
        escalated_at: remembered.escalated_at,
        better_since: better_since(remembered, incident.severity, now),
        due_since: remembered.due_since,
        silenced: remembered.silenced.take(),
        unsilenced_at: remembered.unsilenced_at,
        told: remembered.told.take(),
        sent: std::mem::take(&mut remembered.sent),
        ..next
    };
}

fn better_since(remembered: &IncidentRecord, severity: Severity, now: Time) -> Option<Time> {
    let told = remembered.told.as_ref()?;
    (severity > told.severity).then(|| remembered.better_since.unwrap_or(now))
}

/// The incident is not there by itself: part of the `whole`, out of sight, or over.
pub fn miss(
    remembered: &mut IncidentRecord,
    whole: Option<String>,
    is_read: &dyn Fn(Resource) -> bool,
    now: Time,
) {
    if !remembered.is_open() {
        return;
    }
    remembered.state = IncidentState::Ongoing;
    if whole.is_some() {
        remembered.last_seen = now;
    } else if !required_reads::any_unread(&remembered.rests_on, is_read) {
        remembered.state = IncidentState::Resolved;
        remembered.resolved_at = Some(now);
    }
    remembered.part_of = whole;
}

/// The incident as far as it is remembered: the root finding, no evidence.
pub fn recall(remembered: &IncidentRecord) -> Incident {
    let root = &remembered.root;
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
        ObjectRef::new(&root.kind, &root.namespace, &root.name),
        remembered.since,
        effect,
    );
    finding.cause = cause.copied();
    finding.message.clone_from(&root.message);
    finding.service.clone_from(&remembered.service);
    Incident {
        fingerprint: remembered.fingerprint.clone(),
        title: remembered.title.clone(),
        service: remembered.service.clone(),
        tier: remembered.tier,
        severity: remembered.severity,
        rule: rule(remembered),
        since: remembered.since,
        affects: remembered.facts.affects.clone(),
        findings: vec![finding],
    }
}

fn rule(remembered: &IncidentRecord) -> Rule {
    let known = Rule::ALL.iter().find(|r| r.as_str() == remembered.rule);
    known.copied().unwrap_or(Rule::Support)
}

fn root(finding: &Finding) -> RootFinding {
    RootFinding {
        reason: finding.reason.as_str().to_owned(),
        cause: finding.cause.map(|c| c.as_str().to_owned()),
        kind: finding.resource.kind.clone(),
        namespace: finding.resource.namespace.clone(),
        name: finding.resource.name.clone(),
        class: finding.class().as_str().to_owned(),
        of_health: finding.is_of_health(),
        message: redact(&finding.message).chars().take(LONGEST).collect(),
    }
}

fn facts(incident: &Incident) -> ChangeKey {
    let mut objects: Vec<_> = incident.findings.iter().map(|f| &f.resource).collect();
    objects.sort();
    objects.dedup();
    let mut pods: Vec<_> = incident.findings.iter().flat_map(|f| &f.pods).collect();
    pods.sort();
    pods.dedup_by_key(|p| (&p.namespace, &p.name));
    let mut affects = incident.affects.clone();
    affects.sort();
    affects.truncate(MOST);
    ChangeKey {
        cause: incident.root().cause.map(|c| c.as_str().to_owned()),
        affects,
        objects: objects.len(),
        pods: pods.len(),
    }
}

/// Remembers restart counts. They are compared over a whole interval: a run by
/// hand a minute after the last one does not make a crash loop look calm.
pub fn count_restarts(state: &mut State, counts: RestartCounts, interval: Duration, now: Time) {
    let half = TimeDelta::from_std(interval / 2).unwrap_or(TimeDelta::MAX);
    let is_fresh = state.restarts_at.is_some_and(|at| now - at < half);
    if !is_fresh {
        state.restarts = counts;
        state.restarts_at = Some(now);
    }
}

/// Since when services are remembered to be unavailable, by name. It counts
/// where no object tells: of what was scaled to zero, or deleted.
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
