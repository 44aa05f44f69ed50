//! What it costs: little for what is new, nothing for what is not.

use chrono::TimeDelta;
use k8s_monitor::agents::Role;
use k8s_monitor::agents::budget::{INCIDENT_IN, INCIDENT_OUT};
use k8s_monitor::model::Severity;

use super::api::{Api, Says};
use super::world::{World, good};

fn helpful() -> Api {
    Api::new(|role, _, _| Says::Json(good(role)))
}

#[test]
fn an_incident_is_explained_within_its_allowance() {
    let api = helpful();
    let mut world = World::new(&api);
    let said = world.cycle();
    assert_eq!(said.llm.calls, 4);
    assert!(said.llm.input_tokens < INCIDENT_IN, "{:?}", said.llm);
    assert!(said.llm.output_tokens < INCIDENT_OUT, "{:?}", said.llm);
    assert!(said.llm.cost_usd < 0.014, "{:?}", said.llm);
    let most: u64 = api
        .bodies()
        .iter()
        .map(|b| b["max_tokens"].as_u64().unwrap())
        .sum();
    assert!(most <= INCIDENT_OUT, "{most}");
    assert!((world.state.spend.usd - said.llm.cost_usd).abs() < 1e-6);
    assert_eq!(world.state.spend.calls, 4);
}

/// The same with everything that the cluster and the repository can say at length.
#[test]
fn a_flood_of_evidence_stays_within_it_too() {
    let api = helpful();
    let mut world = World::new(&api);
    let incident = &mut world.incidents[0];
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
    world.candidates[0].changes = vec!["a change that is long and says nothing".repeat(90); 500];
    let said = world.cycle();
    assert_eq!(said.llm.calls, 4);
    assert!(said.llm.input_tokens < INCIDENT_IN, "{:?}", said.llm);
    // The root and its proof are still there.
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
fn healthy_cycles_ask_nothing() {
    let api = helpful();
    let mut world = World::new(&api);
    world.incidents.clear();
    for _ in 0..24 {
        let said = world.cycle();
        assert_eq!((said.llm.calls, said.llm.note), (0, None));
        world.now += TimeDelta::hours(1);
    }
    assert!(api.stub.asked().is_empty());
}

/// A day of crash loop: pods come and go, counters and clocks run, logs and
/// events say the same in other words.
#[test]
fn unchanged_cycles_ask_nothing() {
    let api = helpful();
    let mut world = World::new(&api);
    let first = world.cycle();
    assert_eq!(api.bodies().len(), 4);
    for hour in 1_u32..=24 {
        let later = TimeDelta::hours(i64::from(hour));
        let mut snapshot = super::world::snapshot();
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
        world.snapshot = snapshot;
        world.now = world.snapshot.now;
        world.evaluate();
        // With the hours other troubles come.
        world
            .incidents
            .retain(|i| i.service.as_deref() == Some("mysql"));
        let said = world.cycle();
        assert_eq!(said.llm.calls, 0, "hour {hour}");
        assert_eq!(
            said.advice[0].analysis, first.advice[0].analysis,
            "hour {hour}"
        );
        assert_eq!(said.announcements[0], first.announcements[0], "hour {hour}");
    }
    assert_eq!(api.bodies().len(), 4);
}

#[test]
fn what_changes_is_explained_anew_and_not_without_end() {
    let api = helpful();
    let mut world = World::new(&api);
    let mut calls = Vec::new();
    for change in 0_usize..8 {
        // Another object fails each time.
        let mut more = world.incidents[0].findings[0].clone();
        more.resource.name = format!("other-{}", "x".repeat(change + 1));
        world.incidents[0].findings.push(more);
        let said = world.cycle();
        calls.push(said.llm.calls);
        world.now += TimeDelta::hours(1);
    }
    assert_eq!(calls, [4, 4, 4, 4, 0, 0, 0, 0]);
    // The next day it may be explained again.
    world.now += TimeDelta::days(1);
    assert_eq!(world.cycle().llm.calls, 4);
}

#[test]
fn what_nobody_is_told_of_is_not_explained() {
    let api = helpful();
    let mut world = World::new(&api);
    world.incidents[0].severity = Severity::Sev4;
    let said = world.cycle();
    assert!(api.stub.asked().is_empty());
    assert_eq!(said.announcements[0].words(), None);
}

#[test]
fn budgets_end_it_and_say_so() {
    for (month, cycle, calls, note) in [
        (0.0, 0.03, 0, "monthUsd"),
        (0.125, 0.0, 0, "cycleUsd"),
        (0.125, 0.004, 1, "cycleUsd"),
        (0.004, 0.03, 1, "monthUsd"),
    ] {
        let api = helpful();
        let mut world = World::new(&api);
        world.config.model_budget.month_usd = month;
        world.config.model_budget.cycle_usd = cycle;
        let said = world.cycle();
        let case = format!("{month} {cycle}: {:?}", said.llm);
        assert!(said.llm.note.as_deref().unwrap().contains(note), "{case}");
        assert!(
            if calls == 0 {
                said.llm.calls == 0
            } else {
                (1..4).contains(&said.llm.calls)
            },
            "{case}"
        );
        assert!(
            said.llm.cost_usd <= cycle && said.llm.month_usd <= month,
            "{case}"
        );
    }
}

#[test]
fn a_new_month_begins_with_a_whole_budget() {
    let api = helpful();
    let mut world = World::new(&api);
    world.cycle();
    let spent = world.state.spend.usd;
    world.state.spend.usd = 1.0;
    world.state.cache.clear();
    assert_eq!(world.cycle().llm.calls, 0);
    world.now += TimeDelta::days(10);
    let said = world.cycle();
    assert_eq!(said.llm.calls, 4);
    assert!((said.llm.month_usd - spent).abs() < 1e-3, "{:?}", said.llm);
}

#[test]
fn another_prompt_or_severity_is_another_question() {
    let api = helpful();
    let mut world = World::new(&api);
    world.cycle();
    assert_eq!(world.state.cache.len(), Role::ALL.len());
    for (key, cached) in &world.state.cache {
        assert!(key.starts_with("model:"), "{key}");
        assert_eq!(cached.at, world.now);
    }
    world.now += TimeDelta::days(8);
    world.incidents.clear();
    world.cycle();
    assert!(world.state.cache.is_empty());
}
