//! Incidents against a repository that is a table.

mod table;

use chrono::TimeDelta;
use serde_json::json;

use super::*;
use crate::config::Environment;
use crate::model::Cause;
use table::{Entry, Table, before, entry, incident, merged, onset, report_of, roster};

const LIMIT: &str = "@@ -1,4 +1,4 @@\n           resources:\n             limits:\n-              memory: 2Gi\n+              memory: 256Mi";
const IMAGE: &str = "@@ -1,2 +1,2 @@\n-  image: mysql:8.4\n+  image: mysql:9.0";
const LABEL: &str = "@@ -1,3 +1,3 @@ metadata:\n   labels:\n-    team: a\n+    team: b";

fn ask(
    table: &mut Table,
    incidents: &[Incident],
    snapshot: &Snapshot,
) -> Vec<Option<IncidentCorrelation>> {
    let config = Config::load(None, &Environment::new()).unwrap().config;
    let roster = roster();
    let scene = CorrelateInput {
        roster: &roster,
        repository: None,
        snapshot,
        config: &config,
    };
    let incidents: Vec<&Incident> = incidents.iter().collect();
    correlate(&incidents, &scene, table)
}

fn one(table: &mut Table) -> IncidentCorrelation {
    let incident = incident(Some(Cause::OOMKilled), Severity::Sev1);
    ask(table, &[incident], &Snapshot::default())
        .remove(0)
        .unwrap()
}

fn table(entries: Vec<Entry>) -> Table {
    Table {
        entries,
        ..Table::default()
    }
}

#[test]
fn the_guilty_commit_is_first_and_high() {
    let mut table = table(vec![
        entry('a', 2, &[("base-apps/mysql/service.yaml", LABEL)]),
        entry('b', 12, &[("base-apps/mysql/statefulset.yaml", LIMIT)]),
        entry('c', 25, &[("base-apps/mysql/statefulset.yaml", IMAGE)]),
        entry('d', 600, &[("base-apps/mysql/statefulset.yaml", LIMIT)]),
    ]);
    let answer = one(&mut table);
    let correlation = &answer.correlation;
    assert_eq!(correlation.confidence, Confidence::High);
    let shas: String = correlation.commits.iter().map(|c| &c.sha[..1]).collect();
    assert_eq!(
        shas, "bc",
        "the label explains nothing, ten hours are not opened"
    );
    assert_eq!(correlation.commits[0].lag_seconds, 12 * 60);
    assert_eq!(
        correlation.commits[0].reasons[0],
        "lowers the memory limit from 2Gi to 256Mi, which can cause OOMKilled"
    );
    assert_eq!(correlation.note, None);
    assert_eq!(
        answer.suspects[0].changes,
        ["base-apps/mysql/statefulset.yaml: lowers the memory limit from 2Gi to 256Mi"]
    );
    assert!(table.asked.len() <= 12, "{:?}", table.asked);
}

#[test]
fn nothing_is_high_where_nothing_is_guilty() {
    for (what, entries) in [
        (
            "20 h before",
            vec![entry('a', 20 * 60, &[("base-apps/mysql/s.yaml", LIMIT)])],
        ),
        (
            "after",
            vec![entry('a', -1, &[("base-apps/mysql/s.yaml", LIMIT)])],
        ),
        (
            "other path",
            vec![entry('a', 12, &[("base-apps/vault/s.yaml", LIMIT)])],
        ),
        (
            "alike path",
            vec![entry('a', 12, &[("base-apps/mysql-old/s.yaml", LIMIT)])],
        ),
        (
            "words only",
            vec![entry(
                'a',
                12,
                &[("base-apps/mysql/README.md", "@@ -1 +1 @@\n-a\n+b")],
            )],
        ),
        (
            "another service",
            vec![entry('a', 12, &[("base-apps/api/s.yaml", LIMIT)])],
        ),
        (
            "merged after",
            vec![merged(
                entry('a', 12, &[("base-apps/mysql/s.yaml", LIMIT)]),
                -5,
            )],
        ),
        ("nothing", vec![]),
    ] {
        let mut table = table(entries);
        let answer = one(&mut table);
        let confidence = answer.correlation.confidence;
        assert!(confidence > Confidence::High, "{what}: {answer:?}");
        assert!(table.asked.len() <= 12, "{:?}", table.asked);
        if confidence == Confidence::None {
            assert!(
                answer.correlation.commits.is_empty() && answer.rollback.is_empty(),
                "{what}"
            );
        }
    }
}

