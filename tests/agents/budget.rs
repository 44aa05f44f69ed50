//! The cost: little for a new incident, nothing for an unchanged one.

use chrono::TimeDelta;
use k8s_monitor::agents::Role;
use k8s_monitor::agents::budget::INCIDENT_INPUT_TOKENS;
use k8s_monitor::model::Severity;

use super::api::{Api, Reply};
use super::harness::{Harness, good};

/// Output tokens per incident and cycle.
const INCIDENT_OUTPUT_TOKENS: u64 = 1_360;

fn helpful() -> Api {
    Api::new(|role, _, _| Reply::Json(good(role)))
}

#[test]
fn an_incident_stays_within_its_tokens() {
    let api = helpful();
    let mut harness = Harness::new(&api);
    let results = harness.cycle();
    assert_eq!(results.llm.calls, 4);
    assert!(
        results.llm.input_tokens < INCIDENT_INPUT_TOKENS,
        "{:?}",
        results.llm
    );
    assert!(
        results.llm.output_tokens < INCIDENT_OUTPUT_TOKENS,
        "{:?}",
        results.llm
    );
    assert!(results.llm.cost_usd < 0.014, "{:?}", results.llm);
    let most: u64 = api
        .bodies()
        .iter()
        .map(|b| b["max_tokens"].as_u64().unwrap())
        .sum();
    assert!(most <= INCIDENT_OUTPUT_TOKENS, "{most}");
    assert!((harness.state.spend.usd - results.llm.cost_usd).abs() < 1e-6);
    assert_eq!(harness.state.spend.calls, 4);
}

/// With many findings and changes of a great length.
#[test]
fn an_incident_with_much_evidence_stays_within_its_tokens() {
    let api = helpful();
    let mut harness = Harness::new(&api);
    let incident = &mut harness.incidents[0];
    let finding = incident.findings[0].clone();
    for n in 0..300 {
        let mut more = finding.clone();
        more.resource.name = format!("other-{n}");
        for fact in &mut more.evidence {
            fact.text = "many words that say little ".repeat(200);
        }
        incident.findings.push(more);
        incident.affects.push(format!("service-{n}"));
    }
    harness.candidates[0].changes = vec!["a change that is long and reply nothing".repeat(90); 500];
    let results = harness.cycle();
    assert_eq!(results.llm.calls, 4);
    assert!(
        results.llm.input_tokens < INCIDENT_INPUT_TOKENS,
        "{:?}",
        results.llm
    );
    // The root finding and its evidence are kept.
    let first = &api.bodies()[0]["messages"][0]["content"];
    for kept in [
        "INCIDENT mysql is unavailable",
        "- StatefulSet mysql/mysql",
        "E1 object",
        "known issue",
    ] {
        assert!(first.as_str().unwrap().contains(kept), "{kept}: {first}");
    }
}

#[test]
fn a_healthy_cycle_sends_no_request() {
    let api = helpful();
    let mut harness = Harness::new(&api);
    harness.incidents.clear();
    for _ in 0..24 {
        let results = harness.cycle();
        assert_eq!((results.llm.calls, results.llm.note), (0, None));
        harness.now += TimeDelta::hours(1);
    }
    assert!(api.stub.requests().is_empty());
}

/// A day of a crash loop: pods, counters, times, and the text of logs and events change.
#[test]
fn an_unchanged_incident_sends_no_request() {
    let api = helpful();
    let mut harness = Harness::new(&api);
    let first = harness.cycle();
    assert_eq!(api.bodies().len(), 4);
    for hour in 1_u32..=24 {
        let later = TimeDelta::hours(i64::from(hour));
        let mut snapshot = super::harness::snapshot();
        snapshot.now += later;
        for pod in &mut snapshot.objects.pods {
            let status = std::sync::Arc::make_mut(&mut pod.status);
            for status in &mut status.container_statuses {
                if status.restart_count > 0 {
                    status.restart_count += 12 * hour;
                }
                if let Some(ended) = &mut status.last_state.terminated {
                    ended.finished_at = ended.finished_at.map(|t| t + later);
                    ended.started_at = ended.started_at.map(|t| t + later);
                }
            }
        }
        for job in &mut snapshot.objects.cron_jobs {
            // Backups go on.
            for time in [
                &mut job.status.last_schedule_time,
                &mut job.status.last_successful_time,
            ] {
                *time = time.map(|t| t + later);
            }
        }
        for event in &mut snapshot.objects.events {
            event.count = event.count.map(|n| n + hour * 7);
            event.last_timestamp = event.last_timestamp.map(|t| t + later);
            event.message = event.message.replace("mysql-0", "mysql-0 again").into();
        }
        for log in &mut snapshot.logs {
            log.text = log
                .text
                .replace("2026-11-23", &format!("2026-11-{hour:02}"));
        }
        harness.snapshot = snapshot;
        harness.now = harness.snapshot.now;
        harness.evaluate();
        // Other incidents begin with time.
        harness
            .incidents
            .retain(|i| i.service.as_deref() == Some("mysql"));
        let results = harness.cycle();
        assert_eq!(results.llm.calls, 0, "hour {hour}");
        assert_eq!(
            results.advice[0].analysis, first.advice[0].analysis,
            "hour {hour}"
        );
        assert_eq!(
            results.announcements[0], first.announcements[0],
            "hour {hour}"
        );
    }
    assert_eq!(api.bodies().len(), 4);
}

