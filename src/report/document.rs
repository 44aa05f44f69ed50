//! The documents of `run` and `check`.

use serde::Serialize;

use super::format::{ago, by_tier, place, ready, seconds, service_cells};
use super::incident::{IncidentContext, action, entry};
use super::{History, Report, Service, ServiceDetails, Unread, headline, plan};
use crate::render::{Block, Document, Headline, Item, Line, Page, Strips, Table};

/// The report of a full cycle.
pub struct RunDocument<'a> {
    report: &'a Report,
    history: Option<History>,
}

impl<'a> RunDocument<'a> {
    /// Without a history, no strips of days are drawn.
    #[must_use]
    pub fn new(report: &'a Report, history: Option<History>) -> Self {
        let history = history.map(|history| history.joined(report));
        Self { report, history }
    }
}

impl Document for RunDocument<'_> {
    fn data(&self) -> impl Serialize {
        self.report
    }

    fn page(&self) -> Page {
        let report = self.report;
        let head = Headline {
            severity: Some(report.severity),
            sentence: headline::verdict(report).into(),
            context: place(&report.cycle),
            details: lines(&[
                headline::situation(report),
                headline::services_file(&report.services_file),
            ]),
            notes: report.notes.iter().map(Line::from).collect(),
        };
        let mut blocks = vec![Block::Headline(head)];
        blocks.extend(incidents(report, true));
        let services = services(report, self.history.as_ref());
        blocks.extend(Block::section("Services", services.into_iter().collect()));
        blocks.extend(unread(&report.visibility.unread));
        blocks.extend(report.plan.iter().flat_map(plan::sections));
        Page {
            title: headline::summary(report).into(),
            blocks,
            footer: Some(headline::footer(report).into()),
        }
    }
}

/// A report with everything about one service.
#[derive(Serialize)]
pub struct CheckDocument<'a> {
    /// The report of the check.
    #[serde(flatten)]
    pub report: &'a Report,
    /// The service.
    pub details: &'a ServiceDetails,
}

impl Document for CheckDocument<'_> {
    fn data(&self) -> impl Serialize {
        self
    }

    fn page(&self) -> Page {
        let (report, details) = (self.report, self.details);
        let now = report.cycle.started_at;
        let name = &details.service;
        let listed = report.services.iter().find(|s| s.name == *name);
        let unknown = Service {
            name: name.clone(),
            ..Service::default()
        };
        let service = listed.unwrap_or(&unknown);
        let verdict = match service.since {
            Some(since) => Line::from(&format!("{name} is {} since ", service.status))
                .time(since)
                .text(&format!(", {}", ago(since, now))),
            None => format!("{name} is {}", service.status).into(),
        };
        let title = format!("{} {}", report.severity, verdict.plain());
        let head = Headline {
            severity: Some(report.severity),
            sentence: verdict,
            context: place(&report.cycle),
            details: lines(&[
                facts(service),
                details.purpose.clone().unwrap_or_default(),
                headline::services_file(&report.services_file),
            ]),
            notes: report.notes.iter().map(Line::from).collect(),
        };
        let mut blocks = vec![Block::Headline(head)];
        blocks.extend(details.objects(now));
        blocks.extend(incidents(report, false));
        blocks.extend(details.background(now));
        blocks.extend(unread(&report.visibility.unread));
        let commands = Block::list(details.commands.iter().map(action));
        blocks.extend(Block::section(
            "Next commands",
            commands.into_iter().collect(),
        ));
        Page {
            title: title.into(),
            blocks,
            footer: None,
        }
    }
}

/// Those that are not empty.
fn lines(texts: &[String]) -> Vec<Line> {
    let lines = texts.iter().map(Line::from);
    lines.filter(|line| !line.is_empty()).collect()
}

/// For example `P0, namespace mysql, 0/1 ready, max downtime 15m`.
fn facts(service: &Service) -> String {
    let mut facts = vec![service.tier.to_string()];
    if let Some(namespace) = &service.namespace {
        facts.push(format!("namespace {namespace}"));
    }
    let replicas = ready(service.ready, service.desired);
    if !replicas.is_empty() {
        facts.push(format!("{replicas} ready"));
    }
    facts.push(match service.max_downtime_seconds {
        Some(limit) => format!("max downtime {}", seconds(limit)),
        None => "no downtime limit".to_owned(),
    });
    facts.join(", ")
}

fn incidents(report: &Report, notifies: bool) -> Option<Block> {
    let context = IncidentContext {
        now: report.cycle.started_at,
        services: &report.services,
        notifies,
    };
    let numbered = report.incidents.iter().enumerate();
    let entries: Vec<_> = numbered
        .map(|(index, incident)| entry(index + 1, incident, context))
        .collect();
    let blocks = (!entries.is_empty()).then_some(Block::Entries(entries));
    Block::section("Incidents", blocks.into_iter().collect())
}

fn services(report: &Report, history: Option<&History>) -> Option<Block> {
    let now = report.cycle.started_at;
    let services = by_tier(&report.services);
    let row = |service: &&Service| {
        let [ready, since, down, max] = service_cells(service, now);
        vec![
            Line::from(service.tier.as_str()),
            Line::from(&service.name),
            Line::new().status(service.status),
            ready.into(),
            since.into(),
            down.into(),
            max.into(),
        ]
    };
    let days = |history: &History| Strips {
        today: now.date_naive(),
        rows: services
            .iter()
            .map(|s| history.days(&s.name, now))
            .collect(),
    };
    let table = Table {
        titles: vec!["Tier", "Service", "Status", "Ready", "Since", "Down", "Max"],
        rows: services.iter().map(row).collect(),
        names: 2,
        grouped: true,
        strips: history.map(days),
        ..Table::default()
    };
    table.block()
}

/// What could not be read, and what to do about it.
fn unread(unread: &[Unread]) -> Option<Block> {
    let (left_out, failed): (Vec<_>, Vec<_>) = unread
        .iter()
        .partition(|kind| kind.reason == "NotInSnapshot");
    let item = |kind: &&Unread| {
        let text = format!(": {}, {}", kind.reason, kind.message);
        Item::new(Line::new().code(&kind.resource).text(&text))
    };
    let names: Vec<_> = left_out.iter().map(|kind| kind.resource.as_str()).collect();
    let left_out = Item::new(format!("not in the snapshot: {}", names.join(", ")));
    let left_out = (!names.is_empty()).then_some(left_out);
    let list = Block::list(failed.iter().map(item).chain(left_out));
    Block::section("Could not be read", list.into_iter().collect())
}