#[test]
fn a_merge_is_found_though_its_commits_are_old() {
    let mut merge = merged(entry('b', 12, &[("base-apps/mysql/s.yaml", LIMIT)]), 12);
    merge.listed.is_merge = true;
    let mut table = Table {
        entries: vec![entry(
            'a',
            60 * 24 * 3,
            &[("base-apps/mysql/s.yaml", LIMIT)],
        )],
        merges: vec![merge],
        ..Table::default()
    };
    let answer = one(&mut table);
    assert_eq!(answer.correlation.confidence, Confidence::High);
    assert!(
        answer.rollback[0]
            .command
            .as_ref()
            .unwrap()
            .starts_with("git revert -m 1 bbbb")
    );

    // A commit of yesterday that was merged just before counts from its merge.
    let yesterday = entry('a', 20 * 60, &[("base-apps/mysql/s.yaml", LIMIT)]);
    let mut table = self::table(vec![merged(yesterday, 10)]);
    let answer = one(&mut table);
    assert_eq!(answer.correlation.confidence, Confidence::High);
    assert_eq!(answer.correlation.commits[0].lag_seconds, 20 * 3600);
}

#[test]
fn sev_4_is_not_asked_about_and_the_unknown_says_why() {
    let mut table = table(Vec::new());
    let small = incident(Some(Cause::OOMKilled), Severity::Sev4);
    let node = Incident {
        service: None,
        ..incident(None, Severity::Sev3)
    };
    let bare = Incident {
        service: Some("bare".to_owned()),
        ..incident(None, Severity::Sev2)
    };
    let answers = ask(&mut table, &[small, node, bare], &Snapshot::default());
    assert_eq!(answers[0], None);
    let note = |at: usize| {
        answers[at]
            .as_ref()
            .unwrap()
            .correlation
            .note
            .clone()
            .unwrap()
    };
    assert!(
        note(1).starts_with("correlation unavailable: no service"),
        "{}",
        note(1)
    );
    assert!(note(2).contains("give it `ArgoCD App`"), "{}", note(2));
    assert!(table.asked.is_empty());
}

#[test]
fn many_incidents_share_the_requests() {
    let mut table = table(
        ('a'..='f')
            .zip(1..)
            .map(|(sha, n)| entry(sha, n * 5, &[("base-apps/mysql/s.yaml", IMAGE)]))
            .collect(),
    );
    let api = |n| Incident {
        service: Some("api".to_owned()),
        since: onset() + TimeDelta::minutes(n),
        ..incident(Some(Cause::AppCrash), Severity::Sev2)
    };
    let incidents = [
        incident(Some(Cause::OOMKilled), Severity::Sev1),
        api(0),
        api(1),
        api(2),
    ];
    let answers = ask(&mut table, &incidents, &Snapshot::default());
    assert!(table.asked.len() <= 12, "{:?}", table.asked);
    let lists = table
        .asked
        .iter()
        .filter(|a| *a == "list base-apps/api")
        .count();
    assert_eq!(
        lists, 1,
        "incidents of one service ask once: {:?}",
        table.asked
    );
    assert!(answers.iter().all(Option::is_some));
}

#[test]
fn trouble_is_said_and_what_was_found_before_is_kept() {
    let down = || RepositoryError::Down("GitHub did not answer".to_owned());
    let guilty = || vec![entry('a', 12, &[("base-apps/mysql/s.yaml", LIMIT)])];
    let mut none = Table {
        troubles: (0..20).map(|n| (n, down())).collect(),
        ..table(guilty())
    };
    let answer = one(&mut none);
    assert_eq!(answer.correlation.confidence, Confidence::None);
    assert_eq!(
        answer.correlation.note.as_deref(),
        Some("correlation unavailable: GitHub did not answer")
    );
    let mut some = Table {
        troubles: (2..20).map(|n| (n, down())).collect(),
        ..table(guilty())
    };
    let note = one(&mut some).correlation.note;
    assert_eq!(
        note.as_deref(),
        Some("correlation incomplete: GitHub did not answer")
    );
    // Only its pull request is missing: nobody needs to know.
    let mut most = Table {
        troubles: (3..20).map(|n| (n, down())).collect(),
        ..table(guilty())
    };
    let answer = one(&mut most);
    assert_eq!(answer.correlation.confidence, Confidence::High);
    assert_eq!(answer.correlation.note, None);
}

fn snapshot(application: serde_json::Value) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let application = serde_json::from_value(application).unwrap();
    snapshot.objects.applications.push(application);
    let pod = json!({ "metadata": {
        "name": "mysql-0", "namespace": "mysql", "creationTimestamp": before(7),
        "labels": { "controller-revision-hash": "mysql-1" },
        "ownerReferences": [{ "kind": "StatefulSet", "name": "mysql", "controller": true }] } });
    snapshot
        .objects
        .pods
        .push(serde_json::from_value(pod).unwrap());
    snapshot
}

fn application(status: &serde_json::Value) -> serde_json::Value {
    json!({ "metadata": { "name": "mysql-application", "namespace": "argocd" },
            "spec": { "destination": { "namespace": "mysql" } }, "status": status })
}

