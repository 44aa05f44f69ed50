//! Four agents on one small model, that can help and cannot harm.
//!
//! ```text
//! incident ─► case ─► fence ─► desk ─► anthropic          advise, before lifecycle:
//!  evidence   least    data     budget   Messages API       k8s-analyzer       why
//!  services   useful   only     month,      │               github-reviewer    which commit
//!  commits    left out          cycle       ▼               escalation-manager how bad, in the band
//!                          prose, steps, commands         announce, after it:
//!                          check every word of it           slack-notifier     headline, summary
//!                                 │
//!                 fallback ◄──────┴──────► cache (state)
//! ```
//!
//! Rules have found, judged and grouped before anybody is asked here, and what
//! is asked changes words, the order of suspects, and a severity inside the
//! band that its rule leaves open. Each agent is a file: typed input, typed
//! output, what the rules alone would say in its place, what is checked.
//! `anthropic` is the only edge; `docs/agents.md` is for operators.

mod analyzer;
pub mod anthropic;
pub mod budget;
pub mod cache;
mod client;
mod commands;
mod escalation;
mod lookups;
mod notifier;
mod object_index;
mod output_filter;
mod prompt;
mod prompt_context;
mod remediation;
mod reviewer;
mod schema;
mod untrusted;

use std::time::Instant;

use crate::assess;
use crate::cluster::Snapshot;
use crate::config::Config;
use crate::correlate::CandidateCommit;
use crate::inventory::Service;
use crate::model::{AnalysisSource, Severity, Time};
use crate::net::Http;
use crate::notify::ModelText;
use crate::report::{self, Action, Analysis, Correlation, Incident, Llm};
use crate::state::Spend;

use anthropic::Anthropic;
use cache::{Cache, CacheKeyInput, Key, Lookup};
use client::{ModelClient, NoAnswer};
use commands::Names;
use lookups::InSnapshot;
use object_index::Scope;
use prompt_context::PromptContext;

pub use anthropic::ModelError;
pub use prompt::{Prompt, Role};

/// What a cycle looks at.
pub struct CycleContext<'a> {
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// Listed services and K3s's own parts.
    pub roster: &'a [Service],
    /// The moment of the cycle.
    pub now: Time,
    /// When the cycle must be over; half of what is left goes to the model.
    pub deadline: Instant,
}

/// What is remembered from cycle to cycle.
pub struct CacheAndSpend<'a> {
    /// What the model has cost.
    pub spend: &'a mut Spend,
    /// Answers.
    pub cache: &'a mut Cache,
}

/// One incident to be advised on.
#[derive(Clone, Copy)]
pub struct IncidentContext<'a> {
    /// The incident, as the rules judge it.
    pub incident: &'a assess::Incident,
    /// Its suspect commits.
    pub correlation: Option<&'a Correlation>,
    /// What those commits say and change, where it is at hand.
    pub candidates: &'a [CandidateCommit],
}

/// What is advised.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// Of which incident.
    pub fingerprint: String,
    /// Its severity: the rule's, or another one of the rule's band.
    pub severity: Severity,
    /// What it means.
    pub analysis: Analysis,
    /// What to do beyond what the rules say.
    pub actions: Vec<Action>,
    /// The suspects, explained.
    pub correlation: Option<Correlation>,
}

/// What is read first of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Whose words these are.
    pub source: AnalysisSource,
    /// In place of the title; empty: the title.
    pub headline: String,
    /// Two sentences; empty: the root cause.
    pub summary: String,
}

impl Announcement {
    /// The model's words, for a message; `None`: the rules' own.
    #[must_use]
    pub fn words(&self) -> Option<ModelText<'_>> {
        (self.source == AnalysisSource::Model).then_some(ModelText {
            headline: &self.headline,
            summary: &self.summary,
        })
    }
}

/// The agents of one cycle.
pub struct Agents<'a> {
    desk: ModelClient<'a>,
    http: &'a Http,
    off: Option<String>,
}

impl<'a> Agents<'a> {
    /// Sets them up. With a reason in `off`, or without a key, they answer what
    /// the rules say and nothing is asked.
    #[must_use]
    pub fn new(config: &'a Config, http: &'a Http, off: Option<String>) -> Self {
        let key = config.keys.anthropic.as_ref().filter(|_| off.is_none());
        let client = key.map(|key| Anthropic::new(http, &config.endpoints.anthropic, key));
        let off = off.or_else(|| {
            client
                .is_none()
                .then(|| "no ANTHROPIC_API_KEY: the rules' own words are used".to_owned())
        });
        Self {
            desk: ModelClient::new(client, config.model_budget),
            http,
            off,
        }
    }

    /// Advises on incidents, the most important first: the budget may not be
    /// enough for all. SEV-4 gets what the rules say.
    pub fn advise(
        &mut self,
        memory: &mut CacheAndSpend,
        scene: &CycleContext,
        dossiers: &[IncidentContext],
    ) -> Vec<Advice> {
        budget::turn_month(memory.spend, scene.now);
        cache::forget(memory.cache, scene.now);
        let scene = &self.hurried(scene);
        dossiers
            .iter()
            .map(|dossier| self.advise_on(memory, scene, dossier))
            .collect()
    }

