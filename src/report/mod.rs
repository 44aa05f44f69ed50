//! The report of a cycle.
//!
//! [`model`] is its data, schema `k8s-monitor/report/v1`. [`RunDocument`] and
//! [`CheckDocument`] turn it into the page that people read, [`metrics`] into metrics.
//! [`visibility`], [`service`] and [`draft`] build its parts from what a cycle found.
//! All of it is pure.

mod bounds;
mod build;
mod details;
mod document;
mod format;
mod headline;
mod history;
mod incident;
mod metrics;
pub mod model;
mod plan;
mod time;

pub use build::{draft, service, services_file, services_note, visibility};
pub use details::{
    ContainerLog, Neighbour, PodDetails, ServiceDetails, WarningEvent, WorkloadDetails,
};
pub use document::{CheckDocument, RunDocument};
pub use headline::summary;
pub use history::{Episode, History};
pub use metrics::metrics;
pub use model::*;
