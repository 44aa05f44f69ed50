//! The past incidents of the state, for the report.

use super::State;
use crate::report::{Episode, History};

/// Every incident of the state, once for its service and once for each affected service.
#[must_use]
pub fn history(state: &State) -> History {
    let episodes = state.incidents.iter().flat_map(|incident| {
        let services = incident.service.iter().chain(&incident.change_key.affects);
        services.map(|service| Episode {
            service: service.clone(),
            severity: incident.severity,
            from: incident.since,
            to: incident.end().map(|end| end.at),
        })
    });
    History {
        episodes: episodes.collect(),
    }
}
