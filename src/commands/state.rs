//! Where the state is, and access to it.

use std::path::PathBuf;
use std::time::Duration;

use super::session::Session;
use crate::cli::StateLocation;
use crate::cluster::api::Cluster;
use crate::error::Error;
use crate::model::now;
use crate::state::{ConfigMapStore, DirectoryStore, NoStore, State, Store, StoreError};

/// Name of the `ConfigMap` in the monitor's own namespace.
const CONFIG_MAP: &str = "k8s-monitor-state";
/// The longest time for one request of the state.
const REQUEST: Duration = Duration::from_secs(10);
/// How often a command retries when another run writes at the same time.
const TRIES: usize = 3;

/// The location of the state.
pub struct StateAccess {
    pub place: StateLocation,
    /// A note for the report, where there is no location.
    pub note: Option<String>,
}

impl Session<'_> {
    /// `--state`. By default a `ConfigMap` of its own namespace in a pod, and otherwise a
    /// directory for each cluster. A dump has a state only with `--send`.
    pub(super) fn state_access(&self, cluster: Option<&Cluster>) -> StateAccess {
        let access = |place| StateAccess { place, note: None };
        if let Some(chosen) = &self.options.state {
            return access(chosen.clone());
        }
        let name = match (&self.options.snapshot, cluster) {
            (Some(dump), _) if !dump.send => return access(StateLocation::None),
            (Some(_), _) => "drill",
            (None, Some(cluster)) if cluster.is_own() => {
                return access(StateLocation::ConfigMap {
                    namespace: cluster.namespace().to_owned(),
                    name: CONFIG_MAP.to_owned(),
                });
            }
            (None, cluster) => {
                let named = self.config.cluster.as_deref();
                named.or(cluster.map(Cluster::name)).unwrap_or("cluster")
            }
        };
        match self.state_home() {
            Some(home) => access(StateLocation::Directory(home.join(file_name(name)))),
            None => StateAccess {
                place: StateLocation::None,
                note: Some(
                    "no state is kept: neither HOME nor XDG_STATE_HOME is set; pass --state \
                     dir:PATH"
                        .to_owned(),
                ),
            },
        }
    }

    fn state_home(&self) -> Option<PathBuf> {
        let path = |name: &str| {
            let value = self.env.get(name).filter(|value| !value.is_empty());
            value.map(PathBuf::from)
        };
        let base = path("XDG_STATE_HOME").or_else(|| Some(path("HOME")?.join(".local/state")));
        Some(base?.join("k8s-monitor"))
    }

    pub(super) fn store<'c>(
        &self,
        place: &StateLocation,
        cluster: Option<&'c Cluster>,
    ) -> Box<dyn Store + 'c> {
        let now = now();
        match (place, cluster) {
            (StateLocation::ConfigMap { namespace, name }, Some(cluster)) => {
                let limit = REQUEST.min(self.options.deadline(&self.config) / 4);
                let deadline = self.deadline();
                Box::new(ConfigMapStore::new(
                    cluster, namespace, name, limit, deadline, now,
                ))
            }
            (StateLocation::Directory(path), _) => Box::new(DirectoryStore::new(path, now)),
            _ => Box::new(NoStore),
        }
    }

    /// The cluster, where the command needs it for its objects or for the state.
    pub(super) fn cluster(&self) -> Result<Option<Cluster>, Error> {
        let in_cluster = matches!(self.options.state, Some(StateLocation::ConfigMap { .. }));
        let is_needed = self.options.snapshot.is_none() || in_cluster;
        is_needed.then(|| self.connect()).transpose()
    }

    /// Runs a command on the state. Without a state it is an error.
    pub(super) fn with_state<T>(
        &self,
        work: impl FnOnce(&dyn Store) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let is_directory = matches!(self.options.state, Some(StateLocation::Directory(_)));
        let cluster = if is_directory { None } else { self.cluster()? };
        let access = self.state_access(cluster.as_ref());
        if access.place == StateLocation::None {
            return Err(Error::NoState);
        }
        work(&*self.store(&access.place, cluster.as_ref()))
    }

    /// Which state this is, unless the user chose it. A deployed monitor has another one
    /// and does not see a silence that is added here.
    pub(super) fn state_note(&self, store: &dyn Store) -> Option<String> {
        let place = store.place();
        let is_default = self.options.state.is_none() && place.starts_with("dir:");
        is_default.then(|| {
            format!(
                "This is the state of manual runs, {place}. For a deployed monitor, add --state \
                 configmap:k8s-monitor/{CONFIG_MAP}"
            )
        })
    }
}

/// Loads the state. A warning goes to the log.
pub fn load(store: &dyn Store) -> Result<State, Error> {
    let loaded = store.load()?;
    if let Some(warning) = loaded.warning(&store.place()) {
        log::warn!("{warning}");
    }
    Ok(loaded.state)
}

/// Changes the state, with a retry when another run writes at the same time.
pub fn change<T>(store: &dyn Store, mut edit: impl FnMut(&mut State) -> T) -> Result<T, Error> {
    let mut tries = 0;
    loop {
        let loaded = store.load()?;
        let mut state = loaded.state;
        let result = edit(&mut state);
        tries += 1;
        match store.save(&state, &loaded.version) {
            Ok(_) => return Ok(result),
            Err(StoreError::Conflict { .. }) if tries < TRIES => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The name of a cluster as the name of a directory.
fn file_name(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let safe: String = name
        .chars()
        .map(|c| if plain(c) { c } else { '-' })
        .collect();
    match safe.trim_start_matches('.') {
        "" => "cluster".to_owned(),
        name => name.to_owned(),
    }
}
