//! Adds commits from GitHub and explanations of the model to the incidents.
//!
//! This happens after the evaluation and before the lifecycle, because it may change a severity
//! within the band of its rule.

use std::collections::BTreeMap;

use super::Cycle;
use crate::agents::{Advice, AgentState, Agents, CycleContext, IncidentContext};
use crate::assess::{Incident, Verdict, insert_before_verification};
use crate::cluster::Snapshot;
use crate::correlate::github::GitHub;
use crate::correlate::{self, CorrelateInput, IncidentCorrelation};
use crate::lifecycle::Due;
use crate::model::Severity;
use crate::notify::{MessageExtras, MessageKind};
use crate::report::Report;
use crate::state::State;

/// What was added, by fingerprint of the incident.
#[derive(Default)]
pub struct Enrichment {
    correlations: BTreeMap<String, IncidentCorrelation>,
    advice: BTreeMap<String, Advice>,
}

impl Cycle<'_> {
    /// Searches for commits and asks the agents, and sets the severities that they decide.
    pub(super) fn enrich(
        &self,
        agents: &mut Agents,
        state: &mut State,
        snapshot: &Snapshot,
        verdict: &mut Verdict,
    ) -> Enrichment {
        if !verdict.incidents.iter().any(|i| self.is_enriched(i)) {
            return Enrichment::default();
        }
        (self.progress)("searching for commits and causes");
        let correlations = self.correlate(state, snapshot, verdict);
        let advice = self.advise(agents, state, (snapshot, verdict), &correlations);
        for incident in &mut verdict.incidents {
            if let Some(advice) = advice.get(&incident.fingerprint) {
                incident.severity = advice.severity;
            }
        }
        Enrichment {
            correlations,
            advice,
        }
    }

    fn is_enriched(&self, incident: &Incident) -> bool {
        let is_in_focus = self.focus.is_none_or(|service| incident.concerns(service));
        incident.severity < Severity::Sev4 && is_in_focus
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
        let incidents = verdict.incidents.iter().filter(|i| self.is_enriched(i));
        let incidents: Vec<_> = incidents.collect();
        let input = CorrelateInput {
            monitored: &verdict.monitored,
            repository: self.inventory.repository.as_deref(),
            snapshot,
            config: self.config,
        };
        let (cache, now) = (&mut state.cache, snapshot.now);
        let mut github = GitHub::new(self.config, self.http, cache, now, self.deadline);
        let correlations = correlate::correlate(&incidents, &input, &mut github);
        let fingerprints = incidents.iter().map(|i| i.fingerprint.clone());
        fingerprints
            .zip(correlations)
            .filter_map(|(fingerprint, correlation)| Some((fingerprint, correlation?)))
            .collect()
    }

    fn advise(
        &self,
        agents: &mut Agents,
        state: &mut State,
        (snapshot, verdict): (&Snapshot, &Verdict),
        correlations: &BTreeMap<String, IncidentCorrelation>,
    ) -> BTreeMap<String, Advice> {
        let incidents = verdict.incidents.iter().filter(|i| self.is_enriched(i));
        let incidents: Vec<_> = incidents
            .map(|incident| {
                let correlation = correlations.get(&incident.fingerprint);
                IncidentContext {
                    incident,
                    correlation: correlation.map(|c| &c.correlation),
                    candidates: correlation.map_or(&[], |c| &c.candidates),
                }
            })
            .collect();
        let context = self.agent_context(snapshot, verdict);
        let advice = agents.advise(&mut agent_state(state), &context, &incidents);
        let advice = advice.into_iter();
        advice.map(|one| (one.fingerprint.clone(), one)).collect()
    }

    /// Adds headlines and summaries to the full messages that are due.
    pub(super) fn announce(
        &self,
        agents: &mut Agents,
        state: &mut State,
        (snapshot, verdict): (&Snapshot, &Verdict),
        (due, report): (&[Due], &Report),
        extras: &mut BTreeMap<String, MessageExtras>,
    ) {
        let is_full = |due: &&Due| due.kind.is_full() && due.kind != MessageKind::Digest;
        let full = due.iter().filter(is_full);
        let ids: Vec<_> = full.flat_map(|due| &due.incidents).collect();
        let incidents = report.incidents.iter().filter(|i| ids.contains(&&i.id));
        let incidents: Vec<_> = incidents.collect();
        let context = self.agent_context(snapshot, verdict);
        let announcements = agents.announce(&mut agent_state(state), &context, &incidents);
        for (incident, announcement) in incidents.iter().zip(announcements) {
            if let Some(text) = announcement.model_text() {
                let extra = extras.entry(incident.id.clone()).or_default();
                extra.model_text = Some((text.headline.to_owned(), text.summary.to_owned()));
            }
        }
    }

    fn agent_context<'s>(&self, snapshot: &'s Snapshot, verdict: &'s Verdict) -> CycleContext<'s> {
        CycleContext {
            snapshot,
            monitored: &verdict.monitored,
            now: snapshot.now,
            deadline: self.deadline,
        }
    }
}

fn agent_state(state: &mut State) -> AgentState<'_> {
    AgentState {
        spend: &mut state.spend,
        cache: &mut state.cache,
    }
}

impl Enrichment {
    /// Adds the enrichment to the report. Returns what messages need besides, by incident ID.
    pub fn add_to(mut self, report: &mut Report) -> BTreeMap<String, MessageExtras> {
        let mut extras = BTreeMap::new();
        for incident in &mut report.incidents {
            let advice = self.advice.remove(&incident.fingerprint);
            let mut reviewed = None;
            if let Some(advice) = advice {
                incident.analysis = advice.analysis;
                insert_before_verification(&mut incident.actions, advice.actions);
                reviewed = advice.correlation;
            }
            let correlation = self.correlations.remove(&incident.fingerprint);
            let rollback = correlation.map_or_else(Vec::new, |c| c.add_to(incident, reviewed));
            let extra = MessageExtras {
                model_text: None,
                rollback,
            };
            extras.insert(incident.id.clone(), extra);
        }
        extras
    }
}
