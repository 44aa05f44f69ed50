//! Asks the agents about incidents, and applies what they answer.

use std::collections::{BTreeMap, BTreeSet};

use super::anthropic::Anthropic;
use super::cache::{self, CacheKeyInput, Key, Lookup};
use super::client::{ModelClient, NoAnswer};
use super::commands::AllowedNames;
use super::lookups::InSnapshot;
use super::object_index::Scope;
use super::prompt::Role;
use super::prompt_context::PromptContext;
use super::{
    Advice, AgentState, Announcement, CycleContext, IncidentContext, analyzer, budget, escalation,
    notifier, reviewer,
};
use crate::assess;
use crate::cluster::{ContainerLog, Snapshot};
use crate::config::Config;
use crate::inventory::Service;
use crate::model::{AnalysisSource, Severity, Time};
use crate::net::Http;
use crate::report::{self, Dropped, Incident, Llm};
use crate::state::Spend;

/// Entries of the services file for an incident of several services.
const MAX_SERVICES: usize = 2;

/// The agents of one cycle.
pub struct Agents<'a> {
    client: ModelClient<'a>,
    http: &'a Http,
    /// Why the model is not asked.
    off: Option<String>,
    /// Fingerprints of the incidents about which the model was asked.
    asked: BTreeSet<String>,
    /// Drops that the month's sum contains already.
    recorded: BTreeMap<String, u32>,
}

/// One incident with everything that its questions need.
struct RequestContext<'a> {
    /// The incident as the rules report it.
    draft: &'a Incident,
    incident: &'a IncidentContext<'a>,
    service: Option<&'a Service>,
    names: &'a AllowedNames<'a>,
    key_input: CacheKeyInput,
    cycle: &'a CycleContext<'a>,
}

impl RequestContext<'_> {
    /// The incident with its services.
    fn described(&self) -> PromptContext {
        described(self.draft, self.service, self.cycle)
    }

    /// Input tokens that the agents after the analyzer need.
    fn reserve(&self) -> u64 {
        let later = [Role::Reviewer, Role::Escalation, Role::Notifier];
        let asked = later.into_iter().filter(|role| {
            *role != Role::Reviewer || reviewer::is_needed(self.incident.correlation)
        });
        asked.map(|role| role.share().reserve).sum()
    }
}

impl<'a> Agents<'a> {
    /// The agents. With a reason in `off` or without a key the model is not asked, and every result
    /// is the fallback.
    #[must_use]
    pub fn new(config: &'a Config, http: &'a Http, off: Option<String>) -> Self {
        let key = config.keys.anthropic.as_ref().filter(|_| off.is_none());
        let api = key.map(|key| Anthropic::new(http, &config.endpoints.anthropic, key));
        let off = off.or_else(|| {
            api.is_none()
                .then(|| "ANTHROPIC_API_KEY is not set: the rules' text is used".to_owned())
        });
        Self {
            client: ModelClient::new(api, config.model_budget),
            http,
            off,
            asked: BTreeSet::new(),
            recorded: BTreeMap::new(),
        }
    }

    /// Advises on incidents. The most important one comes first, since the budget may not suffice
    /// for all. SEV-4 incidents get the fallback.
    pub fn advise(
        &mut self,
        state: &mut AgentState,
        cycle: &CycleContext,
        incidents: &[IncidentContext],
    ) -> Vec<Advice> {
        budget::start_month(state.spend, cycle.now);
        cache::remove_unused(state.cache, cycle.now);
        let cycle = &self.with_model_deadline(cycle);
        incidents
            .iter()
            .map(|incident| {
                let fingerprint = &incident.incident.fingerprint;
                self.counted(state, fingerprint, |agents, state| {
                    agents.advise_on(state, cycle, incident)
                })
            })
            .collect()
    }

    /// Writes the first lines of full messages, one for each incident.
    pub fn announce(
        &mut self,
        state: &mut AgentState,
        cycle: &CycleContext,
        incidents: &[&Incident],
    ) -> Vec<Announcement> {
        budget::start_month(state.spend, cycle.now);
        let cycle = &self.with_model_deadline(cycle);
        incidents
            .iter()
            .map(|incident| {
                self.counted(state, &incident.fingerprint, |agents, state| {
                    agents.announce_one(state, cycle, incident)
                })
            })
            .collect()
    }

