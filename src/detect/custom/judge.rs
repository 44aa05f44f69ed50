//! Whether a custom resource says of itself that it is broken. Pure.
//!
//! It is read from conditions, also those of its parents, ancestors and listeners, then from phase,
//! state and health, then from an error. What is suspended, being deleted or already done is not
//! judged, nor is a condition of an older generation.

use serde_json::{Map, Value};

use super::pause;
use crate::cluster::types::{ByName, CustomObject, SharedStr};
use crate::model::Time;
use crate::model::condition_words::{Opinion, is_bad_phase, is_in_progress, opinion, says_broken};

/// What an object says is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Where it says so: `condition Ready=False`, `robustness faulted`.
    pub statement: String,
    /// Its reason; may be empty.
    pub reason: String,
    /// Its message; may be empty.
    pub message: String,
    /// Since when, if it says so.
    pub since: Option<Time>,
    /// Whether it is being made or changed.
    pub is_in_progress: bool,
}

/// Endings of status fields that hold a phase.
const PHASE_FIELDS: &[&str] = &[
    "phase",
    "state",
    "status",
    "health",
    "robustness",
    "compliant",
    "result",
];
/// Parts of the names of status fields that speak of something that is over or is another object.
const PAST_FIELDS: &[&str] = &["last", "history", "previous", "backup", "old"];
/// Fields with the text of an error.
const ERROR_FIELDS: &[&str] = &["error", "errMsg", "errorDescription", "errorMessage"];
/// Fields with the reason of a phase.
const REASON_FIELDS: &[&str] = &["reason", "phaseReason", "failureReason"];
/// Fields with a message.
const MESSAGE_FIELDS: &[&str] = &[
    "message",
    "phaseReason",
    "failureReason",
    "details",
    "reason",
];
/// Phases of something that is done.
const DONE: &[&str] = &["succeeded", "completed", "complete", "success", "finished"];

/// The first complaint of an object; none of one that is well or may not be judged.
#[must_use]
pub fn complaint(object: &CustomObject) -> Option<Complaint> {
    if object.metadata.deletion_timestamp.is_some() || pause::is_paused(object) || is_done(object) {
        return None;
    }
    let conditions = conditions(&object.status);
    // Nothing is asked for, so that nothing is available.
    let wants_none = object.spec.get("replicas").and_then(Value::as_i64) == Some(0);
    if !wants_none && let Some(found) = worst_condition(object, &conditions, "") {
        return Some(found);
    }
    if is_outdated(object) {
        return None;
    }
    of_parts(object)
        .or_else(|| phase(object))
        .or_else(|| error(object))
        .or_else(|| health_of_parts(object))
        .or_else(|| flag(object))
        .or_else(|| solo(object))
}

/// Whether the whole status speaks of an older generation.
fn is_outdated(object: &CustomObject) -> bool {
    let observed = object
        .status
        .get("observedGeneration")
        .and_then(Value::as_i64);
    observed.is_some_and(|observed| object.generation.is_some_and(|now| observed < now))
}

fn is_done(object: &CustomObject) -> bool {
    let phase = ["phase", "state"]
        .iter()
        .filter_map(|key| object.status.get(key)?.as_str());
    let mut phase = phase.map(str::to_ascii_lowercase);
    if phase.any(|phase| DONE.contains(&phase.as_str())) {
        return true;
    }
    let conditions = conditions(&object.status);
    let completed = conditions.iter().any(|c| {
        matches!(c.kind, "Complete" | "Completed" | "Succeeded")
            && c.status == "True"
            && c.opinion() != Opinion::Bad
    });
    completed && conditions.iter().all(|c| c.opinion() != Opinion::Bad)
}

/// A condition as it stands in a status.
struct StatedCondition<'a> {
    kind: &'a str,
    status: &'a str,
    reason: &'a str,
    message: &'a str,
    since: Option<Time>,
    generation: Option<i64>,
}

impl StatedCondition<'_> {
    fn opinion(&self) -> Opinion {
        // A message of one word is a reason.
        let is_reason = !says_broken(self.reason) && !self.message.contains(' ');
        let reason = if is_reason && says_broken(self.message) {
            self.message
        } else {
            self.reason
        };
        opinion(self.kind, self.status, reason)
    }

    /// Whether the whole says that it is well.
    fn says_well(&self) -> bool {
        matches!(self.kind, "Ready" | "Available" | "Healthy") && self.status == "True"
    }

    /// A part that is not ready is no fault while the whole says that it is.
    fn is_of_a_part(&self) -> bool {
        let words = crate::model::condition_words::words(self.kind);
        words.len() > 1
            && words
                .last()
                .is_some_and(|word| matches!(word.as_str(), "ready" | "available" | "healthy"))
    }
}

