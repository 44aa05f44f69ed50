//! Hostile text from the cluster, GitHub and the model.

use k8s_monitor::inventory::{KnownIssue, KnownIssueKind, Service};
use k8s_monitor::model::ShellCommand;
use k8s_monitor::notify::slack::render;
use k8s_monitor::notify::{ActiveSilence, MessageKind, ModelText, compose, compose_resolved};
use k8s_monitor::report::*;
use proptest::prelude::*;

use super::samples::{at, context, database};
use super::slack_rules;
use crate::support::hostile;

/// Hostile text, a secret, one character many times, or any text.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        14 => prop::sample::select(hostile::TEXTS).prop_map(str::to_owned),
        1 => Just(" password=hunter2hunter2 AKIAIOSFODNN7EXAMPLE ".to_owned()),
        1 => (
            0_usize..4_000,
            prop_oneof![Just('<'), Just('&'), Just('"'), Just('a'), Just('😀')]
        )
            .prop_map(|(length, c)| c.to_string().repeat(length)),
        1 => any::<String>(),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..5).prop_map(|pieces| pieces.concat())
}

/// An incident with hostile text in every field.
fn incident() -> impl Strategy<Value = Incident> {
    let texts = prop::collection::vec(text(), 16);
    let sizes = (0_usize..5, 0_usize..5, 0_usize..6, 0_usize..5);
    (
        texts,
        sizes,
        any::<bool>(),
        -100_000_i64..100_000,
        0_usize..4,
    )
        .prop_map(
            |(t, (findings, evidence, actions, commits), flag, seconds, severity)| {
                let mut incident = database();
                incident.severity = Severity::ALL[severity];
                incident.id.clone_from(&t[0]);
                incident.title.clone_from(&t[1]);
                incident.rule.clone_from(&t[2]);
                incident.service = flag.then(|| t[3].clone());
                incident.affects = vec![t[4].clone(), t[5].clone()];
                incident.since = at("2026-11-02T08:00:00Z") + chrono::TimeDelta::seconds(seconds);
                incident.root_cause.summary.clone_from(&t[6]);
                incident.root_cause.resource.name.clone_from(&t[7]);
                incident.root_cause.cause = flag.then(|| t[8].clone());
                let mut finding = incident.findings[0].clone();
                finding.message.clone_from(&t[6]);
                finding.reason.clone_from(&t[9]);
                finding.cause = flag.then(|| t[10].clone());
                finding.known_issue = flag.then(|| t[11].clone());
                finding.evidence[0].text.clone_from(&t[12]);
                finding.evidence = vec![finding.evidence[0].clone(); evidence];
                incident.findings = vec![finding; findings];
                incident.analysis.hypothesis.clone_from(&t[13]);
                incident.analysis.business_impact.clone_from(&t[14]);
                incident.analysis.dissent = flag.then(|| t[13].clone());
                let action = Action {
                    title: t[15].clone(),
                    command: ShellCommand::parse("git log -p -- 'a*b_c <d> & e'"),
                };
                incident.actions = vec![action; actions];
                let correlation = incident.correlation.as_mut().unwrap();
                let mut commit = correlation.commits[0].clone();
                commit.reasons = vec![t[10].clone(); 3];
                commit.lag_seconds = seconds;
                if flag {
                    commit.sha.clone_from(&t[9]);
                    commit.url = format!("https://github.com/a/b/commit/{}", t[9]);
                    commit.pull_request = Some(format!("https://github.com/{}/pull/1", t[10]));
                }
                correlation.commits = vec![commit; commits];
                incident
            },
        )
}

fn service(name: &str, text: &str) -> Service {
    let mut service = Service::new(name, Tier::P0);
    service.namespace = Some(text.into());
    service.gitops.app_name = Some(text.into());
    service.gitops.manifests = Some(text.into());
    service.ingress = vec![text.into(); 5];
    service.known_issues = vec![
        KnownIssue {
            text: text.into(),
            kind: KnownIssueKind::Other,
        };
        9
    ];
    service
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_text_is_escaped_and_shortened(
        one in incident(),
        model_text in prop::option::of((text(), text())),
        loose in text(),
        kind in prop::sample::select(&MessageKind::ALL),
        count in 0_usize..60,
        is_undelivered in any::<bool>(),
    ) {
        let services = [service(one.service.as_deref().unwrap_or("x"), &loose)];
        let incidents = vec![one.clone(); if kind == MessageKind::Digest { count } else { 1 }];
        let rollback = one.actions.clone();
        let mut base = context(kind, &incidents, &services);
        base.model_text = model_text.as_ref().map(|(headline, summary)| ModelText { headline, summary });
        base.cluster = &loose;
        base.cycle = &loose;
        base.why = &loose;
        base.model_note = Some(&loose);
        base.rollback = &rollback;
        base.previous_severity = Some(Severity::Sev4);
        let silence = ActiveSilence { by: loose.clone(), until: base.now, reason: loose.clone() };
        base.silence = Some(&silence);
        base.next_repeat = Some(base.now);
        base.is_undelivered = is_undelivered;
        for message in [compose(&base), compose_resolved(&base)] {
            let message = render(&message);
            prop_assert_eq!(slack_rules::rendered(&message), Ok(()));
            let all = format!("{}{}", message.text, message.blocks);
            prop_assert!(!hostile::has_mention(&all), "{}", all);
            prop_assert!(!all.contains("AKIAIOSFODNN7EXAMPLE"), "{}", all);
        }
    }
}
