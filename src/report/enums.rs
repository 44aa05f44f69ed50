//! The closed sets of words in a report, each spelt as the contract has it.

use std::fmt;

use serde::{Serialize, Serializer};

pub use crate::assess::{Severity, Status as ServiceStatus};
pub use crate::inventory::Tier;

/// Declares an enum of words: its spelling serves for serializing and display.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $( $(#[$doc:meta])* $variant:ident = $word:literal ),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $( $(#[$doc])* $variant ),+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[ $( Self::$variant ),+ ];

            /// As it is spelt in reports.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word ),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

words! {
    /// Where an incident stands in its life.
    IncidentState {
        /// Not there in the cycle before.
        New = "new",
        /// There before, no worse and no better.
        Ongoing = "ongoing",
        /// Worse than before.
        Escalated = "escalated",
        /// Better than before, and still there.
        DeEscalated = "de-escalated",
        /// Gone; listed this once and not counted.
        Resolved = "resolved",
        /// Gone, and back within hours.
        Reopened = "reopened",
    }
}

words! {
    /// What a cycle was for.
    Mode {
        /// A full cycle.
        Run = "run",
        /// Triage of one service.
        Check = "check",
    }
}

words! {
    /// How sure a judgement is.
    #[derive(Default)]
    Confidence {
        /// Would be surprising if not.
        High = "HIGH",
        /// More likely than not.
        Medium = "MEDIUM",
        /// Possible.
        Low = "LOW",
        /// Nothing speaks for it.
        #[default]
        None = "NONE",
    }
}

words! {
    /// Who wrote an analysis.
    AnalysisSource {
        /// The rules alone.
        Rules = "rules",
        /// The model, checked against the rules.
        Haiku = "haiku",
    }
}

words! {
    /// What is done about telling people.
    Decision {
        /// A full message.
        Send = "send",
        /// A reply in the incident's thread.
        Thread = "thread",
        /// A message, when business hours open.
        Defer = "defer",
        /// Nothing: silenced, or nothing new.
        Suppress = "suppress",
        /// Nothing but the log.
        Log = "log",
    }
}
