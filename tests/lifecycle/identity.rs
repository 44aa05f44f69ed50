//! Identity and ids of incidents.

use std::collections::BTreeSet;

use k8s_monitor::assess::Incident;
use k8s_monitor::model::{Cause, Finding, IncidentState, ObjectRef, Reason};
use k8s_monitor::state::MessageKind;

use super::harness::*;

const MONDAY: &str = "2026-11-02T00:00:00Z";

#[test]
fn ids_are_numbered_by_local_day_and_never_repeat() {
    let mut harness = Harness::new(
        config("businessHours: { timezone: America/New_York }"),
        "2026-11-02T03:00:00Z",
    );
    let step = harness.cycle(vec![incident_of("a", Sev1), incident_of("b", Sev2)]);
    let ids: Vec<_> = step.tracked.iter().map(|t| t.id.as_str()).collect();
    assert_eq!(ids, ["INC-2026-11-01-001", "INC-2026-11-01-002"]);
    harness.state.incidents.clear();
    let step = harness.advance(vec![incident_of("c", Sev1)]);
    assert_eq!(step.tracked[0].id, "INC-2026-11-01-003");
    harness.pass(120);
    let step = harness.advance(vec![incident_of("c", Sev1)]);
    assert_eq!(step.tracked[0].id, "INC-2026-11-02-001");
    // After a clock was set back, the numbers of that day continue.
    harness.state = step.state;
    harness.pass(-120);
    let step = harness.advance(vec![incident_of("d", Sev1)]);
    assert!(step.tracked.iter().any(|t| t.id == "INC-2026-11-01-003"));
}

/// Someone edited the document by hand.
#[test]
fn a_wrong_daily_counter_gives_no_id_twice() {
    for count in [0, u32::MAX] {
        let mut harness = Harness::new(config(""), MONDAY);
        harness.cycle(vec![incident_of("a", Sev1), incident_of("b", Sev2)]);
        harness.state.numbers.insert("2026-11-02".to_owned(), count);
        let step = harness.cycle(vec![incident_of("c", Sev1), incident_of("d", Sev2)]);
        let ids: Vec<_> = step.state.incidents.iter().map(|r| &r.id[15..]).collect();
        assert_eq!(ids, ["001", "002", "003", "004"], "{count}");
    }
}

#[test]
fn an_id_edited_by_hand_is_not_assigned_again() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(vec![incident_of("a", Sev1)]);
    harness.state.incidents[0].id = "INC-2026-11-02-999999".to_owned();
    let step = harness.cycle(vec![incident_of("b", Sev1), incident_of("c", Sev2)]);
    let ids: BTreeSet<_> = step.state.incidents.iter().map(|r| &r.id).collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
}

#[test]
fn order_pods_and_times_do_not_change_the_identity() {
    let mut harness = Harness::new(config(""), MONDAY);
    let first = harness.cycle(vec![incident_of("a", Sev1), incident_of("b", Sev1)]);
    let mut again = vec![incident_of("b", Sev1), incident_of("a", Sev1)];
    for incident in &mut again {
        incident.since += chrono::TimeDelta::minutes(45);
        incident.findings[0].pods = vec![pod("x", "y")];
    }
    let step = harness.cycle(again);
    for service in ["a", "b"] {
        let (before, after) = (tracked(&first, service), tracked(&step, service));
        assert_eq!(before.id, after.id);
        assert_eq!(after.state, IncidentState::Ongoing);
        // The earliest start is kept.
        assert_eq!(before.incident.since, after.incident.since);
    }
    assert_eq!(harness.messages.len(), 2);
}

#[test]
fn another_symptom_of_the_same_service_is_the_same_incident() {
    let mut harness = Harness::new(config(""), MONDAY);
    let first = harness.cycle(vec![incident_of("a", Sev1)]);
    let mut image = incident_of("a", Sev1);
    image.fingerprint = "homelab/deployment/a/a/image".to_owned();
    image.findings[0].reason = Reason::ImagePullBackOff;
    let step = harness.cycle(vec![image.clone()]);
    assert_eq!(step.tracked.len(), 1);
    assert_eq!(step.tracked[0].id, first.tracked[0].id);
    // An unlisted workload is identified by its object.
    let unlisted = |mut incident: k8s_monitor::assess::Incident| {
        incident.service = None;
        incident.findings[0].service = None;
        incident
    };
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(vec![unlisted(incident_of("a", Sev4))]);
    let step = harness.cycle(vec![unlisted(image)]);
    assert_eq!(step.state.incidents.len(), 1);
}

