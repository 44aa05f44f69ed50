//! The documents of `incidents` and `silence`.

use serde::Serialize;
use serde_json::json;

use super::model::{IncidentRecord, Sent, Silence, State};
use super::silences;
use crate::config::Config;
use crate::model::duration::{age, human};
use crate::model::{IncidentEnd, Refusal, ShellCommand, Tier, Time};
use crate::render::{
    Block, Document, Entry, Fact, Headline, Item, Line, Page, Span, Style, Table, moment,
};

/// `schema` of incidents for programs.
const INCIDENTS: &str = "k8s-monitor/incidents/v1";
/// `schema` of a list of silences for programs.
const SILENCES: &str = "k8s-monitor/silences/v1";
/// `schema` of one silence for programs.
const SILENCE: &str = "k8s-monitor/silence/v1";

/// The most resolved incidents that are listed for people.
const RESOLVED: usize = 20;

/// All incidents of the state.
pub struct IncidentList<'a> {
    /// The state.
    pub state: &'a State,
    /// The current time.
    pub now: Time,
    /// Which state this is, where the user did not choose it.
    pub note: Option<String>,
}

impl Document for IncidentList<'_> {
    fn data(&self) -> impl Serialize {
        let (open, resolved) = split(self.state);
        let all = open.into_iter().chain(resolved);
        let all: Vec<_> = all.map(|it| IncidentData::of(self.state, it)).collect();
        json!({ "schema": INCIDENTS, "incidents": all })
    }

    /// Open incidents by severity, then resolved ones, the latest first.
    fn page(&self) -> Page {
        let (open, resolved) = split(self.state);
        let entries = |incidents: &[&IncidentRecord]| {
            let entries = incidents.iter().map(|it| entry(it, self.now));
            Block::Entries(entries.collect())
        };
        let mut blocks = if open.is_empty() {
            vec![Block::paragraph("No open incidents.")]
        } else {
            let title = format!("Open: {}", open.len());
            Block::section(title, vec![entries(&open)])
                .into_iter()
                .collect()
        };
        if !resolved.is_empty() {
            let shown = &resolved[..resolved.len().min(RESOLVED)];
            let mut list = vec![entries(shown)];
            if resolved.len() > RESOLVED {
                let more = resolved.len() - RESOLVED;
                list.push(Block::paragraph(format!("{more} more, see --output json")));
            }
            let title = format!("Resolved: {}", resolved.len());
            blocks.extend(Block::section(title, list));
        }
        if !self.state.outbox.is_empty() {
            let text = format!("Undelivered messages: {}", self.state.outbox.len());
            blocks.push(Block::paragraph(text));
        }
        blocks.extend(self.note.iter().map(Block::paragraph));
        Page {
            title: "Incidents".into(),
            blocks,
            footer: None,
        }
    }
}

/// One incident of the state.
pub struct IncidentDocument<'a> {
    state: &'a State,
    incident: &'a IncidentRecord,
    now: Time,
}

impl<'a> IncidentDocument<'a> {
    /// The document; `None` if there is no such id.
    #[must_use]
    pub fn new(state: &'a State, id: &str, now: Time) -> Option<Self> {
        let mut incidents = state.incidents.iter();
        let incident = incidents.find(|it| it.id.eq_ignore_ascii_case(id))?;
        Some(Self {
            state,
            incident,
            now,
        })
    }
}

impl Document for IncidentDocument<'_> {
    fn data(&self) -> impl Serialize {
        let incident = IncidentData::of(self.state, self.incident);
        json!({ "schema": INCIDENTS, "incidents": [incident] })
    }

    fn page(&self) -> Page {
        let incident = self.incident;
        let title = Line::from(&incident.id)
            .text("  ")
            .severity(incident.severity)
            .text(" ")
            .text(&incident.title);
        let head = Headline {
            sentence: title.clone(),
            ..Headline::default()
        };
        let sent = Table {
            titles: vec!["Sent", "Kind", "Channel"],
            rows: incident.sent.iter().map(sent_row).collect(),
            names: 1,
            ..Table::default()
        };
        let sent = sent.block();
        let sent = sent.unwrap_or_else(|| Block::paragraph("No messages were sent."));
        let mut blocks = vec![
            Block::Headline(head),
            Block::Facts(facts(self.state, incident, self.now)),
        ];
        blocks.extend(Block::section("Messages", vec![sent]));
        Page {
            title,
            blocks,
            footer: None,
        }
    }
}

fn sent_row(sent: &Sent) -> Vec<Line> {
    vec![
        Line::new().time(sent.at),
        Line::from(sent.kind.as_str()),
        Line::from(&sent.channel),
    ]
}

