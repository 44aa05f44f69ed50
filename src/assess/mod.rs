//! From findings to incidents: the status of every service, the groups of findings with their
//! root first, and the severity of each by the policy. No I/O and no clock.

mod actions;
mod dependency;
mod evaluate;
mod group;
mod incident;
mod incidents;
mod log_order;
mod monitored;
mod namespaces;
mod service;
mod severity;
mod unlisted;

pub use actions::{actions, insert_before_verification};
pub use evaluate::{EvaluateInput, Verdict, evaluate};
pub use incident::Incident;
pub use incidents::incidents;
pub use log_order::sort_logs;
pub use monitored::monitored_services;
pub use service::{Outages, ServiceState, services};
pub use severity::Rule;
pub use unlisted::Unlisted;
