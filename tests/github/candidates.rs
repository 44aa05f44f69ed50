//! Histories, and which of their commits is found as the cause.

use k8s_monitor::correlate::IncidentCorrelation;
use k8s_monitor::model::{Cause, Confidence, Severity};
use serde_json::json;

use super::harness::{Harness, incident};
use super::history::{History, IMAGE, SET, before, mysql};
use super::server::ServerOptions;

const TOKEN: &str = "github_pat_stub";

fn is_first_and_high(answer: &IncidentCorrelation, sha: &str) {
    let correlation = &answer.correlation;
    assert_eq!(correlation.confidence, Confidence::High, "{correlation:#?}");
    assert_eq!(correlation.commits[0].sha, sha, "{correlation:#?}");
    assert_eq!(correlation.note, None);
}

#[test]
fn the_commit_that_lowers_the_limit_is_found_among_others() {
    let history = History::new();
    history.write(
        "base-apps/vault/deployment.yaml",
        mysql("1Gi", "vault:1.18"),
    );
    history.commit("trim vault", 30);
    let sha = {
        history.write(SET, mysql("256Mi", IMAGE));
        history.commit("trim mysql", 12)
    };
    history.write("base-apps/mysql/README.md", "MySQL, trimmed\n");
    history.commit("document it", 6);
    let options = ServerOptions {
        token: Some(TOKEN.into()),
        ..ServerOptions::default()
    };
    let mut harness = Harness::with(&history, options);
    let answer = harness.correlate(Cause::OOMKilled);
    is_first_and_high(&answer, &sha);
    let commit = &answer.correlation.commits[0];
    assert_eq!(
        commit.url,
        format!("https://github.com/arigsela/kubernetes/commit/{sha}")
    );
    assert_eq!((commit.lag_seconds, commit.committed_at), (720, before(12)));
    assert_eq!(
        commit.reasons[0],
        "lowers the memory limit from 2Gi to 256Mi, which can cause OOMKilled"
    );
    let revert = format!("git revert {sha} && git push origin main");
    assert_eq!(
        answer.rollback()[0].command.as_deref(),
        Some(revert.as_str())
    );
    assert_eq!(
        answer.correlation.commits.len(),
        1,
        "documentation is not a candidate"
    );
}

#[test]
fn a_rebased_commit_counts_from_its_commit_date() {
    let history = History::new();
    history.write(SET, mysql("256Mi", IMAGE));
    let sha = history.commit_authored("trim mysql", 12, 5000);
    is_first_and_high(&Harness::of(&history).correlate(Cause::OOMKilled), &sha);

    // Authored shortly before the onset, committed three days before.
    let history = History::new();
    history.write(SET, mysql("256Mi", IMAGE));
    history.commit_authored("trim mysql", 5000, 12);
    let answer = Harness::of(&history).correlate(Cause::OOMKilled);
    assert_eq!(answer.correlation.confidence, Confidence::None);
}

#[test]
fn a_merge_counts_from_its_merge_date() {
    let history = History::new();
    history.branch("trim");
    history.write(SET, mysql("256Mi", IMAGE));
    let old = history.commit("trim mysql", 3000);
    let merge = history.merge("trim", 12);
    let pull = json!({ "number": 212, "merged_at": before(12), "merge_commit_sha": merge,
        "html_url": "https://github.com/arigsela/kubernetes/pull/212", "base": { "ref": "main" } });
    let pulls = [(old, pull.clone()), (merge.clone(), pull)].into();
    let mut harness = Harness::with(
        &history,
        ServerOptions {
            pulls,
            ..ServerOptions::default()
        },
    );
    let answer = harness.correlate(Cause::OOMKilled);
    is_first_and_high(&answer, &merge);
    let revert = format!("git revert -m 1 {merge} && git push origin main");
    assert_eq!(
        answer.rollback()[0].command.as_deref(),
        Some(revert.as_str())
    );
    let commit = &answer.correlation.commits[0];
    assert_eq!(
        commit.pull_request.as_deref(),
        Some("https://github.com/arigsela/kubernetes/pull/212")
    );
    let events: Vec<&str> = answer
        .correlation
        .timeline
        .iter()
        .map(|e| e.what.as_str())
        .collect();
    assert!(events.contains(&"pull request #212 merged"), "{events:?}");
}

