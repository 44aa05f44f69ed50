//! Histories, and which of their commits did it.

use k8s_monitor::correlate::IncidentCorrelation;
use k8s_monitor::model::{Cause, Confidence, Severity};
use serde_json::json;

use super::history::{History, IMAGE, SET, before, mysql};
use super::server::Manner;
use super::world::{World, incident};

const TOKEN: &str = "github_pat_stub";

fn is_first_and_high(answer: &IncidentCorrelation, sha: &str) {
    let correlation = &answer.correlation;
    assert_eq!(correlation.confidence, Confidence::High, "{correlation:#?}");
    assert_eq!(correlation.commits[0].sha, sha, "{correlation:#?}");
    assert_eq!(correlation.note, None);
}

#[test]
fn a_plain_commit_among_others() {
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
    history.commit("say so", 6);
    let manner = Manner {
        token: Some(TOKEN.into()),
        ..Manner::default()
    };
    let mut world = World::with(&history, manner);
    let answer = world.look(Cause::OOMKilled);
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
    assert_eq!(answer.rollback[0].command.as_deref(), Some(revert.as_str()));
    assert_eq!(answer.correlation.commits.len(), 1, "words are not suspect");
}

#[test]
fn a_rebased_commit_counts_from_when_it_was_committed() {
    let history = History::new();
    history.write(SET, mysql("256Mi", IMAGE));
    let sha = history.commit_written("trim mysql", 12, 5000);
    is_first_and_high(&World::of(&history).look(Cause::OOMKilled), &sha);

    // Written just before, committed three days ago: no.
    let history = History::new();
    history.write(SET, mysql("256Mi", IMAGE));
    history.commit_written("trim mysql", 5000, 12);
    let answer = World::of(&history).look(Cause::OOMKilled);
    assert_eq!(answer.correlation.confidence, Confidence::None);
}

#[test]
fn a_merge_counts_from_when_it_was_merged() {
    let history = History::new();
    history.branch("trim");
    history.write(SET, mysql("256Mi", IMAGE));
    let old = history.commit("trim mysql", 3000);
    let merge = history.merge("trim", 12);
    let pull = json!({ "number": 212, "merged_at": before(12), "merge_commit_sha": merge,
        "html_url": "https://github.com/arigsela/kubernetes/pull/212", "base": { "ref": "main" } });
    let pulls = [(old, pull.clone()), (merge.clone(), pull)].into();
    let mut world = World::with(
        &history,
        Manner {
            pulls,
            ..Manner::default()
        },
    );
    let answer = world.look(Cause::OOMKilled);
    is_first_and_high(&answer, &merge);
    let revert = format!("git revert -m 1 {merge} && git push origin main");
    assert_eq!(answer.rollback[0].command.as_deref(), Some(revert.as_str()));
    let commit = &answer.correlation.commits[0];
    assert_eq!(
        commit.pull_request.as_deref(),
        Some("https://github.com/arigsela/kubernetes/pull/212")
    );
    let told: Vec<&str> = answer
        .correlation
        .timeline
        .iter()
        .map(|e| e.what.as_str())
        .collect();
    assert!(told.contains(&"pull request #212 merged"), "{told:?}");
}

#[test]
fn a_commit_of_a_branch_is_innocent_until_it_is_merged() {
    let history = History::new();
    history.branch("trim");
    history.write(SET, mysql("256Mi", IMAGE));
    let early = history.commit("trim mysql", 20);
    let merge = history.merge("trim", -3);
    let pull = json!({ "number": 3, "merged_at": before(-3), "merge_commit_sha": merge, "base": { "ref": "main" } });
    let pulls = [(early, pull)].into();
    let mut world = World::with(
        &history,
        Manner {
            pulls,
            ..Manner::default()
        },
    );
    assert_eq!(
        world.look(Cause::OOMKilled).correlation.confidence,
        Confidence::None
    );
}

#[test]
fn a_renamed_file_is_followed() {
    let history = History::new();
    history.rename(SET, "base-apps/mysql/set.yaml");
    history.write("base-apps/mysql/set.yaml", mysql("256Mi", IMAGE));
    let sha = history.commit("rename and trim", 12);
    is_first_and_high(&World::of(&history).look(Cause::OOMKilled), &sha);

    // Moved out of the folder: for Argo CD it is gone.
    let history = History::new();
    history.write("attic/keep", "");
    history.rename(SET, "attic/statefulset.yaml");
    let sha = history.commit("tidy up", 12);
    is_first_and_high(&World::of(&history).look(Cause::WorkloadMissing), &sha);

    // Only renamed within it: nothing changes.
    let history = History::new();
    history.rename(SET, "base-apps/mysql/set.yaml");
    history.commit("rename", 12);
    let answer = World::of(&history).look(Cause::OOMKilled);
    assert_eq!(answer.correlation.confidence, Confidence::None);
}

