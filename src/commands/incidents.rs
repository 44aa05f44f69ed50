//! What earlier cycles left: where it lies, and the commands that live by it.

use std::path::PathBuf;
use std::time::Duration;

use super::{CommandOutput, Session, is_for_people, render, unknown};
use crate::cli::{IncidentsCommand, SilenceCommand, SilenceTarget, StateLocation};
use crate::cluster::api::Cluster;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::model::{Cause, Reason, now};
use crate::state::{
    ConfigMapStore, DirectoryStore, NoStore, SilenceTarget as Stored, State, Store, StoreError,
    listing, silences,
};

/// Name of the `ConfigMap` in the monitor's own namespace.
const CONFIG_MAP: &str = "k8s-monitor-state";
/// How long a request of the state may take.
const LIMIT: Duration = Duration::from_secs(10);
/// How often a command tries to be the one that writes.
const TRIES: usize = 3;

/// Where the state is, and what must be known of that.
pub(super) struct StateAccess {
    pub place: StateLocation,
    pub note: Option<String>,
}

impl Session<'_> {
    /// `--state`; else in a pod a `ConfigMap` of its own namespace, by hand a
    /// directory a cluster. A dump has no memory unless it is a drill.
    pub(super) fn recall(&self, cluster: Option<&Cluster>) -> StateAccess {
        let place = |place| StateAccess { place, note: None };
        if let Some(chosen) = &self.options.state {
            return place(chosen.clone());
        }
        let name = match (&self.options.snapshot, cluster) {
            (Some(dump), _) if !dump.send => return place(StateLocation::None),
            (Some(_), _) => "drill",
            (None, Some(cluster)) if cluster.is_own() => {
                return place(StateLocation::ConfigMap {
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
            Some(home) => place(StateLocation::Directory(home.join(file_name(name)))),
            None => StateAccess {
                place: StateLocation::None,
                note: Some(
                    "nothing is remembered: neither HOME nor XDG_STATE_HOME is set, so pass \
                     --state dir:PATH"
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
                let limit = LIMIT.min(self.options.deadline(&self.config) / 4);
                let deadline = self.deadline();
                Box::new(ConfigMapStore::new(
                    cluster, namespace, name, limit, deadline, now,
                ))
            }
            (StateLocation::Directory(path), _) => Box::new(DirectoryStore::new(path, now)),
            _ => Box::new(NoStore),
        }
    }

    /// The cluster, where this run needs one: for its objects or for its state.
    pub(super) fn cluster(&self) -> Result<Option<Cluster>, Error> {
        let in_cluster = matches!(self.options.state, Some(StateLocation::ConfigMap { .. }));
        let is_needed = self.options.snapshot.is_none() || in_cluster;
        is_needed.then(|| self.connect()).transpose()
    }

    /// What a command works on: a state that is meant to outlive it.
    fn remembered<T>(&self, work: impl FnOnce(&dyn Store) -> Result<T, Error>) -> Result<T, Error> {
        let is_elsewhere = matches!(self.options.state, Some(StateLocation::Directory(_)));
        let cluster = if is_elsewhere { None } else { self.cluster()? };
        let recall = self.recall(cluster.as_ref());
        if recall.place == StateLocation::None {
            return Err(Error::NoState);
        }
        work(&*self.store(&recall.place, cluster.as_ref()))
    }

    /// Whose memory it is, where that was nobody's choice: a deployed monitor has
    /// another one, and would never hear of a silence.
    fn by_hand(&self, store: &dyn Store) -> String {
        let place = store.place();
        if self.options.state.is_some() || !place.starts_with("dir:") {
            return String::new();
        }
        format!(
            "This is the memory of runs by hand, {place}.\nOf a deployed monitor: --state \
             configmap:k8s-monitor/{CONFIG_MAP}\n"
        )
    }

    pub(super) fn incidents(&self, command: &IncidentsCommand) -> Result<CommandOutput, Error> {
        let form = self.options.output;
        let is_for_people = is_for_people(form, "incidents")?;
        let text = self.remembered(|store| {
            let state = read(store)?;
            let now = now();
            match command {
                IncidentsCommand::List if is_for_people => {
                    Ok(listing::incidents(&state, now) + &self.by_hand(store))
                }
                IncidentsCommand::List => render(&listing::incidents_json(&state), form),
                IncidentsCommand::Show { id } => {
                    let found = if is_for_people {
                        listing::incident(&state, id, now).map(Ok)
                    } else {
                        listing::incident_json(&state, id).map(|v| render(&v, form))
                    };
                    found.unwrap_or_else(|| Err(missing("incident", id, store)))
                }
            }
        })?;
        Ok((text, ExitStatus::Healthy))
    }

    pub(super) fn silence(&self, command: &SilenceCommand) -> Result<CommandOutput, Error> {
        let now = now();
        let form = self.options.output;
        let is_for_people = is_for_people(form, "silence")?;
        let text = match command {
            SilenceCommand::List => self.remembered(|store| {
                let state = read(store)?;
                if is_for_people {
                    let list = listing::silences(&state, &self.config, now);
                    Ok(list + &self.by_hand(store))
                } else {
                    render(&listing::silences_json(&state, now), form)
                }
            })?,
            SilenceCommand::Remove { id } => self.remembered(|store| {
                let removed = change(store, |state| silences::remove(state, id))?;
                let removed = removed.ok_or_else(|| missing("silence", id, store))?;
                if !is_for_people {
                    return render(&listing::silence_json(&removed), form);
                }
                Ok(format!(
                    "{} is not silenced any more ({})\n",
                    removed.target.describe(),
                    removed.id
                ))
            })?,
            SilenceCommand::Add {
                target,
                duration,
                reason,
            } => {
                let target = self.target(target)?;
                self.remembered(|store| {
                    let silence = change(store, |state| {
                        silences::add(state, target.clone(), *duration, reason, now)
                    })?;
                    if !is_for_people {
                        return render(&listing::silence_json(&silence), form);
                    }
                    let flag = match &self.options.state {
                        Some(place) => format!(" --state {}", quoted(&place.to_string())),
                        None => String::new(),
                    };
                    let id = &silence.id;
                    Ok(format!(
                        "{} is silenced until {}.\nTo end it early: k8s-monitor silence remove \
                         {id}{flag}\n{}",
                        silence.target.describe(),
                        silence.until.format("%F %H:%M UTC"),
                        self.by_hand(store)
                    ))
                })?
            }
        };
        Ok((text, ExitStatus::Healthy))
    }

    /// The target by its proper name: a silence of what does not exist would
    /// hide nothing.
    fn target(&self, target: &SilenceTarget) -> Result<Stored, Error> {
        Ok(match target {
            SilenceTarget::Service(name) => {
                let (path, inventory) = self.watched()?;
                let builtin = crate::inventory::builtin();
                let known = inventory.get(name).map(|s| s.name.clone());
                let own = builtin.into_iter().find(|s| s.is_called(name));
                let found = known.or(own.map(|s| s.name));
                Stored::Service(found.ok_or_else(|| unknown(name, &path, &inventory))?)
            }
            SilenceTarget::ReasonCode(name) => Stored::ReasonCode(reason(name)?.to_owned()),
            SilenceTarget::Incident(id) => Stored::Incident(id.to_ascii_uppercase()),
        })
    }
}

/// Symptoms and causes, by one of which a silence may go.
fn reason(name: &str) -> Result<&'static str, Error> {
    let reasons = Reason::ALL.iter().map(|r| r.as_str());
    let known: Vec<_> = reasons
        .chain(Cause::ALL.iter().map(|c| c.as_str()))
        .collect();
    let wanted = name.to_ascii_lowercase();
    let distance = |k: &str| strsim::osa_distance(&wanted, &k.to_ascii_lowercase());
    let nearest = known.into_iter().min_by_key(|k| distance(k));
    match nearest {
        Some(nearest) if distance(nearest) == 0 => Ok(nearest),
        nearest => Err(Error::UnknownReason {
            name: name.to_owned(),
            nearest: nearest.filter(|k| distance(k) <= 1 + name.len() / 4),
        }),
    }
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn read(store: &dyn Store) -> Result<State, Error> {
    let loaded = store.load()?;
    if let Some(warning) = loaded.warning(&store.place()) {
        log::warn!("{warning}");
    }
    Ok(loaded.state)
}

/// Changes the state; once more when a cycle has written meanwhile.
fn change<T>(store: &dyn Store, mut edit: impl FnMut(&mut State) -> T) -> Result<T, Error> {
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

fn missing(what: &'static str, id: &str, store: &dyn Store) -> Error {
    Error::NotInState {
        what,
        id: id.to_owned(),
        store: store.place(),
        list: match what {
            "silence" => "silence list",
            _ => "incidents list",
        },
    }
}

/// A name of a cluster as a name of a directory.
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

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_place_can_be_typed_again() {
        for (place, word) in [
            ("dir:/var/lib/k8s-monitor", "dir:/var/lib/k8s-monitor"),
            ("dir:/home/me/my state", "'dir:/home/me/my state'"),
            ("dir:it's $HOME", r"'dir:it'\''s $HOME'"),
        ] {
            assert_eq!(quoted(place), word);
        }
    }
}
