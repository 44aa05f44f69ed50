//! `doctor`, the built program, with working and failing dependencies.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::fs;

use k8s_monitor::cluster::api::AccessRule;
use k8s_monitor::doctor::rights::{self, StateMap};
use serde_json::{Value, json};

mod harness;
mod page;

use crate::support::stub;

use harness::{Harness, root, workspace};
use stub::{Answer, Fault, Stub, unreachable_url};

#[test]
fn working_dependencies_are_ok() {
    let harness = Harness::new();
    let seen = harness.report(&[]);
    assert_eq!(seen.named("red"), Vec::<&str>::new(), "{:#}", seen.json);
    assert_eq!((seen.status, &seen.json["status"]), (0, &json!("ok")));
    for name in [
        "cluster",
        "clock",
        "reading",
        "cron job",
        "rbac list pods",
        "rbac get pods/log",
        "rbac excess",
        "api argoproj.io",
        "services file",
        "state",
        "slack",
        "slack critical",
        "slack infrastructure",
        "github",
        "github repository",
        "model",
        "model budget",
        "proxy",
        "time zone",
    ] {
        assert_eq!(seen.check(name)["status"], "ok", "{name}: {:#}", seen.json);
    }
    assert_eq!(
        seen.named("off"),
        [
            "api gateway.networking.k8s.io",
            "api traefik.io",
            "heartbeat"
        ]
    );
    assert!(
        !harness.folder.path().join("state").exists(),
        "doctor writes nothing"
    );
}

#[test]
fn the_document_has_its_documented_shape() {
    let seen = Harness::new().without_keys().report(&[]);
    let keys =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(seen.json["schema"], "k8s-monitor/doctor/v1");
    assert_eq!(keys(&seen.json), ["checks", "schema", "status"]);
    let mut names = BTreeSet::new();
    for check in seen.checks() {
        assert_eq!(keys(check), ["message", "name", "remedy", "status"]);
        assert!(names.insert(check["name"].to_string()), "twice: {check}");
        let status = check["status"].as_str().unwrap();
        assert!(["ok", "off", "warn", "red"].contains(&status), "{check}");
        let has_remedy = check["remedy"].is_string();
        assert!(has_remedy || status != "red" && status != "warn", "{check}");
    }
}

#[test]
fn an_optional_dependency_without_configuration_is_off() {
    let harness = Harness::new().without_keys();
    let seen = harness.report(&[]);
    assert_eq!((seen.status, seen.named("red")), (0, Vec::new()));
    for name in ["slack", "github", "model"] {
        assert_eq!(seen.check(name)["status"], "off", "{name}");
        assert!(
            seen.check(name)["remedy"]
                .as_str()
                .unwrap()
                .contains("set ")
        );
    }
    let requests =
        [&harness.slack, &harness.github, &harness.model].map(|stub| stub.requests().len());
    assert_eq!(requests, [0, 0, 0]);
    let off = Harness::new().report(&["--no-llm"]);
    assert_eq!(off.check("model")["status"], "off");
}

#[test]
fn an_unreachable_cluster_is_69_and_the_other_checks_run() {
    let harness = Harness::new();
    let unreachable = harness::kubeconfig(harness.folder.path(), &unreachable_url());
    let seen = harness.with("KUBECONFIG", &unreachable).report(&[]);
    assert_eq!((seen.status, seen.named("red")), (69, vec!["cluster"]));
    for name in [
        "slack critical",
        "github repository",
        "model",
        "services file",
        "state",
    ] {
        assert_eq!(seen.check(name)["status"], "ok", "{name}");
    }
    assert!(
        seen.check("cluster")["remedy"]
            .as_str()
            .unwrap()
            .contains("check that it runs")
    );
}

#[test]
fn an_expired_token_of_the_cluster_is_69() {
    let harness = Harness::new();
    let body = json!({ "kind": "Status", "message": "Unauthorized", "code": 401 });
    harness.api.inject(vec![
        Fault::Answer(Answer::status(401, &body.to_string()));
        9
    ]);
    let seen = harness.report(&[]);
    assert_eq!((seen.status, seen.named("red")), (69, vec!["cluster"]));
    assert!(
        seen.check("cluster")["remedy"]
            .as_str()
            .unwrap()
            .contains("renew")
    );
}

#[test]
fn no_kubeconfig_is_a_wrong_configuration() {
    let harness = Harness::new();
    for (arguments, words) in [
        (&["--context", "nowhere"][..], "nowhere"),
        (
            &["--kubeconfig", "/nonexistent/kubeconfig"],
            "/nonexistent/kubeconfig",
        ),
    ] {
        let seen = harness.report(arguments);
        assert_eq!((seen.status, seen.named("red")), (78, vec!["cluster"]));
        let cluster = seen.check("cluster");
        assert!(
            cluster["message"].as_str().unwrap().contains(words),
            "{cluster}"
        );
        assert_eq!(seen.check("slack")["status"], "ok");
    }
}

