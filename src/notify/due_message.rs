//! Writes the messages that are due in a cycle. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Message, MessageContext, MessageHandle, MessageKind, ModelText, ResolvedIncident, compose,
    compose_digest_resolved, compose_resolved,
};
use crate::config::Config;
use crate::inventory::Service;
use crate::lifecycle::{Due, Rendered};
use crate::model::{AnalysisSource, Severity};
use crate::report::{Action, Incident};
use crate::state::{IncidentRecord, State};

/// What messages are made from, besides what is due.
pub struct RenderContext<'a> {
    /// The incidents of this cycle, as the report has them.
    pub incidents: &'a [Incident],
    /// The services file, for references and maximum downtimes.
    pub services: &'a [Service],
    /// The state of this cycle, before anything is sent.
    pub state: &'a State,
    /// Settings.
    pub config: &'a Config,
    /// Name of the cluster.
    pub cluster: &'a str,
    /// Id of the cycle.
    pub cycle: &'a str,
    /// The time of the cycle.
    pub now: DateTime<Utc>,
    /// What the model and GitHub add, by incident id.
    pub extras: &'a BTreeMap<String, MessageExtras>,
    /// Why the model cannot be called until somebody acts.
    pub model_refused: Option<&'a str>,
}

/// What the model and GitHub add to a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageExtras {
    /// The model's headline and summary.
    pub model_text: Option<(String, String)>,
    /// How to undo the change that caused it, where a commit is suspected.
    pub rollback: Vec<Action>,
}

/// Writes a message, and the new texts of the messages that it makes out of date.
#[must_use]
pub fn render(due: &Due, input: &RenderContext) -> Rendered {
    let context = context(due, input);
    let edits = due.edit.iter();
    let edits = edits.filter_map(|of| Some((of.clone(), resolved(of, &context, input)?)));
    Rendered {
        message: compose(&context),
        edits: edits.collect(),
    }
}

fn context<'a>(due: &'a Due, input: &RenderContext<'a>) -> MessageContext<'a> {
    let find = |id: &String| input.incidents.iter().find(|i| i.id == *id);
    let incidents: Vec<_> = due.incidents.iter().filter_map(find).collect();
    let first = incidents.first().copied();
    let record = first.and_then(|first| input.state.incidents.iter().find(|r| r.id == first.id));
    let extras = first.and_then(|first| input.extras.get(&first.id));
    let text = extras.and_then(|extras| extras.model_text.as_ref());
    MessageContext {
        services: input.services,
        zone: input.config.business_hours.timezone,
        why: &due.why,
        model_text: text.map(|(headline, summary)| ModelText { headline, summary }),
        model_note: first
            .filter(|first| text.is_some() || first.analysis.source == AnalysisSource::Model)
            .map(|_| "text by the model, severity by the rules"),
        model_refused: input.model_refused,
        rollback: extras.map_or(&[], |extras| &extras.rollback),
        previous_severity: record.and_then(|r| Some(r.notified.as_ref()?.severity)),
        silence: record.and_then(|record| record.silenced.as_ref()),
        next_repeat: first.and_then(|first| next_repeat(first.severity, input)),
        is_undelivered: due.kind == MessageKind::Resolved && due.thread.is_none(),
        ..MessageContext::new(due.kind, incidents, input.cluster, input.cycle, input.now)
    }
}

fn next_repeat(severity: Severity, input: &RenderContext) -> Option<DateTime<Utc>> {
    let interval = match severity {
        Severity::Sev1 => input.config.repeat.sev1,
        Severity::Sev2 => input.config.repeat.sev2,
        Severity::Sev3 => return input.config.business_hours.next_opening(input.now),
        Severity::Sev4 => return None,
    };
    input
        .now
        .checked_add_signed(TimeDelta::from_std(interval).ok()?)
}

/// The new text of a message when everything in it is resolved. A digest is edited once all its
/// incidents are.
fn resolved(
    of: &MessageHandle,
    context: &MessageContext,
    input: &RenderContext,
) -> Option<Message> {
    let is_in_message = |record: &&IncidentRecord| {
        let notified = record.notified.as_ref();
        notified.is_some_and(|notified| notified.thread_roots.contains(of))
    };
    let records: Vec<_> = input.state.incidents.iter().filter(is_in_message).collect();
    match records.as_slice() {
        [one] => {
            let own = context.incidents.iter().find(|i| i.id == one.id)?;
            let mut context = context.clone();
            context.incidents = vec![*own];
            Some(compose_resolved(&context))
        }
        records if records.iter().any(|record| record.is_open()) => None,
        records => {
            let incidents: Vec<_> = records.iter().map(|r| resolved_incident(r)).collect();
            Some(compose_digest_resolved(context, &incidents))
        }
    }
}

fn resolved_incident(record: &IncidentRecord) -> ResolvedIncident {
    let root = &record.root;
    let object = || format!("{} {}", root.object().shown_kind(), root.name);
    let subject = record.service.clone().unwrap_or_else(object);
    let why = record.change_key.cause.as_ref().unwrap_or(&root.reason);
    ResolvedIncident {
        id: record.id.clone(),
        severity: record.severity,
        subject: format!("{subject} ({why})"),
    }
}