    /// Writes what is read first of full messages, one for each incident.
    pub fn announce(
        &mut self,
        memory: &mut CacheAndSpend,
        scene: &CycleContext,
        incidents: &[&Incident],
    ) -> Vec<Announcement> {
        budget::turn_month(memory.spend, scene.now);
        let scene = &self.hurried(scene);
        incidents
            .iter()
            .map(|incident| self.announce_one(memory, scene, incident))
            .collect()
    }

    /// What it cost so far.
    #[must_use]
    pub fn llm(&self, spend: &Spend) -> Llm {
        let cycle = &self.desk.cycle;
        Llm {
            calls: cycle.calls,
            input_tokens: cycle.usage.input,
            output_tokens: cycle.usage.output,
            cost_usd: micros(cycle.usd),
            month_usd: micros(spend.usd),
            note: self.off.clone().or_else(|| self.desk.notes()),
        }
    }

    /// The same scene with a deadline that leaves time to tell people.
    fn hurried<'s>(&self, scene: &CycleContext<'s>) -> CycleContext<'s> {
        let now = self.http.clock().now();
        let left = scene.deadline.saturating_duration_since(now);
        CycleContext {
            deadline: now + left / 2,
            ..*scene
        }
    }

    fn advise_on(
        &mut self,
        memory: &mut CacheAndSpend,
        scene: &CycleContext,
        dossier: &IncidentContext,
    ) -> Advice {
        let incident = dossier.incident;
        let shown = report::draft(incident, scene.roster);
        let service = listed(scene, incident.service.as_deref());
        let mut advice = Advice {
            fingerprint: incident.fingerprint.clone(),
            severity: incident.severity,
            analysis: shown.analysis.clone(),
            actions: Vec::new(),
            correlation: dossier.correlation.cloned(),
        };
        if incident.severity == Severity::Sev4 || !self.desk.is_open() && memory.cache.is_empty() {
            return advice;
        }
        let reach = Scope::new(&scene.snapshot.objects, incident, service);
        let commits = dossier.correlation.iter().flat_map(|c| &c.commits);
        let names = Names {
            reach: &reach,
            service,
            commits: commits.map(|c| c.sha.as_str()).collect(),
        };
        let table = RequestContext {
            shown: &shown,
            dossier,
            service,
            names: &names,
            grounds: CacheKeyInput::new(incident, &shown, service, dossier.correlation),
            scene,
        };
        self.diagnose(memory, &table, &mut advice);
        self.review(memory, &table, &mut advice);
        self.weigh(memory, &table, &mut advice);
        advice
    }

    fn diagnose(
        &mut self,
        memory: &mut CacheAndSpend,
        table: &RequestContext,
        advice: &mut Advice,
    ) {
        let case = table.case().actions(table.shown);
        let matter = analyzer::Input {
            incident: table.shown,
            case: &case,
            names: table.names,
            look_up: &InSnapshot {
                snapshot: table.scene.snapshot,
                reach: table.names.reach,
            },
            reserve: table.reserve(),
        };
        let key = table.grounds.key(Role::Analyzer, "");
        let scene = table.scene;
        let diagnosis = self.kept(&key, memory, scene.now, |desk, memory| {
            analyzer::diagnose(&matter, desk, memory, scene)
        });
        let source = if diagnosis.is_some() {
            AnalysisSource::Model
        } else {
            AnalysisSource::Rules
        };
        let diagnosis = diagnosis.unwrap_or_else(|| analyzer::fallback(table.shown));
        let steps = diagnosis.remediation.iter();
        let steps = steps.filter(|step| step.is_allowed(table.names));
        advice.actions.extend(steps.map(remediation::Step::action));
        advice.analysis.source = source;
        advice.analysis.confidence = diagnosis.confidence.confidence();
        advice.analysis.hypothesis = diagnosis.hypothesis;
    }

    fn review(&mut self, memory: &mut CacheAndSpend, table: &RequestContext, advice: &mut Advice) {
        let suspects = table.dossier.correlation.filter(|c| !c.commits.is_empty());
        let Some(correlation) = suspects else {
            return;
        };
        let case =
            PromptContext::of(table.shown).commits(Some(correlation), table.dossier.candidates);
        let key = table.grounds.key(Role::Reviewer, "");
        let scene = table.scene;
        let review = self.kept(&key, memory, scene.now, |desk, memory| {
            reviewer::review(&case, correlation, desk, memory, scene)
        });
        advice.correlation = Some(match review {
            Some(review) => reviewer::apply(&review, correlation),
            None => reviewer::fallback(correlation),
        });
    }

    fn weigh(&mut self, memory: &mut CacheAndSpend, table: &RequestContext, advice: &mut Advice) {
        let rule = table.dossier.incident.rule;
        let case = PromptContext::of(table.shown)
            .service(table.service)
            .analysis(&advice.analysis)
            .suspect(advice.correlation.as_ref())
            .actions(table.shown);
        let matter = escalation::Input {
            rule,
            case: &case,
            service: table.service,
            names: table.names,
        };
        let key = table.grounds.key(Role::Escalation, rule.as_str());
        let scene = table.scene;
        let weight = self.kept(&key, memory, scene.now, |desk, memory| {
            escalation::weigh(&matter, desk, memory, scene)
        });
        let weight = weight.unwrap_or_else(|| escalation::fallback(rule, table.shown));
        advice.severity = weight.severity(rule);
        advice.analysis.business_impact = weight.told(rule, table.shown);
        advice.analysis.dissent = weight.dissent();
        for step in &weight.next_actions {
            let action = step.action();
            if step.is_allowed(table.names) && !advice.actions.contains(&action) {
                advice.actions.push(action);
            }
        }
    }

    fn announce_one(
        &mut self,
        memory: &mut CacheAndSpend,
        scene: &CycleContext,
        incident: &Incident,
    ) -> Announcement {
        let service = listed(scene, incident.service.as_deref());
        let case = PromptContext::of(incident)
            .service(service)
            .analysis(&incident.analysis)
            .impact(&incident.analysis.business_impact)
            .suspect(incident.correlation.as_ref());
        let pods = scene.snapshot.objects.pods.iter();
        let namespaces: Vec<_> = incident
            .findings
            .iter()
            .filter_map(|f| f.resource.namespace.as_deref())
            .collect();
        let pods = pods
            .filter(|p| namespaces.contains(&p.metadata.namespace.as_str()))
            .map(|p| p.metadata.name.as_str())
            .collect();
        let grounds = CacheKeyInput::of(incident, service, incident.correlation.as_ref(), &pods);
        let key = grounds.key(Role::Notifier, incident.severity.as_str());
        let is_told = incident.severity != Severity::Sev4;
        let written = is_told
            .then(|| {
                self.kept(&key, memory, scene.now, |desk, memory| {
                    notifier::write(&case, incident, desk, memory, scene)
                })
            })
            .flatten();
        let source = if written.is_some() {
            AnalysisSource::Model
        } else {
            AnalysisSource::Rules
        };
        let written = written.unwrap_or_else(|| notifier::fallback(incident));
        Announcement {
            source,
            headline: written.headline,
            summary: written.summary,
        }
    }

    /// The answer that is kept, else a new one, which is kept.
    fn kept<T: serde::Serialize + serde::de::DeserializeOwned>(
        &mut self,
        key: &Key,
        memory: &mut CacheAndSpend,
        now: Time,
        ask: impl FnOnce(&mut ModelClient<'a>, &mut CacheAndSpend) -> Result<T, NoAnswer>,
    ) -> Option<T> {
        // With --no-llm nothing that a model ever said is shown.
        if self.off.is_some() {
            return None;
        }
        match key.find(memory.cache, now) {
            Lookup::Answer(answer) => return Some(answer),
            Lookup::Useless => return None,
            Lookup::Restless => {
                self.desk
                    .note("an incident that keeps changing is not explained again today");
                return None;
            }
            Lookup::Nothing => {}
        }
        match ask(&mut self.desk, memory) {
            Ok(answer) => {
                key.keep(memory.cache, Some(&answer), now);
                Some(answer)
            }
            Err(NoAnswer::Useless) => {
                key.keep::<T>(memory.cache, None, now);
                None
            }
            Err(NoAnswer::Unasked) => None,
        }
    }
}

