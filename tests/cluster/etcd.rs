//! The store under the API server, reached directly.
//!
//! Two things that the API cannot do: going back to an earlier state of the whole
//! cluster in one transaction, and giving objects an age. The API server of these tests
//! keeps JSON in its store, so a creation time is a field like any other.

use std::collections::{BTreeMap, HashMap};

use k8s_openapi::ByteString;
use kube::Client;
use kube::api::{PostParams, Request};
use serde_json::{Value, json};

/// Every Kubernetes object there is, by its key; keys and values as etcd's gateway
/// spells them (base64), since comparing and putting back needs no more.
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

    /// Makes the cluster hold exactly what it held at the time of `past`.
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

    /// Writes objects under their keys, past the API server, which hears of them later.
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

    /// All operations in one transaction, then one more write beside the API server's
    /// keys. The API server takes a revision for one change, and would answer a read of
    /// that revision after the first of many; a read of a later one has to wait for all.
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

/// The lease by which the API server says that it lives is its own affair: put back, it
/// would be in conflict with its next renewal.
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
