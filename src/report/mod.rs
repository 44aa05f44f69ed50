//! The report: one document ([`model`]) and its forms.
//!
//! Every form is a pure function from the document to one string, so that what
//! reaches stdout is the whole of it or nothing. Text from the cluster is
//! hostile until [`clean`]ed: it may carry escape codes for the terminal, or
//! pipes and backticks for a Markdown page.

mod build;
mod check;
mod check_markdown;
mod check_text;
mod format;
mod headline;
mod history;
mod html;
mod incident_text;
mod json;
mod markdown;
mod metrics;
pub mod model;
mod plan;
pub(crate) mod terminal;
mod text;
mod time;

pub use build::{draft, service, visibility};
pub use check::{CheckEvent, CheckLog, CheckPod, CheckView, CheckWorkload, Neighbour};
pub use check_markdown::check_markdown;
pub use check_text::check_text;
pub use headline::summary;
pub use history::{Episode, History};
pub use html::html;
pub use json::{json, yaml};
pub use markdown::markdown;
pub use metrics::metrics;
pub use model::*;
pub use text::text;

/// How a form for people is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenderOptions {
    /// Whether escape codes for colour may be written.
    pub color: bool,
    /// Columns to wrap at.
    pub width: usize,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self {
            color: false,
            width: 80,
        }
    }
}
