//! The expected result of a case, and how a result differs from it.

use std::collections::BTreeMap;

use k8s_monitor::assess::{Incident, ServiceState, Verdict};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The expected part of a result; fields that are left out are not compared.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    severity: Option<String>,
    /// By name: the status, or a map of the fields of [`service`].
    #[serde(default)]
    services: BTreeMap<String, Value>,
    /// All incidents in their order, with the fields of [`incident`]; an empty
    /// list expects none.
    incidents: Option<Vec<Map<String, Value>>>,
}

impl Expect {
    /// The differences, one text each.
    #[must_use]
    pub fn differences(&self, verdict: &Verdict) -> Vec<String> {
        let mut differences = Vec::new();
        if let Some(expected) = &self.severity {
            let found = verdict
                .incidents
                .iter()
                .map(|i| i.severity)
                .min()
                .unwrap_or(k8s_monitor::model::Severity::Sev4)
                .as_str();
            if expected != found {
                differences.push(difference("severity", expected, found));
            }
        }
        for (name, expected) in &self.services {
            differences.extend(self::differing_service(name, expected, verdict));
        }
        if let Some(expected) = &self.incidents {
            differences.extend(differing_incidents(expected, &verdict.incidents));
        }
        differences
    }
}

/// A whole result, to compare it with another.
#[must_use]
pub fn whole(verdict: &Verdict) -> Value {
    let services = verdict
        .services
        .iter()
        .map(|s| (s.name.clone(), service(s).into()));
    json!({
        "services": services.collect::<Map<_, _>>(),
        "incidents": verdict.incidents.iter().map(incident).collect::<Vec<_>>(),
    })
}

fn difference(what: &str, expected: &str, found: &str) -> String {
    format!("    {what}\n      expected {expected}\n      found    {found}")
}

fn differing_service(name: &str, expected: &Value, verdict: &Verdict) -> Option<String> {
    let what = format!("service {name}");
    let Some(state) = verdict.services.iter().find(|s| s.name == name) else {
        return Some(difference(&what, &expected.to_string(), "no such service"));
    };
    let expected = match expected {
        Value::Object(fields) => fields.clone(),
        status => Map::from_iter([("status".to_owned(), status.clone())]),
    };
    let found = service(state);
    (!is_part(&expected, &found)).then(|| {
        difference(
            &what,
            &shown(&expected),
            &shown(&of_interest(&expected, &found)),
        )
    })
}

fn differing_incidents(expected: &[Map<String, Value>], found: &[Incident]) -> Vec<String> {
    let found: Vec<_> = found.iter().map(incident).collect();
    if expected.len() != found.len() {
        let list = |maps: &[Map<String, Value>]| match maps {
            [] => "none".to_owned(),
            _ => maps
                .iter()
                .map(|m| format!("\n        {}", shown(m)))
                .collect::<Vec<_>>()
                .concat(),
        };
        return vec![difference("incidents", &list(expected), &list(&found))];
    }
    expected
        .iter()
        .zip(&found)
        .enumerate()
        .filter(|(_, (expected, found))| !is_part(expected, found))
        .map(|(at, (expected, found))| {
            let found = format!(
                "{}\n      in full  {}",
                shown(&of_interest(expected, found)),
                shown(found)
            );
            difference(&format!("incident {}", at + 1), &shown(expected), &found)
        })
        .collect()
}

/// The fields of a service that cases may expect.
fn service(state: &ServiceState) -> Map<String, Value> {
    object(json!({
        "status": state.status,
        "tier": state.tier.as_str(),
        "since": state.since,
        "downtimeSeconds": state.downtime.map(|d| d.num_seconds()),
        "ready": state.ready,
        "desired": state.desired,
    }))
}

/// The fields of an incident that cases may expect; `reason`, `cause`, `resource`
/// and `message` are those of its root.
fn incident(incident: &Incident) -> Map<String, Value> {
    let root = incident.root();
    let findings: Vec<_> = incident
        .findings
        .iter()
        .map(|f| format!("{}: {}", f.resource, f.reason))
        .collect();
    object(json!({
        "service": incident.service,
        "tier": incident.tier.map(k8s_monitor::model::Tier::as_str),
        "severity": incident.severity.as_str(),
        "rule": incident.rule.as_str(),
        "since": incident.since,
        "affects": incident.affects,
        "reason": root.reason.as_str(),
        "cause": root.cause.map(k8s_monitor::model::Cause::as_str),
        "resource": root.resource.to_string(),
        "title": incident.title,
        "message": root.sentence(),
        "knownIssue": root.known_issue,
        "fingerprint": incident.fingerprint,
        "findings": findings,
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Whether all expected fields match; of a message, a part is enough.
fn is_part(expected: &Map<String, Value>, found: &Map<String, Value>) -> bool {
    expected
        .iter()
        .all(|(key, value)| match (found.get(key), value) {
            (Some(Value::String(found)), Value::String(part)) if key == "message" => {
                found.contains(part)
            }
            (found, value) => found == Some(value),
        })
}

/// The expected fields with the values found.
fn of_interest(expected: &Map<String, Value>, found: &Map<String, Value>) -> Map<String, Value> {
    let unknown = || Value::from("(no such field)");
    expected
        .keys()
        .map(|key| (key.clone(), found.get(key).cloned().unwrap_or_else(unknown)))
        .collect()
}

fn shown(map: &Map<String, Value>) -> String {
    let pairs: Vec<_> = map
        .iter()
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    format!("{{{}}}", pairs.join(", "))
}