#[test]
fn a_changing_incident_is_explained_four_times_a_day() {
    let api = helpful();
    let mut harness = Harness::new(&api);
    let mut calls = Vec::new();
    for change in 0_usize..8 {
        // Another object fails each time.
        let mut more = harness.incidents[0].findings[0].clone();
        more.resource.name = format!("other-{}", "x".repeat(change + 1));
        harness.incidents[0].findings.push(more);
        let results = harness.cycle();
        calls.push(results.llm.calls);
        harness.now += TimeDelta::hours(1);
    }
    assert_eq!(calls, [4, 4, 4, 4, 0, 0, 0, 0]);
    // The next day it may be explained again.
    harness.now += TimeDelta::days(1);
    assert_eq!(harness.cycle().llm.calls, 4);
}

#[test]
fn a_sev_4_incident_is_not_explained() {
    let api = helpful();
    let mut harness = Harness::new(&api);
    harness.incidents[0].severity = Severity::Sev4;
    let results = harness.cycle();
    assert!(api.stub.requests().is_empty());
    assert_eq!(results.announcements[0].model_text(), None);
}

#[test]
fn a_budget_that_is_used_up_is_noted() {
    for (month, cycle, calls, note) in [
        (0.0, 0.03, 0, "monthUsd"),
        (0.125, 0.0, 0, "cycleUsd"),
        (0.125, 0.004, 1, "cycleUsd"),
        (0.004, 0.03, 1, "monthUsd"),
    ] {
        let api = helpful();
        let mut harness = Harness::new(&api);
        harness.config.model_budget.month_usd = month;
        harness.config.model_budget.cycle_usd = cycle;
        let results = harness.cycle();
        let case = format!("{month} {cycle}: {:?}", results.llm);
        assert!(
            results.llm.note.as_deref().unwrap().contains(note),
            "{case}"
        );
        assert!(
            if calls == 0 {
                results.llm.calls == 0
            } else {
                (1..4).contains(&results.llm.calls)
            },
            "{case}"
        );
        assert!(
            results.llm.cost_usd <= cycle && results.llm.month_usd <= month,
            "{case}"
        );
    }
}

#[test]
fn a_new_month_resets_the_budget() {
    let api = helpful();
    let mut harness = Harness::new(&api);
    harness.cycle();
    let spent = harness.state.spend.usd;
    harness.state.spend.usd = 1.0;
    harness.state.cache.clear();
    assert_eq!(harness.cycle().llm.calls, 0);
    harness.now += TimeDelta::days(10);
    let results = harness.cycle();
    assert_eq!(results.llm.calls, 4);
    assert!(
        (results.llm.month_usd - spent).abs() < 1e-3,
        "{:?}",
        results.llm
    );
}

#[test]
fn cached_answers_are_removed_after_a_week() {
    let api = helpful();
    let mut harness = Harness::new(&api);
    harness.cycle();
    assert_eq!(harness.state.cache.len(), Role::ALL.len());
    for (key, cached) in &harness.state.cache {
        assert!(key.starts_with("model:"), "{key}");
        assert_eq!(cached.at, harness.now);
    }
    harness.now += TimeDelta::days(8);
    harness.incidents.clear();
    harness.cycle();
    assert!(harness.state.cache.is_empty());
}
