//! `services init`: the draft is valid, stable and right, and holds no value of a variable.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use k8s_monitor::cluster::{Snapshot, dump};
use k8s_monitor::draft::{self, Comparison};
use k8s_monitor::inventory::{self, Inventory};
use k8s_monitor::model::Tier;
use serde_json::{Value, json};

use super::{json, program, run, stderr, stdout, utf8, write};

/// A password that must not be written.
const PASSWORD: &str = "hunter2-and-more";

fn example() -> Snapshot {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(super::EXAMPLE);
    dump::read(&path, None).expect("the example")
}

/// A dump of the given lists, by file name.
fn dump_of(lists: &[(&str, Vec<Value>)]) -> (tempfile::TempDir, Snapshot) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, items) in lists {
        let list = json!({ "kind": "List", "apiVersion": "v1", "items": items });
        fs::write(folder.path().join(format!("{name}.json")), list.to_string()).expect("written");
    }
    let snapshot = dump::read(folder.path(), None).expect("a dump");
    (folder, snapshot)
}

fn deployment(place: (&str, &str), labels: &Value, container: &Value) -> Value {
    let (namespace, name) = place;
    json!({ "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "namespace": namespace, "name": name, "labels": labels },
        "spec": { "replicas": 1, "selector": { "matchLabels": { "app": name } },
            "template": { "metadata": { "labels": { "app": name } },
                "spec": { "containers": [container] } } } })
}

fn service(namespace: &str, name: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "namespace": namespace, "name": name },
        "spec": { "selector": { "app": name }, "ports": [{ "port": 80 }] } })
}

/// Nothing to correct, and nothing that runs is missing.
fn assert_valid(snapshot: &Snapshot, context: &str) -> Inventory {
    let text = draft::draft(snapshot);
    assert_eq!(text, draft::draft(snapshot), "{context}: not stable");
    let inventory = inventory::parse(text.as_bytes());
    assert!(
        inventory.diagnostics.is_empty(),
        "{context}: {:?}\n{text}",
        inventory.diagnostics
    );
    assert_eq!(
        inventory.services.len(),
        draft::services(snapshot).len(),
        "{context}\n{text}"
    );
    let differences = draft::compare(snapshot, &inventory);
    let absent = Comparison {
        absent: Vec::new(),
        ..differences
    };
    assert_eq!(absent, Comparison::default(), "{context}\n{text}");
    inventory
}

/// How many services, namespaces and hosts of a hand-written file are drafted, of how many.
fn agreement(drafted: &Inventory, written: &Inventory) -> [(usize, usize); 3] {
    let mut counts = [(0, 0); 3];
    let mut add = |at: usize, is_right: bool| {
        counts[at].0 += usize::from(is_right);
        counts[at].1 += 1;
    };
    for service in &written.services {
        let names = || std::iter::once(&service.name).chain(&service.aliases);
        let mut all = drafted.services.iter();
        let found = all.find(|draft| names().any(|name| draft.is_called(name)));
        add(0, found.is_some());
        add(
            1,
            found.is_some_and(|draft| draft.namespace == service.namespace),
        );
        for host in &service.ingress {
            add(2, found.is_some_and(|draft| draft.ingress.contains(host)));
        }
    }
    counts
}

fn assert_agrees(written: &Path) {
    let bytes = fs::read(written).expect("a services file");
    let written = inventory::parse(&bytes);
    let drafted = assert_valid(&example(), "the example");
    for (right, all) in agreement(&drafted, &written) {
        assert!(all > 3 && right * 10 >= all * 9, "{right} of {all}");
    }
}

