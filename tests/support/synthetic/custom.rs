//! Many custom resources: Flux Kustomizations as large as real ones, all of them healthy but for one
//! in a hundred.

use serde_json::{Value, json};

/// A cluster with one node, so many Kustomizations, and nothing else.
#[derive(Debug, Clone, Copy)]
pub struct CustomObjects {
    pub objects: usize,
}

const LIST: &str = "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations";
/// One object in this many is broken.
const ONE_IN: usize = 100;

impl CustomObjects {
    /// The response to a request.
    #[must_use]
    pub fn answer(self, target: &str) -> String {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path == "/apis" {
            return groups().to_string();
        }
        if path == "/api/v1/nodes" {
            let cluster = super::SyntheticCluster::of(1);
            let node = cluster.object(super::Kind::Node, 0);
            return format!(r#"{{"kind":"NodeList","metadata":{{}},"items":[{node}]}}"#);
        }
        if path != LIST {
            return r#"{"kind":"List","metadata":{},"items":[]}"#.to_owned();
        }
        let value = |key: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let (_, value) = pairs.find(|(k, _)| *k == key)?;
            value.parse::<usize>().ok()
        };
        let from = value("continue").unwrap_or(0);
        let limit = value("limit").unwrap_or(usize::MAX);
        let to = self.objects.min(from.saturating_add(limit));
        let mut metadata = json!({});
        if to < self.objects {
            metadata = json!({ "continue": to.to_string() });
        }
        let items: Vec<_> = (from..to).map(object).collect();
        json!({ "kind": "KustomizationList", "metadata": metadata, "items": items }).to_string()
    }
}

fn groups() -> Value {
    json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "items": [{
            "metadata": { "name": "kustomize.toolkit.fluxcd.io" },
            "versions": [{ "version": "v1", "resources": [{
                "resource": "kustomizations", "scope": "Namespaced", "verbs": ["get", "list"],
                "responseKind": { "kind": "Kustomization" },
            }] }],
        }],
    })
}

fn object(index: usize) -> Value {
    let is_broken = index % ONE_IN == ONE_IN - 1;
    let (status, reason) = if is_broken {
        ("False", "BuildFailed")
    } else {
        ("True", "ReconciliationSucceeded")
    };
    let condition = |kind: &str| {
        json!({ "type": kind, "status": status, "reason": reason, "observedGeneration": 3,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
            "message": format!("Applied revision: main@sha1:{index:040x}") })
    };
    let entries: Vec<_> = (0..30)
        .map(|at| json!({ "id": format!("team_app-{at}_apps_Deployment"), "v": "v1" }))
        .collect();
    json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {
            "name": format!("app-{index:05}"), "namespace": format!("team-{:03}", index / 50),
            "uid": format!("00000000-0000-0000-0000-{index:012}"), "generation": 3,
            "creationTimestamp": "2025-12-01T00:00:00Z",
            "labels": { "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system" },
            "managedFields": [{ "manager": "kustomize-controller", "fieldsV1": { "f:spec": { "f:interval": {}, "f:path": {}, "f:prune": {} } } }],
        },
        "spec": { "interval": "10m", "path": format!("./apps/app-{index:05}"), "prune": true, "timeout": "5m",
            "sourceRef": { "kind": "GitRepository", "name": "fleet" }, "targetNamespace": "team" },
        "status": {
            "observedGeneration": 3,
            "lastAppliedRevision": format!("main@sha1:{index:040x}"),
            "lastAttemptedRevision": format!("main@sha1:{index:040x}"),
            "conditions": [condition("Ready"), condition("Healthy")],
            "inventory": { "entries": entries },
        },
    })
}
