//! Stubs of the dependencies that doctor checks: an API server with the example homelab, Slack,
//! GitHub and Anthropic.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::stub::{Answer, HttpRequest, Stub};

pub const SLACK_TOKEN: &str = "xoxb-000000000000-stub";
const GITHUB_TOKEN: &str = "github_pat_stubstubstub";
const KEY: &str = "sk-ant-stubstubstub";

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The dependencies of doctor, which a test can break.
pub struct Harness {
    pub api: Stub,
    pub slack: Stub,
    pub github: Stub,
    pub model: Stub,
    pub folder: tempfile::TempDir,
    /// The environment of the run.
    pub env: Vec<(&'static str, String)>,
}

impl Harness {
    /// All dependencies work, and all needed rights are granted.
    pub fn new() -> Self {
        Self::with_rights(|_| true)
    }

    /// `granted` gets rights such as `list pods` or `update configmaps/k8s-monitor-state`.
    pub fn with_rights(granted: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        let harness = Self {
            api: Stub::new(move |request| api(request, &granted)),
            slack: Stub::new(|request| workspace(request, "chat:write,channels:read,groups:read")),
            github: Stub::new(github),
            model: Stub::new(|_| Answer::json(&json!({ "type": "model" }))),
            folder: tempfile::tempdir().unwrap(),
            env: Vec::new(),
        };
        let env = vec![
            ("SLACK_API_URL", format!("{}/api", harness.slack.url())),
            ("GITHUB_API_URL", harness.github.url()),
            ("ANTHROPIC_BASE_URL", harness.model.url()),
            ("SLACK_BOT_TOKEN", SLACK_TOKEN.to_owned()),
            ("GITHUB_TOKEN", GITHUB_TOKEN.to_owned()),
            ("ANTHROPIC_API_KEY", KEY.to_owned()),
            (
                "KUBECONFIG",
                kubeconfig(harness.folder.path(), &harness.api.url()),
            ),
            ("TZ", "Europe/Berlin".to_owned()),
        ];
        Self { env, ..harness }
    }

    /// Without tokens and keys.
    pub fn without_keys(mut self) -> Self {
        self.env
            .retain(|(name, _)| !name.contains("TOKEN") && !name.contains("KEY"));
        self
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.env.retain(|(known, _)| *known != name);
        self.env.push((name, value.to_owned()));
        self
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        let state = format!("dir:{}", self.folder.path().join("state").display());
        Command::new(env!("CARGO_BIN_EXE_k8s-monitor"))
            .arg("doctor")
            .args(["--state", &state])
            .args(arguments)
            .env_clear()
            .env("HOME", "/dev/null")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .current_dir(root())
            .output()
            .expect("the program starts")
    }

    pub fn report(&self, arguments: &[&str]) -> DoctorResult {
        let arguments = [&["--output", "json"], arguments].concat();
        DoctorResult::of(&self.run(&arguments))
    }
}

/// The output and exit status of doctor.
pub struct DoctorResult {
    pub json: Value,
    pub status: i32,
}

impl DoctorResult {
    pub fn of(output: &Output) -> Self {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let logged = String::from_utf8_lossy(&output.stderr).into_owned();
        for secret in [SLACK_TOKEN, GITHUB_TOKEN, KEY] {
            assert!(
                !text.contains(secret) && !logged.contains(secret),
                "{text}{logged}"
            );
        }
        Self {
            json: serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}{logged}")),
            status: output.status.code().unwrap_or(-1),
        }
    }

    pub fn checks(&self) -> &[Value] {
        self.json["checks"].as_array().expect("checks")
    }

    /// The names of the checks with a status.
    pub fn named(&self, status: &str) -> Vec<&str> {
        self.checks()
            .iter()
            .filter(|check| check["status"] == status)
            .map(|check| check["name"].as_str().expect("a name"))
            .collect()
    }