    /// Counts the incident if the model is asked about it, and adds what is dropped to the month's sum.
    fn counted<T>(
        &mut self,
        state: &mut AgentState,
        fingerprint: &str,
        ask: impl FnOnce(&mut Self, &mut AgentState) -> T,
    ) -> T {
        let calls = self.client.usage.calls;
        let result = ask(self, state);
        if self.client.usage.calls > calls && self.asked.insert(fingerprint.to_owned()) {
            state.spend.incidents += 1;
        }
        for (reason, count) in &self.client.dropped {
            let recorded = self.recorded.entry(reason.clone()).or_default();
            *state.spend.dropped.entry(reason.clone()).or_default() += count - *recorded;
            *recorded = *count;
        }
        result
    }

    /// Usage and notes for the report.
    #[must_use]
    pub fn llm(&self, spend: &Spend) -> Llm {
        let cycle = &self.client.usage;
        Llm {
            calls: cycle.calls,
            input_tokens: cycle.usage.input,
            output_tokens: cycle.usage.output,
            cost_usd: round_usd(cycle.usd),
            incidents: u32::try_from(self.asked.len()).unwrap_or(u32::MAX),
            dropped: self
                .client
                .dropped
                .iter()
                .map(|(reason, count)| Dropped {
                    reason: reason.clone(),
                    count: *count,
                })
                .collect(),
            month_usd: round_usd(spend.usd),
            month_calls: spend.calls,
            month_incidents: spend.incidents,
            refused: self.client.refused.clone(),
            note: self.off.clone().or_else(|| self.client.notes()),
        }
    }

