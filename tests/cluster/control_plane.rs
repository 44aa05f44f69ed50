//! A real API server over a real etcd, for one test process.
//!
//! It has no kubelet, scheduler or controllers: an object keeps the status that the test
//! sets, so that the cluster does not change while the program reads it.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use kube::api::{ListParams, Request};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::api::Api;
use crate::assets;
use crate::audit::{self, Recorded};
use crate::etcd::{Snapshot, Store};
use crate::flags;
use crate::server::Server;
use crate::support::synthetic::{self, SyntheticCluster};
use crate::write::Part;
use crate::yaml;

/// A start takes three to four seconds, and longer on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(50);
const ADMIN_TOKEN: &str = "the-admin-of-this-test";

pub struct ControlPlane {
    // Fields are dropped in this order: the API server ends before etcd.
    api_server: Server,
    _etcd: Server,
    url: String,
    runtime: Runtime,
    api: Api,
    store: Store,
    empty: Snapshot,
}

impl ControlPlane {
    /// Starts etcd and kube-apiserver and returns when the cluster is ready and empty.
    pub fn start() -> ControlPlane {
        let assets = assets::directory();
        // A free port may have been taken meanwhile; then the next pair is tried.
        let mut attempts = (0..3).map(|_| ControlPlane::try_start(&assets));
        let first_failure = match attempts.next() {
            Some(Ok(plane)) => return plane,
            Some(Err(said)) => said,
            None => unreachable!("there are three attempts"),
        };
        let later = attempts.find_map(Result::ok);
        later.unwrap_or_else(|| panic!("the control plane does not start:\n{first_failure}"))
    }

    fn try_start(assets: &Path) -> Result<ControlPlane, String> {
        let [etcd_port, port] = free_ports();
        let etcd_flags = flags::etcd(etcd_port);
        let mut etcd = Server::start(&assets.join("etcd"), Server::directory("etcd"), &etcd_flags);
        let directory = Server::directory("apiserver");
        let tokens = format!("{ADMIN_TOKEN},admin,admin,system:masters\n");
        fs::write(directory.join("tokens.csv"), tokens)
            .and_then(|()| fs::write(directory.join("audit-policy.yaml"), audit::POLICY))
            .expect("cannot prepare the API server's directory");
        let api_flags = flags::api_server(port, etcd_port);
        let mut api_server = Server::start(&assets.join("kube-apiserver"), directory, &api_flags);

        let url = format!("https://127.0.0.1:{port}");
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let client = wait_until_ready(&runtime, &mut etcd, &mut api_server, &url)?;
        let (api, store, empty) = runtime.block_on(async {
            let etcd_url = format!("http://127.0.0.1:{etcd_port}")
                .parse()
                .expect("etcd's URL");
            let store = Store::new(client_of(Config::new(etcd_url)));
            let api = Api::new(client).await;
            let empty = settled(&api, &store).await;
            (api, store, empty)
        });
        Ok(ControlPlane {
            api_server,
            _etcd: etcd,
            url,
            runtime,
            api,
            store,
            empty,
        })
    }

    pub fn kubeconfig_admin(&self) -> PathBuf {
        self.kubeconfig_with_token(ADMIN_TOKEN, "admin")
    }

    /// A kubeconfig with one context of this name and the token. The file exists as long as
    /// the control plane.
    pub fn kubeconfig_with_token(&self, token: &str, context_name: &str) -> PathBuf {
        let path = self.api_server.path(&format!("{context_name}.kubeconfig"));
        fs::write(
            &path,
            kubeconfig(&self.api_server, &self.url, token, context_name).to_string(),
        )
        .expect("cannot write a kubeconfig");
        path
    }

    /// A token of a ServiceAccount, valid for two hours.
    pub fn service_account_token(&self, namespace: &str, name: &str) -> String {
        self.runtime.block_on(self.api.token(namespace, name))
    }

    /// Creates or replaces the objects of a YAML stream together with their status.
    /// `creationTimestamp` is kept, and `{{uid Kind namespace/name}}` is filled in.
    pub fn apply_yaml(&self, documents: &str) {
        self.apply(yaml::documents(documents));
    }

    pub fn apply(&self, objects: Vec<Value>) {
        self.runtime.block_on(async {
            let created = self.api.apply(objects).await;
            if !created.is_empty() {
                self.store.backdate(&created).await;
            }
        });
    }

    /// Adds a synthetic cluster without metrics, which an API server does not store.
    pub fn fill(&self, cluster: SyntheticCluster) {
        let cluster = SyntheticCluster {
            metrics: false,
            ..cluster
        };
        for (kind, _) in synthetic::KINDS {
            let objects = (0..cluster.count(kind)).map(|at| {
                let key = format!("/registry/{}", cluster.instance(kind, at).key());
                (key, cluster.object(kind, at))
            });
            self.runtime.block_on(self.store.fill(objects));
        }
    }