#[test]
fn a_commit_that_is_merged_after_the_onset_is_not_the_cause() {
    let history = History::new();
    history.branch("trim");
    history.write(SET, mysql("256Mi", IMAGE));
    let early = history.commit("trim mysql", 20);
    let merge = history.merge("trim", -3);
    let pull = json!({ "number": 3, "merged_at": before(-3), "merge_commit_sha": merge, "base": { "ref": "main" } });
    let pulls = [(early, pull)].into();
    let mut harness = Harness::with(
        &history,
        ServerOptions {
            pulls,
            ..ServerOptions::default()
        },
    );
    assert_eq!(
        harness.correlate(Cause::OOMKilled).correlation.confidence,
        Confidence::None
    );
}

#[test]
fn a_renamed_file_is_followed() {
    let history = History::new();
    history.rename(SET, "base-apps/mysql/set.yaml");
    history.write("base-apps/mysql/set.yaml", mysql("256Mi", IMAGE));
    let sha = history.commit("rename and trim", 12);
    is_first_and_high(&Harness::of(&history).correlate(Cause::OOMKilled), &sha);

    // Moved out of the folder: Argo CD removes the object.
    let history = History::new();
    history.write("attic/keep", "");
    history.rename(SET, "attic/statefulset.yaml");
    let sha = history.commit("tidy up", 12);
    is_first_and_high(
        &Harness::of(&history).correlate(Cause::WorkloadMissing),
        &sha,
    );

    // Renamed within the folder: nothing changes.
    let history = History::new();
    history.rename(SET, "base-apps/mysql/set.yaml");
    history.commit("rename", 12);
    let answer = Harness::of(&history).correlate(Cause::OOMKilled);
    assert_eq!(answer.correlation.confidence, Confidence::None);
}

#[test]
fn pages_behind_the_requested_folder_are_not_read() {
    let history = History::new();
    for number in 0..320 {
        let (letter, rest) = if number < 160 {
            ('a', number)
        } else {
            ('z', number)
        };
        history.write(
            &format!("base-apps/{letter}{rest:03}/x.yaml"),
            "kind: Service\n",
        );
    }
    history.write("base-apps/mysql/logo.png", b"\x89PNG\0\x01\x02");
    history.write(SET, mysql("256Mi", IMAGE));
    let sha = history.commit("rewrite everything", 12);
    let mut harness = Harness::of(&history);
    is_first_and_high(&harness.correlate(Cause::OOMKilled), &sha);
    let pages = harness
        .paths()
        .iter()
        .filter(|p| p.contains(&format!("commits/{sha}?")))
        .count();
    assert_eq!(pages, 2, "pages behind the folder are not requested");
}

#[test]
fn a_commit_with_deleted_and_binary_files_is_read() {
    let history = History::new();
    history.remove("base-apps/mysql/configmap.yaml");
    history.write("base-apps/mysql/seed.bin", [0_u8, 159, 146, 150]);
    let sha = history.commit("clean up", 10);
    let answer = Harness::of(&history).correlate(Cause::ConfigMapMissing);
    is_first_and_high(&answer, &sha);
    assert!(answer.correlation.commits[0].reasons[0].starts_with("removes a ConfigMap"));
}

#[test]
fn a_commit_on_the_second_page_is_found() {
    let history = History::new();
    for number in 0..200 {
        history.write("base-apps/mysql/README.md", format!("{number}\n"));
        history.commit("documentation", 700 - number);
    }
    history.write(SET, mysql("256Mi", IMAGE));
    let sha = history.commit("trim mysql", 12);
    for number in 0..8 {
        history.write("base-apps/mysql/README.md", format!("more {number}\n"));
        history.commit("documentation", 4);
    }
    let options = ServerOptions {
        page_cap: Some(5),
        ..ServerOptions::default()
    };
    let mut harness = Harness::with(&history, options);
    is_first_and_high(&harness.correlate(Cause::OOMKilled), &sha);
    let pages = harness.paths();
    let lists = pages.iter().filter(|p| p.contains("path=base-apps/mysql"));
    assert!(lists.clone().any(|p| p.contains("&page=2")), "{pages:#?}");
    assert!(lists.count() <= 4, "{pages:#?}");
}

