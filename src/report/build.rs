//! Builds the parts of a report from what a cycle found.

use std::collections::BTreeMap;

use crate::assess::{self, ServiceState, Unlisted};
use crate::cluster::{self, Snapshot, UnreadReason};
use crate::inventory::{self, Service as Listed};
use crate::model::{Finding as Found, ObjectRef, ServiceStatus, Tolerance};
use crate::redact::redact;

use super::{
    Analysis, DAMAGED, Evidence, Finding, Incident, Notification, Resource, RootCause, Service,
    ServicesFile, Unread, Visibility,
};
use crate::model::{AnalysisSource, Confidence, Decision, IncidentState};

const BLIND: &str = "Outages of objects that cannot be read are not detected.";
const INVENTORY: &str = "The settings in the unreadable parts of the file are unknown: these services get defaults, \
     or are not monitored at all.";

/// Damaged objects of one kind that are named.
const NAMED: usize = 5;
/// Kinds of one group that are named.
const GROUPED: usize = 20;

/// What could not be read.
#[must_use]
pub fn visibility(snapshot: &Snapshot) -> Visibility {
    let listed = snapshot.unread().map(|(resource, unread)| Unread {
        resource: resource.name(),
        reason: format!("{:?}", unread.reason),
        message: redact(&unread.message).into_owned(),
    });
    let unread = listed.chain(unread_groups(snapshot));
    let unread: Vec<_> = unread.chain(damaged(snapshot)).collect();
    Visibility {
        complete: unread.is_empty(),
        unread,
    }
}

/// The objects that could not be decoded as a whole: one entry a kind.
fn damaged(snapshot: &Snapshot) -> impl Iterator<Item = Unread> {
    let mut by_kind: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for object in &snapshot.damaged {
        by_kind.entry(&object.kind).or_default().push(object);
    }
    by_kind.into_iter().map(|(kind, objects)| {
        let named: Vec<_> = objects
            .iter()
            .take(NAMED)
            .map(|object| object.describe())
            .collect();
        let more = match objects.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let message = format!(
            "without what could not be decoded: {}{more}; correct or delete the object",
            named.join(", ")
        );
        Unread {
            resource: kind.name(),
            reason: DAMAGED.to_owned(),
            message: redact(&message).into_owned(),
        }
    })
}

/// The custom kinds that could not be read: one entry for each group and class of failure.
fn unread_groups(snapshot: &Snapshot) -> impl Iterator<Item = Unread> {
    let mut groups: BTreeMap<(&str, &str), Vec<(String, &str)>> = BTreeMap::new();
    for (kind, read) in &snapshot.custom_reads {
        if let cluster::Read::Unread(unread) = read {
            let group = match unread.reason {
                UnreadReason::Limit => "several groups",
                UnreadReason::Forbidden
                | UnreadReason::Timeout
                | UnreadReason::Unavailable
                | UnreadReason::Malformed
                | UnreadReason::NotInSnapshot => kind.group.as_str(),
            };
            let group = groups.entry((group, unread.reason.as_str()));
            group.or_default().push((kind.name(), &unread.message));
        }
    }
    groups.into_iter().map(|((group, reason), kinds)| {
        let names: Vec<_> = kinds.iter().map(|(name, _)| name.as_str()).collect();
        let (first, message) = &kinds[0];
        let resource = match kinds.len() {
            1 => first.clone(),
            count => format!("{count} kinds of {group}"),
        };
        let others = match kinds.len() {
            1 => String::new(),
            count => {
                let more = match count.saturating_sub(GROUPED) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let names = names[..count.min(GROUPED)].join(", ");
                format!(" (the same for all of: {names}{more})")
            }
        };
        Unread {
            resource,
            reason: reason.to_owned(),
            message: redact(&format!("{message}{others}")).into_owned(),
        }
    })
}

/// The services file and what it does not name.
#[must_use]
pub fn services_file(
    file: &inventory::ServicesFile,
    listed: usize,
    unlisted: &Unlisted,
) -> ServicesFile {
    ServicesFile {
        path: file.path.as_ref().map(|path| path.display().to_string()),
        origin: file.origin.as_str().to_owned(),
        why: file.origin.to_string(),
        listed,
        matched: unlisted.matched,
        unlisted_tier: unlisted.tier,
        unlisted_down: unlisted.down.len(),
    }
}