#[test]
fn an_incident_merged_into_a_larger_one_is_neither_resolved_nor_repeated() {
    let mut harness = Harness::new(config(""), MONDAY);
    let first = harness.cycle(vec![incident_of("backend", Sev2)]);
    let mut database = incident_of("mysql", Sev1);
    database
        .findings
        .extend(incident_of("backend", Sev2).findings);
    database.affects = vec!["backend".to_owned()];
    for _ in 0..2 {
        let step = harness.cycle(vec![database.clone()]);
        assert_eq!(step.tracked.len(), 1);
    }
    assert_eq!(harness.kinds(), [MessageKind::New, MessageKind::New]);
    // The database has recovered, the backend has not.
    let step = harness.cycle(vec![incident_of("backend", Sev2)]);
    assert_eq!(tracked(&step, "backend").id, first.tracked[0].id);
    assert_eq!(life(&step, "backend"), IncidentState::Ongoing);
    assert_eq!(life(&step, "mysql"), IncidentState::Resolved);
    assert_eq!(harness.kinds()[2..], [MessageKind::Resolved]);
    harness.cycle(vec![]);
    assert_eq!(harness.kinds()[3..], [MessageKind::Resolved]);
}

#[test]
fn an_overdue_backup_is_separate_from_its_database() {
    let backup = || {
        let mut incident = incident_of("mysql", Sev2);
        incident.fingerprint = "homelab/cronjob/mysql/mysql-backup/backup".to_owned();
        let mut finding = Finding::new(
            Reason::BackupOverdue,
            ObjectRef::new("CronJob", "mysql", "mysql-backup"),
            incident.since,
            k8s_monitor::model::Effect::AtRisk,
        );
        finding.service = Some("mysql".to_owned());
        incident.findings = vec![finding];
        incident
    };
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(vec![backup()]);
    // If the database fails too, that is another incident, with the backup's finding.
    let mut database = incident_of("mysql", Sev1);
    database.findings.extend(backup().findings);
    harness.cycle(vec![database]);
    assert_eq!(harness.kinds(), [MessageKind::New, MessageKind::New]);
    let step = harness.cycle(vec![backup()]);
    assert_eq!(harness.kinds()[2..], [MessageKind::Resolved]);
    assert_eq!(step.tracked.len(), 2);
}

#[test]
fn a_resolved_incident_keeps_its_root() {
    let mut harness = Harness::new(config(""), MONDAY);
    let mut found = incident_of("a", Sev1);
    found.findings[0].message = "password=hunter2hunter2 was refused".to_owned();
    harness.cycle(vec![found]);
    let step = harness.cycle(vec![]);
    let resolved = &step.tracked[0].incident;
    assert_eq!(resolved.root().reason, Reason::CrashLoopBackOff);
    assert_eq!(resolved.root().resource.to_string(), "Deployment a/a");
    assert!(!resolved.root().message.contains("hunter2"));
    assert_eq!(resolved.severity, Sev1);
}

#[test]
fn resolved_incidents_are_deleted_after_a_month() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(vec![incident_of("a", Sev1)]);
    harness.cycle(vec![]);
    harness.pass(29 * 24 * 60).cycle(vec![]);
    assert_eq!(harness.state.incidents.len(), 1);
    harness.pass(2 * 24 * 60).cycle(vec![]);
    assert_eq!(harness.state.incidents.len(), 0);
}

#[test]
fn a_cause_whose_proof_fades_is_remembered_while_the_symptom_goes_on() {
    let mut harness = Harness::new(config(""), MONDAY);
    let mut proved = incident_of("a", Sev1);
    proved.findings[0].cause = Some(Cause::LivenessProbeFailing);
    proved.findings[0].message = "its liveness probe fails: 404".to_owned();
    harness.cycle(vec![proved]);
    for _ in 0..3 {
        harness.pass(60);
        let step = harness.cycle(vec![incident_of("a", Sev1)]);
        let incident = &step.tracked[0].incident;
        let root = incident.root();
        assert_eq!(root.cause, Some(Cause::LivenessProbeFailing));
        assert_eq!(
            root.message,
            "its liveness probe fails: 404 (found earlier in this incident)"
        );
        assert!(root.evidence.iter().any(|f| f.text == "a keeps crashing"));
        assert_eq!(incident.title, "a is unavailable: LivenessProbeFailing");
    }
}

#[test]
fn a_cause_is_not_remembered_for_another_symptom_object_or_incident() {
    let proved = || {
        let mut incident = incident_of("a", Sev1);
        incident.findings[0].cause = Some(Cause::LivenessProbeFailing);
        incident
    };
    let cause_after = |next: Option<Incident>, last: Incident| {
        let mut harness = Harness::new(config(""), MONDAY);
        harness.cycle(vec![proved()]);
        harness.pass(60);
        harness.cycle(next.into_iter().collect());
        harness.pass(60);
        let step = harness.cycle(vec![last]);
        step.tracked[0].incident.root().cause
    };
    let mut other_symptom = incident_of("a", Sev1);
    other_symptom.findings[0].reason = Reason::ImagePullBackOff;
    assert_eq!(cause_after(Some(proved()), other_symptom), None);
    let mut other_object = incident_of("a", Sev1);
    other_object.findings[0].resource.name = "a-worker".to_owned();
    assert_eq!(cause_after(Some(proved()), other_object), None);
    let resolved = None;
    assert_eq!(cause_after(resolved, incident_of("a", Sev1)), None);
    let mut other_cause = incident_of("a", Sev1);
    other_cause.findings[0].cause = Some(Cause::OOMKilled);
    assert_eq!(
        cause_after(Some(proved()), other_cause),
        Some(Cause::OOMKilled)
    );
}
