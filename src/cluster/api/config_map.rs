//! `ConfigMap`s of the monitor's own namespace: all that it writes to a cluster. Its Role decides
//! whether it may.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use thiserror::Error;
use tokio::time::{Instant, sleep};

use super::Cluster;
use super::failure::{Failure, subject};
use super::request::exchange;
use crate::model::{Advice, Remedy};

/// Time for a request that begins after the deadline, so that the state is still written.
const GRACE: Duration = Duration::from_millis(500);
/// Pause before the one retry.
const PAUSE: Duration = Duration::from_millis(300);

/// Reads and writes the `ConfigMap`s of one namespace. It blocks and must not be used in an async
/// runtime.
pub struct ConfigMapClient<'a> {
    cluster: &'a Cluster,
    namespace: String,
    limit: Duration,
    deadline: Instant,
    requests: Cell<u32>,
}

/// A `ConfigMap` as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigMap {
    /// Its resourceVersion.
    pub version: String,
    /// Its data.
    pub data: BTreeMap<String, String>,
}

/// Why a `ConfigMap` could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigMapError {
    /// Another run has created, changed or deleted it.
    #[error("another run has written it meanwhile")]
    Conflict,
    /// The Role does not allow it.
    #[error("{who} may not {verb} it; {}", Advice(self))]
    Forbidden {
        /// Whose rights are missing.
        who: String,
        /// Which right is missing.
        verb: &'static str,
    },
    /// There is no such namespace.
    #[error("there is no namespace {:?}; {}", .0, Advice(self))]
    NoNamespace(String),
    /// Any other failure, retry included.
    #[error("{}; {}", .0, Advice(self))]
    Failed(String),
}

impl Remedy for ConfigMapError {
    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::Conflict => return None,
            Self::Forbidden { .. } => {
                "apply deploy/rights/state-rbac.yaml, which grants create, and get and update for \
                 this name"
            }
            Self::NoNamespace(_) => "apply deploy/rights/namespace.yaml or use another namespace",
            Self::Failed(_) => "the next cycle tries again",
        };
        Some(remedy.to_owned())
    }
}

impl<'a> ConfigMapClient<'a> {
    /// For one namespace. A call takes at most `limit`, and after `deadline` at most half a second.
    #[must_use]
    pub fn new(
        cluster: &'a Cluster,
        namespace: &str,
        limit: Duration,
        deadline: std::time::Instant,
    ) -> Self {
        Self {
            cluster,
            namespace: namespace.to_owned(),
            limit,
            deadline: deadline.into(),
            requests: Cell::new(0),
        }
    }

