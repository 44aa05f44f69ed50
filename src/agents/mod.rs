//! Four agents on one small language model. They explain what the rules found.
//!
//! ```text
//! incident -> prompt_context -> untrusted -> client -> anthropic      before lifecycle:
//!  evidence    most important   delimited    budget,   Messages API     k8s-analyzer        cause
//!  service     lines            data         notes        |             github-reviewer     commits
//!  commits                                                v             escalation-manager  severity
//!                       output_filter, remediation, commands           after lifecycle:
//!                       check every part of the answer                   slack-notifier      headline
//!                                  |
//!                    fallback <----+----> cache (in the state)
//! ```
//!
//! The rules find, rate and group first. An answer changes text, the order of commits, and the
//! severity within the band of the rule. Each agent is a file with its input, its output, its
//! fallback and its checks. Everything except `anthropic` is pure. `docs/agents.md` is for operators.

mod advisor;
mod analyzer;
mod anthropic;
pub mod budget;
pub mod cache;
mod citations;
mod client;
mod commands;
mod escalation;
mod harmful_advice;
mod lookups;
mod mentioned_names;
mod notifier;
mod object_index;
mod output_filter;
mod prompt;
mod prompt_context;
mod remediation;
mod reviewer;
mod schema;
mod sentences;
mod untrusted;

use std::time::Instant;

use crate::assess;
use crate::cluster::Snapshot;
use crate::correlate::CandidateCommit;
use crate::inventory::Service;
use crate::model::{AnalysisSource, Severity, Time};
use crate::report::{Action, Analysis, Correlation};
use crate::state::Spend;
use cache::Cache;

pub use advisor::Agents;
pub use anthropic::ModelError;
pub use prompt::{Prompt, Role};

/// The cycle's data.
pub struct CycleContext<'a> {
    /// The cluster.
    pub snapshot: &'a Snapshot,
    /// The listed services and the components of K3s.
    pub monitored: &'a [Service],
    /// The time of the cycle.
    pub now: Time,
    /// When the cycle must end. The model gets half of the time that is left.
    pub deadline: Instant,
}

/// The part of the state that the agents read and write.
pub struct AgentState<'a> {
    /// The model's cost.
    pub spend: &'a mut Spend,
    /// The cached answers.
    pub cache: &'a mut Cache,
}

/// One incident with its commits.
#[derive(Clone, Copy)]
pub struct IncidentContext<'a> {
    /// The incident.
    pub incident: &'a assess::Incident,
    /// Its correlation.
    pub correlation: Option<&'a Correlation>,
    /// What the commits change, if it is known.
    pub candidates: &'a [CandidateCommit],
}

/// The agents' result for one incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// The incident's fingerprint.
    pub fingerprint: String,
    /// The severity: the rule's, or another one of the rule's band.
    pub severity: Severity,
    /// The analysis.
    pub analysis: Analysis,
    /// Steps beyond those of the rules.
    pub actions: Vec<Action>,
    /// The correlation, as reviewed.
    pub correlation: Option<Correlation>,
}

/// The first lines of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Who wrote them.
    pub source: AnalysisSource,
    /// Replaces the title, unless it is empty.
    pub headline: String,
    /// Two sentences that replace the root cause, unless they are empty.
    pub summary: String,
}

/// What the model wrote for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelText<'a> {
    /// Replaces the title.
    pub headline: &'a str,
    /// Two sentences.
    pub summary: &'a str,
}

impl Announcement {
    /// The model's text; `None` if the rules wrote it.
    #[must_use]
    pub fn model_text(&self) -> Option<ModelText<'_>> {
        (self.source == AnalysisSource::Model).then_some(ModelText {
            headline: &self.headline,
            summary: &self.summary,
        })
    }
}
