//! The severity of an incident.

use super::named_enum;

named_enum! {
    /// The severity of an incident. Ordered: `Sev1 < Sev4`, lower is more severe.
    #[derive(Default)]
    #[allow(missing_docs, reason = "the names say it")]
    pub enum Severity {
        Sev1 = "SEV-1",
        Sev2 = "SEV-2",
        Sev3 = "SEV-3",
        #[default]
        Sev4 = "SEV-4",
    }
}

impl Severity {
    /// The highest severity of those given.
    pub fn highest(severities: impl IntoIterator<Item = Self>) -> Option<Self> {
        severities.into_iter().min()
    }
}