fn conditions(status: &dyn ByName) -> Vec<StatedCondition<'_>> {
    let list = status.field("conditions").and_then(Value::as_array);
    let conditions = list.into_iter().flatten().filter_map(Value::as_object);
    conditions
        .map(|fields| StatedCondition {
            kind: text(fields, "type"),
            status: match fields.get("status") {
                Some(Value::Bool(true)) => "True",
                Some(Value::Bool(false)) => "False",
                _ => text(fields, "status"),
            },
            reason: text(fields, "reason"),
            message: text(fields, "message"),
            since: ["lastTransitionTime", "lastUpdateTime"]
                .iter()
                .find_map(|key| text(fields, key).parse().ok()),
            generation: fields.get("observedGeneration").and_then(Value::as_i64),
        })
        .collect()
}

/// The condition that says most clearly what is wrong: one with a message, else the first.
fn worst_condition(
    object: &CustomObject,
    conditions: &[StatedCondition],
    part: &str,
) -> Option<Complaint> {
    // A condition may be newer than the generation of the whole, which some controllers set only
    // after a success.
    let is_current = |c: &&StatedCondition| match c.generation {
        Some(of) => object.generation.is_none_or(|now| of >= now),
        None => !is_outdated(object),
    };
    let is_ready = object.is_ready || conditions.iter().any(StatedCondition::says_well);
    let is_bad =
        |c: &&StatedCondition| c.opinion() == Opinion::Bad && !(is_ready && c.is_of_a_part());
    let bad: Vec<_> = conditions
        .iter()
        .filter(is_current)
        .filter(is_bad)
        .collect();
    let told = bad.iter().filter(|c| !is_in_progress(c.reason));
    let worst = told.clone().find(|c| !c.message.is_empty());
    let worst = worst.or_else(|| told.clone().next()).or(bad.first())?;
    Some(Complaint {
        statement: format!("condition {part}{}={}", worst.kind, worst.status),
        reason: worst.reason.to_owned(),
        message: worst.message.to_owned(),
        since: worst.since,
        is_in_progress: is_in_progress(worst.reason)
            || is_in_progress(text(&object.status, "phase")),
    })
}

/// The conditions of parents, ancestors, listeners: any list whose elements have conditions.
fn of_parts(object: &CustomObject) -> Option<Complaint> {
    let lists = object.status.iter();
    let lists = lists.filter_map(|(field, value)| Some((field, value.as_array()?)));
    let mut parts = lists.flat_map(|(field, list)| {
        list.iter()
            .filter_map(Value::as_object)
            .map(move |part| (field, part))
    });
    parts.find_map(|(field, part)| {
        let name = part_name(part);
        let name = if name.is_empty() {
            format!("{field}: ")
        } else {
            format!("{field} {name}: ")
        };
        worst_condition(object, &conditions(part), &name)
    })
}

/// The health of parts, such as of members and tasks, unless the whole says that it is well.
fn health_of_parts(object: &CustomObject) -> Option<Complaint> {
    let conditions = conditions(&object.status);
    if object.is_ready || conditions.iter().any(StatedCondition::says_well) {
        return None;
    }
    let lists = object.status.iter().filter(|(field, _)| !is_past(field));
    let lists = lists.filter_map(|(field, value)| Some((field, value.as_array()?)));
    let mut parts = lists.flat_map(|(field, list)| {
        list.iter()
            .filter_map(Value::as_object)
            .map(move |part| (field, part))
    });
    parts.find_map(|(field, part)| {
        let (key, value) = inner_phase(part)
            .map(|(key, value)| (key, value.to_owned()))
            .or_else(|| part_error(part))?;
        let statement = format!("{field} {}{key} {value}", with_space(part_name(part)));
        Some(stated(object, part, statement.trim_end(), &value))
    })
}

fn with_space(name: &str) -> String {
    if name.is_empty() {
        String::new()
    } else {
        format!("{name}: ")
    }
}

/// The first of a list of errors.
fn part_error(part: &Map<String, Value>) -> Option<(&'static str, String)> {
    let first = part.get("errors")?.as_array()?.first()?;
    let text = first.as_str().map(str::to_owned);
    let of_fields = || Some(text_of(first, "message").to_owned());
    Some(("error", text.or_else(of_fields)?))
}

fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("")
}

fn is_past(field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    PAST_FIELDS.iter().any(|part| field.contains(part))
}

/// The phase of a part, if it is bad.
fn inner_phase(fields: &Map<String, Value>) -> Option<(&str, &str)> {
    const KEYS: &[&str] = &[
        "status",
        "state",
        "health",
        "phase",
        "lastObservedState",
        "transitionStatus",
    ];
    let mut inner = KEYS.iter().map(|key| (*key, text(fields, key)));
    inner.find(|(_, value)| is_bad_phase(value))
}

