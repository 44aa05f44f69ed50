//! What the analyzer may look up, how often, and where.

use std::sync::{Arc, Mutex};

use k8s_monitor::agents::Role;
use k8s_monitor::agents::budget::{INCIDENT_IN, INCIDENT_OUT};
use k8s_monitor::model::AnalysisSource;

use serde_json::{Value, json};

use super::api::{Api, Says};
use super::world::{World, good};

fn look(what: &str, kind: &str, namespace: &str, name: &str) -> Value {
    json!({ "what": what, "kind": kind, "namespace": namespace, "name": name })
}

/// A model that looks up each of these in turn, one a round; with the data it saw.
fn curious(lookups: Vec<Value>) -> (Api, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let api = {
        let seen = seen.clone();
        Api::new(move |role, data, nth| {
            let mut answer = good(role);
            if role == Role::Analyzer {
                seen.lock().unwrap().push(data.to_owned());
                if let Some(wanted) = lookups.get(nth) {
                    answer = json!({ "hypothesis": "MySQL ends; why is open.", "confidence": "LOW",
                        "evidence": ["E1"], "remediation": [], "lookups": [wanted] });
                }
            }
            Says::Json(answer)
        })
    };
    (api, seen)
}

#[test]
fn what_is_asked_for_is_there_in_the_next_round() {
    for (wanted, expected) in [
        (look("logs", "Pod", "mysql", "mysql-0"), "LOGS of mysql-0"),
        (
            look("describe", "StatefulSet", "mysql", "mysql"),
            "\"replicas\":1",
        ),
        (look("describe", "pod", "mysql", "mysql-0"), "restartCount"),
        (
            look("events", "Pod", "mysql", "mysql-0"),
            "EVENTS of mysql-0",
        ),
    ] {
        let (api, seen) = curious(vec![wanted.clone()]);
        let mut world = World::new(&api);
        world.correlation = None;
        let said = world.cycle();
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), 2, "{wanted}");
        assert!(!seen[0].contains(expected), "{wanted}");
        assert!(seen[1].contains(expected), "{wanted}: {}", seen[1]);
        assert!(seen[0].starts_with("Rounds of look-ups left: 3"));
        assert!(seen[1].starts_with("Rounds of look-ups left: 2"));
        assert_eq!(said.advice[0].analysis.source, AnalysisSource::Model);
    }
}

#[test]
fn what_is_out_of_reach_is_not_looked_up() {
    for wanted in [
        look("logs", "Pod", "vault", "vault-0"),
        look("describe", "Pod", "vault", "vault-0"),
        look("describe", "Secret", "mysql", "mysql"),
        look("describe", "ConfigMap", "mysql", "mysql"),
        look("describe", "Node", "", "k3s-agent-9"),
        look("describe", "Namespace", "", "kube-system"),
        look("events", "Pod", "kube-system", "coredns"),
        look("logs", "Pod", "mysql", "../../etc/passwd"),
        look("describe", "Pod", "mysql", "mysql-0; id"),
        look("logs", "", "", ""),
    ] {
        let (api, seen) = curious(vec![wanted.clone()]);
        let mut world = World::new(&api);
        let said = world.cycle();
        // The answer in hand counts.
        assert_eq!(seen.lock().unwrap().len(), 1, "{wanted}");
        assert_eq!(
            said.advice[0].analysis.source,
            AnalysisSource::Model,
            "{wanted}"
        );
        assert!(said.llm.note.unwrap().contains("look-up"), "{wanted}");
    }
}

#[test]
fn curiosity_ends() {
    let events = look("events", "Pod", "mysql", "mysql-0");
    let (api, seen) = curious(vec![events; 1_000]);
    let mut world = World::new(&api);
    world.correlation = None;
    let said = world.cycle();
    let rounds = seen.lock().unwrap().len();
    assert!((2..=4).contains(&rounds), "{rounds}");
    assert_eq!(
        said.advice[0].analysis.hypothesis,
        "MySQL ends; why is open."
    );
    assert!(said.llm.input_tokens < INCIDENT_IN, "{:?}", said.llm);
    assert!(said.llm.output_tokens < INCIDENT_OUT, "{:?}", said.llm);
}

#[test]
fn a_round_that_fails_costs_the_answer_before_nothing() {
    let logs = look("logs", "Pod", "mysql", "mysql-0");
    let (api, _) = curious(vec![logs]);
    let mut world = World::new(&api);
    let fine = super::stub::Fault::Fine;
    let broken = super::stub::Fault::Says(super::api::error(401, "authentication_error", "no"));
    api.stub.break_with([fine, broken]);
    let said = world.cycle();
    assert_eq!(
        said.advice[0].analysis.hypothesis,
        "MySQL ends; why is open."
    );
    assert_eq!(said.advice[0].analysis.source, AnalysisSource::Model);
}