    pub fn check(&self, name: &str) -> &Value {
        let found = self.checks().iter().find(|check| check["name"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {:#}", self.json))
    }
}

/// Writes a kubeconfig for a server; returns its path.
pub fn kubeconfig(folder: &Path, server: &str) -> String {
    let path: PathBuf = folder.join("kubeconfig");
    let text = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "homelab",
        "clusters": [{ "name": "c", "cluster": { "server": server } }],
        "users": [{ "name": "u", "user": { "token": "t" } }],
        "contexts": [{ "name": "homelab", "context": { "cluster": "c", "user": "u" } }],
    });
    std::fs::write(&path, text.to_string()).unwrap();
    path.display().to_string()
}

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// Responds with the files of the example.
fn api(request: &HttpRequest, granted: &impl Fn(&str) -> bool) -> Answer {
    let path = request.path.split('?').next().unwrap_or_default();
    let answer = match path {
        "/version" => return version(),
        "/apis" => groups(),
        REVIEWS => review(request, granted),
        _ if path.ends_with("/log") => return Answer::status(200, "a line\n"),
        _ => return list(path),
    };
    Answer::json(&answer)
}

fn version() -> Answer {
    let now = DateTime::<Utc>::from(SystemTime::now());
    let mut answer = Answer::json(&json!({ "gitVersion": "v1.34.1+k3s1" }));
    let date = now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    answer.headers.push(("date", date));
    answer
}

fn review(request: &HttpRequest, granted: &impl Fn(&str) -> bool) -> Value {
    let review: Value = serde_json::from_slice(&request.body).unwrap();
    let wanted = &review["spec"]["resourceAttributes"];
    let text = |key: &str| wanted[key].as_str().unwrap_or_default().to_owned();
    let (verb, mut resource) = (text("verb"), text("resource"));
    let is_too_much = resource == "secrets"
        || verb == "*"
        || verb == "delete"
        || text("subresource") == "exec"
        || (verb == "patch" && resource == "deployments");
    if !text("name").is_empty() {
        resource = format!("{resource}/{}", text("name"));
    }
    let allowed = !is_too_much && granted(&format!("{verb} {resource}"));
    json!({ "kind": "SelfSubjectAccessReview", "status": { "allowed": allowed } })
}

fn list(path: &str) -> Answer {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let plural = parts.last().copied().unwrap_or_default();
    let folder = root().join("docs/example/homelab");
    let of_group = parts.get(1).map(|group| format!("{plural}.{group}.json"));
    let plain = format!("{plural}.json");
    let text = [of_group, Some(plain)]
        .into_iter()
        .flatten()
        .find_map(|name| std::fs::read_to_string(folder.join(name)).ok());
    let empty = || r#"{"kind":"List","metadata":{},"items":[]}"#.to_owned();
    let mut list: Value = serde_json::from_str(&text.unwrap_or_else(empty)).unwrap();
    if plural == "cronjobs" {
        list["items"].as_array_mut().unwrap().push(own_cron_job());
    }
    Answer::json(&list)
}

fn own_cron_job() -> Value {
    json!({
        "metadata": { "namespace": "k8s-monitor", "name": "k8s-monitor" },
        "spec": { "schedule": "5 * * * *", "jobTemplate": { "spec": {
            "activeDeadlineSeconds": 600,
            "template": { "spec": { "containers": [{ "name": "k8s-monitor", "args": ["run"] }] } },
        } } },
    })
}

/// Discovery of the optional APIs in the example.
fn groups() -> Value {
    let group = |name: &str, version: &str, plurals: &[&str]| {
        let resources: Vec<_> = plurals
            .iter()
            .map(|plural| json!({ "resource": plural, "scope": "Namespaced", "verbs": ["list"] }))
            .collect();
        json!({ "metadata": { "name": name }, "versions": [
            { "version": version, "freshness": "Current", "resources": resources } ] })
    };
    json!({ "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": [
        group("argoproj.io", "v1alpha1", &["applications"]),
        group("cert-manager.io", "v1", &["certificates", "issuers", "clusterissuers"]),
        group("external-secrets.io", "v1", &["externalsecrets", "secretstores", "clustersecretstores"]),
        group("metrics.k8s.io", "v1beta1", &["pods", "nodes"]),
    ] })
}

/// A Slack that accepts no message.
pub fn workspace(request: &HttpRequest, scopes: &str) -> Answer {
    let mut answer = match request.path.as_str() {
        "/api/auth.test" => {
            Answer::json(&json!({ "ok": true, "team": "Home", "user": "k8s-monitor" }))
        }
        "/api/conversations.list"
            if request.text().contains("private") && !scopes.contains("groups") =>
        {
            Answer::json(&json!({ "ok": false, "error": "missing_scope" }))
        }
        "/api/conversations.list" => Answer::json(&json!({ "ok": true, "channels": [
            { "id": "C0CRITICAL", "name": "critical-alerts", "is_member": true },
            { "id": "C0INFRASTR", "name": "infrastructure-alerts", "is_member": true },
            { "id": "C0STRANGER", "name": "others", "is_member": false },
        ] })),
        path => panic!("doctor asks Slack for {path}"),
    };
    answer.headers.push(("x-oauth-scopes", scopes.to_owned()));
    answer
}

fn github(request: &HttpRequest) -> Answer {
    assert_eq!(request.method, "GET");
    match request.path.as_str() {
        "/rate_limit" => Answer::json(&json!({ "resources": { "core": {
            "limit": 5000, "remaining": 4987, "reset": 1 } } })),
        "/repos/arigsela/kubernetes/commits?sha=main&per_page=1" => {
            Answer::json(&json!([{ "sha": "abc" }]))
        }
        path => panic!("doctor asks GitHub for {path}"),
    }
}
