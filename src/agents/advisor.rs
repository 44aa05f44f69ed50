//! Asks the agents about incidents, and applies what they answer.

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
use crate::config::Config;
use crate::inventory::Service;
use crate::model::{AnalysisSource, Severity, Time};
use crate::net::Http;
use crate::report::{self, Incident, Llm};
use crate::state::Spend;

/// The agents of one cycle.
pub struct Agents<'a> {
    client: ModelClient<'a>,
    http: &'a Http,
    /// Why the model is not asked.
    off: Option<String>,
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
    fn has_commits(&self) -> bool {
        let correlation = self.incident.correlation;
        correlation.is_some_and(|c| !c.commits.is_empty())
    }

    /// Input tokens that the agents after the analyzer need.
    fn reserve(&self) -> u64 {
        let later = [Role::Reviewer, Role::Escalation, Role::Notifier];
        let asked = later
            .into_iter()
            .filter(|role| *role != Role::Reviewer || self.has_commits());
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
            .map(|incident| self.advise_on(state, cycle, incident))
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
            .map(|incident| self.announce_one(state, cycle, incident))
            .collect()
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
            month_usd: round_usd(spend.usd),
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
        let context = PromptContext::new(request.draft)
            .service(request.service)
            .first_commit(request.incident.correlation)
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
        let actions = steps.filter_map(|step| step.action(request.names));
        advice.actions.extend(actions);
        advice.analysis.source = AnalysisSource::Model;
        advice.analysis.confidence = diagnosis.confidence.into();
        advice.analysis.hypothesis = diagnosis.hypothesis;
    }

    fn review(&mut self, state: &mut AgentState, request: &RequestContext, advice: &mut Advice) {
        let correlation = request.incident.correlation;
        let Some(correlation) = correlation.filter(|_| request.has_commits()) else {
            return;
        };
        let context = PromptContext::new(request.draft)
            .commits(Some(correlation), request.incident.candidates);
        let key = request.key_input.key(Role::Reviewer, "");
        let cycle = request.cycle;
        let review = self.cached(&key, state, cycle.now, |client, state| {
            reviewer::review(&context, correlation, client, state, cycle)
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
        let context = PromptContext::new(request.draft)
            .service(request.service)
            .analysis(&advice.analysis)
            .first_commit(advice.correlation.as_ref())
            .actions(request.draft);
        let input = escalation::Input {
            rule,
            context: &context,
            service: request.service,
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
            let action = action.filter(|action| !advice.actions.contains(action));
            advice.actions.extend(action);
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
        let context = PromptContext::new(incident)
            .service(service)
            .analysis(&incident.analysis)
            .impact(&incident.analysis.business_impact)
            .first_commit(correlation);
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
            notifier::write(&context, incident, client, state, cycle)
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

/// Rounds to millionths of a dollar.
fn round_usd(usd: f64) -> f64 {
    (usd * 1e6).round() / 1e6
}
