//! Incidents over time: which of today's are yesterday's, and what is due to
//! be said of each. Pure: no clock, no client.
//!
//! [`advance`] takes the remembered state and what a cycle found, and gives
//! the next state with everything that is due. What is due follows from what
//! people were [told](crate::state::Told), never from what was once meant to be
//! sent: a message that Slack did not accept is due again in the next cycle, as
//! it reads then. So the way of a message is
//!
//! ```text
//! advance ──► render each due ──► enqueue ──► save ──► send ──► delivered ──► save
//! ```
//!
//! and whatever is cut off in between is found again. `matching` continues
//! incidents, `memory` moves facts between an incident and what is remembered
//! of it, `sight` knows what must have been read to call one absent, `hush` finds
//! the silence that hides one, `speech` decides what is due of one incident, `bundle` makes messages of it,
//! `delivery` marks what Slack accepted, `rhythm` counts time.

mod delivery;
mod diff;
mod grouping;
mod matching;
mod notification_policy;
mod required_reads;
mod silence;
mod timing;
mod transition;

use crate::assess::{Incident, Rule};
use crate::cluster::Resource;
use crate::config::Config;
use crate::detect::RestartCounts;
use crate::model::{IncidentState, Severity, Tier, Time};
use crate::report::Notification;
use crate::state::{IncidentRecord, OutboxMessage, State, silences};

pub use crate::state::{MessageKind, Thread};
pub use delivery::{Rendered, delivered, dropped, enqueue, failed, unsaid};
pub use grouping::{Due, Queued};
pub use required_reads::all_read;
pub use transition::outages;

/// What a cycle found.
pub struct Observation<'a> {
    /// The incidents, most important first.
    pub incidents: Vec<Incident>,
    /// Whether every object of a kind is known.
    pub is_read: &'a dyn Fn(Resource) -> bool,
    /// The moment of the cycle.
    pub now: Time,
    /// The moment by the clock that people set silences by; another one where the
    /// cluster's clock is wrong.
    pub here: Time,
    /// Restarts by `namespace/pod/container`; none where pods could not be read.
    pub restarts: Option<RestartCounts>,
}

/// An incident with its name and what is due to be said of it.
#[derive(Debug, Clone)]
pub struct Tracked {
    /// `INC-YYYY-MM-DD-NNN`.
    pub id: String,
    /// Where it is in its life.
    pub state: IncidentState,
    /// What is due; `delivered` holds where an earlier message is.
    pub notification: Notification,
    /// End of the silence that hides it.
    pub silenced_until: Option<Time>,
    /// The incident of this cycle. Of one that this cycle did not see
    /// (resolved, or hidden by blindness) what is remembered: its root finding
    /// without evidence.
    pub incident: Incident,
}

/// What follows from a cycle.
#[derive(Debug, Clone)]
pub struct Transition {
    /// For the report: what is open, then what is resolved; each most
    /// important first.
    pub tracked: Vec<Tracked>,
    /// What is due to be said, oldest first.
    pub due: Vec<Due>,
    /// The next state. Its outbox is empty of what is in `due`.
    pub state: State,
}

/// Carries incidents on from the previous cycle to this one.
#[must_use]
pub fn advance(previous: &State, today: Observation, config: &Config) -> Transition {
    let Observation {
        incidents,
        is_read,
        now,
        here,
        restarts,
    } = today;
    let mut state = previous.clone();
    timing::set_right(&mut state, now);
    silences::prune(&mut state, here);
    crate::state::retention::forget(&mut state, now);
    if let Some(restarts) = restarts {
        transition::count_restarts(&mut state, restarts, config.interval, now);
    }

    let places = matching::places(&state.incidents, &incidents, now);
    let known = state.incidents.len();
    let mut scene: Vec<Option<Incident>> = vec![None; known];
    for (incident, place) in incidents.into_iter().zip(places) {
        let place = place.unwrap_or_else(|| {
            let id = next_id(&mut state, config, now);
            state
                .incidents
                .push(transition::remember(id, &incident, now));
            scene.push(None);
            scene.len() - 1
        });
        scene[place] = Some(incident);
    }
    let wholes = wholes(&state.incidents, &scene);
    let mut fresh = Vec::new();
    for (place, remembered) in state.incidents.iter_mut().enumerate() {
        // What is over is listed in the cycle that finds it so.
        fresh.push(remembered.is_open());
        match &mut scene[place] {
            Some(_) if place >= known => {}
            Some(incident) => transition::meet(remembered, incident, is_read, now),
            None => transition::miss(remembered, wholes[place].clone(), is_read, now),
        }
    }
    silence::note(&mut state, config, here, now);
    let mut step = speak(state, scene, &fresh, config, now);
    step.state.last_cycle = Some(now);
    step
}

