//! What the analyzer may look up, how often, and in which scope.

use std::sync::{Arc, Mutex};

use k8s_monitor::agents::Role;
use k8s_monitor::agents::budget::INCIDENT_INPUT_TOKENS;
use k8s_monitor::model::AnalysisSource;

use serde_json::{Value, json};

use super::api::{Api, Reply};
use super::harness::{Harness, good};

fn request(what: &str, kind: &str, namespace: &str, name: &str) -> Value {
    json!({ "what": what, "kind": kind, "namespace": namespace, "name": name })
}

/// A model that sends these look-ups, one per round, and the data that it got.
fn model_with_lookups(lookups: Vec<Value>) -> (Api, Arc<Mutex<Vec<String>>>) {
    let received = Arc::<Mutex<Vec<String>>>::default();
    let api = {
        let received = received.clone();
        Api::new(move |role, data, nth| {
            let mut answer = good(role);
            if role == Role::Analyzer {
                received.lock().unwrap().push(data.to_owned());
                if let Some(wanted) = lookups.get(nth) {
                    answer = json!({ "hypothesis": "MySQL ends; why is open.", "confidence": "LOW",
                        "evidence": ["E1"], "remediation": [], "lookups": [wanted] });
                }
            }
            Reply::Json(answer)
        })
    };
    (api, received)
}

#[test]
fn the_result_of_a_look_up_is_in_the_next_round() {
    for (wanted, expected) in [
        (
            request("logs", "Pod", "mysql", "mysql-0"),
            "LOGS of mysql-0",
        ),
        (
            request("describe", "StatefulSet", "mysql", "mysql"),
            "\"replicas\":1",
        ),
        (
            request("describe", "pod", "mysql", "mysql-0"),
            "restartCount",
        ),
        (
            request("events", "Pod", "mysql", "mysql-0"),
            "R1 EVENTS of mysql-0",
        ),
        (
            request("logs", "StatefulSet", "mysql", "mysql"),
            "R1 LOGS of mysql\nmysql (previous run)",
        ),
    ] {
        let (api, received) = model_with_lookups(vec![wanted.clone()]);
        let mut harness = Harness::new(&api);
        harness.correlation = None;
        let results = harness.cycle();
        let received = received.lock().unwrap();
        assert_eq!(received.len(), 2, "{wanted}");
        assert!(!received[0].contains(expected), "{wanted}");
        assert!(received[1].contains(expected), "{wanted}: {}", received[1]);
        let rounds = |data: &str| data.lines().next().unwrap().to_owned();
        assert_ne!(rounds(&received[0]), rounds(&received[1]));
        assert!(received[0].starts_with("Rounds of look-ups left: "));
        assert_eq!(results.advice[0].analysis.source, AnalysisSource::Model);
    }
}

#[test]
fn objects_out_of_scope_are_not_looked_up() {
    for wanted in [
        request("logs", "Pod", "vault", "vault-0"),
        request("describe", "Pod", "vault", "vault-0"),
        request("describe", "Secret", "mysql", "mysql"),
        request("describe", "ConfigMap", "mysql", "mysql"),
        request("describe", "Node", "", "k3s-agent-9"),
        request("describe", "Namespace", "", "kube-system"),
        request("events", "Pod", "kube-system", "coredns"),
        request("logs", "Pod", "mysql", "../../etc/passwd"),
        request("describe", "Pod", "mysql", "mysql-0; id"),
        request("logs", "", "", "x"),
    ] {
        let (api, received) = model_with_lookups(vec![wanted.clone()]);
        let mut harness = Harness::new(&api);
        let results = harness.cycle();
        // The model is told, and answers again.
        let received = received.lock().unwrap();
        assert_eq!(received.len(), 2, "{wanted}");
        assert!(received[1].contains("nothing found"), "{wanted}");
        assert_eq!(
            results.advice[0].analysis.source,
            AnalysisSource::Model,
            "{wanted}"
        );
        assert!(results.llm.note.unwrap().contains("look-up"), "{wanted}");
    }
}

#[test]
fn the_rounds_of_look_ups_are_limited() {
    let events = request("events", "Pod", "mysql", "mysql-0");
    let (api, received) = model_with_lookups(vec![events; 1_000]);
    let mut harness = Harness::new(&api);
    harness.correlation = None;
    let results = harness.cycle();
    let rounds = received.lock().unwrap().len();
    assert!((2..=4).contains(&rounds), "{rounds}");
    // An answer that still asks is not the analysis, and is not cached as one.
    assert_eq!(results.advice[0].analysis.source, AnalysisSource::Rules);
    assert!(received.lock().unwrap()[rounds - 1].starts_with("No look-ups are left"));
    assert!(
        results.llm.input_tokens < INCIDENT_INPUT_TOKENS,
        "{:?}",
        results.llm
    );
    assert!(results.llm.output_tokens < 1_200, "{:?}", results.llm);
}

#[test]
fn after_a_failed_round_the_rules_text_is_used() {
    let logs = request("logs", "Pod", "mysql", "mysql-0");
    let (api, _) = model_with_lookups(vec![logs]);
    let mut harness = Harness::new(&api);
    let ok = super::stub::Fault::None;
    let error = super::stub::Fault::Answer(super::api::error(401, "authentication_error", "no"));
    api.stub.inject([ok, error]);
    let results = harness.cycle();
    assert_eq!(results.advice[0].analysis.source, AnalysisSource::Rules);
    // The next cycle asks again.
    let keys: Vec<_> = harness.state.cache.keys().collect();
    assert!(
        keys.iter().all(|key| !key.contains("k8s-analyzer")),
        "{keys:?}"
    );
}
