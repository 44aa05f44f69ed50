//! Direct access to the etcd of the API server.
//!
//! It does what the API cannot: restore the whole cluster in one transaction, and set
//! creation times. The API server of these tests stores objects as JSON, so that creation
//! times can be edited.

use std::collections::{BTreeMap, HashMap};

use k8s_openapi::ByteString;
use kube::Client;
use kube::api::{PostParams, Request};
use serde_json::{Value, json};

/// All Kubernetes objects by key. Keys and values stay in the base64 of etcd's gateway,
/// which is enough to compare and restore them.
#[derive(Clone, PartialEq)]
pub struct Snapshot(BTreeMap<String, String>);

pub struct Store {
    client: Client,
}

impl Store {
    pub fn new(client: Client) -> Store {
        Store { client }
    }

    pub async fn snapshot(&self) -> Snapshot {
        let all = json!({ "key": encode(b"/registry/"), "rangeEnd": encode(b"/registry0") });
        let found = self.call("/v3/kv/range", all).await;
        let pairs = found["kvs"].as_array().cloned().unwrap_or_default();
        Snapshot(
            pairs
                .iter()
                .map(|pair| (text(&pair["key"]), text(&pair["value"])))
                .filter(|(key, _)| !is_the_servers_heartbeat(key))
                .collect(),
        )
    }

    /// Restores the cluster to exactly the objects of `past`.
    pub async fn restore(&self, past: &Snapshot) {
        let present = self.snapshot().await;
        let gone = present
            .0
            .keys()
            .filter(|key| !past.0.contains_key(*key))
            .map(|key| delete(key));
        let differing = past
            .0
            .iter()
            .filter(|(key, value)| present.0.get(*key) != Some(*value));
        self.commit(
            gone.chain(differing.map(|(key, value)| put(key, value)))
                .collect(),
        )
        .await;
    }

    /// Sets the creation times of the objects with these uids.
    pub async fn backdate(&self, created: &HashMap<String, String>) {
        let mut operations = Vec::new();
        for (key, value) in self.snapshot().await.0 {
            let Ok(mut object) = serde_json::from_slice::<Value>(&decode(&value)) else {
                continue;
            };
            let uid = object["metadata"]["uid"].as_str().unwrap_or_default();
            if let Some(time) = created.get(uid) {
                object["metadata"]["creationTimestamp"] = json!(time);
                operations.push(put(&key, &encode(object.to_string().as_bytes())));
            }
        }
        self.commit(operations).await;
    }

    /// Writes objects to etcd directly. The API server notices them later.
    pub async fn fill(&self, objects: impl Iterator<Item = (String, String)>) {
        const AT_ONCE: usize = 500;
        let put = |(key, object): (String, String)| {
            put(&encode(key.as_bytes()), &encode(object.as_bytes()))
        };
        let mut objects = objects.map(put).peekable();
        while objects.peek().is_some() {
            self.commit(objects.by_ref().take(AT_ONCE).collect()).await;
        }
    }

    /// Commits all operations in one transaction, then writes a key that the API server does
    /// not watch. The API server assumes one change for each revision, and would answer a
    /// read of the first revision after one of many changes. A read of the later revision
    /// waits for all of them.
    async fn commit(&self, operations: Vec<Value>) {
        if !operations.is_empty() {
            self.call("/v3/kv/txn", json!({ "success": operations }))
                .await;
            let beside = json!({ "key": encode(b"/after-a-transaction"), "value": "" });
            self.call("/v3/kv/put", beside).await;
        }
    }

    async fn call(&self, path: &str, body: Value) -> Value {
        let body = body.to_string().into_bytes();
        let request = Request::new(path)
            .create(&PostParams::default(), body)
            .expect("a bad etcd request");
        match self.client.request(request).await {
            Ok(answer) => answer,
            Err(error) => panic!("etcd {path}: {error}"),
        }
    }
}

/// Whether the key is the lease of the API server, which is not restored because its next
/// renewal would conflict.
fn is_the_servers_heartbeat(key: &str) -> bool {
    decode(key).starts_with(b"/registry/leases/kube-system/apiserver-")
}

fn put(key: &str, value: &str) -> Value {
    json!({ "requestPut": { "key": key, "value": value } })
}

fn delete(key: &str) -> Value {
    json!({ "requestDeleteRange": { "key": key } })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn encode(bytes: &[u8]) -> String {
    text(&serde_json::to_value(ByteString(bytes.to_vec())).expect("base64 of bytes"))
}

fn decode(base64: &str) -> Vec<u8> {
    serde_json::from_value::<ByteString>(json!(base64))
        .map(|bytes| bytes.0)
        .unwrap_or_default()
}
