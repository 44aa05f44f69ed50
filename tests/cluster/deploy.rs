//! The manifests of `deploy/`: rendered by kubectl, applied to a real API server, and
//! sufficient for the monitor with the rights of its service account.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::assets;
use crate::homelab::Homelab;
use crate::program::{Report, program, run};
use crate::time::Ago;

const NAMESPACE: &str = "k8s-monitor";
const USER: &str = "system:serviceaccount:k8s-monitor:k8s-monitor";

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs kubectl with an environment of only `PATH`, for its `diff`, and an input.
fn kubectl(kubeconfig: &Path, arguments: &[&str], input: &Value) -> Output {
    let home = tempfile::tempdir().expect("a home");
    let mut child = Command::new(assets::directory().join("kubectl"))
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("KUBECONFIG", kubeconfig)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kubectl starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // The pipe breaks if kubectl does not read all of its input.
    let _ = stdin.write_all(input.to_string().as_bytes());
    drop(stdin);
    child.wait_with_output().expect("kubectl ends")
}

fn text(output: &Output) -> String {
    [&output.stdout[..], &output.stderr]
        .map(String::from_utf8_lossy)
        .concat()
}

fn apply(homelab: &Homelab, what: &[&str]) -> String {
    let arguments = [&["apply", "--server-side", "--validate=strict"], what].concat();
    let output = kubectl(&homelab.kubeconfig_admin(), &arguments, &Value::Null);
    assert!(output.status.success(), "{what:?}: {}", text(&output));
    text(&output)
}

fn deployed() -> Homelab {
    let homelab = Homelab::healthy();
    let path = folder("deploy");
    apply(&homelab, &["-k", path.to_str().expect("UTF-8")]);
    homelab
}

fn as_the_monitor(homelab: &Homelab) -> PathBuf {
    let token = homelab.service_account_token(NAMESPACE, "k8s-monitor");
    homelab.kubeconfig_with_token(&token, "homelab")
}

fn cron_job(homelab: &Homelab) -> Value {
    let found = homelab.get("CronJob", NAMESPACE, "k8s-monitor");
    found.expect("it was applied")
}

/// Every folder with a kustomization, and the examples.
#[test]
fn every_overlay_and_example_is_accepted_by_the_server() {
    let homelab = Homelab::healthy();
    let mut kustomizations = Vec::new();
    let mut folders = vec![folder("deploy")];
    while let Some(path) = folders.pop() {
        for entry in fs::read_dir(&path)
            .expect("a folder")
            .map(|e| e.expect("an entry").path())
        {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.ends_with("kustomization.yaml") {
                kustomizations.push(path.clone());
            }
        }
    }
    assert_eq!(kustomizations.len(), 7, "{kustomizations:?}");
    for path in kustomizations {
        let answer = apply(&homelab, &["-k", path.to_str().expect("UTF-8")]);
        assert!(!answer.contains("Warning"), "{answer}");
        // An overlay that sets a namespace on everything would move it, and its rights would be lost.
        let leases = homelab.get("Role", "kube-system", "k8s-monitor-leases");
        assert!(leases.is_some(), "{}", path.display());
    }
    let examples = folder("deploy/examples");
    apply(&homelab, &["-f", examples.to_str().expect("UTF-8")]);
    for (kind, namespace) in [
        ("Application", "argocd"),
        ("ExternalSecret", NAMESPACE),
        ("Secret", NAMESPACE),
    ] {
        assert!(
            homelab.get(kind, namespace, "k8s-monitor").is_some(),
            "{kind}"
        );
    }
}

