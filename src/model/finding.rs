//! What a detector reports: one symptom of one object, with the facts that show it.

use super::cause::Cause;
use super::clock::Time;
use super::finding_row::{FaultClass, ReasonFlag};
use super::named::named_enum;
use super::object_ref::ObjectRef;
use super::reason::Reason;
use super::text::cut;

/// Letters of a message or fact, and of a name.
const TEXT: usize = 800;
const NAME: usize = 253;
/// Facts of one finding.
const FACTS: usize = 60;

/// One fact, as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Where it was read.
    pub kind: FactKind,
    /// The fact in one line.
    pub text: String,
}

named_enum! {
    /// Where a fact was read.
    pub enum FactKind {
        /// A field of an object.
        Object = "object",
        /// A warning event.
        Event = "event",
        /// A line of a container's log.
        Log = "log",
        /// A measured value.
        Metric = "metric",
        /// The services file.
        Inventory = "inventory",
    }
}

/// What a finding means for the service that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It serves all the same.
    Impaired,
    /// It may go down soon: flapping, short of memory, without a fresh backup.
    AtRisk,
    /// Not up yet, and within its time.
    Starting,
    /// A part of it is down.
    Degraded,
    /// Its pods are ready but cannot be reached.
    CutOff,
    /// All of it, or the part that counts, is down.
    Unavailable,
}

/// One symptom of one object.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The symptom.
    pub reason: Reason,
    /// The cause, once diagnosed.
    pub cause: Option<Cause>,
    /// The object that shows it; of a workload's pods, the workload.
    pub resource: ObjectRef,
    /// Since when, by the objects' own timestamps.
    pub since: Time,
    /// How much of it is concerned: `1 of 2 pods not ready`; empty where that goes without saying.
    pub extent: String,
    /// What is wrong, in one clause.
    pub message: String,
    /// The facts that show reason and cause.
    pub evidence: Vec<Fact>,
    /// The sentence of the services file that says this is to be expected.
    pub known_issue: Option<String>,
    /// The service that it belongs to; none for nodes and the monitor's own troubles.
    pub service: Option<String>,
    /// What it means for the service.
    pub effect: Effect,
    /// The pods that show it.
    pub pods: Vec<PodRef>,
    /// Findings with the same key have one cause outside of their own objects;
    /// of an object, the key is its kind and name.
    pub group_key: Option<String>,
    /// A service that the evidence shows this one to need.
    pub depends_on: Option<String>,
}

/// A pod and where it runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodRef {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Node; empty when not scheduled.
    pub node: String,
}

impl Finding {
    /// A finding without evidence; the fields that vary less have their usual values.
    #[must_use]
    pub fn new(reason: Reason, resource: ObjectRef, since: Time, effect: Effect) -> Self {
        Self {
            reason,
            cause: None,
            resource,
            since,
            extent: String::new(),
            message: String::new(),
            evidence: Vec::new(),
            known_issue: None,
            service: None,
            effect,
            pods: Vec::new(),
            group_key: None,
            depends_on: None,
        }
    }

    /// Extent and message as one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match (self.extent.as_str(), self.message.as_str()) {
            ("", message) => message.to_owned(),
            (extent, "") => extent.to_owned(),
            (extent, message) => format!("{extent}: {message}"),
        }
    }

    /// The class of the fault, for grouping and fingerprint.
    #[must_use]
    pub fn class(&self) -> FaultClass {
        let of_cause = self.cause.and_then(|cause| cause.row().class);
        of_cause.unwrap_or(self.reason.row().class)
    }

    /// Whether it describes the health of its service, and not only something related, such
    /// as an overdue backup.
    #[must_use]
    pub fn is_of_health(&self) -> bool {
        match self.effect {
            Effect::Impaired => false,
            Effect::AtRisk => self.reason.has(ReasonFlag::Flaps),
            Effect::Starting | Effect::Degraded | Effect::CutOff | Effect::Unavailable => true,
        }
    }

    /// Cuts texts and lists that are longer than a person reads. Names of objects are at most 253
    /// letters long.
    pub fn bound(&mut self) {
        let resource = &mut self.resource;
        for name in [
            &mut resource.kind,
            &mut resource.namespace,
            &mut resource.name,
        ] {
            cut(name, NAME);
        }
        for text in [&mut self.extent, &mut self.message] {
            cut(text, TEXT);
        }
        self.evidence.truncate(FACTS);
        for fact in &mut self.evidence {
            cut(&mut fact.text, TEXT);
        }
    }

    /// Adds a fact, unless it is there already.
    pub fn fact(&mut self, kind: FactKind, text: impl Into<String>) {
        let fact = Fact {
            kind,
            text: text.into(),
        };
        if !self.evidence.contains(&fact) {
            self.evidence.push(fact);
        }
    }
}
