//! `docs/messages.md`: an example of each kind of message.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use k8s_monitor::inventory::Service;
use k8s_monitor::model::{IncidentState, Severity};
use k8s_monitor::notify::slack::{self, SlackMessage};
use k8s_monitor::notify::{
    ActiveSilence, MessageContext, MessageKind, ModelText, compose_digest_resolved,
    compose_resolved,
};
use k8s_monitor::report::Incident;

use super::markdown;
use super::samples::{
    at, backend, blind, certificate, context, database, later, many, rendered, rollback, services,
};
use super::slack_rules;

const INTRODUCTION: &str = "\
# Messages

The messages of the monitor in Slack. A test writes this page from the blocks that are \
sent (`UPDATE_DOCS=1 cargo test --test edges slack`); Slack adds colours, columns and \
spacing. *Preview* is the text of the notification on a phone.

Channels, times and repetitions: [configuration](configuration.md).
";

/// The title, a description, and the message.
type Sample = (&'static str, &'static str, SlackMessage);

fn all() -> Vec<Sample> {
    let services = services();
    let mut samples = full(&services);
    samples.extend(replies(&services));
    samples
}

fn full(services: &[Service]) -> Vec<Sample> {
    let rollback = rollback();
    let sev1 = MessageContext {
        rollback: &rollback,
        model_note: Some("explained by claude-haiku-4-5 (3 calls, 0.010 USD)"),
        next_repeat: Some(at("2026-11-02T11:04:05Z")),
        model_text: Some(ModelText {
            headline: "mysql is down, killed for memory since its limit was cut",
            summary: "MySQL is killed at its new limit of 256Mi and the chores tracker has no \
                      database. A commit 12 minutes before the outage lowered the limit.",
        }),
        ..context(MessageKind::New, &[], &[])
    };
    let one = [database()];
    let two = [backend()];
    let three = [certificate()];
    let unread = [blind()];
    let escalated = [later(
        database(),
        "2026-11-02T05:58:10Z",
        IncidentState::Escalated,
    )];
    let repeated = [later(
        database(),
        "2026-11-02T02:00:02Z",
        IncidentState::Ongoing,
    )];
    let several = many();
    let silence = ActiveSilence {
        by: "s-1a2b".into(),
        until: at("2026-11-02T12:00:00Z"),
        reason: "moving the database to another node".into(),
    };
    let with = |base: &MessageContext, incidents: &[Incident], kind| {
        let context_of_all = MessageContext {
            incidents: incidents.iter().collect(),
            services,
            kind,
            ..base.clone()
        };
        rendered(&context_of_all)
    };
    let plain = context(MessageKind::New, &[], services);
    vec![
        (
            "SEV-1",
            "New, explained by the model, with a suspected commit.",
            with(&sev1, &one, MessageKind::New),
        ),
        (
            "SEV-1, still open",
            "The full message is repeated every 3 hours; here without the model.",
            with(&plain, &repeated, MessageKind::Repeat),
        ),
        (
            "SEV-2",
            "New, without the model.",
            with(&plain, &two, MessageKind::New),
        ),
        (
            "SEV-3",
            "In business hours only.",
            with(&plain, &three, MessageKind::New),
        ),
        (
            "Escalation",
            "A new message in the channel of the higher severity, although the incident was silenced.",
            with(
                &MessageContext {
                    previous_severity: Some(Severity::Sev2),
                    silence: Some(&silence),
                    ..plain.clone()
                },
                &escalated,
                MessageKind::Escalated,
            ),
        ),
        (
            "Monitoring blind",
            "Objects that cannot be read do not count as healthy.",
            with(&plain, &unread, MessageKind::New),
        ),
        (
            "Digest",
            "More than five new incidents in one cycle.",
            with(&plain, &several, MessageKind::Digest),
        ),
    ]
}

