//! Incidents over time: what they are called, and what is due to be said. Pure.

use chrono::{DateTime, Utc};

use crate::assess::{Incident, Severity};
use crate::config::Config;
use crate::report::{Decision, IncidentState, Notification};

/// An incident with its name and what is due to be said of it.
pub struct Tracked {
    /// `INC-YYYY-MM-DD-NNN`.
    pub id: String,
    /// Where it is in its life.
    pub state: IncidentState,
    /// What is due.
    pub notification: Notification,
    /// The incident of this cycle.
    pub incident: Incident,
}

/// Names incidents that nobody remembers and decides what is due.
#[must_use]
pub fn first_seen(incidents: Vec<Incident>, config: &Config, now: DateTime<Utc>) -> Vec<Tracked> {
    let day = config.business_hours.local_date(now);
    incidents
        .into_iter()
        .zip(1..)
        .map(|(incident, number)| Tracked {
            id: format!("INC-{day}-{number:03}"),
            state: IncidentState::New,
            notification: due(&incident, config, now),
            incident,
        })
        .collect()
}

/// What the severity table asks for at the first sight of an incident.
fn due(incident: &Incident, config: &Config, now: DateTime<Utc>) -> Notification {
    let channels = &config.channels;
    let (decision, channel, why) = match incident.severity {
        Severity::Sev1 => (
            Decision::Send,
            Some(&channels.critical),
            "new SEV-1: at once".to_owned(),
        ),
        Severity::Sev2 => (
            Decision::Send,
            Some(&channels.infrastructure),
            "new SEV-2: at once".to_owned(),
        ),
        Severity::Sev3 if config.business_hours.opened_at(now).is_some() => (
            Decision::Send,
            Some(&channels.infrastructure),
            "new SEV-3, within business hours".to_owned(),
        ),
        Severity::Sev3 => (
            Decision::Defer,
            Some(&channels.infrastructure),
            match config.business_hours.next_opening(now) {
                Some(opening) => format!(
                    "new SEV-3: waits until business hours open at {}",
                    opening.format("%F %H:%M UTC")
                ),
                None => "new SEV-3: waits for business hours".to_owned(),
            },
        ),
        Severity::Sev4 => (Decision::Log, None, "SEV-4 is only logged".to_owned()),
    };
    Notification {
        decision,
        channel: channel.cloned(),
        why,
        delivered: None,
    }
}
