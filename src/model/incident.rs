//! Fixed values of an incident: its state, its analysis and its notification.

use super::Time;
use super::named_enum;

named_enum! {
    /// The state of an incident.
    pub enum IncidentState {
        /// Not open in the previous cycle.
        New = "new",
        /// Open in the previous cycle with the same severity.
        Ongoing = "ongoing",
        /// More severe than in the previous cycle.
        Escalated = "escalated",
        /// Less severe than in the previous cycle, and still open.
        DeEscalated = "de-escalated",
        /// No longer open. Listed once more, but not counted.
        Resolved = "resolved",
        /// Open again within hours after it was resolved.
        Reopened = "reopened",
    }
}

named_enum! {
    /// The scope of a cycle.
    pub enum Mode {
        /// All services.
        Run = "run",
        /// One service.
        Check = "check",
    }
}

named_enum! {
    /// The confidence in a conclusion.
    #[derive(Default)]
    pub enum Confidence {
        /// Almost certain.
        High = "HIGH",
        /// Probable.
        Medium = "MEDIUM",
        /// Possible.
        Low = "LOW",
        /// There is no evidence for it.
        #[default]
        None = "NONE",
    }
}

named_enum! {
    /// Who wrote an analysis.
    pub enum AnalysisSource {
        /// The rules alone.
        Rules = "rules",
        /// The model, checked against the rules.
        Model = "haiku",
    }
}

named_enum! {
    /// What happens to the notification of an incident in this cycle.
    pub enum Decision {
        /// A full message.
        Send = "send",
        /// A reply in the incident's thread.
        Thread = "thread",
        /// A message when business hours open.
        Defer = "defer",
        /// No message: silenced, or nothing changed.
        Suppress = "suppress",
        /// Only logged.
        Log = "log",
    }
}

/// When an incident ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IncidentEnd {
    /// The time, as far as it is known.
    pub at: Time,
    /// Whether only the last cycle that found it is known, so that it may have lasted longer.
    pub or_later: bool,
}