/// A difference after apply would keep Argo CD out of sync.
#[test]
fn a_second_apply_changes_nothing() {
    let homelab = deployed();
    let path = folder("deploy");
    let path = path.to_str().expect("UTF-8");
    let output = kubectl(
        &homelab.kubeconfig_admin(),
        &["diff", "--server-side", "-k", path],
        &Value::Null,
    );
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn the_pod_is_admitted_by_the_restricted_pod_security_level() {
    let homelab = deployed();
    let admin = homelab.kubeconfig_admin();
    let template = cron_job(&homelab)["spec"]["jobTemplate"]["spec"]["template"].clone();
    let pod = |name: &str, change: Option<(&str, Value)>| {
        let mut pod = json!({ "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": name, "namespace": NAMESPACE,
                "labels": template["metadata"]["labels"] },
            "spec": template["spec"] });
        if let Some((pointer, value)) = change {
            *pod.pointer_mut(pointer)
                .unwrap_or_else(|| panic!("{pointer}")) = value;
        }
        kubectl(&admin, &["create", "-f", "-"], &pod)
    };
    let admitted = pod("as-it-is", None);
    assert!(admitted.status.success(), "{}", text(&admitted));
    assert!(!text(&admitted).contains("Warning"), "{}", text(&admitted));
    let container = "/spec/containers/0/securityContext";
    for (name, pointer, value) in [
        ("privileged", container, json!({ "privileged": true })),
        (
            "may-escalate",
            container,
            json!({ "capabilities": { "drop": ["ALL"] } }),
        ),
        ("root", "/spec/securityContext", json!({ "runAsUser": 0 })),
        (
            "host",
            "/spec/volumes/0",
            json!({ "name": "config", "hostPath": { "path": "/" } }),
        ),
    ] {
        let refused = pod(name, Some((pointer, value)));
        assert!(!refused.status.success(), "{name}");
        assert!(
            text(&refused).contains("violates PodSecurity"),
            "{}",
            text(&refused)
        );
    }
}