#[test]
fn an_unrelated_commit_is_never_high() {
    type Make = fn(&History);
    let cases: [(&str, Make); 6] = [
        ("20 h before", |h| {
            h.write(SET, mysql("256Mi", IMAGE));
            h.commit("trim", 20 * 60);
        }),
        ("after the onset", |h| {
            h.write(SET, mysql("256Mi", IMAGE));
            h.commit("trim", -2);
        }),
        ("another path", |h| {
            h.write("base-apps/vault/deployment.yaml", mysql("256Mi", IMAGE));
            h.write("base-apps/mysql-exporter/d.yaml", mysql("256Mi", IMAGE));
            h.commit("trim", 12);
        }),
        ("documentation only", |h| {
            h.write("base-apps/mysql/README.md", "memory: 256Mi\n");
            h.commit("trim", 12);
        }),
        ("a comment only", |h| {
            h.write(SET, format!("# memory: 256Mi\n{}", mysql("2Gi", IMAGE)));
            h.commit("trim", 12);
        }),
        ("more memory", |h| {
            h.write(SET, mysql("4Gi", IMAGE));
            h.commit("grow", 12);
        }),
    ];
    for (what, make) in cases {
        let history = History::new();
        make(&history);
        let answer = Harness::of(&history).correlate(Cause::OOMKilled);
        let confidence = answer.correlation.confidence;
        assert!(confidence > Confidence::Medium, "{what}: {answer:#?}");
        assert!(answer.rollback().is_empty(), "{what}");
        assert_eq!(answer.correlation.note, None, "{what}");
    }
}

#[test]
fn an_unchanged_incident_sends_conditional_requests_only() {
    let history = History::new();
    history.write(SET, mysql("256Mi", IMAGE));
    let sha = history.commit("trim mysql", 12);
    let mut harness = Harness::of(&history);
    let first = harness.correlate(Cause::OOMKilled);
    let before = harness.stub.requests().len();
    // The cache is stored as JSON between cycles.
    let text = serde_json::to_string(&harness.cache).unwrap();
    harness.cache = serde_json::from_str(&text).unwrap();
    let second = harness.correlate(Cause::OOMKilled);
    assert_eq!(first, second);
    is_first_and_high(&second, &sha);
    let again = harness.stub.requests().split_off(before);
    assert!(
        again
            .iter()
            .all(|request| !request.header("if-none-match").is_empty()),
        "{again:#?}"
    );
    assert!(
        again
            .iter()
            .all(|request| !request.path.contains(&format!("{sha}?"))),
        "a commit never changes"
    );
    assert!(text.len() < 8_000, "{}", text.len());
}

#[test]
fn several_incidents_share_twelve_requests() {
    let history = History::new();
    let names = [
        "mysql",
        "postgresql",
        "n8n",
        "oncall-agent",
        "chores-tracker-backend",
        "vault",
    ];
    for (name, minutes) in names.iter().zip(5..) {
        let file = format!("base-apps/{name}/set.yaml");
        history.write(&file, mysql("256Mi", IMAGE));
        history.commit("trim", minutes);
    }
    let mut harness = Harness::of(&history);
    let incidents = names.map(|name| incident(name, Cause::OOMKilled, Severity::Sev1));
    let answers = harness.correlate_all(&incidents);
    assert_eq!(answers.len(), names.len());
    for (name, answer) in names.iter().zip(answers) {
        let correlation = answer.unwrap().correlation;
        let is_searched = names[..3].contains(name);
        let is_found = correlation.confidence == Confidence::High;
        assert_eq!(is_found, is_searched, "{name}");
        let note = correlation.note.unwrap_or_default();
        let is_limited = note.contains("the limit of 12 GitHub requests per cycle is reached");
        assert_eq!(is_limited, !is_searched, "{name}: {note}");
    }
}

#[test]
fn secrets_are_neither_shown_nor_cached() {
    let history = History::new();
    let token = format!("ghp_{}", "a1B2".repeat(9));
    history.write(
        "base-apps/mysql/secret.yaml",
        "kind: Secret\nmetadata:\n  name: mysql\nstringData:\n  pin: swordfish-new\n",
    );
    history.write(
        "base-apps/mysql/values.yaml",
        format!("auth:\n  rootPassword: swordfish\nimage:\n  tag: {token}\n"),
    );
    history.write("base-apps/mysql/.env", "PIN=swordfish\n");
    history.commit(&format!("rotate {token}"), 12);
    history.write(
        "base-apps/mysql/values.yaml",
        "auth:\n  rootPassword: swordfish2\nimage:\n  tag: v1\n",
    );
    history.commit("set password=swordfish3", 10);
    let mut harness = Harness::of(&history);
    let answer = harness.correlate(Cause::DatabaseAuthFailed);
    assert_eq!(
        answer.correlation.confidence,
        Confidence::High,
        "{answer:#?}"
    );
    let shown = format!(
        "{answer:?} {}",
        serde_json::to_string(&harness.cache).unwrap()
    );
    for secret in ["swordfish", "a1B2a1B2"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("its contents are not shown"), "{shown}");
}