    /// The cycle with a deadline that leaves time for notifications.
    fn with_model_deadline<'s>(&self, cycle: &CycleContext<'s>) -> CycleContext<'s> {
        let now = self.http.clock().now();
        let left = cycle.deadline.saturating_duration_since(now);
        CycleContext {
            deadline: now + left / 2,
            ..*cycle
        }
    }

    fn advise_on(
        &mut self,
        state: &mut AgentState,
        cycle: &CycleContext,
        context: &IncidentContext,
    ) -> Advice {
        let incident = context.incident;
        let draft = report::draft(incident, cycle.monitored);
        let service = find_service(cycle, incident.service.as_deref());
        let mut advice = Advice {
            fingerprint: incident.fingerprint.clone(),
            severity: incident.severity,
            analysis: draft.analysis.clone(),
            actions: Vec::new(),
            correlation: context.correlation.cloned(),
        };
        let has_answers = self.client.is_open() || !state.cache.is_empty();
        if incident.severity == Severity::Sev4 || !has_answers {
            return advice;
        }
        let scope = Scope::new(&cycle.snapshot.objects, incident, service);
        let commits = context.correlation.iter().flat_map(|c| &c.commits);
        let names = AllowedNames {
            scope: &scope,
            service,
            commits: commits.map(|c| c.sha.as_str()).collect(),
            subjects: subjects(&draft, service),
        };
        let request = RequestContext {
            draft: &draft,
            incident: context,
            service,
            names: &names,
            key_input: CacheKeyInput::new(incident, &draft, service, context.correlation),
            cycle,
        };
        self.diagnose(state, &request, &mut advice);
        self.review(state, &request, &mut advice);
        self.decide_severity(state, &request, &mut advice);
        advice
    }

    fn diagnose(&mut self, state: &mut AgentState, request: &RequestContext, advice: &mut Advice) {
        let correlation = request.incident.correlation;
        let snapshot = request.cycle.snapshot;
        let context = request
            .described()
            .first_commit(correlation, request.names)
            .log(failing_log(snapshot, request.incident.incident))
            .timeline(correlation)
            .last_change(last_change(snapshot, request.draft), request.cycle.now)
            .actions(request.draft);
        let input = analyzer::Input {
            incident: request.draft,
            context: &context,
            names: request.names,
            look_up: &InSnapshot {
                snapshot: request.cycle.snapshot,
                scope: request.names.scope,
            },
            reserve: request.reserve(),
        };
        let key = request.key_input.key(Role::Analyzer, "");
        let cycle = request.cycle;
        let diagnosis = self.cached(&key, state, cycle.now, |client, state| {
            analyzer::diagnose(&input, client, state, cycle)
        });
        let Some(diagnosis) = diagnosis else {
            return;
        };
        let steps = diagnosis.remediation.iter();
        let actions = steps.map(|step| step.action(request.names));
        advice.actions.extend(actions);
        advice.analysis.source = AnalysisSource::Model;
        advice.analysis.confidence = diagnosis.confidence.into();
        advice.analysis.hypothesis = diagnosis.hypothesis;
    }

    fn review(&mut self, state: &mut AgentState, request: &RequestContext, advice: &mut Advice) {
        let correlation = request.incident.correlation;
        let Some(correlation) = correlation.filter(|_| reviewer::is_needed(correlation)) else {
            return;
        };
        let context = PromptContext::new(request.draft, request.cycle.now)
            .commits(Some(correlation), request.incident.candidates);
        let key = request.key_input.key(Role::Reviewer, "");
        let cycle = request.cycle;
        let review = self.cached(&key, state, cycle.now, |client, state| {
            reviewer::review(&context, request.names, client, state, cycle)
        });
        if let Some(review) = review {
            advice.correlation = Some(reviewer::apply(&review, correlation));
        }
    }

    fn decide_severity(
        &mut self,
        state: &mut AgentState,
        request: &RequestContext,
        advice: &mut Advice,
    ) {
        let rule = request.incident.incident.rule;
        let context = request
            .described()
            .analysis(&advice.analysis)
            .first_commit(advice.correlation.as_ref(), request.names)
            .log(failing_log(
                request.cycle.snapshot,
                request.incident.incident,
            ))
            .actions(request.draft);
        let input = escalation::Input {
            rule,
            context: &context,
            incident: request.draft,
            names: request.names,
        };
        let key = request.key_input.key(Role::Escalation, rule.as_str());
        let cycle = request.cycle;
        let decision = self.cached(&key, state, cycle.now, |client, state| {
            escalation::decide(&input, client, state, cycle)
        });
        let decision = decision.unwrap_or_else(|| escalation::fallback(rule, request.draft));
        advice.severity = decision.severity(rule);
        advice.analysis.business_impact = decision.business_impact(rule, request.draft);
        advice.analysis.dissent = decision.dissent();
        for step in &decision.next_actions {
            let action = step.action(request.names);
            if !advice.actions.contains(&action) {
                advice.actions.push(action);
            }
        }
    }

    fn announce_one(
        &mut self,
        state: &mut AgentState,
        cycle: &CycleContext,
        incident: &Incident,
    ) -> Announcement {
        let headline = if incident.severity == Severity::Sev4 {
            None
        } else {
            self.write_headline(state, cycle, incident)
        };
        let source = if headline.is_some() {
            AnalysisSource::Model
        } else {
            AnalysisSource::Rules
        };
        let headline = headline.unwrap_or_else(|| notifier::fallback(incident));
        Announcement {
            source,
            headline: headline.headline,
            summary: headline.summary,
        }
    }

    fn write_headline(
        &mut self,
        state: &mut AgentState,
        cycle: &CycleContext,
        incident: &Incident,
    ) -> Option<notifier::Headline> {
        let service = find_service(cycle, incident.service.as_deref());
        let correlation = incident.correlation.as_ref();
        let commits = correlation.iter().flat_map(|c| &c.commits);
        let scope = Scope::of_findings(&cycle.snapshot.objects, &incident.findings);
        let names = AllowedNames {
            scope: &scope,
            service,
            commits: commits.map(|c| c.sha.as_str()).collect(),
            subjects: subjects(incident, service),
        };
        let context = described(incident, service, cycle)
            .analysis(&incident.analysis)
            .impact(&incident.analysis.business_impact)
            .first_commit(correlation, &names);
        let resources = incident.findings.iter().map(|f| &f.resource);
        let namespaces: Vec<_> = resources.filter_map(|r| r.namespace.as_deref()).collect();
        let pods = cycle.snapshot.objects.pods.iter().map(|p| &p.metadata);
        let pods = pods
            .filter(|pod| namespaces.contains(&pod.namespace.as_str()))
            .map(|pod| pod.name.as_str())
            .collect();
        let key_input = CacheKeyInput::of_report(incident, service, correlation, &pods);
        let key = key_input.key(Role::Notifier, incident.severity.as_str());
        self.cached(&key, state, cycle.now, |client, state| {
            notifier::write(&context, &names, client, state, cycle)
        })
    }

    /// The cached answer, otherwise a new one, which is cached.
    fn cached<T: serde::Serialize + serde::de::DeserializeOwned>(
        &mut self,
        key: &Key,
        state: &mut AgentState,
        now: Time,
        ask: impl FnOnce(&mut ModelClient<'a>, &mut AgentState) -> Result<T, NoAnswer>,
    ) -> Option<T> {
        // With --no-llm cached answers are not shown either.
        if self.off.is_some() {
            return None;
        }
        match key.find(state.cache, now) {
            Lookup::Found(answer) => return Some(answer),
            Lookup::Unusable => return None,
            Lookup::LimitReached => {
                self.client
                    .note("an incident that keeps changing is not explained again today");
                return None;
            }
            Lookup::Missing => {}
        }
        match ask(&mut self.client, state) {
            Ok(answer) => {
                key.keep(state.cache, Some(&answer), now);
                Some(answer)
            }
            Err(NoAnswer::Unusable) => {
                key.keep::<T>(state.cache, None, now);
                None
            }
            Err(NoAnswer::NotAsked) => None,
        }
    }
}

