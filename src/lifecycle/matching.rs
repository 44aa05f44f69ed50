//! Which of today's incidents is which of the remembered ones.

use super::timing::{REOPEN, passed};
use crate::assess::Incident;
use crate::model::{Finding, Time};
use crate::state::IncidentRecord;

/// For each of today's incidents the index of the remembered one that it
/// continues. An open one before one that was resolved within three hours, the
/// same fingerprint before a symptom that has changed.
pub fn places(
    remembered: &[IncidentRecord],
    incidents: &[Incident],
    now: Time,
) -> Vec<Option<usize>> {
    let mut places = vec![None; incidents.len()];
    let mut taken = vec![false; remembered.len()];
    let is_recent = |r: &IncidentRecord| {
        r.resolved_at
            .is_some_and(|resolved| passed(resolved, now) <= REOPEN)
    };
    let rounds: [(bool, Test); 4] = [
        (true, is_same),
        (true, is_akin),
        (false, is_same),
        (false, is_akin),
    ];
    for (is_open, test) in rounds {
        let may = |r: &IncidentRecord| r.is_open() == is_open && (is_open || is_recent(r));
        for (place, incident) in places.iter_mut().zip(incidents) {
            if place.is_some() {
                continue;
            }
            // The latest, where several could be meant.
            let found = (0..remembered.len())
                .rev()
                .find(|&at| !taken[at] && may(&remembered[at]) && test(&remembered[at], incident));
            if let Some(at) = found {
                taken[at] = true;
                *place = Some(at);
            }
        }
    }
    places
}

type Test = fn(&IncidentRecord, &Incident) -> bool;

fn is_same(remembered: &IncidentRecord, incident: &Incident) -> bool {
    remembered.fingerprint == incident.fingerprint
}

/// The health of the same service, or of the same object, whatever its symptom
/// is by now: what crashed yesterday and cannot pull its image today has not
/// been well in between.
fn is_akin(remembered: &IncidentRecord, incident: &Incident) -> bool {
    let root = incident.root();
    if !remembered.root.of_health || !root.is_of_health() {
        return false;
    }
    let same_service = remembered.service.is_some() && remembered.service == incident.service;
    same_service || remembered.service == incident.service && is_object(remembered, root)
}

fn is_object(remembered: &IncidentRecord, finding: &Finding) -> bool {
    let (root, resource) = (&remembered.root, &finding.resource);
    root.kind == resource.kind && root.namespace == resource.namespace && root.name == resource.name
}

/// Whether an incident holds what a remembered one is about: its trouble goes
/// on, under another root.
pub fn holds(incident: &Incident, remembered: &IncidentRecord) -> bool {
    incident.findings.iter().any(|finding| {
        let same =
            is_object(remembered, finding) && remembered.root.class == finding.class().as_str();
        let same_health = remembered.root.of_health
            && remembered.service.is_some()
            && remembered.service == finding.service
            && finding.is_of_health();
        same || same_health
    })
}
