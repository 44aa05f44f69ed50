//! What others than the rules say of the incidents: GitHub, and the model.
//!
//! It comes after the verdict and before the lifecycle, for it may move a
//! severity inside the band that its rule leaves open, and nothing else.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::agents::{self, Advice, Agents, IncidentContext};
use crate::assess::{Incident, Verdict};
use crate::cluster::Snapshot;
use crate::config::Config;
use crate::correlate::github::GitHub;
use crate::correlate::{self, IncidentCorrelation};
use crate::inventory::Inventory;
use crate::lifecycle::Due;
use crate::model::Severity;
use crate::net::Http;
use crate::notify::{MessageExtras, MessageKind};
use crate::report::Report;
use crate::state::State;

/// Whom a cycle asks, and about what.
pub struct Enricher<'a> {
    /// Settings.
    pub config: &'a Config,
    /// The services file.
    pub inventory: &'a Inventory,
    /// The client for both.
    pub http: &'a Http,
    /// Whether commits are looked for.
    pub github: bool,
    /// The one service that is asked about; absent: all.
    pub focus: Option<&'a str>,
    /// When the cycle must be over.
    pub deadline: Instant,
}

/// What was said, by fingerprint.
#[derive(Default)]
pub struct Enrichment {
    answers: BTreeMap<String, IncidentCorrelation>,
    advice: BTreeMap<String, Advice>,
}

impl Enricher<'_> {
    /// Whether there is anything to ask about.
    pub fn is_due(&self, verdict: &Verdict) -> bool {
        verdict.incidents.iter().any(|i| self.is_asked(i))
    }

    fn is_asked(&self, incident: &Incident) -> bool {
        let is_meant = self.focus.is_none_or(|service| incident.concerns(service));
        incident.severity < Severity::Sev4 && is_meant
    }

    /// Asks, and moves severities as far as the rules allow it.
    pub fn ask(
        &self,
        agents: &mut Agents,
        state: &mut State,
        snapshot: &Snapshot,
        verdict: &mut Verdict,
    ) -> Enrichment {
        let answers = self.correlate(state, snapshot, verdict);
        let advice = self.advise(agents, state, snapshot, verdict, &answers);
        for incident in &mut verdict.incidents {
            if let Some(advice) = advice.get(&incident.fingerprint) {
                incident.severity = advice.severity;
            }
        }
        Enrichment { answers, advice }
    }

    fn correlate(
        &self,
        state: &mut State,
        snapshot: &Snapshot,
        verdict: &Verdict,
    ) -> BTreeMap<String, IncidentCorrelation> {
        if !self.github {
            return BTreeMap::new();
        }
        let asked = verdict.incidents.iter().filter(|i| self.is_asked(i));
        let incidents: Vec<_> = asked.collect();
        let scene = correlate::CorrelateInput {
            roster: &verdict.monitored,
            repository: self.inventory.repository.as_deref(),
            snapshot,
            config: self.config,
        };
        let cache = &mut state.cache;
        let mut hub = GitHub::new(self.config, self.http, cache, snapshot.now, self.deadline);
        let answers = correlate::correlate(&incidents, &scene, &mut hub);
        let names = incidents.iter().map(|i| i.fingerprint.clone());
        names
            .zip(answers)
            .filter_map(|(name, answer)| Some((name, answer?)))
            .collect()
    }

    fn advise(
        &self,
        agents: &mut Agents,
        state: &mut State,
        snapshot: &Snapshot,
        verdict: &Verdict,
        answers: &BTreeMap<String, IncidentCorrelation>,
    ) -> BTreeMap<String, Advice> {
        let asked = verdict.incidents.iter().filter(|i| self.is_asked(i));
        let dossiers: Vec<_> = asked
            .map(|incident| {
                let answer = answers.get(&incident.fingerprint);
                IncidentContext {
                    incident,
                    correlation: answer.map(|answer| &answer.correlation),
                    candidates: answer.map_or(&[], |answer| &answer.candidates),
                }
            })
            .collect();
        let advice = agents.advise(
            &mut memory(state),
            &scene(snapshot, verdict, self.deadline),
            &dossiers,
        );
        let named = advice.into_iter();
        named.map(|one| (one.fingerprint.clone(), one)).collect()
    }

    /// Adds headlines and summaries for the full messages that are due.
    pub fn announce(
        &self,
        agents: &mut Agents,
        state: &mut State,
        (snapshot, verdict): (&Snapshot, &Verdict),
        (due, report): (&[Due], &Report),
        extras: &mut BTreeMap<String, MessageExtras>,
    ) {
        let is_full = |due: &&Due| due.kind.is_full() && due.kind != MessageKind::Digest;
        let ids: Vec<_> = due
            .iter()
            .filter(is_full)
            .flat_map(|d| &d.incidents)
            .collect();
        let said = report.incidents.iter().filter(|i| ids.contains(&&i.id));
        let incidents: Vec<_> = said.collect();
        let scene = scene(snapshot, verdict, self.deadline);
        let announcements = agents.announce(&mut memory(state), &scene, &incidents);
        for (incident, announcement) in incidents.iter().zip(announcements) {
            if let Some(words) = announcement.model_text() {
                let extra = extras.entry(incident.id.clone()).or_default();
                extra.words = Some((words.headline.to_owned(), words.summary.to_owned()));
            }
        }
    }
}

fn memory(state: &mut State) -> agents::AgentState<'_> {
    agents::AgentState {
        spend: &mut state.spend,
        cache: &mut state.cache,
    }
}

fn scene<'a>(
    snapshot: &'a Snapshot,
    verdict: &'a Verdict,
    deadline: Instant,
) -> agents::CycleContext<'a> {
    agents::CycleContext {
        snapshot,
        roster: &verdict.monitored,
        now: snapshot.now,
        deadline,
    }
}

impl Enrichment {
    /// Adds what was said to the report, and hands back what messages need of
    /// it beside, by incident id.
    pub fn enrich(mut self, report: &mut Report) -> BTreeMap<String, MessageExtras> {
        let mut extras = BTreeMap::new();
        for incident in &mut report.incidents {
            let advice = self.advice.remove(&incident.fingerprint);
            let mut explained = None;
            if let Some(advice) = advice {
                incident.analysis = advice.analysis;
                incident.actions.extend(advice.actions);
                explained = advice.correlation;
            }
            let answer = self.answers.remove(&incident.fingerprint);
            let rollback = answer.map_or_else(Vec::new, |answer| answer.add_to(incident));
            incident.correlation = explained.or(incident.correlation.take());
            let extra = MessageExtras {
                words: None,
                rollback,
            };
            extras.insert(incident.id.clone(), extra);
        }
        extras
    }
}
