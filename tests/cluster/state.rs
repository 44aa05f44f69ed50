//! The state in a `ConfigMap` of a real API server.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use k8s_monitor::cluster::api::{Cluster, ConnectOptions, ProxyVariables, connect};
use k8s_monitor::state::{ConfigMapStore, State, Store, StoreError, Version};
use serde_json::json;

use crate::control_plane::ControlPlane;
use crate::homelab::Homelab;
use crate::manifests;

use crate::support::store_suite;

const NAMESPACE: &str = "k8s-monitor";
const NAME: &str = "k8s-monitor-state";
const LIMIT: Duration = Duration::from_secs(20);

fn cluster(kubeconfig: PathBuf) -> Cluster {
    let options = ConnectOptions {
        kubeconfig: Some(kubeconfig),
        context: None,
    };
    connect(&options, &ProxyVariables::default()).expect("a client")
}

/// A client with the monitor's service account and the deployed rights.
fn deployed(plane: &ControlPlane) -> Cluster {
    for manifest in manifests::ALL {
        plane.apply_yaml(manifest);
    }
    let token = plane.service_account_token(NAMESPACE, "k8s-monitor");
    cluster(plane.kubeconfig_with_token(&token, "homelab"))
}

fn soon() -> Instant {
    Instant::now() + LIMIT
}

fn store<'a>(cluster: &'a Cluster, name: &str) -> ConfigMapStore<'a> {
    ConfigMapStore::new(cluster, NAMESPACE, name, LIMIT, soon(), store_suite::now())
}

struct Map<'a> {
    plane: &'a ControlPlane,
    cluster: Cluster,
}

impl store_suite::StoreFixture for Map<'_> {
    fn open(&self) -> Box<dyn Store + '_> {
        Box::new(store(&self.cluster, NAME))
    }

    fn overwrite(&self, text: &str) {
        self.plane.apply(vec![json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": { "namespace": NAMESPACE, "name": NAME },
            "data": { "state.json": text },
        })]);
    }

    fn quarantined(&self, name: &str) -> Option<String> {
        let found = self.plane.get("ConfigMap", NAMESPACE, name)?;
        Some(found["data"]["state.json"].as_str()?.to_owned())
    }

    fn clear(&self) {
        for map in self.plane.list("ConfigMap", NAMESPACE) {
            let name = map["metadata"]["name"].as_str().expect("a name");
            self.plane.delete("ConfigMap", NAMESPACE, name);
        }
    }
}

#[test]
fn a_config_map_is_a_store_with_the_deployed_rights_alone() {
    let homelab = Homelab::healthy();
    let cluster = deployed(&homelab);
    let place = Map {
        plane: &homelab,
        cluster,
    };
    store_suite::all(&place);
}

#[test]
fn no_other_config_map_is_accessible() {
    let homelab = Homelab::healthy();
    let cluster = deployed(&homelab);
    let other = store(&cluster, "another");
    let refused = other.load().expect_err("not by this name");
    assert!(matches!(refused, StoreError::Cluster { .. }), "{refused}");
    let text = refused.to_string();
    for part in [
        "configmap:k8s-monitor/another",
        "ServiceAccount k8s-monitor/k8s-monitor may not get",
        "deploy/rights/state-rbac.yaml",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let made = store(&cluster, NAME);
    made.save(&State::default(), &Version::Absent)
        .expect("its own");
    assert_eq!(made.requests(), 1);
}

#[test]
fn a_missing_namespace_is_an_error_with_its_name() {
    let homelab = Homelab::healthy();
    let cluster = cluster(homelab.kubeconfig_admin());
    let store = ConfigMapStore::new(&cluster, "nowhere", NAME, LIMIT, soon(), store_suite::now());
    assert_eq!(store.load().expect("absent").version, Version::Absent);
    let error = store.save(&State::default(), &Version::Absent);
    let text = error.expect_err("there is no namespace").to_string();
    assert!(text.contains("no namespace \"nowhere\""), "{text}");
}

#[test]
fn an_empty_config_map_is_an_empty_state() {
    let homelab = Homelab::healthy();
    let cluster = deployed(&homelab);
    homelab.apply(vec![json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "namespace": NAMESPACE, "name": NAME },
    })]);
    let store = store(&cluster, NAME);
    let loaded = store.load().expect("loaded");
    assert_eq!((loaded.state, loaded.quarantined), (State::default(), None));
    store
        .save(&State::default(), &loaded.version)
        .expect("saved");
}