#[test]
fn a_missing_right_is_one_red_check() {
    let harness = Harness::with_rights(|right| right != "list replicasets");
    let seen = harness.report(&[]);
    assert_eq!(
        (seen.status, seen.named("red")),
        (78, vec!["rbac list replicasets.apps"])
    );
    let remedy = seen.check("rbac list replicasets.apps")["remedy"].clone();
    assert!(
        remedy
            .as_str()
            .unwrap()
            .contains("kubectl apply --server-side -f deploy/rights/rbac.yaml"),
        "{remedy}"
    );
    let unneeded = Harness::with_rights(|right| right != "list gateways").report(&[]);
    assert_eq!((unneeded.status, unneeded.named("red")), (0, Vec::new()));
    let name = "rbac list gateways.gateway.networking.k8s.io";
    assert_eq!(unneeded.check(name)["status"], "off");
}

#[test]
fn an_invalid_slack_token_is_78_with_a_remedy() {
    let harness = Harness::new();
    let body = json!({ "ok": false, "error": "invalid_auth" });
    harness.slack.inject([Fault::Answer(Answer::json(&body))]);
    let seen = harness.report(&[]);
    assert_eq!((seen.status, seen.named("red")), (78, vec!["slack"]));
    let slack = seen.check("slack");
    assert!(
        slack["message"].as_str().unwrap().contains("invalid_auth"),
        "{slack}"
    );
    assert!(
        slack["remedy"]
            .as_str()
            .unwrap()
            .contains("SLACK_BOT_TOKEN"),
        "{slack}"
    );
}

/// A harness whose Slack token has these scopes.
fn with_scopes(scopes: &'static str) -> Harness {
    let slack = Stub::new(move |request| workspace(request, scopes));
    let url = format!("{}/api", slack.url());
    let harness = Harness {
        slack,
        ..Harness::new()
    };
    harness.with("SLACK_API_URL", &url)
}

#[test]
fn a_channel_is_checked_as_far_as_the_scopes_allow() {
    for (scopes, channel, status, words) in [
        (
            "chat:write,channels:read",
            "#critical-alerts",
            "ok",
            "is a member",
        ),
        ("chat:write,channels:read", "#elsewhere", "warn", "unknown"),
        (
            "chat:write,channels:read,groups:read",
            "#elsewhere",
            "red",
            "no such channel",
        ),
        (
            "chat:write,channels:read,groups:read",
            "#others",
            "red",
            "not a member",
        ),
        (
            "chat:write,chat:write.public,channels:read",
            "#others",
            "ok",
            "chat:write.public",
        ),
        ("chat:write", "#critical-alerts", "warn", "unknown"),
    ] {
        let harness = with_scopes(scopes).with("SLACK_CRITICAL_CHANNEL", channel);
        let seen = harness.report(&[]);
        let check = seen.check("slack critical");
        assert_eq!(check["status"], status, "{scopes} {channel}: {check}");
        assert!(
            check["message"].as_str().unwrap().contains(words),
            "{check}"
        );
        assert_eq!(seen.status, if status == "red" { 78 } else { 0 });
    }
    let cannot_post = with_scopes("channels:read,groups:read").report(&[]);
    assert_eq!(cannot_post.named("red"), ["slack"]);
    // No request is made that the scopes do not allow.
    let minimal = with_scopes("chat:write");
    minimal.report(&[]);
    assert_eq!(minimal.slack.requests().len(), 1);
}

#[test]
fn a_slack_that_hangs_delays_no_other_check() {
    let harness = Harness::new();
    harness.slack.inject([Fault::Hangs]);
    let seen = harness.report(&["--deadline", "3s"]);
    assert_eq!((seen.status, seen.named("red")), (78, vec!["slack"]));
    assert_eq!(seen.check("rbac list pods")["status"], "ok");
    assert_eq!(seen.check("github repository")["status"], "ok");
}

#[test]
fn rejections_by_github_and_anthropic_are_red() {
    let bad = |status, message: &str| {
        let body = json!({ "message": message, "error": { "message": message } });
        [Fault::Answer(Answer::status(status, &body.to_string()))]
    };
    let harness = Harness::new();
    harness.github.inject(bad(401, "Bad credentials"));
    harness.model.inject(bad(404, "model: claude"));
    let seen = harness.report(&[]);
    assert_eq!(
        (seen.status, seen.named("red")),
        (78, vec!["github", "model"])
    );
    let model = seen.check("model");
    assert!(
        model["message"].as_str().unwrap().contains("retired"),
        "{model}"
    );
    assert!(
        seen.check("github")["message"]
            .as_str()
            .unwrap()
            .contains("Bad credentials")
    );
    assert_eq!(harness.github.requests().len(), 1);
    harness
        .github
        .inject([Fault::None, bad(404, "Not Found")[0].clone()]);
    let not_found = harness.report(&[]);
    assert_eq!(not_found.named("red"), ["github repository"]);
}

