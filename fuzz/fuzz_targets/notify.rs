//! Any report: Slack accepts the message, it mentions no one, and it contains no credential.

#![no_main]

use chrono::TimeDelta;
use k8s_monitor::inventory::{KnownIssue, KnownIssueKind, Service};
use k8s_monitor::model::{AnalysisSource, Severity, ShellCommand, Tier};
use k8s_monitor::notify::slack::{SlackMessage, render};
use k8s_monitor::notify::{
    ActiveSilence, MessageKind, ModelText, ResolvedIncident, compose, compose_digest_resolved,
    compose_resolved,
};
use k8s_monitor::report::{Action, Incident};
use k8s_monitor_fuzz::hostile;
use k8s_monitor_fuzz::text::secret;
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/slack/samples.rs"]
#[allow(dead_code, missing_docs, reason = "shared with the tests")]
mod samples;
#[path = "../../tests/support/slack_rules.rs"]
#[allow(dead_code, missing_docs, reason = "shared with the tests")]
mod slack_rules;

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    kind: u8,
    severity: u8,
    flags: u8,
    /// The number of findings, facts, actions, commits and incidents.
    counts: [u8; 5],
    seconds: i32,
    random: u64,
    texts: Vec<Piece<'a>>,
}

#[derive(Debug, Arbitrary)]
enum Piece<'a> {
    Text(&'a str),
    Hostile(u8),
    Repeated(char, u16),
    Secret(u8),
}

/// Returns texts in turn, and the credentials in them.
struct Texts {
    texts: Vec<String>,
    secrets: Vec<String>,
    next: usize,
}

impl Texts {
    fn new(input: &Input) -> Self {
        let mut random = fastrand::Rng::with_seed(input.random);
        let mut secrets = Vec::new();
        let mut text = |piece: &Piece| match piece {
            Piece::Text(text) => (*text).to_owned(),
            Piece::Hostile(at) => {
                hostile::TEXTS[usize::from(*at) % hostile::TEXTS.len()].to_owned()
            }
            Piece::Repeated(c, count) => c.to_string().repeat(usize::from(count % 5_000)),
            Piece::Secret(kind) => {
                secrets.push(secret(*kind, &mut random));
                format!("x {} y", secrets[secrets.len() - 1])
            }
        };
        let texts = input.texts.iter().map(&mut text).collect();
        Self {
            texts,
            secrets,
            next: 0,
        }
    }

    fn next(&mut self) -> String {
        self.next += 1;
        let count = self.texts.len().max(1);
        self.texts
            .get((self.next - 1) % count)
            .cloned()
            .unwrap_or_default()
    }
}

fuzz_target!(|input: Input| {
    let mut texts = Texts::new(&input);
    let kind = MessageKind::ALL[usize::from(input.kind) % MessageKind::ALL.len()];
    let count = if kind == MessageKind::Digest {
        usize::from(input.counts[4] % 60)
    } else {
        1
    };
    let incident = incident(&input, &mut texts);
    let services = [service(&incident, &mut texts)];
    let incidents = vec![incident; count];
    let (cluster, cycle, why, note) = (texts.next(), texts.next(), texts.next(), texts.next());
    let (headline, summary, reason) = (texts.next(), texts.next(), texts.next());
    let rollback = incidents
        .first()
        .map_or_else(Vec::new, |incident| incident.actions.clone());
    let mut context = samples::context(kind, &incidents, &services);
    let flag = |bit: u8| input.flags & (1 << bit) != 0;
    context.model_text = flag(0).then_some(ModelText {
        headline: &headline,
        summary: &summary,
    });
    context.cluster = &cluster;
    context.cycle = &cycle;
    context.why = &why;
    context.model_note = flag(1).then_some(&note);
    context.rollback = &rollback;
    context.previous_severity = flag(2).then_some(Severity::Sev4);
    let silence = ActiveSilence {
        by: reason.clone(),
        until: context.now,
        reason,
    };
    context.silence = flag(4).then_some(&silence);
    context.next_repeat = flag(5).then_some(context.now);
    context.is_undelivered = flag(6);
    let ended = ResolvedIncident {
        id: texts.next(),
        severity: Severity::Sev1,
        subject: texts.next(),
    };
    let ended = vec![ended; usize::from(input.counts[4])];
    for message in [
        compose(&context),
        compose_resolved(&context),
        compose_digest_resolved(&context, &ended),
    ] {
        is_accepted(&render(&message), &texts.secrets);
    }
});

fn is_accepted(message: &SlackMessage, secrets: &[String]) {
    assert_eq!(slack_rules::rendered(message), Ok(()));
    let all = format!("{}{}", message.text, message.blocks);
    assert!(!hostile::has_mention(&all), "{all}");
    assert!(secrets.iter().all(|secret| !all.contains(secret)), "{all}");
}

fn incident(input: &Input, texts: &mut Texts) -> Incident {
    let [findings, facts, actions, commits, _] = input.counts.map(|count| usize::from(count % 8));
    let mut incident = samples::database();
    incident.severity = Severity::ALL[usize::from(input.severity) % 4];
    incident.id = texts.next();
    incident.title = texts.next();
    incident.rule = texts.next();
    incident.service = (input.flags & 1 == 0).then(|| texts.next());
    incident.affects = vec![texts.next(), texts.next()];
    incident.since = incident
        .since
        .checked_add_signed(TimeDelta::seconds(input.seconds.into()))
        .unwrap_or(incident.since);
    incident.root_cause.summary = texts.next();
    incident.root_cause.resource.name = texts.next();
    incident.root_cause.cause = Some(texts.next());
    let mut finding = incident.findings[0].clone();
    finding.message = texts.next();
    finding.reason = texts.next();
    finding.known_issue = Some(texts.next());
    finding.evidence[0].text = texts.next();
    finding.evidence = vec![finding.evidence[0].clone(); facts];
    incident.findings = vec![finding; findings];
    incident.analysis.source = AnalysisSource::Model;
    incident.analysis.hypothesis = texts.next();
    incident.analysis.business_impact = texts.next();
    incident.analysis.dissent = Some(texts.next());
    let action = Action {
        title: texts.next(),
        command: ShellCommand::parse(&texts.next()),
    };
    incident.actions = vec![action; actions];
    if let Some(correlation) = &mut incident.correlation {
        let mut commit = correlation.commits[0].clone();
        commit.sha = texts.next();
        commit.url = texts.next();
        commit.pull_request = Some(texts.next());
        commit.reasons = vec![texts.next(); 3];
        commit.lag_seconds = input.seconds.into();
        correlation.commits = vec![commit; commits];
    }
    incident
}

fn service(incident: &Incident, texts: &mut Texts) -> Service {
    let mut service = Service::new(incident.service.as_deref().unwrap_or("x"), Tier::P0);
    service.namespace = Some(texts.next());
    service.gitops.app_name = Some(texts.next());
    service.gitops.manifests = Some(texts.next());
    service.ingress = vec![texts.next(); 5];
    let issue = KnownIssue {
        text: texts.next(),
        kind: KnownIssueKind::Other,
    };
    service.known_issues = vec![issue; 9];
    service
}
