//! Why: from symptom to cause, by rules that name the evidence they need.
//!
//! Each family of causes is a file with a table of [`Rule`]s. The tables are
//! tried in the order of [`TABLES`] and the first rule with a proof wins, so
//! the order says which cause outranks which. A cause without proof is never
//! named. To add one: an entry in its family's table, its cases in
//! `tests/diagnose.rs`, its paragraph in `docs/findings.md`.

mod admission;
mod images;
mod nodes;
mod platform;

use std::collections::HashSet;

use crate::cluster::objects::{ContainerStatus, Event, Pod};
use crate::detect::{Cause, Fact, FactKind, Finding, View, Workload};
use crate::inventory::Service;

/// One cause and how it is proved.
pub struct Rule {
    /// The cause.
    pub cause: Cause,
    /// Looks for the proof.
    pub proof: fn(&Case) -> Option<Proof>,
}

/// What shows a cause.
#[derive(Debug, Default)]
pub struct Proof {
    /// The facts, strongest first.
    pub facts: Vec<Fact>,
    /// Key of what is outside the objects of one service and may hurt others too.
    pub shared: Option<String>,
    /// A sentence that says more than the symptom's own.
    pub message: Option<String>,
    /// The known issue that this is.
    pub known_issue: Option<String>,
}

/// A finding and the objects around it.
pub struct Case<'a> {
    /// Everything.
    pub view: &'a View<'a>,
    /// The finding.
    pub finding: &'a Finding,
    /// The workload that it is about.
    pub workload: Option<&'a Workload<'a>>,
    /// The pods that show it.
    pub pods: Vec<&'a Pod>,
    /// Its service.
    pub service: Option<&'a Service>,
}

/// The families, those first whose proof leaves least to interpretation.
const TABLES: &[&[Rule]] = &[
    admission::RULES,
    images::RULES,
    nodes::RULES,
    platform::RULES,
];

/// Names the causes that can be proved.
pub fn diagnose(view: &View, findings: &mut [Finding]) {
    for finding in findings.iter_mut().filter(|f| f.cause.is_none()) {
        let Some((cause, proof)) = first_proof(&Case::new(view, finding)) else {
            continue;
        };
        finding.cause = Some(cause);
        finding.shared = proof.shared;
        finding.known_issue = proof.known_issue.or(finding.known_issue.take());
        if let Some(message) = proof.message {
            finding.message = message;
        }
        for fact in proof.facts {
            finding.fact(fact.kind, fact.text);
        }
    }
}

fn first_proof(case: &Case) -> Option<(Cause, Proof)> {
    TABLES
        .iter()
        .flat_map(|table| table.iter())
        .find_map(|rule| Some((rule.cause, (rule.proof)(case)?)))
}

impl<'a> Case<'a> {
    fn new(view: &'a View<'a>, finding: &'a Finding) -> Self {
        let about = &finding.resource;
        let workload = view.workload(&about.kind, &about.namespace, &about.name);
        let pods = workload.map_or(&[][..], |w| &w.pods);
        let names: HashSet<&str> = finding.pods.iter().map(|p| p.name.as_str()).collect();
        let shown = |pod: &&&Pod| names.contains(pod.metadata.name.as_str());
        Self {
            view,
            finding,
            workload,
            pods: pods.iter().filter(shown).copied().collect(),
            service: finding.service.as_ref().and_then(|name| view.service(name)),
        }
    }

    /// Statuses of the containers that are not ready.
    fn unready(&self) -> impl Iterator<Item = (&'a Pod, &'a ContainerStatus)> {
        self.pods
            .iter()
            .flat_map(|pod| pod.all_statuses().map(move |c| (*pod, c)))
            .filter(|(_, c)| !c.ready)
    }

    /// Waiting messages of the containers that are not ready, with their pod.
    fn waiting(&self) -> impl Iterator<Item = (&'a Pod, &'a str, &'a str)> {
        self.unready().filter_map(|(pod, c)| {
            let waiting = c.state.waiting.as_ref()?;
            Some((pod, waiting.reason.as_str(), waiting.message.as_str()))
        })
    }

    /// Warning events about the pods of the finding.
    fn events(&'a self) -> impl Iterator<Item = &'a Event> {
        self.pods.iter().flat_map(|pod| self.view.pod_events(pod))
    }
}

impl Proof {
    /// A proof of one fact.
    #[must_use]
    pub fn of(kind: FactKind, text: impl Into<String>) -> Self {
        Self {
            facts: vec![Fact {
                kind,
                text: text.into(),
            }],
            ..Self::default()
        }
    }
}
