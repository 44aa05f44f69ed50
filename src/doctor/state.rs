//! The state: whether it can be read and written, and what is in it.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::model::duration::{age, human};
use crate::model::{Problem, Time};
use crate::state::{State, Store, document};

use super::line::Check;

const NAME: &str = "state";
/// Percent of [`document::LIMIT`] from which the state is nearly full.
const FULL_PERCENT: usize = 90;

/// What was found of the state.
pub struct StateFacts {
    /// Its location, in the syntax of `--state`.
    pub place: String,
    /// The state, or why it could not be loaded.
    pub loaded: Result<State, Problem>,
    /// A warning about a state that cannot be used.
    pub quarantine_warning: Option<String>,
    /// Whether the directory is writable. The access rules show it for a `ConfigMap`.
    pub writable: Result<(), String>,
}

/// Reads the state. In a directory, a temporary file is created and deleted.
pub fn probe(store: &dyn Store) -> StateFacts {
    let place = store.place();
    let writable = place
        .strip_prefix("dir:")
        .map_or(Ok(()), |path| probe_directory(Path::new(path)));
    let (loaded, quarantine_warning) = match store.load() {
        Ok(loaded) => {
            let quarantine_warning = loaded.warning(&place);
            (Ok(loaded.state), quarantine_warning)
        }
        Err(error) => (Err(Problem::of(&error)), None),
    };
    StateFacts {
        place,
        loaded,
        quarantine_warning,
        writable,
    }
}

/// The first saved state creates the directory. Until then, its parent must be writable.
fn probe_directory(path: &Path) -> Result<(), String> {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let nearest = whole.ancestors().find(|path| path.exists());
    let nearest = nearest.map_or_else(|| PathBuf::from("/"), Path::to_owned);
    match tempfile::NamedTempFile::new_in(&nearest) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{}: {}", nearest.display(), error.kind())),
    }
}

impl StateFacts {
    /// The state, if it could be loaded.
    #[must_use]
    pub fn state(&self) -> Option<&State> {
        self.loaded.as_ref().ok()
    }

    /// One check for the state, and one for the last cycle.
    #[must_use]
    pub fn checks(&self, config: &Config, now: Time) -> Vec<Check> {
        let place = &self.place;
        if place == "none" {
            let message = "no state is kept: every cycle sends all notifications again";
            let remedy = "set a location, for example --state dir:/var/lib/k8s-monitor";
            return vec![Check::off(NAME, message, remedy)];
        }
        let state = match &self.loaded {
            Ok(state) => state,
            Err(error) => {
                let otherwise = "check the location and its permissions";
                return vec![Check::of_problem(NAME, error, otherwise)];
            }
        };
        if let Err(error) = &self.writable {
            let message = format!(
                "{place} cannot be written ({error}): every cycle sends all notifications again"
            );
            let remedy = "give the monitor write permission there, or free disk space";
            return vec![Check::red(NAME, &message, remedy)];
        }
        if let Some(warning) = &self.quarantine_warning {
            let remedy = "inspect the state that was set aside, or ignore this if it is known";
            return vec![Check::warn(NAME, warning, remedy)];
        }
        let cycle = state.last_cycle.map(|at| last_cycle(at, config, now));
        std::iter::once(contents(place, state))
            .chain(cycle)
            .collect()
    }
}

fn contents(place: &str, state: &State) -> Check {
    let size = document::size(state);
    let open = state.incidents.iter().filter(|i| i.is_open()).count();
    let mut message = format!(
        "{place}: {} of {} KiB; {open} open incidents, {} queued messages, {} silences",
        size.div_ceil(1024),
        document::LIMIT / 1024,
        state.outbox.len(),
        state.silences.len()
    );
    if state.last_cycle.is_none() {
        message += "; no cycle has run yet";
    }
    if size * 100 >= document::LIMIT * FULL_PERCENT {
        let remedy = "resolve open incidents: the oldest entries are dropped next";
        return Check::warn(NAME, &message, remedy);
    }
    Check::ok(NAME, &message)
}

fn last_cycle(at: Time, config: &Config, now: Time) -> Check {
    const NAME: &str = "last cycle";
    let passed = (now - at).to_std().unwrap_or_default();
    let message = format!("{} ago", age(passed));
    if passed > config.interval * 2 + config.deadline {
        let every = human(config.interval);
        return Check::warn(
            NAME,
            &format!("{message}, but the interval is {every}"),
            "check whether its CronJob runs: kubectl get cronjobs,jobs -A \
             -l app.kubernetes.io/name=k8s-monitor",
        );
    }
    Check::ok(NAME, &message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;
    use crate::doctor::line::Status::{self, Off, Ok as Green, Red, Warn};

    fn facts(place: &str, loaded: Result<State, Problem>) -> StateFacts {
        StateFacts {
            place: place.into(),
            loaded,
            quarantine_warning: None,
            writable: Ok(()),
        }
    }

    fn statuses(facts: &StateFacts) -> Vec<Status> {
        let config = Config::load(None, &Environment::new()).unwrap().config;
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        facts
            .checks(&config, now)
            .iter()
            .map(|check| check.status)
            .collect()
    }

    #[test]
    fn the_state_decides_the_check() {
        let at = |time: &str| State {
            last_cycle: Some(time.parse().unwrap()),
            ..State::default()
        };
        assert_eq!(statuses(&facts("none", Ok(State::default()))), [Off]);
        assert_eq!(statuses(&facts("dir:/x", Ok(State::default()))), [Green]);
        assert_eq!(
            statuses(&facts("dir:/x", Ok(at("2026-11-20T11:00:00Z")))),
            [Green, Green]
        );
        assert_eq!(
            statuses(&facts("dir:/x", Ok(at("2026-11-20T09:00:00Z")))),
            [Green, Warn]
        );
        let problem = Problem {
            message: "no".into(),
            remedy: None,
        };
        assert_eq!(statuses(&facts("dir:/x", Err(problem))), [Red]);
        let mut closed = facts("dir:/x", Ok(State::default()));
        closed.writable = Err("permission denied".into());
        assert_eq!(statuses(&closed), [Red]);
        let mut corrupt = facts("dir:/x", Ok(State::default()));
        corrupt.quarantine_warning = Some("set aside".into());
        assert_eq!(statuses(&corrupt), [Warn]);
    }

    #[test]
    fn a_missing_directory_is_probed_at_its_parent() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(probe_directory(&folder.path().join("a/b")), Ok(()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