/// Runs the arguments of the container from outside with the service account's token. Its
/// volume is a temporary directory.
#[test]
fn the_container_runs_a_full_cycle_with_nothing_forbidden() {
    let homelab = deployed();
    let container =
        cron_job(&homelab)["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
            .clone();
    let maps = homelab.list("ConfigMap", NAMESPACE);
    let data = maps.iter().find(|m| !m["data"]["services.txt"].is_null());
    let mounted = tempfile::tempdir().expect("a folder");
    for (name, text) in data.expect("generated")["data"].as_object().expect("files") {
        fs::write(mounted.path().join(name), text.as_str().expect("text")).expect("written");
    }
    let mount = container["volumeMounts"][0]["mountPath"]
        .as_str()
        .expect("a path");
    let arguments = container["args"]
        .as_array()
        .expect("arguments")
        .iter()
        .map(|a| {
            let argument = a.as_str().expect("text").replace("$(NAMESPACE)", NAMESPACE);
            argument.replace(mount, mounted.path().to_str().expect("UTF-8"))
        });
    let before = homelab.requests_by(USER).len();
    let output = program()
        .args(arguments)
        .args(["--output", "json", "--kubeconfig"])
        .arg(as_the_monitor(&homelab))
        .output()
        .expect("the program starts");
    let report = Report::of(&output);
    assert_eq!((report.summary(), report.status), (String::new(), 0));
    assert_eq!(report.json["visibility"]["complete"], json!(true));
    let requests = homelab.requests_by(USER);
    let recorded = &requests[before..];
    assert!(recorded.len() > 20, "{recorded:?}");
    // The ConfigMap of the state does not exist at the first read.
    let refused = recorded.iter().filter(|r| {
        r.status >= 400 && !(r.status == 404 && r.uri.ends_with("configmaps/k8s-monitor-state"))
    });
    assert_eq!(refused.collect::<Vec<_>>().len(), 0, "{recorded:?}");
    let written = recorded
        .iter()
        .filter(|r| !["get", "list"].contains(&r.verb.as_str()));
    for write in written {
        assert_eq!(write.resource, "configmaps", "{write:?}");
    }
    let state = homelab.get("ConfigMap", NAMESPACE, "k8s-monitor-state");
    assert!(state.is_some(), "it remembers nothing: {recorded:?}");
}

/// The failed jobs of the monitor an hour after a SEV-1.
#[test]
fn its_own_failed_jobs_are_not_a_finding_but_those_of_a_namesake_are() {
    let homelab = deployed();
    let admin = homelab.kubeconfig_admin();
    let fails = |job: &str, how: &[&str]| {
        let arguments = [&["create", "job", job, "-n", NAMESPACE], how].concat();
        let made = kubectl(&admin, &arguments, &Value::Null);
        assert!(made.status.success(), "{}", text(&made));
        let at = 20.minutes_ago().to_string();
        let condition = |kind: &str| {
            json!({ "type": kind, "status": "True", "reason": "PodFailurePolicy",
                "message": "exit code 1 matching FailJob rule at index 0",
                "lastTransitionTime": at })
        };
        let status = json!({ "startTime": at, "failed": 1,
            "conditions": [condition("FailureTarget"), condition("Failed")] });
        homelab.patch_status("Job", NAMESPACE, job, &status);
    };
    fails("first-look", &["--from=cronjob/k8s-monitor"]);
    let report = run(&homelab);
    assert_eq!((report.summary(), report.status), (String::new(), 0));
    fails("k8s-monitor-cleanup", &["--image=busybox"]);
    let report = run(&homelab);
    assert_eq!(report.summary(), "SEV-4 SUPPORT - [] JobFailed JobFailed");
}

/// The rules of the service account, as the server evaluates them: it may write only the
/// ConfigMap of its state, and review its own access.
#[test]
fn its_only_write_access_is_one_config_map() {
    let homelab = deployed();
    let monitor = as_the_monitor(&homelab);
    let mut writes = BTreeSet::new();
    for namespace in [NAMESPACE, "kube-system", "default", "mysql"] {
        let review = json!({ "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview", "spec": { "namespace": namespace } });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
        let output = kubectl(&monitor, &["create", "--raw", path, "-f", "-"], &review);
        let answer: Value = serde_json::from_slice(&output.stdout).expect("a review");
        assert_eq!(answer["status"]["incomplete"], json!(false), "{answer}");
        for rule in answer["status"]["resourceRules"].as_array().expect("rules") {
            let words = |key: &str| -> Vec<String> {
                let list = rule[key].as_array().into_iter().flatten();
                list.filter_map(|w| Some(w.as_str()?.to_owned())).collect()
            };
            let (groups, resources) = (words("apiGroups"), words("resources"));
            for word in groups.iter().chain(&resources).chain(&words("verbs")) {
                assert!(
                    !word.contains('*') && word != "secrets",
                    "{namespace}: {rule}"
                );
            }
            // Every user may review their own identity and access.
            if groups.iter().all(|g| g.starts_with("auth")) {
                continue;
            }
            for verb in words("verbs")
                .iter()
                .filter(|v| !["get", "list"].contains(&v.as_str()))
            {
                writes.insert((
                    namespace,
                    verb.clone(),
                    resources.join(","),
                    words("resourceNames").join(","),
                ));
            }
            if resources.contains(&"configmaps".to_owned())
                && words("verbs").contains(&"get".to_owned())
            {
                assert_eq!(words("resourceNames"), ["k8s-monitor-state"]);
            }
        }
    }
    let own = |verb: &str, name: &str| {
        (
            NAMESPACE,
            verb.to_owned(),
            "configmaps".to_owned(),
            name.to_owned(),
        )
    };
    let expected = [
        own("create", ""),
        own("patch", "k8s-monitor-state"),
        own("update", "k8s-monitor-state"),
    ];
    assert_eq!(writes, BTreeSet::from(expected));
}

#[test]
fn other_requests_are_forbidden() {
    let homelab = deployed();
    let monitor = as_the_monitor(&homelab);
    for attempt in [
        &["get", "secrets", "-A"][..],
        &["get", "configmaps", "-n", NAMESPACE],
        &["create", "configmap", "note", "-n", "default"],
        &["delete", "pod", "mysql-0", "-n", "mysql"],
        &["scale", "deployment/n8n", "--replicas=0", "-n", "n8n"],
        &["delete", "configmap", "k8s-monitor-state", "-n", NAMESPACE],
        &[
            "create",
            "job",
            "again",
            "--from=cronjob/k8s-monitor",
            "-n",
            NAMESPACE,
        ],
    ] {
        let output = kubectl(&monitor, attempt, &Value::Null);
        assert!(!output.status.success(), "{attempt:?}");
        assert!(
            text(&output).contains("forbidden"),
            "{attempt:?}: {}",
            text(&output)
        );
    }
}