fn part_name(part: &Map<String, Value>) -> &str {
    let reference = ["parentRef", "ancestorRef"].iter();
    let of_reference = reference.filter_map(|key| part.get(*key)?.as_object());
    let fields = std::iter::once(part).chain(of_reference);
    fields
        .map(|fields| text(fields, "name"))
        .find(|name| !name.is_empty())
        .unwrap_or("")
}

/// A phase, state or health that is bad, of the object or one level below.
fn phase(object: &CustomObject) -> Option<Complaint> {
    let is_phase = |field: &str| {
        let field = field.to_ascii_lowercase();
        PHASE_FIELDS.iter().any(|ending| field.ends_with(ending))
    };
    object.status.iter().find_map(|(field, value)| match value {
        Value::String(value) if is_phase(field) && is_bad_phase(value) => Some(stated(
            object,
            &object.status,
            &format!("{field} {value}"),
            value,
        )),
        Value::Object(fields) if !is_past(field) => {
            let (key, value) = inner_phase(fields)?;
            Some(stated(
                object,
                fields,
                &format!("{field}.{key} {value}"),
                value,
            ))
        }
        _ => None,
    })
}

/// A flag that says that something is broken: `NoMatchingInstances` that is set, and `applied` that
/// is not, with a message that says why.
fn flag(object: &CustomObject) -> Option<Complaint> {
    const GOOD: &[&str] = &["applied", "available", "healthy", "synced"];
    let is_told = !text(&object.status, "message").is_empty();
    let is_bad = |(field, value): &(&SharedStr, &Value)| match value {
        Value::Bool(true) => opinion(field, "True", "") == Opinion::Bad,
        Value::Bool(false) => is_told && GOOD.contains(&field.as_str()),
        _ => false,
    };
    let (field, value) = object.status.iter().find(is_bad)?;
    let statement = format!("{field} {value}");
    Some(stated(object, &object.status, &statement, ""))
}

/// Gloo's status: a number for each controller, 2 for rejected and 3 for warning.
fn solo(object: &CustomObject) -> Option<Complaint> {
    if !object.group().ends_with("solo.io") {
        return None;
    }
    let of_controllers = object.status.get("statuses").and_then(Value::as_object);
    let of_controllers = of_controllers.into_iter().flat_map(Map::values);
    let of_controllers = of_controllers.filter_map(Value::as_object);
    let whole: &dyn ByName = &object.status;
    let mut statuses = std::iter::once(whole).chain(of_controllers.map(|s| s as &dyn ByName));
    let is_bad = |fields: &&dyn ByName| {
        let state = fields.field("state");
        state
            .and_then(Value::as_u64)
            .is_some_and(|state| matches!(state, 2 | 3))
            || is_bad_phase(text(*fields, "state"))
    };
    let fields = statuses.find(is_bad)?;
    Some(stated(
        object,
        fields,
        "its state is rejected or warning",
        "",
    ))
}

fn error(object: &CustomObject) -> Option<Complaint> {
    ERROR_FIELDS.iter().find_map(|key| {
        let (fields, message): (&dyn ByName, _) = match object.status.get(key)? {
            Value::String(message) => (&object.status, message.as_str()),
            Value::Object(fields) => (fields, text(fields, "message")),
            _ => return None,
        };
        if message.is_empty() {
            return None;
        }
        let mut complaint = stated(object, fields, key, "");
        message.clone_into(&mut complaint.message);
        Some(complaint)
    })
}

fn stated(object: &CustomObject, fields: &dyn ByName, statement: &str, phase: &str) -> Complaint {
    let first = |keys: &[&str]| {
        let texts = keys.iter().map(|key| text(fields, key));
        let of_error = fields.field("error").and_then(Value::as_object);
        let of_error = of_error.map_or("", |error| text(error, "message"));
        let mut texts = texts.chain([of_error, text(fields, "error")]);
        texts.find(|text| !text.is_empty()).unwrap_or("").to_owned()
    };
    Complaint {
        statement: statement.to_owned(),
        reason: first(&REASON_FIELDS[..1]),
        message: first(MESSAGE_FIELDS),
        since: times(fields).or_else(|| times(&object.status)),
        is_in_progress: is_in_progress(phase),
    }
}

/// When the phase began, where the status says so.
fn times(fields: &dyn ByName) -> Option<Time> {
    const FIELDS: &[&str] = &[
        "lastTransitionTime",
        "lastDegradedAt",
        "completionTimestamp",
        "completionTime",
        "finishedAt",
        "stoppedAt",
        "stopTime",
        "failedAt",
    ];
    FIELDS.iter().find_map(|key| text(fields, key).parse().ok())
}

fn text<'a>(fields: &'a (impl ByName + ?Sized), key: &str) -> &'a str {
    fields.field(key).and_then(Value::as_str).unwrap_or("")
}
