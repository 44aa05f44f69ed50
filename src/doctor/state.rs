//! The state: whether it can be read and written, and what is in it.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::model::duration::human;
use crate::model::{Problem, Time};
use crate::state::{State, Store, document};

use super::line::Check;

const NAME: &str = "state";
/// Of [`document::LIMIT`]: from here on old things are about to be dropped.
const FULL_PERCENT: usize = 90;

/// What was found of the state.
pub struct StateFacts {
    /// As `--state` spells it.
    pub place: String,
    /// What is remembered, or why it is not known.
    pub loaded: Result<State, Problem>,
    /// Why what is there cannot be used, if so.
    pub aside: Option<String>,
    /// Whether a directory takes files; of a `ConfigMap` RBAC tells.
    pub writable: Result<(), String>,
}

/// Reads the state; nothing is written but, in a directory, a file that is
/// gone again at once.
pub fn probe(store: &dyn Store) -> StateFacts {
    let place = store.place();
    let writable = place
        .strip_prefix("dir:")
        .map_or(Ok(()), |path| probe_directory(Path::new(path)));
    let (loaded, aside) = match store.load() {
        Ok(loaded) => {
            let aside = loaded.warning(&place);
            (Ok(loaded.state), aside)
        }
        Err(error) => (Err(Problem::of(&error)), None),
    };
    StateFacts {
        place,
        loaded,
        aside,
        writable,
    }
}

/// The directory is made when the first state is saved: until then it is a
/// matter of the one above it.
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
    /// What is remembered, if it could be read.
    #[must_use]
    pub fn state(&self) -> Option<&State> {
        self.loaded.as_ref().ok()
    }

    /// One line for the place and what it holds, and one for the last cycle.
    #[must_use]
    pub fn checks(&self, config: &Config, now: Time) -> Vec<Check> {
        let place = &self.place;
        if place == "none" {
            let message = "nothing is remembered: every cycle is the first, and says all again";
            let remedy = "give it a place, like --state dir:/var/lib/k8s-monitor";
            return vec![Check::off(NAME, message, remedy)];
        }
        let state = match &self.loaded {
            Ok(state) => state,
            Err(error) => {
                let otherwise = "check the place and its rights";
                return vec![Check::of_problem(NAME, error, otherwise)];
            }
        };
        if let Err(error) = &self.writable {
            let message =
                format!("{place} cannot be written ({error}): all is said again and again");
            let remedy = "give the monitor's user write permission there, or free space";
            return vec![Check::red(NAME, &message, remedy)];
        }
        if let Some(aside) = &self.aside {
            let remedy = "nothing, if that is known; else look at what was set aside";
            return vec![Check::warn(NAME, aside, remedy)];
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
        "{place}: {} of {} KiB; {open} open incidents, {} messages waiting, {} silences",
        size.div_ceil(1024),
        document::LIMIT / 1024,
        state.outbox.len(),
        state.silences.len()
    );
    if state.last_cycle.is_none() {
        message += "; no cycle is remembered yet";
    }
    if size * 100 >= document::LIMIT * FULL_PERCENT {
        let remedy = "resolve or silence what is open: the oldest things are dropped next";
        return Check::warn(NAME, &message, remedy);
    }
    Check::ok(NAME, &message)
}

fn last_cycle(at: Time, config: &Config, now: Time) -> Check {
    const NAME: &str = "last cycle";
    let age = (now - at).to_std().unwrap_or_default();
    let message = format!("{} ago", human(age));
    if age > config.interval * 2 + config.deadline {
        let every = human(config.interval);
        return Check::warn(
            NAME,
            &format!("{message}, and one is due every {every}"),
            "see whether its CronJob runs: kubectl get cronjobs,jobs -A \
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
            aside: None,
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
    fn the_state_by_what_was_found() {
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
        let mut aside = facts("dir:/x", Ok(State::default()));
        aside.aside = Some("set aside".into());
        assert_eq!(statuses(&aside), [Warn]);
    }

    #[test]
    fn a_directory_that_is_not_there_yet_is_probed_above() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(probe_directory(&folder.path().join("a/b")), Ok(()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
