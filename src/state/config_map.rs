//! The state in a `ConfigMap`, under the key `state.json`.
//!
//! The API server checks the resourceVersion, so of two cycles at once one is refused. A volume
//! would be bound to a node, and the monitor has to run when that node is down.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::document::Unusable;
use super::model::State;
use super::quarantine::{self, DocumentStore, StoredDocument};
use super::store::{Loaded, Store, StoreError, Version};
use crate::cluster::api::{Cluster, ConfigMapClient, ConfigMapError};
use crate::model::Time;

const KEY: &str = "state.json";

/// A `ConfigMap` that holds the state.
pub struct ConfigMapStore<'a> {
    client: ConfigMapClient<'a>,
    namespace: String,
    name: String,
    now: Time,
}

impl<'a> ConfigMapStore<'a> {
    /// The `ConfigMap` is created when the state is first saved. Each call takes at most `limit` and
    /// ends by `deadline`, except for one last attempt. `now` dates the name of a document that is
    /// set aside.
    #[must_use]
    pub fn new(
        cluster: &'a Cluster,
        namespace: &str,
        name: &str,
        limit: Duration,
        deadline: Instant,
        now: Time,
    ) -> Self {
        Self {
            client: ConfigMapClient::new(cluster, namespace, limit, deadline),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            now,
        }
    }

    fn fault(&self, cause: ConfigMapError) -> StoreError {
        let place = self.place();
        match cause {
            ConfigMapError::Conflict => StoreError::Conflict { place },
            cause => StoreError::Cluster { place, cause },
        }
    }
}

impl DocumentStore for ConfigMapStore<'_> {
    type Guard = ();

    fn read(&self) -> Result<Option<StoredDocument>, StoreError> {
        let Some(map) = self.client.get(&self.name).map_err(|e| self.fault(e))? else {
            return Ok(None);
        };
        let version = map.version;
        let state = match map.data.get(KEY) {
            Some(text) => return Ok(Some(StoredDocument::of(text, version))),
            // Created empty, by hand or by an installer.
            None if map.data.is_empty() => Ok(State::default()),
            None => Err(Unusable::Corrupt(format!("it has no key {KEY}"))),
        };
        Ok(Some(StoredDocument {
            state,
            rest: State::default(),
            version,
        }))
    }

    fn quarantine_name(&self, why: &str) -> String {
        format!("{}-{why}-{}", self.name, self.now.format("%Y%m%dt%H%M%Sz"))
    }

    fn lock_version(&self, _: Option<&str>) -> Result<(), StoreError> {
        Ok(())
    }

    /// Copies the old document to its new name. If that name exists, an earlier attempt copied it.
    fn set_aside(&self, at: &str, name: &str) -> Result<(), StoreError> {
        let present = self.client.get(&self.name).map_err(|e| self.fault(e))?;
        let Some(present) = present.filter(|map| map.version == at) else {
            return Err(self.fault(ConfigMapError::Conflict));
        };
        match self.client.create(name, &present.data) {
            Ok(_) | Err(ConfigMapError::Conflict) => Ok(()),
            Err(cause) => Err(self.fault(cause)),
        }
    }

    fn write(&self, text: &str, at: Option<&str>) -> Result<String, StoreError> {
        let data = BTreeMap::from([(KEY.to_owned(), text.to_owned())]);
        let written = match at {
            None => self.client.create(&self.name, &data),
            Some(at) => self.client.replace(&self.name, &data, at),
        };
        written.map_err(|e| self.fault(e))
    }
}

impl Store for ConfigMapStore<'_> {
    fn load(&self) -> Result<Loaded, StoreError> {
        quarantine::load(self)
    }

    fn save(&self, state: &State, version: &Version) -> Result<Version, StoreError> {
        quarantine::save(self, state, version)
    }

    fn place(&self) -> String {
        format!("configmap:{}/{}", self.namespace, self.name)
    }

    fn requests(&self) -> u32 {
        self.client.requests()
    }
}