#[test]
fn a_services_file_that_cannot_be_used_is_red() {
    let harness = Harness::new();
    let seen = harness.report(&["--services", "/nonexistent/services.txt"]);
    assert_eq!(
        (seen.status, seen.named("red")),
        (78, vec!["services file"])
    );
    let empty = harness.folder.path().join("services.txt");
    fs::write(&empty, "nothing\n").unwrap();
    let seen = harness.report(&["--services", empty.to_str().unwrap()]);
    assert_eq!(
        (seen.status, seen.named("red")),
        (78, vec!["services file"])
    );
}

#[test]
fn a_damaged_state_is_a_warning_and_is_not_changed() {
    let harness = Harness::new();
    let file = harness.folder.path().join("state/state.json");
    fs::create_dir(file.parent().unwrap()).unwrap();
    fs::write(&file, "{").unwrap();
    let seen = harness.report(&[]);
    assert_eq!(
        (seen.status, &seen.check("state")["status"]),
        (0, &json!("warn"))
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "{");
}

#[test]
fn the_text_fits_a_terminal() {
    let harness = Harness::with_rights(|right| right != "list replicasets");
    let output = harness.run(&[]);
    let page = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(78));
    assert!(
        page.starts_with("Failed: rbac list replicasets.apps"),
        "{page}"
    );
    assert!(page.contains("rights are granted"), "{page}");
    assert!(!page.contains('\u{1b}'), "{page}");
    for line in page.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let all = String::from_utf8(harness.run(&["-v"]).stdout).unwrap();
    assert!(all.contains("rbac list pods"), "{all}");
    let yaml = String::from_utf8(harness.run(&["--output", "yaml"]).stdout).unwrap();
    let yaml: Value = serde_yaml::from_str(&yaml).unwrap();
    assert_eq!(yaml["schema"], "k8s-monitor/doctor/v1");
    let markdown = String::from_utf8(harness.run(&["--output", "markdown"]).stdout).unwrap();
    assert!(
        markdown.contains("- **red** **rbac list replicasets.apps**: not granted"),
        "{markdown}"
    );
}

#[test]
fn markdown_keeps_every_character() {
    let output = Harness::new().without_keys().run(&["--output", "markdown"]);
    let markdown = String::from_utf8(output.stdout).unwrap();
    assert!(markdown.contains("SLACK\\_BOT\\_TOKEN"), "{markdown}");
}

#[test]
fn an_error_and_its_remedy_are_separate() {
    let harness = Harness::new();
    let seen = harness.report(&["--services", "/nonexistent; a/services.txt"]);
    let check = seen.check("services file");
    let message = check["message"].as_str().unwrap();
    assert!(
        message.starts_with("cannot read the services file /nonexistent; a/services.txt: "),
        "{check}"
    );
    assert!(!message.contains("--services FILE"), "{check}");
    let remedy = check["remedy"].as_str().unwrap();
    assert!(remedy.starts_with("pass --services FILE"), "{check}");
}

/// The rights that a role of `deploy/` grants.
fn granted(file: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let mut granted = BTreeSet::new();
    for document in text.split("\n---\n") {
        let role: Value = serde_yaml::from_str(document).unwrap();
        let namespace = role["metadata"]["namespace"].as_str().unwrap_or_default();
        let strings = |value: &Value| -> Vec<String> {
            let list = value.as_array().into_iter().flatten();
            list.map(|text| text.as_str().unwrap().to_owned()).collect()
        };
        for rule in role["rules"].as_array().into_iter().flatten() {
            let mut names = strings(&rule["resourceNames"]);
            if names.is_empty() {
                names.push(String::new());
            }
            for (group, resource) in strings(&rule["apiGroups"]).iter().flat_map(|group| {
                strings(&rule["resources"])
                    .into_iter()
                    .map(move |resource| (group, resource))
            }) {
                for verb in strings(&rule["verbs"]) {
                    for name in &names {
                        granted.insert(format!("{verb} {group} {resource} {namespace} {name}"));
                    }
                }
            }
        }
    }
    granted
}

fn described(rights: &[AccessRule]) -> BTreeSet<String> {
    let words = |right: &AccessRule| {
        let AccessRule {
            verb,
            group,
            resource,
            namespace,
            name,
        } = right;
        format!("{verb} {group} {resource} {namespace} {name}")
    };
    rights.iter().map(words).collect()
}

#[test]
fn doctor_checks_exactly_the_deployed_rights() {
    assert_eq!(
        described(&[rights::to_read(), rights::to_read_custom()].concat()),
        granted("deploy/rights/rbac.yaml")
    );
    let state = StateMap::of("configmap:k8s-monitor/k8s-monitor-state").unwrap();
    assert_eq!(
        described(&rights::to_store(&state)),
        granted("deploy/rights/state-rbac.yaml")
    );
}