#[test]
fn the_story_is_told_in_order_with_its_sources() {
    let sha = "b".repeat(40);
    let snapshot = snapshot(application(&json!({
        "history": [{ "revision": "0".repeat(40), "deployedAt": before(900) },
                    { "revision": sha, "deployedAt": before(8) }] })));
    let guilty = entry('b', 12, &[("base-apps/mysql/s.yaml", LIMIT)]);
    let mut table = table(vec![merged(guilty, 12)]);
    let incident = incident(Some(Cause::OOMKilled), Severity::Sev1);
    let answer = ask(&mut table, &[incident], &snapshot).remove(0).unwrap();
    let told: Vec<String> = answer
        .correlation
        .timeline
        .iter()
        .map(|e| format!("{} {} ({})", e.at.format("%H:%M"), e.what, e.source))
        .collect();
    assert_eq!(
        told,
        [
            "07:48 commit bbbbbbb: a change (GitHub)",
            "07:48 pull request #7 merged (GitHub)",
            "07:52 Argo CD applied revision bbbbbbb (Argo CD)",
            "07:53 a new pod (mysql-0) (Pod mysql/mysql-0)",
            "08:00 first failure: container mysql is killed at its limit (StatefulSet mysql/mysql)",
        ]
    );
    let reasons = &answer.correlation.commits[0].reasons;
    assert!(
        reasons
            .iter()
            .any(|r| r == "a new pod (mysql-0) followed 5m later"),
        "{reasons:?}"
    );
    assert!(
        reasons.iter().any(|r| r.contains("this very revision")),
        "{reasons:?}"
    );
}

#[test]
fn the_way_back_goes_through_git() {
    let guilty = || entry('b', 12, &[("base-apps/mysql/s.yaml", LIMIT)]);
    let sha = guilty().listed.sha;
    let steps = one(&mut table(vec![guilty()])).rollback;
    let commands: Vec<&str> = steps.iter().filter_map(|s| s.command.as_deref()).collect();
    assert_eq!(
        commands,
        [
            &*format!("git revert {sha} && git push origin main"),
            "argocd app sync mysql-application",
            "kubectl rollout status statefulset/mysql -n mysql",
            "kubectl rollout undo statefulset/mysql -n mysql",
        ]
    );
    assert!(steps[2].title.contains("up to 6m"), "{}", steps[2].title);
    assert!(steps[3].title.contains("Warning"), "{}", steps[3].title);
}

#[test]
fn what_argo_cd_has_not_applied_is_not_reverted() {
    let guilty = || entry('b', 12, &[("base-apps/mysql/s.yaml", LIMIT)]);
    let ask = |status, cause| {
        let mut snapshot = snapshot(application(&status));
        snapshot.objects.pods.clear();
        let incident = incident(Some(cause), Severity::Sev1);
        self::ask(&mut table(vec![guilty()]), &[incident], &snapshot)
            .remove(0)
            .unwrap()
    };
    let old = json!([{ "revision": "0", "deployedAt": before(900) }]);
    let failed = json!({ "history": old, "operationState": {
        "phase": "Failed", "finishedAt": before(8), "message": "one or more objects failed to apply" } });
    let answer = ask(failed.clone(), Cause::OOMKilled);
    assert_eq!(answer.correlation.confidence, Confidence::Medium);
    assert_eq!(answer.rollback.len(), 1);
    assert!(
        answer.rollback[0]
            .title
            .contains("failed to apply bbbbbbb: one or more objects")
    );
    // Where the failed sync is the trouble, the revert is what helps.
    let answer = ask(failed, Cause::ArgoSyncFailed);
    assert!(
        answer.rollback[0]
            .command
            .as_ref()
            .unwrap()
            .starts_with("git revert")
    );

    let waits = json!({ "history": old, "sync": { "status": "OutOfSync" } });
    let answer = ask(waits, Cause::OOMKilled);
    assert_eq!(answer.correlation.confidence, Confidence::Low);
    assert!(
        answer.rollback[0].title.contains("Nothing to revert yet"),
        "{:?}",
        answer.rollback
    );
}

#[test]
fn the_report_says_the_way_back_once_and_first_where_it_is_sure() {
    let guilty = |minutes| entry('b', minutes, &[("base-apps/mysql/s.yaml", LIMIT)]);
    let verify = || Action {
        title: "Verify".to_owned(),
        command: Some("kubectl rollout status statefulset/mysql -n mysql".to_owned()),
    };
    let look = || Action {
        title: "Look".to_owned(),
        command: Some("kubectl describe statefulset mysql -n mysql".to_owned()),
    };
    for (minutes, first) in [(12, "git revert"), (120, "kubectl describe")] {
        let answer = one(&mut table(vec![guilty(minutes)]));
        let mut report = report_of(vec![look(), verify()]);
        let rollback = answer.tell(&mut report);
        let commands: Vec<&str> = report
            .actions
            .iter()
            .filter_map(|a| a.command.as_deref())
            .collect();
        assert!(commands[0].starts_with(first), "{commands:?}");
        assert_eq!(commands.len(), 5, "{commands:?}");
        assert_eq!(rollback.len(), 4);
        assert!(report.correlation.is_some());
    }
}
