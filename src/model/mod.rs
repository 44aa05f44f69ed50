//! What every other module speaks of: severity, tier, finding, reason, cause and object reference,
//! with the clock, durations and secrets beside them. It imports no other module.

mod action;
mod cause;
mod change;
mod change_kind;
mod clock;
pub mod command;
pub mod condition_words;
mod custom_kind;
pub mod duration;
mod finding;
mod finding_row;
mod incident;
mod named;
mod object_ref;
mod reason;
mod remedy;
mod resource;
mod schedule;
pub mod secret;
mod service_status;
mod severity;
pub mod text;
mod tier;
mod tolerance;

pub use action::Action;
pub use cause::Cause;
pub use change::{Changes, Direction};
pub use change_kind::ChangeKind;
pub use clock::{Time, now};
pub use command::{Program, Refusal, ShellCommand};
pub use custom_kind::{
    CUSTOM_KINDS, CustomKind, CustomKindRow, GENERATED_CATEGORIES, GroupKind, KindRef,
};
pub use finding::{Effect, Fact, FactKind, Finding, PodRef};
pub use finding_row::{
    AppliesTo, CauseFlag, CauseRow, DependencyKind, Describe, FaultClass, PodLog, ReasonFlag,
    ReasonRow, Scope, Step, StepWord,
};
pub use incident::{AnalysisSource, Confidence, Decision, IncidentEnd, IncidentState, Mode};
pub use named::UnknownName;
pub(crate) use named::{alternatives, named_enum};
pub use object_ref::ObjectRef;
pub use reason::Reason;
pub use remedy::{Advice, Problem, Remedy};
pub(crate) use resource::for_each_kind;
pub use resource::{KINDS, Requirement, Resource, ResourceInfo, ResourceScope};
pub use schedule::{Schedule, Zone, delay};
pub use service_status::ServiceStatus;
pub use severity::Severity;
pub use tier::Tier;
pub use tolerance::Tolerance;