/// Of each incident that was not found by itself the id of the one that it has
/// become a part of.
fn wholes(remembered: &[IncidentRecord], scene: &[Option<Incident>]) -> Vec<Option<String>> {
    let holds = |part: &IncidentRecord, incident: &Option<Incident>| {
        let incident = incident.as_ref();
        incident.is_some_and(|incident| matching::holds(incident, part))
    };
    let whole = |part: &IncidentRecord| {
        let mut each = remembered.iter().zip(scene);
        let found = each.find(|(_, incident)| holds(part, incident));
        found.map(|(r, _)| r.id.clone())
    };
    let each = remembered.iter().zip(scene);
    each.map(|(r, incident)| match incident {
        None if r.is_open() => whole(r),
        _ => None,
    })
    .collect()
}

/// What is due of each incident, and the messages that it makes.
fn speak(
    mut state: State,
    scene: Vec<Option<Incident>>,
    fresh: &[bool],
    config: &Config,
    now: Time,
) -> Transition {
    let mut tracked = Vec::new();
    let mut said = Vec::new();
    let incidents = state.incidents.iter_mut();
    for ((remembered, incident), fresh) in incidents.zip(scene).zip(fresh) {
        if remembered.part_of.is_some() {
            continue;
        }
        let speech = notification_policy::of(remembered, config, now);
        remembered.due_since = match &speech.say {
            Some(_) if remembered.told.is_none() => Some(remembered.due_since.unwrap_or(now)),
            _ => None,
        };
        if let Some(say) = &speech.say {
            said.push(grouping::PendingMessage::new(remembered, say, &speech));
        }
        if *fresh || remembered.is_open() || speech.say.is_some() {
            tracked.push(Tracked {
                id: remembered.id.clone(),
                state: remembered.state,
                silenced_until: remembered.silenced.as_ref().map(|hush| hush.until),
                notification: speech.notification(remembered),
                incident: incident.unwrap_or_else(|| transition::recall(remembered)),
            });
        }
    }
    let due = grouping::bundle(said, &mut tracked, &state.outbox, now);
    keep_unsaid(&mut state, &due);
    tracked.sort_by_cached_key(|t| (t.state == IncidentState::Resolved, rank(&t.incident)));
    Transition {
        tracked,
        due,
        state,
    }
}

/// What is queued about incidents that are known is said anew, if it is still
/// due. Edits stay: of an end that was told nothing else is left to do.
fn keep_unsaid(state: &mut State, due: &[Due]) {
    let find = |id: &String| state.incidents.iter().find(|r| r.id == *id);
    let is_due = |id: &String| due.iter().any(|d| d.incidents.contains(id));
    let stays = |message: &OutboxMessage| {
        let mut ids = message.incident_ids.iter();
        if message.counts() {
            return !ids.any(|id| find(id).is_some());
        }
        ids.all(|id| find(id).is_some_and(|r| !r.is_open()) && !is_due(id))
    };
    let outbox = state.outbox.iter().filter(|m| stays(m)).cloned().collect();
    state.outbox = outbox;
}

fn rank(incident: &Incident) -> (Severity, Rule, Tier, Time, String) {
    (
        incident.severity,
        incident.rule,
        incident.tier.unwrap_or(Tier::P3),
        incident.since,
        incident.fingerprint.clone(),
    )
}

/// No day has more incidents.
const MOST: u32 = 1_000_000;

/// The next number of the day. It is counted on even when the incident that
/// had the last one is forgotten.
fn next_id(state: &mut State, config: &Config, now: Time) -> String {
    let day = config.business_hours.local_date(now).to_string();
    let prefix = format!("INC-{day}-");
    let number = |r: &IncidentRecord| r.id.strip_prefix(&prefix)?.parse::<u32>().ok();
    let remembered = state.incidents.iter().filter_map(number);
    let given = remembered.chain(state.numbers.get(&day).copied());
    // An edited document may count less than it names, or without end.
    let highest = given.filter(|number| *number < MOST).max();
    let mut number = highest.unwrap_or(0) + 1;
    let id = |number| format!("{prefix}{number:03}");
    while state.incidents.iter().any(|r| r.id == id(number)) {
        number += 1;
    }
    state.numbers.insert(day, number);
    id(number)
}
