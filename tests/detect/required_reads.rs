//! An incident that is missing because a kind is unread is not resolved: the row of its reason
//! names the kind.

use std::collections::BTreeSet;

use k8s_monitor::assess::Incident;
use k8s_monitor::cluster::{Read, Resource, Unread, UnreadReason};
use k8s_monitor::lifecycle;
use k8s_monitor::model::{KINDS, KindRef};
use serde_json::Value;

use super::properties::CASES;
use crate::support::case::Case;

fn kind_of(document: &Value) -> Option<Resource> {
    Resource::of_object(document["apiVersion"].as_str()?, document["kind"].as_str()?)
}

/// The case, with a kind that could not be read.
fn without(case: &Case, kind: Resource) -> Case {
    let mut partial = case.clone();
    partial.documents.retain(|d| kind_of(d) != Some(kind));
    let unread = Unread {
        reason: UnreadReason::Timeout,
        message: "timed out".to_owned(),
    };
    partial.snapshot.reads.insert(kind, Read::Unread(unread));
    partial
}

fn incidents(case: &Case) -> Vec<Incident> {
    case.evaluate_objects(&case.documents).unwrap().incidents
}

#[test]
fn an_incident_that_is_missing_while_a_kind_is_unread_rests_on_that_kind() {
    let mut wrong = BTreeSet::new();
    for case in CASES.iter() {
        let known = incidents(case);
        let used: BTreeSet<_> = case.documents.iter().filter_map(kind_of).collect();
        for kind in KINDS
            .iter()
            .map(|row| row.resource)
            .filter(|kind| used.contains(kind))
        {
            let found = incidents(&without(case, kind));
            for incident in &known {
                let continues = |f: &Incident| {
                    f.fingerprint == incident.fingerprint
                        || f.service.is_some() && f.service == incident.service
                };
                if !found.iter().any(continues)
                    && lifecycle::all_read(&incident.findings, &|k, _| k != KindRef::Listed(kind))
                {
                    wrong.insert(format!(
                        "{} without {}: {}",
                        incident.root().reason,
                        kind.name(),
                        case.sentence
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
