//! Which incidents of this cycle continue which incidents of the state.

use super::timing::{REOPEN, elapsed};
use crate::assess::Incident;
use crate::model::{Finding, Time};
use crate::state::IncidentRecord;

/// For each incident of this cycle the index of the record that it continues. Open records come
/// before those resolved within three hours; an equal fingerprint comes before the same service
/// with another symptom.
pub fn records_of(
    records: &[IncidentRecord],
    incidents: &[Incident],
    now: Time,
) -> Vec<Option<usize>> {
    let mut found = vec![None; incidents.len()];
    let mut taken = vec![false; records.len()];
    let is_recent = |r: &IncidentRecord| {
        r.resolved_at
            .is_some_and(|resolved| elapsed(resolved, now) <= REOPEN)
    };
    let rounds: [(bool, Test); 4] = [
        (true, has_same_fingerprint),
        (true, has_same_subject),
        (false, has_same_fingerprint),
        (false, has_same_subject),
    ];
    for (is_open, test) in rounds {
        let may = |r: &IncidentRecord| r.is_open() == is_open && (is_open || is_recent(r));
        for (record, incident) in found.iter_mut().zip(incidents) {
            if record.is_some() {
                continue;
            }
            // Of several the newest.
            *record = (0..records.len())
                .rev()
                .find(|&at| !taken[at] && may(&records[at]) && test(&records[at], incident));
            if let Some(at) = *record {
                taken[at] = true;
            }
        }
    }
    found
}

type Test = fn(&IncidentRecord, &Incident) -> bool;

fn has_same_fingerprint(record: &IncidentRecord, incident: &Incident) -> bool {
    record.fingerprint == incident.fingerprint
}

/// Both are about the health of the same service, or of the same object. A service that crashed
/// yesterday and cannot pull its image today has not been healthy in between.
fn has_same_subject(record: &IncidentRecord, incident: &Incident) -> bool {
    let root = incident.root();
    if !record.root.of_health || !root.is_of_health() {
        return false;
    }
    let is_same_service = record.service.is_some() && record.service == incident.service;
    is_same_service || record.service == incident.service && is_same_object(record, root)
}

/// Whether a finding is about the root object of a record.
pub fn is_same_object(record: &IncidentRecord, finding: &Finding) -> bool {
    record.root.object() == finding.resource
}

/// Whether an incident contains the findings of a record: the record's problem goes on, under
/// another root.
pub fn contains(incident: &Incident, record: &IncidentRecord) -> bool {
    incident.findings.iter().any(|finding| {
        let is_same =
            is_same_object(record, finding) && record.root.class == finding.class().as_str();
        let is_same_service = record.root.of_health
            && record.service.is_some()
            && record.service == finding.service
            && finding.is_of_health();
        is_same || is_same_service
    })
}