#[test]
fn the_draft_agrees_with_the_file_that_people_wrote() {
    assert_agrees(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/services.txt"));
    if let Some(path) = std::env::var_os("K8S_MONITOR_OPERATOR_SERVICES") {
        assert_agrees(&PathBuf::from(path));
    }
}

#[test]
fn recorded_clusters_give_valid_drafts() {
    let Some(cases) = std::env::var_os("K8S_MONITOR_BENCH_CASES") else {
        return;
    };
    let folders = fs::read_dir(cases).expect("cases");
    let mut folders: Vec<_> = folders.map(|entry| entry.expect("a case").path()).collect();
    folders.sort();
    for folder in folders.iter().step_by(10) {
        let snapshot = dump::read(&folder.join("dump"), None).expect("a dump");
        assert_valid(&snapshot, &folder.display().to_string());
    }
}

#[test]
fn dependencies_come_from_addresses_and_secrets_without_their_values() {
    let url = format!("postgres://shop:{PASSWORD}@orders-db.data.svc.cluster.local:5432/shop");
    let web = json!({ "name": "shop", "image": "example/shop:1.2",
        "env": [
            { "name": "DATABASE_URL", "value": url },
            { "name": "REDIS_HOST", "value": "redis" },
            { "name": "GREETING", "value": "orders-db" },
            { "name": "API_TOKEN", "value": PASSWORD },
            { "name": "KEY", "valueFrom": { "secretKeyRef": { "name": "shop-env", "key": "KEY" } } }
        ],
        "ports": [{ "name": "http", "containerPort": 8080 }],
        "livenessProbe": { "exec": { "command": ["/bin/check", "--password", PASSWORD] } },
        "readinessProbe": { "httpGet": { "path": format!("/ready?token={PASSWORD}"), "port": "http" } } });
    let image = |image: &str| json!({ "name": "main", "image": image });
    let (_folder, snapshot) = dump_of(&[
        (
            "deployments",
            vec![
                deployment(("shop", "shop"), &json!({}), &web),
                deployment(("shop", "redis"), &json!({}), &image("redis:7")),
                deployment(("data", "orders-db"), &json!({}), &image("postgres:16")),
                deployment(
                    ("vault", "vault"),
                    &json!({}),
                    &image("hashicorp/vault:1.18"),
                ),
            ],
        ),
        (
            "services",
            vec![
                service("shop", "shop"),
                service("shop", "redis"),
                service("data", "orders-db"),
            ],
        ),
        (
            "ingresses",
            vec![
                json!({ "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
                "metadata": { "namespace": "shop", "name": "shop" },
                "spec": { "tls": [{ "hosts": ["shop.example.org"] }],
                    "rules": [{ "host": "shop.example.org", "http": { "paths": [{ "path": "/",
                        "backend": { "service": { "name": "shop", "port": { "number": 80 } } } }] } }] } }),
            ],
        ),
        (
            "externalsecrets.external-secrets.io",
            vec![
                json!({ "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
                "metadata": { "namespace": "shop", "name": "env" },
                "spec": { "secretStoreRef": { "kind": "ClusterSecretStore", "name": "kv" },
                    "target": { "name": "shop-env" } } }),
            ],
        ),
        (
            "clustersecretstores.external-secrets.io",
            vec![
                json!({ "apiVersion": "external-secrets.io/v1", "kind": "ClusterSecretStore",
                "metadata": { "name": "kv" }, "spec": { "provider": { "vault": {} } } }),
            ],
        ),
    ]);
    let inventory = assert_valid(&snapshot, "the shop");
    let shop = inventory.get("shop").expect("shop");
    let needs: BTreeSet<_> = shop
        .dependencies
        .iter()
        .filter_map(|d| d.service.as_deref())
        .collect();
    assert_eq!(needs, BTreeSet::from(["orders-db", "redis", "vault"]));
    assert_eq!(shop.ingress, ["shop.example.org"]);
    assert_eq!(shop.health_check.as_deref(), Some("/ready on port 8080"));
    assert_eq!(shop.image.as_deref(), Some("example/shop:1.2"));
    let tier = |name: &str| inventory.get(name).map(|service| service.tier);
    assert_eq!(tier("shop"), Some(Tier::P0));
    assert_eq!(tier("orders-db"), Some(Tier::P0));
    assert_eq!(tier("vault"), Some(Tier::P1));
    let text = draft::draft(&snapshot);
    assert!(!text.contains(PASSWORD), "{text}");
    for reason in [
        "serves https://shop.example.org",
        "data layer of shop",
        "secret store of shop",
        "cache or queue of shop",
    ] {
        assert!(text.contains(reason), "{reason}: {text}");
    }
}

#[test]
fn services_come_from_argo_flux_helm_and_workloads() {
    let flux = json!({ "kustomize.toolkit.fluxcd.io/name": "apps" });
    let helm =
        json!({ "app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "gitea" });
    let argo = json!({ "argocd.argoproj.io/instance": "photos" });
    let any = json!({ "name": "main", "image": "example/any:1" });
    let (_folder, snapshot) = dump_of(&[
        (
            "deployments",
            vec![
                deployment(("media", "sonarr"), &flux, &any),
                deployment(("media", "radarr"), &flux, &any),
                deployment(("git", "gitea-web"), &helm, &any),
                deployment(("git", "memcached"), &helm, &any),
                deployment(("photos", "photos-server"), &argo, &any),
                deployment(("photos", "ml"), &argo, &any),
                deployment(("lab", "web"), &json!({}), &any),
                deployment(("lab", "web-worker"), &json!({}), &any),
                deployment(("lab", "cache"), &json!({}), &any),
                deployment(("other", "cache"), &json!({}), &any),
            ],
        ),
        (
            "applications.argoproj.io",
            vec![
                json!({ "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
                    "metadata": { "namespace": "argocd", "name": "photos" },
                    "spec": { "source": { "repoURL": "https://me:tok3n-of-mine-42@example.org/repo.git", "path": "apps/photos" },
                        "destination": { "namespace": "photos" } } }),
                json!({ "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
                    "metadata": { "namespace": "argocd", "name": "root" },
                    "spec": { "source": { "path": "apps" }, "destination": { "namespace": "argocd" } },
                    "status": { "resources": [{ "kind": "Application", "namespace": "argocd", "name": "photos" }] } }),
            ],
        ),
    ]);
    let inventory = assert_valid(&snapshot, "many sources");
    let names: BTreeSet<_> = inventory.services.iter().map(|s| s.name.as_str()).collect();
    let expected = [
        "gitea",
        "lab-cache",
        "other-cache",
        "photos",
        "radarr",
        "sonarr",
        "web",
    ];
    assert_eq!(names, BTreeSet::from(expected));
    assert!(!draft::draft(&snapshot).contains("tok3n-of-mine-42"));
}

#[test]
fn a_draft_is_written_linted_and_compared_by_the_program() {
    let output = run(&["services", "init", "--snapshot", super::EXAMPLE]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let (_folder, path) = write("services.txt", &stdout(&output));
    let lint = run(&["services", "lint", "--services", utf8(&path)]);
    assert_eq!(lint.status.code(), Some(0), "{}", stdout(&lint));
    assert!(stdout(&lint).contains("no problems"), "{}", stdout(&lint));
    let piped = program(&["services", "lint", "--services", "-"])
        .stdin(fs::File::open(&path).expect("the draft"))
        .output()
        .expect("the program starts");
    assert!(stdout(&piped).contains("no problems"), "{}", stdout(&piped));
    let diff = |path: &Path| {
        let output = run(&[
            "services",
            "init",
            "--snapshot",
            super::EXAMPLE,
            "-o",
            "json",
            "--diff",
            utf8(path),
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        json(&output)["differences"].clone()
    };
    let none = json!({ "unlisted": [], "absent": [], "unlistedHosts": [], "absentHosts": [] });
    assert_eq!(diff(&path), none);
    let file = "1. Apps (P1)\n\n1.1 n8n\n\n- Namespace: n8n\n- Ingress: https://old.example.org\n\n\
                1.2 gone\n\n- Namespace: gone\n";
    let (_folder, path) = write("services.txt", file);
    let found = diff(&path);
    let names = |key: &str| {
        let list = found[key].as_array().expect("a list").iter();
        list.map(|entry| entry["name"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(names("unlisted").contains(&"mysql".to_owned()), "{found}");
    assert!(!names("unlisted").contains(&"n8n".to_owned()), "{found}");
    assert_eq!(names("absent"), ["gone"]);
    assert_eq!(
        found["absentHosts"],
        json!([{ "service": "n8n", "host": "old.example.org" }])
    );
    assert_eq!(
        found["unlistedHosts"],
        json!([{ "service": "n8n", "host": "n8n.arigsela.com" }])
    );
}
