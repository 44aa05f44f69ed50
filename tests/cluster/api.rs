//! Writing and reading objects of any kind through the API server.
//!
//! Kubernetes validates the objects of a test. Kinds are found by discovery, so that
//! custom resources work as soon as their definition is served.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use kube::api::{GetParams, ListParams, PostParams, Request};
use kube::{Client, Error};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::discovery::{self, Resource};
use crate::write::Part;
use crate::{object, write};

/// The concurrent requests of a wave.
const CONCURRENCY: usize = 16;
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Api {
    client: Client,
    built_in: usize,
    resources: RefCell<Vec<Resource>>,
    /// uids of written objects, by `Kind namespace/name`, for references in fixtures.
    uids: RefCell<HashMap<String, String>>,
}

impl Api {
    /// A client for an API server without custom resources.
    pub async fn new(client: Client) -> Api {
        let resources = discovery::resources(&client).await.expect("discovery");
        let built_in = resources.len();
        Api {
            client,
            built_in,
            resources: RefCell::new(resources),
            uids: RefCell::default(),
        }
    }

    /// Forgets uids and kinds after a restore of the store, and waits until the server serves
    /// exactly the kinds that are defined there.
    pub async fn forget(&self) {
        self.uids.borrow_mut().clear();
        let defined = self.list("CustomResourceDefinition", "").await.len();
        self.rediscover_until(|served| served.len() == self.built_in + defined)
            .await;
    }

    /// Creates or replaces each object with its status, owners first. Returns the requested
    /// creation times by uid.
    pub async fn apply(&self, mut objects: Vec<Value>) -> HashMap<String, String> {
        let mut created = HashMap::new();
        objects.sort_by_key(object::wave);
        for wave in objects.chunk_by(|a, b| object::wave(a) == object::wave(b)) {
            self.wait_until_served(wave).await;
            created.extend(self.apply_wave(wave).await);
        }
        created
    }

    async fn apply_wave(&self, wave: &[Value]) -> HashMap<String, String> {
        let mut created = HashMap::new();
        let mut running = JoinSet::new();
        let mut waiting = wave.iter();
        loop {
            while running.len() < CONCURRENCY
                && let Some(object) = waiting.next()
            {
                let resource = self.resource_of(object);
                let filled = self.fill_uids(object.clone()).await;
                running.spawn(write::whole(self.client.clone(), resource, filled));
            }
            let Some(finished) = running.join_next().await else {
                return created;
            };
            let (object, uid) = finished
                .expect("a write was cancelled")
                .unwrap_or_else(|error| panic!("{error}"));
            if let Some(time) = object["metadata"]["creationTimestamp"].as_str() {
                created.insert(uid.clone(), time.to_owned());
            }
            self.uids
                .borrow_mut()
                .insert(object::reference(&object), uid);
        }
    }