#[test]
fn a_commit_of_hundreds_of_files_is_read_to_the_page_that_counts() {
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
    let sha = history.commit("everything anew", 12);
    let mut world = World::of(&history);
    is_first_and_high(&world.look(Cause::OOMKilled), &sha);
    let pages = world
        .paths()
        .iter()
        .filter(|p| p.contains(&format!("commits/{sha}?")))
        .count();
    assert_eq!(pages, 2, "what comes after the folder is not asked for");
}

#[test]
fn deleted_and_binary_files_are_no_obstacle() {
    let history = History::new();
    history.remove("base-apps/mysql/configmap.yaml");
    history.write("base-apps/mysql/seed.bin", [0_u8, 159, 146, 150]);
    let sha = history.commit("clean up", 10);
    let answer = World::of(&history).look(Cause::ConfigMapMissing);
    is_first_and_high(&answer, &sha);
    assert!(answer.correlation.commits[0].reasons[0].starts_with("removes a ConfigMap"));
}

#[test]
fn the_guilty_commit_may_be_on_the_second_page() {
    let history = History::new();
    for number in 0..200 {
        history.write("base-apps/mysql/README.md", format!("{number}\n"));
        history.commit("words", 700 - number);
    }
    history.write(SET, mysql("256Mi", IMAGE));
    let sha = history.commit("trim mysql", 12);
    for number in 0..8 {
        history.write("base-apps/mysql/README.md", format!("more {number}\n"));
        history.commit("words", 4);
    }
    let manner = Manner {
        page_cap: Some(5),
        ..Manner::default()
    };
    let mut world = World::with(&history, manner);
    is_first_and_high(&world.look(Cause::OOMKilled), &sha);
    let pages = world.paths();
    let lists = pages.iter().filter(|p| p.contains("path=base-apps/mysql"));
    assert!(lists.clone().any(|p| p.contains("&page=2")), "{pages:#?}");
    assert!(lists.count() <= 4, "{pages:#?}");
}

#[test]
fn nothing_is_high_where_nothing_did_it() {
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
        ("words only", |h| {
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
        let answer = World::of(&history).look(Cause::OOMKilled);
        let confidence = answer.correlation.confidence;
        assert!(confidence > Confidence::Medium, "{what}: {answer:#?}");
        assert!(answer.rollback.is_empty(), "{what}");
        assert_eq!(answer.correlation.note, None, "{what}");
    }
}

#[test]
fn an_unchanged_incident_costs_nothing_of_the_rate_limit() {
    let history = History::new();
    history.write(SET, mysql("256Mi", IMAGE));
    let sha = history.commit("trim mysql", 12);
    let mut world = World::of(&history);
    let first = world.look(Cause::OOMKilled);
    let asked = world.stub.asked().len();
    // The state goes through its document between cycles.
    let text = serde_json::to_string(&world.cache).unwrap();
    world.cache = serde_json::from_str(&text).unwrap();
    let second = world.look(Cause::OOMKilled);
    assert_eq!(first, second);
    is_first_and_high(&second, &sha);
    let again = world.stub.asked().split_off(asked);
    assert!(
        again.iter().all(|a| !a.header("if-none-match").is_empty()),
        "{again:#?}"
    );
    assert!(
        again.iter().all(|a| !a.path.contains(&format!("{sha}?"))),
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
    let mut world = World::of(&history);
    let incidents = names.map(|name| incident(name, Cause::OOMKilled, Severity::Sev1));
    let answers = world.look_into(&incidents);
    assert_eq!(answers.len(), names.len());
    for (name, answer) in names.iter().zip(answers) {
        let correlation = answer.unwrap().correlation;
        let is_asked = names[..3].contains(name);
        let is_found = correlation.confidence == Confidence::High;
        assert_eq!(is_found, is_asked, "{name}");
        let note = correlation.note.unwrap_or_default();
        let is_spent = note.contains("the 12 requests of a cycle are used up");
        assert_eq!(is_spent, !is_asked, "{name}: {note}");
    }
}

#[test]
fn what_is_secret_is_neither_told_nor_kept() {
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
    let mut world = World::of(&history);
    let answer = world.look(Cause::DatabaseAuthFailed);
    assert_eq!(
        answer.correlation.confidence,
        Confidence::High,
        "{answer:#?}"
    );
    let told = format!(
        "{answer:?} {}",
        serde_json::to_string(&world.cache).unwrap()
    );
    for secret in ["swordfish", "a1B2a1B2"] {
        assert!(!told.contains(secret), "{told}");
    }
    assert!(told.contains("its contents are not read out"), "{told}");
}