    pub fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        self.runtime.block_on(self.api.get(kind, namespace, name))
    }

    /// The objects of a kind in one namespace, or in all if that is empty.
    pub fn list(&self, kind: &str, namespace: &str) -> Vec<Value> {
        self.runtime.block_on(self.api.list(kind, namespace))
    }

    /// A JSON merge patch of everything but the status.
    pub fn patch(&self, kind: &str, namespace: &str, name: &str, patch: &Value) {
        self.runtime
            .block_on(self.api.patch(Part::Object, kind, namespace, name, patch));
    }

    /// A JSON merge patch of the status: `json!({ "phase": "Bound" })`.
    pub fn patch_status(&self, kind: &str, namespace: &str, name: &str, status: &Value) {
        let patch = json!({ "status": status });
        self.runtime
            .block_on(self.api.patch(Part::Status, kind, namespace, name, &patch));
    }

    /// Deletes immediately, without finalizers and grace period.
    pub fn delete(&self, kind: &str, namespace: &str, name: &str) {
        self.runtime
            .block_on(self.api.delete(kind, namespace, name));
    }

    /// Removes everything that the control plane did not create.
    pub fn reset(&self) {
        self.restore(&self.empty);
    }

    /// A snapshot of the cluster, for [`Self::restore`].
    pub fn snapshot(&self) -> Snapshot {
        self.runtime.block_on(self.store.snapshot())
    }

    /// Restores a snapshot, including uids and ages, in one transaction.
    pub fn restore(&self, past: &Snapshot) {
        self.runtime.block_on(async {
            self.store.restore(past).await;
            self.api.forget().await;
        });
    }

    /// The requests so far of a user other than the admin, such as
    /// `system:serviceaccount:monitoring:k8s-monitor`.
    pub fn requests_by(&self, user: &str) -> Vec<Recorded> {
        audit::requests_by(&self.api_server.path("audit.log"), user)
    }
}

/// A client of the ready API server, or the last log lines of a server that ended.
fn wait_until_ready(
    runtime: &Runtime,
    etcd: &mut Server,
    api_server: &mut Server,
    url: &str,
) -> Result<Client, String> {
    let limit = Instant::now() + PATIENCE;
    let mut client = None;
    while Instant::now() < limit {
        if etcd.has_ended() {
            return Err(etcd.last_log_lines());
        }
        if api_server.has_ended() {
            return Err(api_server.last_log_lines());
        }
        // Certificate and key are written early, long before the server answers.
        if client.is_none() && api_server.path("apiserver.key").exists() {
            client = runtime.block_on(admin_client(api_server, url));
        }
        if let Some(client) = &client {
            let request = Request::new("/readyz")
                .list(&ListParams::default())
                .expect("a plain request");
            if runtime.block_on(client.request_text(request)).is_ok() {
                return Ok(client.clone());
            }
        }
        sleep(POLL);
    }
    Err(format!(
        "not ready after {PATIENCE:?}:\n{}",
        api_server.last_log_lines()
    ))
}

async fn admin_client(server: &Server, url: &str) -> Option<Client> {
    let kubeconfig = kubeconfig(server, url, ADMIN_TOKEN, "admin");
    let kubeconfig: Kubeconfig = serde_json::from_value(kubeconfig).expect("a kubeconfig");
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    config.ok().map(client_of)
}

/// A client without retries: an error of the harness's own servers is a defect.
fn client_of(mut config: Config) -> Client {
    config.default_retry = false;
    config.read_timeout = Some(PATIENCE);
    config.proxy_url = None;
    Client::try_from(config).expect("a client")
}

fn kubeconfig(server: &Server, url: &str, token: &str, context: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "clusters": [{ "name": "homelab", "cluster": {
            "server": url, "certificate-authority": server.path("apiserver.crt") } }],
        "users": [{ "name": context, "user": { "token": token } }],
        "contexts": [{ "name": context, "context": { "cluster": "homelab", "user": context } }],
    })
}

/// The snapshot of the empty cluster. The API server becomes ready shortly before it has
/// created all of its own objects.
async fn settled(api: &Api, store: &Store) -> Snapshot {
    let limit = Instant::now() + PATIENCE;
    loop {
        let namespaces = api.list("Namespace", "").await.len();
        let has_service = api.get("Service", "default", "kubernetes").await.is_some();
        if namespaces >= 4 && has_service {
            return store.snapshot().await;
        }
        assert!(
            Instant::now() < limit,
            "the API server has not made its own objects after {PATIENCE:?}"
        );
        tokio::time::sleep(POLL).await;
    }
}

/// Two free ports. Both are bound at the same time, so that they differ.
fn free_ports() -> [u16; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("no free port"));
    listeners.map(|listener| {
        listener
            .local_addr()
            .expect("a listener without an address")
            .port()
    })
}