fn facts(state: &State, incident: &IncidentRecord, now: Time) -> Vec<Fact> {
    let root = &incident.root;
    let object = root.object().to_string();
    let cause = incident.change_key.cause.as_deref().unwrap_or("unknown");
    let tier = incident.tier.map_or("none", Tier::as_str);
    let service = incident.service.as_deref().unwrap_or("none");
    let facts = [
        ("State", life(incident, now)),
        ("Service", format!("{service} (tier: {tier})")),
        ("Rule", incident.rule.clone()),
        ("Root object", object),
        ("Reason", root.reason.clone()),
        ("Cause", cause.to_owned()),
        ("Message", root.message.clone()),
        ("Affects", incident.change_key.affects.join(", ")),
        ("First seen", moment(incident.first_seen)),
        ("Last seen", moment(incident.last_seen)),
        ("Silenced", silence(incident)),
        ("Part of", incident.part_of.clone().unwrap_or_default()),
        ("Queued", queued(state, incident)),
        ("Fingerprint", incident.fingerprint.clone()),
    ];
    let facts = facts.iter().filter(|(_, value)| !value.is_empty());
    facts
        .map(|(label, value)| Fact::new(label, value))
        .collect()
}

/// The silences that are active now, and the scheduled ones of the configuration.
pub struct SilenceList<'a> {
    /// The state.
    pub state: &'a State,
    /// Settings.
    pub config: &'a Config,
    /// The current time.
    pub now: Time,
    /// Which state this is, where the user did not choose it.
    pub note: Option<String>,
}

impl Document for SilenceList<'_> {
    fn data(&self) -> impl Serialize {
        let silences = silences::in_force(self.state, self.now);
        json!({ "schema": SILENCES, "silences": silences })
    }

    fn page(&self) -> Page {
        let now = self.now;
        let item = |mark: &str, target: String, when: String, reason: &str| Item {
            mark: Some(Span::new(Style::Strong, mark)),
            text: target.into(),
            blocks: vec![Block::paragraph(format!("{when}: {reason}"))],
        };
        let active = silences::in_force(self.state, now).into_iter();
        let active = active.map(|it| {
            item(
                &it.id,
                it.target.describe(),
                until(it.until, now),
                &it.reason,
            )
        });
        let scheduled = self.config.silences.iter().map(|it| {
            let next = || it.schedule.next(now, it.timezone);
            let when = match it.until(now) {
                Some(end) => until(end, now),
                None => next().map_or_else(
                    || "never".to_owned(),
                    |next| format!("next at {} for {}", moment(next), human(it.duration)),
                ),
            };
            let target = format!("service {}", it.service);
            item("scheduled", target, when, &it.reason)
        });
        let list = Block::list(active.chain(scheduled));
        let mut blocks = vec![list.unwrap_or_else(|| Block::paragraph("No silences."))];
        blocks.extend(self.note.iter().map(Block::paragraph));
        Page {
            title: "Silences".into(),
            blocks,
            footer: None,
        }
    }
}

/// A silence that was added.
pub struct AddedSilence<'a> {
    /// The silence.
    pub silence: &'a Silence,
    /// The command that ends it early.
    pub remove: Result<ShellCommand, Refusal>,
    /// Which state this is, where the user did not choose it.
    pub note: Option<String>,
}

impl Document for AddedSilence<'_> {
    fn data(&self) -> impl Serialize {
        json!({ "schema": SILENCE, "silence": self.silence })
    }

    fn page(&self) -> Page {
        let target = self.silence.target.describe();
        let until = moment(self.silence.until);
        let silenced = format!("{target} is silenced until {until}.");
        let id = &self.silence.id;
        let mut blocks = match &self.remove {
            Ok(command) => vec![
                Block::paragraph(format!("{silenced} To end the silence early:")),
                Block::command(command),
            ],
            Err(refusal) => vec![Block::paragraph(format!(
                "{silenced} To end the silence early, remove {id} from the same state \
                 (no command: {refusal})."
            ))],
        };
        blocks.extend(self.note.iter().map(Block::paragraph));
        Page {
            title: "Silence added".into(),
            blocks,
            footer: None,
        }
    }
}

/// A silence that was removed.
pub struct RemovedSilence<'a>(pub &'a Silence);

impl Document for RemovedSilence<'_> {
    fn data(&self) -> impl Serialize {
        json!({ "schema": SILENCE, "silence": self.0 })
    }

    fn page(&self) -> Page {
        let (target, id) = (self.0.target.describe(), &self.0.id);
        let text = format!("{target} is no longer silenced ({id})");
        Page {
            title: "Silence removed".into(),
            blocks: vec![Block::paragraph(text)],
            footer: None,
        }
    }
}