    /// Requests so far, retries included.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.requests.get()
    }

    fn end(&self) -> Instant {
        let now = Instant::now();
        self.deadline.max(now + GRACE).min(now + self.limit)
    }

    /// Reads one; none if there is none.
    ///
    /// # Errors
    /// When it cannot be read, one retry included.
    pub fn get(&self, name: &str) -> Result<Option<ConfigMap>, ConfigMapError> {
        let end = self.end();
        self.cluster.block_on(async {
            let result = match self.read(name, end).await {
                Err(failure) if failure.is_transient() && Instant::now() + PAUSE < end => {
                    sleep(PAUSE).await;
                    self.read(name, end).await
                }
                result => result,
            };
            result.map_err(|failure| self.error("get", &failure))
        })
    }

    /// Creates one and returns its version.
    ///
    /// # Errors
    /// [`ConfigMapError::Conflict`] when there is one by that name already.
    pub fn create(
        &self,
        name: &str,
        data: &BTreeMap<String, String>,
    ) -> Result<String, ConfigMapError> {
        self.put("create", name, data, None)
    }

    /// Replaces the one that has this version and returns the new version.
    ///
    /// # Errors
    /// [`ConfigMapError::Conflict`] when it has another version, or is gone.
    pub fn replace(
        &self,
        name: &str,
        data: &BTreeMap<String, String>,
        version: &str,
    ) -> Result<String, ConfigMapError> {
        self.put("update", name, data, Some(version))
    }

    fn put(
        &self,
        verb: &'static str,
        name: &str,
        data: &BTreeMap<String, String>,
        version: Option<&str>,
    ) -> Result<String, ConfigMapError> {
        let end = self.end();
        self.cluster.block_on(async {
            let failure = match self.write(name, data, version, end).await {
                Ok(version) => return Ok(version),
                Err(failure) if failure.is_transient() && Instant::now() + PAUSE < end => failure,
                Err(failure) => return Err(self.error(verb, &failure)),
            };
            // The write may have arrived and only its response been lost. To write again would then
            // be a conflict with itself.
            sleep(PAUSE).await;
            match self.read(name, end).await {
                Ok(Some(found)) if found.data == *data => Ok(found.version),
                Ok(found) if found.as_ref().map(|m| m.version.as_str()) == version => self
                    .write(name, data, version, end)
                    .await
                    .map_err(|failure| self.error(verb, &failure)),
                Ok(_) => Err(ConfigMapError::Conflict),
                Err(_) => Err(self.error(verb, &failure)),
            }
        })
    }

    async fn read(&self, name: &str, end: Instant) -> Result<Option<ConfigMap>, Failure> {
        match self
            .exchange(Method::GET, &self.path(name), Vec::new(), end)
            .await
        {
            Ok(found) => Ok(Some(ConfigMap {
                version: version(found.metadata)?,
                data: found.data.unwrap_or_default(),
            })),
            Err(failure) if failure.code() == Some(404) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn write(
        &self,
        name: &str,
        data: &BTreeMap<String, String>,
        version_read: Option<&str>,
        end: Instant,
    ) -> Result<String, Failure> {
        let label = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let config_map = core::ConfigMap {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                namespace: Some(self.namespace.clone()),
                labels: Some([label("app.kubernetes.io/name", "k8s-monitor")].into()),
                resource_version: version_read.map(str::to_owned),
                ..ObjectMeta::default()
            },
            data: Some(data.clone()),
            ..core::ConfigMap::default()
        };
        let body = serde_json::to_vec(&config_map).map_err(|e| Failure::of_json(&e))?;
        let (method, path) = match version_read {
            Some(_) => (Method::PUT, self.path(name)),
            None => (Method::POST, self.collection()),
        };
        let written = self.exchange(method, &path, body, end).await?;
        version(written.metadata)
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        end: Instant,
    ) -> Result<core::ConfigMap, Failure> {
        self.requests.set(self.requests.get() + 1);
        let (config_map, _) = exchange(&self.cluster.client, method, path, body, end).await?;
        Ok(config_map)
    }

    fn error(&self, verb: &'static str, failure: &Failure) -> ConfigMapError {
        match failure {
            Failure::Status { code: 404, .. } if verb == "create" => {
                ConfigMapError::NoNamespace(self.namespace.clone())
            }
            Failure::Status {
                code: 404 | 409, ..
            } => ConfigMapError::Conflict,
            // Admission (a quota, a webhook) rejects with 403 too, but its message names no user.
            Failure::Status {
                code: 401 | 403,
                message,
                ..
            } if message.is_empty() || subject(message).is_some() => ConfigMapError::Forbidden {
                who: subject(message).unwrap_or_else(|| "the monitor's user".to_owned()),
                verb,
            },
            other => ConfigMapError::Failed(other.text()),
        }
    }

    fn collection(&self) -> String {
        format!("/api/v1/namespaces/{}/configmaps", self.namespace)
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.collection())
    }
}

fn version(metadata: ObjectMeta) -> Result<String, Failure> {
    let missing = || Failure::Malformed("the ConfigMap has no resourceVersion".to_owned());
    metadata.resource_version.ok_or_else(missing)
}
