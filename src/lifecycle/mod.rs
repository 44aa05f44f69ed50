//! Incidents over time: which incidents of this cycle continue earlier ones, and which messages are
//! due. Pure: no clock, no I/O.
//!
//! [`advance`] takes the state and what a cycle found, and returns the next state with the messages
//! that are due. What is due follows from what was [delivered](crate::state::Notified), not from
//! what was queued: a message that was not accepted is due again in the next cycle, with its text
//! of then. The way of a message is
//!
//! ```text
//! advance ──► render each due ──► enqueue ──► save ──► send ──► delivered ──► save
//! ```
//!
//! and an interruption anywhere loses nothing. `matching` finds the record that an incident
//! continues, `transition` updates the record, `required_reads` knows what must be read before an
//! incident may be resolved, `silence` finds the silence that hides one, `notification_policy`
//! decides what is due of one incident, `route` where it goes, `grouping` makes messages of it,
//! `delivery` marks what was accepted, `timing` measures intervals.

mod delivery;
mod diff;
mod grouping;
mod matching;
mod notification_policy;
mod required_reads;
mod route;
mod silence;
mod timing;
mod transition;

use self::required_reads::IsRead;
use crate::assess::{Incident, Rule};
use crate::config::Config;
use crate::detect::RestartCounts;
use crate::model::{IncidentEnd, IncidentState, ObjectRef, Severity, Tier, Time};
use crate::report::Notification;
use crate::state::{IncidentRecord, OutboxMessage, State, retention, silences};

pub use delivery::{Rendered, delivered, discarded, dropped, enqueue, failed};
pub use grouping::{Due, Queued};
pub use required_reads::all_read;
pub use transition::outages;

/// What a cycle found.
pub struct Observation<'a> {
    /// The incidents, most important first.
    pub incidents: Vec<Incident>,
    /// Whether all objects of a kind in a namespace were read.
    pub is_read: &'a IsRead<'a>,
    /// The time of the cycle, by the cluster's clock.
    pub now: Time,
    /// The time by this machine's clock, by which silences are set.
    pub local_now: Time,
    /// Restart counts by `namespace/pod/container`; none where pods were not read.
    pub restarts: Option<RestartCounts>,
    /// Since when healthy objects have been healthy, where the cluster has the time.
    pub recoveries: Vec<(ObjectRef, Time)>,
}

/// An incident with its id, its state and its notification.
#[derive(Debug, Clone)]
pub struct Tracked {
    /// `INC-YYYY-MM-DD-NNN`.
    pub id: String,
    /// Its state.
    pub state: IncidentState,
    /// What is due; `delivered` is the handle of an earlier message.
    pub notification: Notification,
    /// When the silence that hides it ends.
    pub silenced_until: Option<Time>,
    /// When it ended, of a resolved incident.
    pub end: Option<IncidentEnd>,
    /// The incident of this cycle. Of one that this cycle did not find, resolved or unread, what
    /// the state has: its root finding without evidence.
    pub incident: Incident,
}

/// The result of a cycle.
#[derive(Debug, Clone)]
pub struct Transition {
    /// For the report: open incidents, then resolved ones, most important first.
    pub tracked: Vec<Tracked>,
    /// The messages that are due, oldest first.
    pub due: Vec<Due>,
    /// The next state. Its outbox has no entry for what is in `due`.
    pub state: State,
}

/// Carries the incidents of the state on to this cycle.
#[must_use]
pub fn advance(previous: &State, observation: Observation, config: &Config) -> Transition {
    let Observation {
        incidents,
        is_read,
        now,
        local_now,
        restarts,
        recoveries,
    } = observation;
    let mut state = previous.clone();
    timing::clamp_future(&mut state, now);
    silences::prune(&mut state, local_now);
    retention::forget(&mut state, now);
    if let Some(restarts) = restarts {
        transition::count_restarts(&mut state, restarts, config.interval, now);
    }

    let continued = matching::records_of(&state.incidents, &incidents, now);
    let known = state.incidents.len();
    // The incident of this cycle for each record.
    let mut found: Vec<Option<Incident>> = vec![None; known];
    for (incident, record) in incidents.into_iter().zip(continued) {
        let at = record.unwrap_or_else(|| {
            let id = next_id(&mut state, config, now);
            state.incidents.push(transition::new(id, &incident, now));
            found.push(None);
            found.len() - 1
        });
        found[at] = Some(incident);
    }
    let containers = containers(&state.incidents, &found);
    // An incident is still listed in the cycle that resolves it.
    let was_open: Vec<_> = state
        .incidents
        .iter()
        .map(IncidentRecord::is_open)
        .collect();
    for (at, record) in state.incidents.iter_mut().enumerate() {
        match &mut found[at] {
            Some(_) if at >= known => {}
            Some(incident) => transition::update(record, incident, is_read, now),
            None => {
                let end = |record: &IncidentRecord| {
                    transition::end(record, &recoveries, config.interval, now)
                };
                transition::absent(record, containers[at].clone(), is_read, end, now);
            }
        }
    }
    silence::apply(&mut state, config, local_now, now);
    let mut transition = notify(state, found, &was_open, config, now);
    transition.state.last_cycle = Some(now);
    transition
}

