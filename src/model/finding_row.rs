//! The columns of the tables of reasons and causes.

use super::change::Changes;
use super::command::Program;
use super::named::named_enum;
use super::resource::Resource;

named_enum! {
    /// The class of a fault: it groups findings and is part of the fingerprint. It stays the
    /// same while the symptom changes from cycle to cycle.
    #[allow(missing_docs, reason = "the names say it")]
    pub enum FaultClass {
        Run = "run",
        Image = "image",
        Start = "start",
        Scheduling = "scheduling",
        Storage = "storage",
        Admission = "admission",
        Network = "network",
        Node = "node",
        Presence = "presence",
        Rollout = "rollout",
        Job = "job",
        Backup = "backup",
        Memory = "memory",
        Cpu = "cpu",
        Scaling = "scaling",
        Certificate = "certificate",
        Sync = "sync",
        Argo = "argo",
        Resource = "resource",
        Secrets = "secrets",
        Blind = "blind",
        Inventory = "inventory",
    }
}

/// How far a symptom reaches. Of the findings of a group the widest is the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Everything on a node.
    Node,
    /// The pods that need a volume.
    Volume,
    /// The whole service.
    Service,
    /// The object that shows it.
    Object,
}

/// What a service needs from another one. It decides what an outage of the other explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DependencyKind {
    /// Needed all the time while it runs: databases, backends, cluster DNS.
    Runtime,
    /// Secrets come from it. Running pods keep the ones they have.
    Secrets,
    /// Images are pulled from it, or with its credentials.
    Images,
    /// Only traffic from outside comes through it.
    Ingress,
}

/// What `kubectl describe` shows the symptom on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Describe {
    /// Nothing in the cluster.
    Nothing,
    /// The object of the finding.
    Object,
    /// The first pod of the finding: it was never scheduled or started.
    Pod,
}

/// Which container log shows the symptom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PodLog {
    /// None.
    None,
    /// The log of the current run.
    Current,
    /// The log of the run before.
    Previous,
}

/// What else holds for a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonFlag {
    /// Reported without a grace period, even in a pod that has just started.
    CountsAtOnce,
    /// Any other symptom of the same pods says more.
    Vague,
    /// The pods serve now, but fail again and again.
    Flaps,
    /// Grouped by its object and never with other findings of its service.
    StandsAlone,
}

/// What else holds for a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CauseFlag {
    /// The service runs, but refuses its clients: it explains their findings.
    RefusesClients,
    /// Expected when the root of its incident is expected.
    FollowsRoot,
}

/// A step for the operator.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// What the command is for.
    pub title: &'static str,
    /// The program of the command.
    pub program: Program,
    /// What follows the program.
    pub words: &'static [StepWord],
    /// Where it applies.
    pub applies_to: AppliesTo,
}

/// A part of the command of a step.
#[derive(Debug, Clone, Copy)]
pub enum StepWord {
    /// Words as they are, separated by blanks.
    Words(&'static str),
    /// `-n` and the namespace of the finding's object; nothing where it has none.
    Namespace,
    /// The finding's object, which is a node, as a host.
    Node,
    /// The first pod of the finding, and `-n` with its namespace.
    Pod,
}

/// Where a step applies.
#[derive(Debug, Clone, Copy)]
pub enum AppliesTo {
    /// Every finding of the cause.
    All,
    /// Findings on a node.
    Nodes,
    /// Findings of the service with this name or alias.
    Service(&'static str),
}

impl Step {
    /// A step that applies to every finding of the cause.
    #[must_use]
    pub const fn new(title: &'static str, program: Program, words: &'static [StepWord]) -> Self {
        Self {
            title,
            program,
            words,
            applies_to: AppliesTo::All,
        }
    }
}

/// What the program and `docs/findings.md` say about a reason.
#[derive(Debug)]
pub struct ReasonRow {
    /// Class of the fault where its cause has none of its own.
    pub class: FaultClass,
    /// How far it reaches.
    pub scope: Scope,
    /// What else holds.
    pub flags: &'static [ReasonFlag],
    /// The kinds that must have been read before it counts as resolved, besides the kind of
    /// its object.
    pub rests_on: &'static [Resource],
    /// The outage of such a dependency explains it. With a cause, the cause decides too.
    pub explained_by: Option<DependencyKind>,
    /// The changes that can cause it where its cause is unknown.
    pub changes: Changes,
    /// What `kubectl describe` shows it on.
    pub describe: Describe,
    /// Which log shows it.
    pub log: PodLog,
    /// Title of an incident without a service. `{name}` is the object, `{why}` the cause or
    /// else the reason. Without one, the title is the object and why.
    pub title: Option<&'static str>,
    /// What is checked.
    pub checked: &'static str,
    /// Why it matters.
    pub matters: &'static str,
    /// What is not reported, or nothing.
    pub not_reported: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// What the program and `docs/findings.md` say about a cause.
#[derive(Debug)]
pub struct CauseRow {
    /// Class of the fault; without one, that of the reason.
    pub class: Option<FaultClass>,
    /// The outage of such a dependency explains it.
    pub explained_by: Option<DependencyKind>,
    /// What else holds.
    pub flags: &'static [CauseFlag],
    /// A command that shows more.
    pub inspect: Option<Step>,
    /// A command that fixes it, where Git is not the way.
    pub fix: Option<Step>,
    /// The changes that can cause it.
    pub changes: Changes,
    /// The evidence without which it is not named.
    pub proof: &'static str,
    /// What resembles it and is something else, or nothing.
    pub not_when: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// Declares an enum of reasons or causes with its rows. A variant without a column does not
/// compile.
macro_rules! finding_table {
    ($(#[$meta:meta])* pub enum $name:ident: $row:ident { $( $variant:ident { $($columns:tt)* } )+ }) => {
        named_enum! {
            $(#[$meta])*
            #[allow(missing_docs, reason = "the rows document them")]
            pub enum $name { $( $variant = stringify!($variant), )+ }
        }

        impl $name {
            /// What the program and the documentation say about it.
            #[must_use]
            pub const fn row(self) -> &'static $row {
                match self {
                    $( Self::$variant => { const ROW: &$row = &$row { $($columns)* }; ROW } )+
                }
            }
        }
    };
}

pub(super) use finding_table;