    pub async fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let request =
            Request::new(self.resource(kind).url(namespace)).get(name, &GetParams::default());
        match self.client.request(request.expect("a bad request")).await {
            Ok(found) => Some(found),
            Err(Error::Api(status)) if status.code == 404 => None,
            Err(error) => panic!("get {kind} {namespace}/{name}: {error}"),
        }
    }

    /// The objects of a kind, in one namespace or, if that is empty, in all.
    pub async fn list(&self, kind: &str, namespace: &str) -> Vec<Value> {
        let request = Request::new(self.resource(kind).url(namespace)).list(&ListParams::default());
        let answer: Result<Value, Error> =
            self.client.request(request.expect("a bad request")).await;
        let mut list = answer.unwrap_or_else(|error| panic!("list {kind}: {error}"));
        match list["items"].take() {
            Value::Array(items) => items,
            _ => Vec::new(),
        }
    }

    /// A JSON merge patch of the object, or of a part of it such as its status.
    pub async fn patch(&self, part: Part, kind: &str, namespace: &str, name: &str, patch: &Value) {
        let resource = self.resource(kind);
        let url = resource.url(namespace);
        // Without a status subresource, the status is written with the object.
        let part = if resource.has_status {
            part
        } else {
            Part::Object
        };
        let patch = self.fill_uids(patch.clone()).await;
        if let Err(error) = write::merge_patch(&self.client, &url, part, name, &patch).await {
            panic!("patch {kind} {namespace}/{name} with {patch}: {error}");
        }
    }

    /// Deletes immediately: no grace period, no finalizers, and no controller is waited for.
    pub async fn delete(&self, kind: &str, namespace: &str, name: &str) {
        let url = self.resource(kind).url(namespace);
        self.uids
            .borrow_mut()
            .remove(&format!("{kind} {}", object::path(namespace, name)));
        if let Err(error) = write::remove(&self.client, &url, name).await {
            panic!("delete {kind} {namespace}/{name}: {error}");
        }
    }

    /// A token of a ServiceAccount, as its pods get.
    pub async fn token(&self, namespace: &str, account: &str) -> String {
        let url = self.resource("ServiceAccount").url(namespace);
        let body = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": { "expirationSeconds": 7200 } });
        let body = body.to_string().into_bytes();
        let request =
            Request::new(url).create_subresource("token", account, &PostParams::default(), body);
        let answer: Value = match self.client.request(request.expect("a bad request")).await {
            Ok(answer) => answer,
            Err(error) => panic!("token for {namespace}/{account}: {error}"),
        };
        answer["status"]["token"]
            .as_str()
            .expect("a token request without a token")
            .to_owned()
    }

    fn resource(&self, kind: &str) -> Resource {
        let resources = self.resources.borrow();
        let found = resources.iter().find(|resource| resource.kind == kind);
        found
            .unwrap_or_else(|| panic!("the API server knows no kind {kind}"))
            .clone()
    }

    fn resource_of(&self, object: &Value) -> Resource {
        let resources = self.resources.borrow();
        let found = resources.iter().find(|resource| resource.is_of(object));
        found
            .unwrap_or_else(|| {
                panic!(
                    "the API server does not serve {}",
                    object::reference(object)
                )
            })
            .clone()
    }

    /// Custom kinds are served some time after their definitions are created.
    async fn wait_until_served(&self, objects: &[Value]) {
        let all_in = |served: &[Resource]| {
            objects
                .iter()
                .all(|object| served.iter().any(|resource| resource.is_of(object)))
        };
        if !all_in(&self.resources.borrow()) {
            self.rediscover_until(all_in).await;
        }
    }

    async fn rediscover_until(&self, is_right: impl Fn(&[Resource]) -> bool) {
        let limit = Instant::now() + PATIENCE;
        loop {
            let served = discovery::resources(&self.client).await.expect("discovery");
            if is_right(&served) {
                *self.resources.borrow_mut() = served;
                return;
            }
            assert!(
                Instant::now() < limit,
                "kinds are missing, or left, after {PATIENCE:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Replaces `{{uid Kind namespace/name}}` by the uid of the object.
    async fn fill_uids(&self, object: Value) -> Value {
        let text = object.to_string();
        let mut filled = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("{{uid ") {
            let (reference, remainder) = after.split_once("}}").expect("a {{uid without }}");
            filled.push_str(before);
            filled.push_str(&self.uid(reference).await);
            rest = remainder;
        }
        filled.push_str(rest);
        serde_json::from_str(&filled).expect("a filled object")
    }

    async fn uid(&self, reference: &str) -> String {
        if let Some(known) = self.uids.borrow().get(reference) {
            return known.clone();
        }
        let (kind, path) = reference
            .split_once(' ')
            .unwrap_or_else(|| panic!("no reference: {reference}"));
        let (namespace, name) = path.split_once('/').unwrap_or(("", path));
        let found = self.get(kind, namespace, name).await;
        let object =
            found.unwrap_or_else(|| panic!("{reference} has no uid: it does not exist yet"));
        let uid = object["metadata"]["uid"]
            .as_str()
            .expect("an object without uid")
            .to_owned();
        self.uids
            .borrow_mut()
            .insert(reference.to_owned(), uid.clone());
        uid
    }
}
