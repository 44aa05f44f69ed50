//! The responses of an API server with the example homelab.

use std::collections::BTreeMap;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::homelab::{self, HomelabState};
use super::stub::{Answer, HttpRequest};

/// The path of the `ConfigMap`s in the monitor's namespace.
pub const CONFIG_MAPS: &str = "/api/v1/namespaces/k8s-monitor/configmaps";

/// The homelab at the current time, and the `ConfigMap`s that were written to it.
pub struct FakeCluster {
    lists: BTreeMap<String, Value>,
    config_maps: Mutex<BTreeMap<String, Value>>,
    clock_offset: TimeDelta,
    version: Mutex<u64>,
}

/// The time of the example dump; mysql is down since 06:49:17.
const DOCUMENTED: &str = "2026-11-23T07:14:18Z";
const RECENT: &str = "2026-11-23T06:50:17Z";

impl FakeCluster {
    /// A homelab whose clock differs from this machine's by `clock_offset`.
    pub fn new(state: HomelabState, clock_offset: TimeDelta) -> Self {
        Self::as_of(DOCUMENTED, state, clock_offset)
    }

    /// The homelab one minute after the outage began.
    pub fn recent() -> Self {
        Self::as_of(RECENT, HomelabState::Outage, TimeDelta::zero())
    }

    fn as_of(documented: &str, state: HomelabState, clock_offset: TimeDelta) -> Self {
        let documented: DateTime<Utc> = documented.parse().unwrap();
        let by = Utc::now() - documented + clock_offset;
        let mut lists = BTreeMap::new();
        for (name, document) in homelab::files(by, state) {
            let Some(version) = document["apiVersion"].as_str() else {
                continue;
            };
            let plural = name.split('.').next().unwrap();
            let group = match version.split_once('/') {
                Some(_) => format!("/apis/{version}"),
                None => format!("/api/{version}"),
            };
            let group = match plural {
                "leases" => format!("{group}/namespaces/kube-system"),
                _ => group,
            };
            lists.insert(format!("{group}/{plural}"), document);
        }
        Self {
            lists,
            config_maps: Mutex::default(),
            clock_offset,
            version: Mutex::new(100),
        }
    }

    /// The paths of all lists.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.lists.keys().map(String::as_str)
    }

    /// The stored state.
    pub fn state(&self) -> Option<Value> {
        let maps = self.config_maps.lock().unwrap();
        let text = maps.get("k8s-monitor-state")?["data"]["state.json"].as_str()?;
        serde_json::from_str(text).ok()
    }

    /// Writes the state as another client would.
    pub fn put(&self, text: &str) {
        let map =
            json!({ "metadata": { "name": "k8s-monitor-state" }, "data": { "state.json": text } });
        self.store(&map);
    }

    /// Deletes the state.
    pub fn delete_state(&self) {
        self.config_maps.lock().unwrap().clear();
    }

    /// The response, with the `Date` of this cluster's clock.
    pub fn answer(&self, request: &HttpRequest) -> Answer {
        let mut answer = self.answer_without_date(request);
        let date = (Utc::now() + self.clock_offset).format("%a, %d %b %Y %H:%M:%S GMT");
        answer.headers.push(("date", date.to_string()));
        answer
    }

    fn answer_without_date(&self, request: &HttpRequest) -> Answer {
        let path = request.path.split('?').next().unwrap();
        if path == "/apis" {
            return Answer::json(&self.groups());
        }
        if path.ends_with("/log") {
            return Answer::status(200, "InnoDB: Cannot allocate memory\n");
        }
        if let Some(rest) = path.strip_prefix(CONFIG_MAPS) {
            return self.config_map(request, rest.trim_start_matches('/'));
        }
        match self.lists.get(path) {
            Some(list) => Answer::json(list),
            None => status(404, "the server could not find the requested resource"),
        }
    }

    fn config_map(&self, request: &HttpRequest, name: &str) -> Answer {
        let sent: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let name = sent["metadata"]["name"].as_str().unwrap_or(name).to_owned();
        let present = self.config_maps.lock().unwrap().get(&name).cloned();
        match (request.method.as_str(), present) {
            ("GET", Some(map)) => Answer::json(&map),
            ("POST", None) => Answer::json(&self.store(&sent)),
            ("POST", Some(_)) => status(409, "already exists"),
            ("PUT", Some(map))
                if map["metadata"]["resourceVersion"] == sent["metadata"]["resourceVersion"] =>
            {
                Answer::json(&self.store(&sent))
            }
            ("PUT", Some(_)) => status(409, "the object has been modified"),
            _ => status(404, "configmaps not found"),
        }
    }

    fn store(&self, map: &Value) -> Value {
        let mut version = self.version.lock().unwrap();
        *version += 1;
        let mut map = map.clone();
        map["metadata"]["resourceVersion"] = json!(version.to_string());
        let name = map["metadata"]["name"].as_str().unwrap().to_owned();
        self.config_maps.lock().unwrap().insert(name, map.clone());
        map
    }

    /// Aggregated discovery.
    fn groups(&self) -> Value {
        let mut groups: BTreeMap<(&str, &str), Vec<Value>> = BTreeMap::new();
        for path in self.lists.keys().filter_map(|p| p.strip_prefix("/apis/")) {
            let [group, version, .., plural] = path.split('/').collect::<Vec<_>>()[..] else {
                continue;
            };
            let resource = json!({ "resource": plural, "scope": "Namespaced", "verbs": ["list"] });
            groups.entry((group, version)).or_default().push(resource);
        }
        let items = groups.into_iter().map(|((group, version), resources)| {
            let version =
                json!({ "version": version, "freshness": "Current", "resources": resources });
            json!({ "metadata": { "name": group }, "versions": [version] })
        });
        json!({ "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2",
            "items": items.collect::<Vec<_>>() })
    }
}

/// A Kubernetes `Status`.
pub fn status(code: u16, message: &str) -> Answer {
    let body = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure",
        "message": message, "code": code });
    Answer {
        status: code,
        ..Answer::json(&body)
    }
}