/// The note while the services file says nothing about what runs.
#[must_use]
pub fn services_note(file: &ServicesFile) -> Option<String> {
    let tier = file.unlisted_tier;
    let what = match &file.path {
        _ if file.matched > 0 => return None,
        Some(path) => format!("no service of {path} runs in this cluster"),
        None => format!("there is no services file ({})", file.why),
    };
    Some(format!(
        "{what}: everything is unlisted and judged as {tier}; `k8s-monitor services init` drafts a \
         services file from the cluster"
    ))
}

/// One service of the list.
#[must_use]
pub fn service(state: &ServiceState) -> Service {
    let seconds = |d: chrono::TimeDelta| u64::try_from(d.num_seconds()).unwrap_or(0);
    let counted = state.desired > 0 || state.status == ServiceStatus::Unavailable;
    Service {
        name: state.name.clone(),
        tier: state.tier,
        namespace: state.namespace.clone(),
        status: state.status,
        since: state.since,
        downtime_seconds: state.downtime.map_or(0, seconds),
        max_downtime_seconds: match state.max_downtime {
            Tolerance::Limit(limit) => Some(limit.as_secs()),
            Tolerance::Unlimited => None,
        },
        ready: counted.then_some(state.ready),
        desired: counted.then_some(state.desired),
    }
}

/// An incident as the rules alone report it, before it has an id and a notification.
#[must_use]
pub fn draft(incident: &assess::Incident, monitored: &[Listed]) -> Incident {
    let listed = monitored
        .iter()
        .find(|s| incident.service.as_deref() == Some(&s.name));
    let root = incident.root();
    let mut evidence = 0;
    Incident {
        id: String::new(),
        fingerprint: incident.fingerprint.clone(),
        state: IncidentState::New,
        severity: incident.severity,
        rule: incident.rule.as_str().to_owned(),
        title: incident.title.clone(),
        service: incident.service.clone(),
        tier: incident.tier,
        since: incident.since,
        end: None,
        affects: incident.affects.clone(),
        root_cause: RootCause {
            cause: root.cause.map(|c| c.as_str().to_owned()),
            resource: resource(&root.resource),
            summary: redact(&root.sentence()).into_owned(),
        },
        findings: incident
            .findings
            .iter()
            .map(|f| finding(f, &mut evidence))
            .collect(),
        correlation: None,
        analysis: analysis(incident, listed),
        actions: assess::actions(incident, listed),
        silenced_until: None,
        notification: Notification {
            decision: Decision::Log,
            channel: None,
            why: String::new(),
            delivered: None,
        },
    }
    .bounded()
}

fn resource(object: &ObjectRef) -> Resource {
    Resource {
        kind: object.kind.clone(),
        namespace: (!object.namespace.is_empty()).then(|| object.namespace.clone()),
        name: object.name.clone(),
    }
}

fn finding(found: &Found, counter: &mut usize) -> Finding {
    let evidence = found
        .evidence
        .iter()
        .map(|fact| {
            *counter += 1;
            Evidence {
                id: format!("E{counter}"),
                kind: fact.kind.as_str().to_owned(),
                text: redact(&fact.text).into_owned(),
            }
        })
        .collect();
    Finding {
        reason: found.reason.as_str().to_owned(),
        cause: found.cause.map(|c| c.as_str().to_owned()),
        resource: resource(&found.resource),
        since: Some(found.since),
        message: redact(&found.sentence()).into_owned(),
        evidence,
        known_issue: found.known_issue.clone(),
    }
}

/// Cause and impact by the rules alone.
fn analysis(incident: &assess::Incident, service: Option<&Listed>) -> Analysis {
    let root = incident.root();
    Analysis {
        source: AnalysisSource::Rules,
        hypothesis: redact(&root.sentence()).into_owned(),
        confidence: if root.cause.is_some() {
            Confidence::High
        } else {
            Confidence::Low
        },
        business_impact: impact(incident, service),
        dissent: None,
    }
}

fn impact(incident: &assess::Incident, service: Option<&Listed>) -> String {
    match incident.rule {
        assess::Rule::MonitoringBlind => return BLIND.to_owned(),
        assess::Rule::Inventory => return INVENTORY.to_owned(),
        _ => {}
    }
    let own = service.map(|s| match s.purpose.as_deref() {
        Some(purpose) => format!("{}: {purpose}.", s.name),
        None => format!("{}, a {} service.", s.name, s.tier),
    });
    let affected = (!incident.affects.is_empty())
        .then(|| format!("Also affected: {}.", incident.affects.join(", ")));
    let parts: Vec<_> = own.into_iter().chain(affected).collect();
    if parts.is_empty() {
        "No listed service is affected.".to_owned()
    } else {
        parts.join(" ")
    }
}