fn find_service<'a>(cycle: &CycleContext<'a>, name: Option<&str>) -> Option<&'a Service> {
    let mut services = cycle.monitored.iter();
    services.find(|service| Some(service.name.as_str()) == name)
}

/// What an incident is about. The monitor's own incidents have no name that readers know.
fn subjects<'a>(incident: &'a Incident, service: Option<&'a Service>) -> Vec<&'a str> {
    let root = &incident.root_cause.resource;
    if matches!(root.kind.as_str(), "Cluster" | "Inventory") {
        return Vec::new();
    }
    let aliases = service.iter().flat_map(|service| &service.aliases);
    let names = incident.service.iter().chain(aliases).map(String::as_str);
    names.chain([root.name.as_str()]).collect()
}

/// The incident with the services file's entry of its service; of a node or another shared root, those
/// of the most critical services that it affects.
fn described(
    incident: &Incident,
    service: Option<&Service>,
    cycle: &CycleContext,
) -> PromptContext {
    let mut services: Vec<_> = match service {
        Some(service) => vec![service],
        None => incident
            .affects
            .iter()
            .filter_map(|name| find_service(cycle, Some(name)))
            .collect(),
    };
    services.sort_by_key(|service| service.tier);
    services.truncate(MAX_SERVICES);
    let down_for = (cycle.now - incident.since).to_std().ok();
    let context = PromptContext::new(incident, cycle.now);
    services.into_iter().fold(context, |context, service| {
        context.service(service, down_for)
    })
}

/// The log of the failing container: the run that ended, if there is one.
fn failing_log<'a>(
    snapshot: &'a Snapshot,
    incident: &'a assess::Incident,
) -> Option<&'a ContainerLog> {
    let pods = incident.findings.iter().flat_map(|finding| &finding.pods);
    let mut logs = pods.filter_map(|pod| {
        let logs: Vec<_> = snapshot.logs_of(&pod.namespace, &pod.name).collect();
        let ended = logs
            .iter()
            .find(|log| log.previous && !log.text.trim().is_empty());
        ended
            .or_else(|| logs.iter().find(|log| !log.text.trim().is_empty()))
            .copied()
    });
    logs.next()
}

/// The newest ReplicaSet of the workload at the root.
fn last_change(snapshot: &Snapshot, incident: &Incident) -> Option<(Time, String)> {
    let root = &incident.root_cause.resource;
    let sets = snapshot.objects.replica_sets.iter().filter(|set| {
        let owners = &set.metadata.owner_references;
        Some(set.metadata.namespace.as_str()) == root.namespace.as_deref()
            && owners
                .iter()
                .any(|owner| owner.kind == root.kind.as_str() && owner.name == root.name.as_str())
    });
    let newest = sets.max_by_key(|set| set.metadata.creation_timestamp)?;
    let created = newest.metadata.creation_timestamp?;
    Some((created, format!("new ReplicaSet {}", newest.metadata.name)))
}

/// Rounds to millionths of a dollar.
fn round_usd(usd: f64) -> f64 {
    (usd * 1e6).round() / 1e6
}
