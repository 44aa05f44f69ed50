//! From what is due to what is said: every message of a cycle. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Message, MessageContext, ModelText, ResolvedIncident, Silenced, compose, compose_all_closed,
    compose_closed,
};
use crate::config::Config;
use crate::inventory::Service;
use crate::lifecycle::{Due, MessageKind, Rendered, Thread};
use crate::model::{AnalysisSource, Severity};
use crate::report::{Action, Incident};
use crate::state::{IncidentRecord, State};

/// What messages are made from, besides what is due.
pub struct RenderContext<'a> {
    /// The incidents of this cycle, as the report has them.
    pub incidents: &'a [Incident],
    /// The services file, for references and tolerances.
    pub services: &'a [Service],
    /// The state of this cycle, before anything is sent.
    pub state: &'a State,
    /// Settings.
    pub config: &'a Config,
    /// Name of the cluster.
    pub cluster: &'a str,
    /// Id of the cycle.
    pub cycle: &'a str,
    /// The moment of the cycle.
    pub now: DateTime<Utc>,
    /// What others than the rules have to say, by incident id.
    pub extras: &'a BTreeMap<String, MessageExtras>,
}

/// What others than the rules say of an incident.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageExtras {
    /// The model's headline and summary.
    pub words: Option<(String, String)>,
    /// How to go back, where a commit is suspect.
    pub rollback: Vec<Action>,
}

/// Writes a message, and what earlier ones are to say from now on.
#[must_use]
pub fn render(due: &Due, scene: &RenderContext) -> Rendered {
    let story = story(due, scene);
    Rendered {
        message: compose(&story),
        edits: due
            .edit
            .iter()
            .filter_map(|head| Some((head.clone(), closed(head, &story, scene)?)))
            .collect(),
    }
}

fn story<'a>(due: &'a Due, scene: &RenderContext<'a>) -> MessageContext<'a> {
    let find = |id: &String| scene.incidents.iter().find(|i| i.id == *id);
    let incidents: Vec<_> = due.incidents.iter().filter_map(find).collect();
    let first = incidents.first().copied();
    let remembered =
        first.and_then(|first| scene.state.incidents.iter().find(|r| r.id == first.id));
    let extra = first.and_then(|first| scene.extras.get(&first.id));
    let words = extra.and_then(|extra| extra.words.as_ref());
    MessageContext {
        services: scene.services,
        zone: scene.config.business_hours.timezone,
        why: &due.why,
        words: words.map(|(headline, summary)| ModelText { headline, summary }),
        model_note: first
            .filter(|first| words.is_some() || first.analysis.source == AnalysisSource::Model)
            .map(|_| "words by the model, verdict by rules"),
        rollback: extra.map_or(&[], |extra| &extra.rollback),
        previous_severity: remembered.and_then(|r| Some(r.told.as_ref()?.severity)),
        was_silenced: remembered.and_then(silence),
        next_repeat: first.and_then(|first| next_repeat(first.severity, scene)),
        collapsed: due.kind == MessageKind::Resolved && due.thread.is_none(),
        ..MessageContext::new(due.kind, incidents, scene.cluster, scene.cycle, scene.now)
    }
}

fn silence(remembered: &IncidentRecord) -> Option<Silenced> {
    let hush = remembered.silenced.as_ref()?;
    Some(Silenced {
        until: Some(hush.until),
        reason: hush.reason.clone(),
    })
}

fn next_repeat(severity: Severity, scene: &RenderContext) -> Option<DateTime<Utc>> {
    let every = match severity {
        Severity::Sev1 => scene.config.repeat.sev1,
        Severity::Sev2 => scene.config.repeat.sev2,
        Severity::Sev3 => return scene.config.business_hours.next_opening(scene.now),
        Severity::Sev4 => return None,
    };
    scene
        .now
        .checked_add_signed(TimeDelta::from_std(every).ok()?)
}

/// What a message is edited to once all that it is about is over; a digest
/// stays as it is until then.
fn closed(head: &Thread, story: &MessageContext, scene: &RenderContext) -> Option<Message> {
    let is_of_it = |r: &&IncidentRecord| {
        let told = r.told.as_ref();
        told.is_some_and(|told| told.heads.contains(head))
    };
    let all: Vec<_> = scene.state.incidents.iter().filter(is_of_it).collect();
    match all.as_slice() {
        [one] => {
            let own = story.incidents.iter().find(|i| i.id == one.id)?;
            let mut story = story.clone();
            story.incidents = vec![*own];
            Some(compose_closed(&story))
        }
        all if all.iter().any(|r| r.is_open()) => None,
        all => {
            let ended: Vec<_> = all.iter().map(|r| ended(r)).collect();
            Some(compose_all_closed(story, &ended))
        }
    }
}

fn ended(remembered: &IncidentRecord) -> ResolvedIncident {
    let root = &remembered.root;
    let object = || format!("{} {}", root.kind, root.name);
    let what = remembered.service.clone().unwrap_or_else(object);
    let why = remembered.facts.cause.as_ref().unwrap_or(&root.reason);
    ResolvedIncident {
        id: remembered.id.clone(),
        severity: remembered.severity,
        what: format!("{what} ({why})"),
    }
}