/// What lies on the table while one incident is advised on.
struct RequestContext<'a> {
    shown: &'a Incident,
    dossier: &'a IncidentContext<'a>,
    service: Option<&'a Service>,
    names: &'a Names<'a>,
    grounds: CacheKeyInput,
    scene: &'a CycleContext<'a>,
}

impl RequestContext<'_> {
    fn case(&self) -> PromptContext {
        PromptContext::of(self.shown)
            .service(self.service)
            .suspect(self.dossier.correlation)
    }

    /// Tokens in that the other agents will need.
    fn reserve(&self) -> u64 {
        let others = [Role::Reviewer, Role::Escalation, Role::Notifier];
        let is_asked = |role: &Role| {
            *role != Role::Reviewer
                || self
                    .dossier
                    .correlation
                    .is_some_and(|c| !c.commits.is_empty())
        };
        let asked = others.into_iter().filter(is_asked);
        asked.map(|role| role.share().reserve).sum()
    }
}

fn listed<'a>(scene: &CycleContext<'a>, name: Option<&str>) -> Option<&'a Service> {
    scene
        .roster
        .iter()
        .find(|service| Some(service.name.as_str()) == name)
}

/// Millionths of a dollar are as fine as anybody counts.
fn micros(usd: f64) -> f64 {
    (usd * 1e6).round() / 1e6
}
