//! Any stored state: a cycle continues from it and sends each notification once, and
//! the next cycle reads the state that it stored.

#![no_main]

use std::collections::BTreeSet;

use k8s_monitor::cluster::Resource;
use k8s_monitor::lifecycle::{self, Transition};
use k8s_monitor::state::{State, document};
use k8s_monitor_fuzz::{hostile, json};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::{Value, json};

#[path = "../../tests/lifecycle/harness.rs"]
#[allow(dead_code, missing_docs, reason = "shared with the tests")]
mod harness;

use harness::{Harness, Sev1, Sev2, Sev3, Sev4, config, incident_of};

const START: &str = "2026-11-02T00:00:00Z";

fn seed() -> Value {
    let mut harness = Harness::new(config(""), START);
    harness.cycle(vec![
        incident_of("a", Sev1),
        incident_of("b", Sev3),
        incident_of("c", Sev4),
    ]);
    harness.cycle(vec![incident_of("a", Sev2), incident_of("d", Sev2)]);
    harness.slack = false;
    harness.cycle(vec![incident_of("d", Sev1), incident_of("e", Sev1)]);
    let text = document::render(&harness.state).expect("it fits");
    json!({ "found": [1, 0, 2, 3, 4, 0, 1, 0], "sees": true, "slack": 3, "minutes": 60,
        "state": serde_json::from_str::<Value>(&text).expect("it is JSON") })
}

fuzz_mutator!(
    |data: &mut [u8], size: usize, max_size: usize, random: u32| {
        json::mutate(data, size, max_size, random, hostile::TEXTS, seed)
    }
);

fuzz_target!(|data: &[u8]| {
    let Some(input) = json::read(data).filter(Value::is_object) else {
        return;
    };
    let Ok(state) = document::parse(&input["state"].to_string()) else {
        return;
    };
    survives(&state);
    let mut harness = Harness::new(config("businessHours: { timezone: Europe/Berlin }"), START);
    let minutes = input["minutes"].as_i64().unwrap_or(60) % 100_000;
    harness.state = state;
    harness.pass(minutes + 180);
    if input["sees"] == false {
        harness.unread = vec![Resource::Pods];
    }
    let found = found(&input["found"]);
    let step = harness.store(found.clone());
    survives(&harness.state);
    names_each_once(&step);
    let accepts = input["slack"].as_u64().unwrap_or(u64::MAX);
    let delivered = send(&mut harness, &step, accepts);
    survives(&harness.state);

    // At the same time again, only what was not delivered is due.
    let again = harness.advance(found.clone());
    let is_due = |id: &String| again.due.iter().any(|due| due.incidents.contains(id));
    for due in &step.due {
        for id in &due.incidents {
            assert_ne!(is_due(id), delivered.contains(id), "{id} of {due:?}");
        }
    }
    harness.pass(60);
    names_each_once(&harness.advance(found));
});

/// Checks that storing and loading changes nothing.
fn survives(state: &State) {
    let text = document::render(state).expect("it fits");
    assert!(text.len() <= document::LIMIT);
    assert_eq!(document::parse(&text).as_ref(), Ok(state));
}

fn found(input: &Value) -> Vec<k8s_monitor::assess::Incident> {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let severities = input.as_array().into_iter().flatten();
    let each = names.into_iter().zip(severities);
    each.filter_map(|(name, severity)| {
        let severity = match severity.as_u64()? {
            1 => Sev1,
            2 => Sev2,
            3 => Sev3,
            4 => Sev4,
            _ => return None,
        };
        Some(incident_of(name, severity))
    })
    .collect()
}

/// Delivers this number of messages; the others fail.
fn send(harness: &mut Harness, step: &Transition, accepts: u64) -> BTreeSet<String> {
    let mut delivered = BTreeSet::new();
    // Earlier messages, about unknown incidents, stay in the queue.
    let queue: Vec<u64> = harness.state.outbox.iter().map(|m| m.id).collect();
    let own = queue.len().saturating_sub(step.due.len());
    for ((id, due), nth) in queue[own..].iter().zip(&step.due).zip(0..) {
        if nth < accepts {
            let posted = harness.post(due);
            lifecycle::delivered(&mut harness.state, *id, harness.now, &posted);
            delivered.extend(due.incidents.iter().cloned());
        } else {
            lifecycle::failed(&mut harness.state, *id, "down");
        }
    }
    delivered
}

fn names_each_once(step: &Transition) {
    let mut seen = BTreeSet::new();
    for due in &step.due {
        assert!(!due.incidents.is_empty(), "{due:?}");
        assert!(
            due.incidents.iter().all(|id| seen.insert(id)),
            "twice in one cycle: {due:?}"
        );
    }
}
