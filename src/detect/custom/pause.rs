//! Custom resources that somebody suspended, paused or stopped. They are not judged.

use serde_json::Value;

use crate::cluster::types::CustomObject;

const SPEC_SWITCHES: &[&str] = &[
    "suspend",
    "suspended",
    "paused",
    "pause",
    "stopped",
    "hibernated",
    "disabled",
];
const SPEC_STATES: &[&str] = &["state", "desiredState", "powerState", "runStrategy"];
const CONDITIONS: &[&str] = &[
    "Paused",
    "Suspended",
    "Hibernated",
    "ReconciliationPaused",
    "PausedByUser",
];
const WORDS: &[&str] = &[
    "paused",
    "suspended",
    "hibernated",
    "stopped",
    "halted",
    "off",
    "hibernating",
    "suspending",
    "reconcilepaused",
    "notraffic",
];

/// Whether the object is suspended, paused or stopped on purpose.
#[must_use]
pub fn is_paused(object: &CustomObject) -> bool {
    by_spec(object) || object.pause.is_some() || by_status(object)
}

fn by_spec(object: &CustomObject) -> bool {
    let is_on = |key: &&str| object.spec.get(key) == Some(&Value::Bool(true));
    let is_off_state = |key: &&str| is_word(object.spec_text(&[*key]));
    SPEC_SWITCHES.iter().any(is_on)
        || object.spec.get("running") == Some(&Value::Bool(false))
        || SPEC_STATES.iter().any(is_off_state)
}

fn by_status(object: &CustomObject) -> bool {
    let conditions = object.status.get("conditions").and_then(Value::as_array);
    let text = |condition: &Value, key: &str| {
        condition
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned()
    };
    let is_pause = |condition: &Value| {
        CONDITIONS.contains(&text(condition, "type").as_str())
            && text(condition, "status") == "True"
            || is_word(&text(condition, "reason"))
    };
    conditions.into_iter().flatten().any(is_pause)
        || [
            "phase",
            "state",
            "status",
            "currentState",
            "printableStatus",
        ]
        .iter()
        .any(|key| is_word(object.status_text(&[*key])))
}

fn is_word(text: &str) -> bool {
    WORDS.contains(&text.to_ascii_lowercase().as_str())
}
