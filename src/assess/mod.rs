//! From findings to verdict: the status of every service, incidents with
//! their root first, and the severity that policy gives each. Pure.

mod actions;
mod dependency;
mod evaluate;
mod group;
mod incident;
mod incidents;
mod roster;
mod service;
mod severity;

pub use actions::{Action, actions};
pub use evaluate::{EvaluateInput, Verdict, evaluate};
pub use incident::Incident;
pub use incidents::incidents;
pub use roster::roster;
pub use service::{Outages, ServiceState, services};
pub use severity::Rule;
