//! Diagnosis: from symptom to cause, by rules that state their evidence.
//!
//! Each family of causes is a file with a table of [`Rule`]s. The tables are
//! tried in the order of [`TABLES`] and the first rule with a proof applies. A
//! cause without proof is never named. To add a cause, add its rule to the table
//! of its family, its row to `src/model/cause.rs`, and its cases to
//! `tests/fixtures/diagnose/`.
//!
//! The object to fix may be another one than the object with the symptom: the
//! quota and not the workload that it blocks, the database and not its client. A
//! proof then names a [`Root`], which becomes one finding of its own at the head
//! of the incident, however many findings point to it.

mod admission;
mod behind;
mod claims;
mod config;
mod context;
mod evictions;
mod evidence;
mod images;
mod log_tail;
mod logs;
mod mounts;
mod network;
mod node_fit;
mod nodes;
mod platform;
mod probes;
mod pulls;
mod quotas;
mod runs;
mod runtime;
mod scheduling;
mod secrets;
mod signatures;
mod start;
mod storage;
mod text;
mod vault;
mod workload;

pub use context::RuleContext;

use std::collections::HashMap;

use crate::detect::ClusterIndex;
use crate::model::{Cause, Effect, Fact, FactKind, Finding, ObjectRef, Reason};

/// One cause and how it is proved.
pub struct Rule {
    /// The cause.
    pub cause: Cause,
    /// Finds the proof.
    pub proof: fn(&RuleContext) -> Option<Proof>,
}

impl Rule {
    const fn new(cause: Cause, proof: fn(&RuleContext) -> Option<Proof>) -> Self {
        Self { cause, proof }
    }
}

/// The proof of a cause.
#[derive(Debug, Default)]
pub struct Proof {
    /// The facts, strongest first.
    pub facts: Vec<Fact>,
    /// The key of a cause outside the service's own objects, which may affect
    /// other services too; for an object, its kind and name.
    pub group_key: Option<String>,
    /// A message that is more specific than the symptom's.
    pub message: Option<String>,
    /// The known issue that explains it.
    pub known_issue: Option<String>,
    /// The object to fix, where it is not the one with the symptom.
    pub root: Option<Root>,
    /// The service that it depends on by the evidence.
    pub depends_on: Option<String>,
}

/// The object to fix.
#[derive(Debug)]
pub struct Root {
    /// The object.
    pub resource: ObjectRef,
    /// The service that it belongs to.
    pub service: Option<String>,
    /// What is wrong with it, in one sentence.
    pub message: String,
}

/// The families of rules, the most certain first.
const TABLES: &[&[Rule]] = &[
    runs::RULES,
    admission::RULES,
    images::RULES,
    config::RULES,
    runtime::AT_START,
    mounts::RULES,
    start::RULES,
    runtime::KILLED,
    evictions::RULES,
    nodes::RULES,
    scheduling::RULES,
    storage::RULES,
    network::RULES,
    vault::RULES,
    secrets::RULES,
    platform::RULES,
    probes::MISCONFIGURED,
    signatures::RULES,
    probes::FAILING,
    runtime::ENDED,
    workload::RULES,
];

/// Every cause that some rule can prove, in the order of precedence.
pub fn causes() -> impl Iterator<Item = Cause> {
    TABLES
        .iter()
        .flat_map(|table| table.iter())
        .map(|rule| rule.cause)
}

/// Sets the causes that can be proved, and adds findings about the objects to fix.
pub fn diagnose(index: &ClusterIndex, findings: &mut Vec<Finding>) {
    let proofs = prove(index, findings);
    let mut roots = Vec::new();
    for (finding, proof) in findings.iter_mut().zip(proofs) {
        match proof {
            Diagnosis::Proved(cause, proof) => roots.extend(apply(finding, cause, *proof)),
            Diagnosis::Unproved(facts, behind) => {
                finding.group_key = finding.group_key.take().or(behind);
                for fact in facts {
                    finding.fact(fact.kind, fact.text);
                }
            }
        }
    }
    add_roots(findings, roots);
    behind::settle(index, findings);
}

/// What is known about the cause of a finding.
enum Diagnosis {
    /// The cause and its proof.
    Proved(Cause, Box<Proof>),
    /// The detector set the cause, or no rule applies. The facts may help a reader, and the key
    /// names what the finding waits for.
    Unproved(Vec<Fact>, Option<String>),
}

