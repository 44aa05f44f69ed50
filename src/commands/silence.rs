//! `silence`: adds, lists and removes silences.

use std::time::Duration;

use super::session::{Session, service_name};
use super::{CommandOutput, state};
use crate::cli::{SilenceCommand, SilenceTarget};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::model::{Cause, Program, Reason, Refusal, ShellCommand, now};
use crate::state::{AddedSilence, RemovedSilence, SilenceList, SilenceTarget as Stored, silences};

impl Session<'_> {
    pub(super) fn silence(&self, command: &SilenceCommand) -> Result<CommandOutput, Error> {
        let text = match command {
            SilenceCommand::List => self.list_silences(),
            SilenceCommand::Remove { id } => self.remove_silence(id),
            SilenceCommand::Add {
                target,
                duration,
                reason,
            } => self.add_silence(target, *duration, reason),
        };
        Ok((text?, ExitStatus::Healthy))
    }

    fn list_silences(&self) -> Result<String, Error> {
        self.with_state(|store| {
            let state = state::load(store)?;
            self.render(&SilenceList {
                state: &state,
                config: &self.config,
                now: now(),
                note: self.state_note(store),
            })
        })
    }

    fn remove_silence(&self, id: &str) -> Result<String, Error> {
        self.with_state(|store| {
            let removed = state::change(store, |state| silences::remove(state, id))?;
            let removed = removed.ok_or_else(|| Error::NotInState {
                what: "silence",
                id: id.to_owned(),
                store: store.place(),
                list: "silence list",
            })?;
            self.render(&RemovedSilence(&removed))
        })
    }

    fn add_silence(
        &self,
        target: &SilenceTarget,
        duration: Duration,
        reason: &str,
    ) -> Result<String, Error> {
        let target = self.silence_target(target)?;
        let now = now();
        self.with_state(|store| {
            let silence = state::change(store, |state| {
                silences::add(state, target.clone(), duration, reason, now)
            })?;
            self.render(&AddedSilence {
                silence: &silence,
                remove: self.remove_command(&silence.id),
                note: self.state_note(store),
            })
        })
    }

    fn remove_command(&self, id: &str) -> Result<ShellCommand, Refusal> {
        let command = Program::Monitor
            .command()
            .words("silence remove")
            .silence(id);
        match &self.options.state {
            Some(place) => command
                .words("--state")
                .location(&place.to_string())
                .build(),
            None => command.build(),
        }
    }

    /// The target by its proper name. A silence of an unknown name would mute nothing.
    fn silence_target(&self, target: &SilenceTarget) -> Result<Stored, Error> {
        Ok(match target {
            SilenceTarget::Service(name) => {
                let (file, inventory) = self.services_to_monitor()?;
                Stored::Service(service_name(name, &file, &inventory)?)
            }
            SilenceTarget::ReasonCode(name) => Stored::ReasonCode(reason(name)?.to_owned()),
            SilenceTarget::Incident(id) => Stored::Incident(id.to_ascii_uppercase()),
        })
    }
}

/// A reason or cause by its name, in any case.
fn reason(name: &str) -> Result<&'static str, Error> {
    let reasons = Reason::ALL.iter().map(|r| r.as_str());
    let known = reasons.chain(Cause::ALL.iter().map(|c| c.as_str()));
    let wanted = name.to_ascii_lowercase();
    let distance = |k: &str| strsim::osa_distance(&wanted, &k.to_ascii_lowercase());
    match known.min_by_key(|name| distance(name)) {
        Some(nearest) if distance(nearest) == 0 => Ok(nearest),
        nearest => Err(Error::UnknownReason {
            name: name.to_owned(),
            nearest: nearest.filter(|k| distance(k) <= 1 + name.len() / 4),
        }),
    }
}