fn replies(services: &[Service]) -> Vec<Sample> {
    let open = [later(
        database(),
        "2026-11-02T05:58:10Z",
        IncidentState::Ongoing,
    )];
    let mut milder = backend();
    milder.severity = Severity::Sev2;
    let improved = [later(
        milder,
        "2026-11-02T05:58:10Z",
        IncidentState::DeEscalated,
    )];
    let ended = [later(
        database(),
        "2026-11-02T05:58:10Z",
        IncidentState::Resolved,
    )];
    let recurred = [later(
        database(),
        "2026-11-02T07:51:30Z",
        IncidentState::Reopened,
    )];
    let update = MessageContext {
        why: "chores-tracker-frontend is affected now too",
        ..context(MessageKind::Update, &open, services)
    };
    let milder = MessageContext {
        why: "one of two replicas is ready again",
        previous_severity: Some(Severity::Sev1),
        ..context(MessageKind::DeEscalated, &improved, services)
    };
    let reopened = MessageContext {
        why: "resolved 41m ago",
        ..context(MessageKind::Reopened, &recurred, services)
    };
    let resolved = context(MessageKind::Resolved, &ended, services);
    let undelivered = MessageContext {
        is_undelivered: true,
        ..resolved.clone()
    };
    vec![
        (
            "Update",
            "A reply when something changed.",
            rendered(&update),
        ),
        ("De-escalation", "A reply.", rendered(&milder)),
        (
            "Resolved",
            "A reply, also shown in the channel.",
            rendered(&resolved),
        ),
        (
            "Resolved, the first message",
            "The edited first message.",
            slack::render(&compose_resolved(&resolved)),
        ),
        (
            "Reopened",
            "Recurred within 3 hours: a reply, also shown in the channel.",
            rendered(&reopened),
        ),
        (
            "Already resolved",
            "Resolved before any message could be delivered: one message.",
            rendered(&undelivered),
        ),
    ]
}

#[test]
fn the_documented_messages_are_those_that_are_sent() {
    let mut text = INTRODUCTION.to_owned();
    for (title, about, message) in all() {
        let shown = markdown::markdown(&message);
        let _ = write!(text, "\n## {title}\n\n{about}\n\n{shown}");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/messages.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "docs/messages.md is stale: UPDATE_DOCS=1 cargo test --test edges slack"
    );
}

#[test]
fn every_kind_of_message_is_within_the_limits_of_slack() {
    for (title, _, message) in all() {
        slack_rules::rendered(&message).unwrap_or_else(|error| panic!("{title}: {error}"));
    }
}

/// Severity, subject and impact are visible without scrolling.
#[test]
fn the_first_two_blocks_have_the_essentials() {
    for (title, _, message) in full(&services()).into_iter().take(6) {
        let head = message.blocks[0]["text"]["text"].as_str().unwrap();
        let lead = message.blocks[1]["text"]["text"].as_str().unwrap();
        assert!(head.contains("SEV-"), "{title}: {head}");
        assert!(head.chars().count() <= 150);
        assert!(lead.contains("*Impact:*"), "{title}: {lead}");
        assert!(message.text.starts_with(head), "{title}: {}", message.text);
    }
}

#[test]
fn links_point_only_to_configured_hosts() {
    let services = services();
    for url in [
        "https://evil.example/commit/4f2a9c1d8e7b6a5f4c3d2e1f0a9b8c7d6e5f4a3",
        "javascript:alert(1)",
        "https://github.com/a/b/commit/4f2a9c1d8e7b6a5f4c3d2e1f0a9b8c7d6e5f4a3b|x> <!here",
    ] {
        let mut incident = database();
        let commit = &mut incident.correlation.as_mut().unwrap().commits[0];
        commit.url = url.into();
        commit.pull_request = Some(format!("{url}/pull/x"));
        let incidents = [incident];
        let blocks = rendered(&context(MessageKind::New, &incidents, &services))
            .blocks
            .to_string();
        assert!(!blocks.contains('<'), "{blocks}");
        assert!(blocks.contains("4f2a9c1"), "{blocks}");
    }
}

/// The incidents of a digest share a thread, so a reply names each of them.
#[test]
fn a_message_about_several_incidents_names_each() {
    let services = services();
    let over = |incident| later(incident, "2026-11-02T05:58:10Z", IncidentState::Resolved);
    let ended: Vec<_> = many().into_iter().map(over).collect();
    for (kind, incidents) in [
        (MessageKind::Resolved, ended.clone()),
        (MessageKind::Update, many()),
    ] {
        let message = rendered(&context(kind, &incidents, &services));
        let text = message.plain();
        for incident in &incidents {
            assert!(text.contains(&incident.id), "{kind:?}: {text}");
        }
    }
    let context_of_all = context(MessageKind::Resolved, &ended, &services);
    let lines: Vec<_> = ended
        .iter()
        .map(|incident| k8s_monitor::notify::ResolvedIncident {
            id: incident.id.clone(),
            severity: incident.severity,
            subject: incident.title.clone(),
        })
        .collect();
    let message = slack::render(&compose_digest_resolved(&context_of_all, &lines));
    slack_rules::rendered(&message).unwrap();
    let text = message.plain();
    assert!(
        ended.iter().all(|incident| text.contains(&incident.id)),
        "{text}"
    );
}