fn split(state: &State) -> (Vec<&IncidentRecord>, Vec<&IncidentRecord>) {
    let (mut open, mut resolved): (Vec<_>, Vec<_>) =
        state.incidents.iter().partition(|r| r.is_open());
    open.sort_by(|a, b| (a.severity, a.since, &a.id).cmp(&(b.severity, b.since, &b.id)));
    resolved.sort_by(|a, b| (b.resolved_at, &b.id).cmp(&(a.resolved_at, &a.id)));
    (open, resolved)
}

fn entry(incident: &IncidentRecord, now: Time) -> Entry {
    let sent = match incident.sent.last() {
        Some(sent) => format!("{} sent {}", sent.kind.as_str(), moment(sent.at)),
        None => "nothing sent".to_owned(),
    };
    let parts = [life(incident, now), sent, silence(incident)];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let muted = !incident.is_open() || incident.silenced.is_some();
    Entry {
        number: None,
        id: crate::model::text::clean(&incident.id),
        severity: incident.severity,
        muted,
        folded: false,
        title: Line::from(&incident.title),
        status: parts.join("; ").into(),
        blocks: Vec::new(),
    }
}

fn life(incident: &IncidentRecord, now: Time) -> String {
    let end = incident.end().map_or(now, |end| end.at);
    let lasted = (end - incident.since).to_std().map(human);
    let lasted = lasted.ok().filter(|lasted| !lasted.is_empty());
    let lasted = lasted.unwrap_or_else(|| "0s".to_owned());
    match incident.end() {
        Some(end) if end.or_later => {
            format!(
                "resolved, last seen {} after at least {lasted}",
                moment(end.at)
            )
        }
        Some(IncidentEnd { at, .. }) => format!("resolved {} after {lasted}", moment(at)),
        None => format!(
            "{}, started {} ({lasted} ago)",
            incident.state,
            moment(incident.since)
        ),
    }
}

fn silence(incident: &IncidentRecord) -> String {
    incident
        .silenced
        .as_ref()
        .map_or_else(String::new, |silence| {
            format!(
                "silenced until {} by {}: {}",
                moment(silence.until),
                silence.by,
                silence.reason
            )
        })
}

fn queued(state: &State, incident: &IncidentRecord) -> String {
    let mut queued = state
        .outbox
        .iter()
        .filter(|message| message.incident_ids.contains(&incident.id));
    queued.next().map_or_else(String::new, |message| {
        let error = message.last_error.as_deref().unwrap_or("not tried yet");
        format!(
            "{} since {}, {} tries: {error}",
            message.kind.as_str(),
            moment(message.created),
            message.attempts
        )
    })
}

fn until(end: Time, now: Time) -> String {
    let left = (end - now).to_std().unwrap_or_default();
    format!("until {} ({} left)", moment(end), age(left))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IncidentData<'a> {
    id: &'a str,
    fingerprint: &'a str,
    state: &'a str,
    severity: &'a str,
    rule: &'a str,
    title: &'a str,
    service: Option<&'a str>,
    tier: Option<&'a str>,
    since: Time,
    first_seen: Time,
    last_seen: Time,
    resolved_at: Option<Time>,
    affects: &'a [String],
    cause: Option<&'a str>,
    message: &'a str,
    silenced_until: Option<Time>,
    part_of: Option<&'a str>,
    sent: &'a [Sent],
    queued: usize,
}

impl<'a> IncidentData<'a> {
    fn of(state: &State, incident: &'a IncidentRecord) -> Self {
        let is_about = |ids: &[String]| ids.contains(&incident.id);
        Self {
            id: &incident.id,
            fingerprint: &incident.fingerprint,
            state: incident.state.as_str(),
            severity: incident.severity.as_str(),
            rule: &incident.rule,
            title: &incident.title,
            service: incident.service.as_deref(),
            tier: incident.tier.map(Tier::as_str),
            since: incident.since,
            first_seen: incident.first_seen,
            last_seen: incident.last_seen,
            resolved_at: incident.resolved_at,
            affects: &incident.change_key.affects,
            cause: incident.change_key.cause.as_deref(),
            message: &incident.root.message,
            silenced_until: incident.silenced.as_ref().map(|silence| silence.until),
            part_of: incident.part_of.as_deref(),
            sent: &incident.sent,
            queued: state
                .outbox
                .iter()
                .filter(|message| is_about(&message.incident_ids))
                .count(),
        }
    }
}
