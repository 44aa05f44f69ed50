//! What the state remembers of the past, as the report draws it.

use super::State;
use crate::report::{Episode, History};

/// Every remembered incident, once for the service at its root and once for
/// each that suffered from it.
#[must_use]
pub fn history(state: &State) -> History {
    let episodes = state.incidents.iter().flat_map(|incident| {
        let services = incident.service.iter().chain(&incident.change_key.affects);
        services.map(|service| Episode {
            service: service.clone(),
            severity: incident.severity,
            from: incident.since,
            to: incident.resolved_at,
        })
    });
    History {
        episodes: episodes.collect(),
    }
}
