//! The fixed words of an incident's life, of its analysis and of its notification.

use super::named_enum;

named_enum! {
    /// Where an incident is in its life.
    pub enum IncidentState {
        /// Not there in the previous cycle.
        New = "new",
        /// There in the previous cycle, with the same severity.
        Ongoing = "ongoing",
        /// More severe than in the previous cycle.
        Escalated = "escalated",
        /// Less severe than in the previous cycle, and still open.
        DeEscalated = "de-escalated",
        /// Over; listed once more and not counted.
        Resolved = "resolved",
        /// Resolved, and open again within hours.
        Reopened = "reopened",
    }
}

named_enum! {
    /// What a cycle is for.
    pub enum Mode {
        /// A full cycle.
        Run = "run",
        /// Triage of one service.
        Check = "check",
    }
}

named_enum! {
    /// How sure a conclusion is.
    #[derive(Default)]
    pub enum Confidence {
        /// It would be surprising if it were wrong.
        High = "HIGH",
        /// More likely right than wrong.
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
