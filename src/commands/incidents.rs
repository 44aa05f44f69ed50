//! `incidents`: the incidents of the state.

use super::session::Session;
use super::{CommandOutput, state};
use crate::cli::IncidentsCommand;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::model::now;
use crate::state::{IncidentDocument, IncidentList};

impl Session<'_> {
    pub(super) fn incidents(&self, command: &IncidentsCommand) -> Result<CommandOutput, Error> {
        let text = self.with_state(|store| {
            let state = state::load(store)?;
            match command {
                IncidentsCommand::List => self.render(&IncidentList {
                    state: &state,
                    now: now(),
                    note: self.state_note(store),
                }),
                IncidentsCommand::Show { id } => {
                    let document = IncidentDocument::new(&state, id, now());
                    self.render(&document.ok_or_else(|| Error::NotInState {
                        what: "incident",
                        id: id.clone(),
                        store: store.place(),
                        list: "incidents list",
                    })?)
                }
            }
        })?;
        Ok((text, ExitStatus::Healthy))
    }
}