/// For each record without an incident of its own the id of the incident that contains it now.
fn containers(records: &[IncidentRecord], found: &[Option<Incident>]) -> Vec<Option<String>> {
    let container_of = |part: &IncidentRecord| {
        let mut each = records.iter().zip(found);
        let container = each.find(|(_, incident)| {
            let incident = incident.as_ref();
            incident.is_some_and(|incident| matching::contains(incident, part))
        });
        container.map(|(record, _)| record.id.clone())
    };
    let each = records.iter().zip(found);
    each.map(|(record, incident)| match incident {
        None if record.is_open() => container_of(record),
        _ => None,
    })
    .collect()
}

/// Decides what is due of each incident, and groups it into messages.
fn notify(
    mut state: State,
    found: Vec<Option<Incident>>,
    was_open: &[bool],
    config: &Config,
    now: Time,
) -> Transition {
    let mut tracked = Vec::new();
    let mut pending = Vec::new();
    let records = state.incidents.iter_mut();
    for ((record, incident), was_open) in records.zip(found).zip(was_open) {
        if record.part_of.is_some() {
            continue;
        }
        let decision = notification_policy::decide(record, config, now);
        record.due_since = match &decision.message {
            Some(_) if record.notified.is_none() => Some(record.due_since.unwrap_or(now)),
            _ => None,
        };
        pending.extend(grouping::PendingMessage::new(record, &decision));
        if *was_open || record.is_open() || decision.message.is_some() {
            tracked.push(Tracked {
                id: record.id.clone(),
                state: record.state,
                silenced_until: record.silenced.as_ref().map(|silence| silence.until),
                end: record.end(),
                notification: decision.notification(record),
                incident: incident.unwrap_or_else(|| transition::incident_of(record)),
            });
        }
    }
    let due = grouping::group(pending, &mut tracked, &state.outbox, now);
    remove_superseded(&mut state, &due);
    tracked.sort_by_cached_key(|t| (t.state == IncidentState::Resolved, rank(&t.incident)));
    Transition {
        tracked,
        due,
        state,
    }
}

/// Removes outbox entries about known incidents: they are written anew if still due. Edits stay
/// once all their incidents are resolved and nothing else about them is due.
fn remove_superseded(state: &mut State, due: &[Due]) {
    let records = &state.incidents;
    let find = |id: &String| records.iter().find(|r| r.id == *id);
    let is_due = |id: &String| due.iter().any(|d| d.incidents.contains(id));
    state.outbox.retain(|entry: &OutboxMessage| {
        let mut ids = entry.incident_ids.iter();
        if entry.counts() {
            return !ids.any(|id| find(id).is_some());
        }
        ids.all(|id| find(id).is_some_and(|r| !r.is_open()) && !is_due(id))
    });
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

/// Numbers from here on come from an edited document.
const MOST_PER_DAY: u32 = 1_000_000;

/// The next id of the day. A number is not used again when its incident is forgotten.
fn next_id(state: &mut State, config: &Config, now: Time) -> String {
    let day = config.business_hours.local_date(now).to_string();
    let prefix = format!("INC-{day}-");
    let number = |r: &IncidentRecord| r.id.strip_prefix(&prefix)?.parse::<u32>().ok();
    let used = state.incidents.iter().filter_map(number);
    let used = used.chain(state.numbers.get(&day).copied());
    let highest = used.filter(|number| *number < MOST_PER_DAY).max();
    let mut number = highest.unwrap_or(0) + 1;
    let id = |number| format!("{prefix}{number:03}");
    while state.incidents.iter().any(|r| r.id == id(number)) {
        number += 1;
    }
    state.numbers.insert(day, number);
    id(number)
}