fn prove(index: &ClusterIndex, findings: &[Finding]) -> Vec<Diagnosis> {
    let with_findings = findings.iter().map(|f| f.resource.clone()).collect();
    let of_finding = |finding: &Finding| {
        if finding.cause.is_some() {
            return Diagnosis::Unproved(Vec::new(), None);
        }
        let context = RuleContext::new(index, &with_findings, finding);
        match first_proof(&context) {
            Some((cause, proof)) => Diagnosis::Proved(cause, Box::new(proof)),
            None => {
                Diagnosis::Unproved(evidence::at_hand(&context), evidence::pull_before(&context))
            }
        }
    };
    findings.iter().map(of_finding).collect()
}

fn first_proof(context: &RuleContext) -> Option<(Cause, Proof)> {
    TABLES
        .iter()
        .flat_map(|table| table.iter())
        .find_map(|rule| Some((rule.cause, (rule.proof)(context)?)))
}

/// Adds a proof to its finding; returns the finding about the object to fix.
fn apply(finding: &mut Finding, cause: Cause, proof: Proof) -> Option<Finding> {
    finding.cause = Some(cause);
    finding.group_key = proof.group_key;
    finding.depends_on = proof.depends_on;
    finding.known_issue = proof.known_issue.or(finding.known_issue.take());
    if let Some(message) = proof.message {
        // The symptom's own message (how often, how it ended) becomes evidence.
        let symptom = std::mem::replace(&mut finding.message, message);
        if !symptom.is_empty() && proof.facts.iter().all(|f| f.text != symptom) {
            finding.fact(FactKind::Object, symptom);
        }
    }
    for fact in proof.facts {
        finding.fact(fact.kind, fact.text);
    }
    let root = proof.root?;
    let key = root.resource.to_string();
    if finding.resource == root.resource {
        return None;
    }
    finding.group_key = Some(key);
    let mut head = Finding::new(
        finding.reason,
        root.resource,
        finding.since,
        Effect::Impaired,
    );
    head.cause = Some(cause);
    head.service = root.service;
    head.message = root.message;
    head.evidence.clone_from(&finding.evidence);
    Some(head)
}

/// Adds each root once, as old as the oldest finding that points to it. If a
/// finding about the object exists already, it takes over the cause.
fn add_roots(findings: &mut Vec<Finding>, roots: Vec<Finding>) {
    let mut about: HashMap<ObjectRef, Vec<usize>> = HashMap::new();
    for (at, finding) in findings.iter().enumerate().filter(|_| !roots.is_empty()) {
        about.entry(finding.resource.clone()).or_default().push(at);
    }
    for root in roots {
        let known = about.entry(root.resource.clone()).or_default();
        let same = |&&at: &&usize| {
            let finding: &Finding = &findings[at];
            let is_cause = finding.cause.is_none() || finding.cause == root.cause;
            // The whole control plane explains its scheduler.
            is_cause || finding.reason == Reason::ControlPlaneSilent
        };
        if let Some(&at) = known.iter().find(same) {
            merge_root(&mut findings[at], root);
        } else {
            known.push(findings.len());
            findings.push(root);
        }
    }
}

fn merge_root(known: &mut Finding, root: Finding) {
    known.since = known.since.min(root.since);
    if known.cause.is_none() {
        known.cause = root.cause;
        known.message = root.message;
        for fact in root.evidence {
            known.fact(fact.kind, fact.text);
        }
    }
}

impl Proof {
    /// A proof of one fact.
    #[must_use]
    pub fn of(kind: FactKind, text: impl Into<String>) -> Self {
        Self {
            facts: vec![Fact {
                kind,
                text: text::clip(&text::one_line(&text.into())),
            }],
            ..Self::default()
        }
    }

    /// The proof of a symptom that is itself the cause; the finding has its facts already.
    fn detected(context: &RuleContext, reason: Reason) -> Option<Self> {
        context.is(&[reason]).then(Self::default)
    }

    /// A proof by a field of an object.
    fn object(text: impl Into<String>) -> Self {
        Self::of(FactKind::Object, text)
    }

    /// A proof by a warning event.
    fn event(text: impl Into<String>) -> Self {
        Self::of(FactKind::Event, text)
    }

    /// Adds a fact.
    fn and(mut self, kind: FactKind, text: impl Into<String>) -> Self {
        self.facts.extend(Self::of(kind, text).facts);
        self
    }

    /// Sets the message.
    fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Sets the key of a cause that may affect other services too.
    fn group_key(mut self, key: impl Into<String>) -> Self {
        self.group_key = Some(key.into());
        self
    }

    /// Sets the object to fix.
    fn root(
        mut self,
        resource: ObjectRef,
        service: Option<&str>,
        message: impl Into<String>,
    ) -> Self {
        self.root = Some(Root {
            resource,
            service: service.map(ToOwned::to_owned),
            message: message.into(),
        });
        self
    }
}
