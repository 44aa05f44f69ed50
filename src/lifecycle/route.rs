//! Where a message goes.

use crate::config::Config;
use crate::model::Severity;
use crate::state::{DEFAULT_RECEIVER, Destination};

/// The destination for incidents of a severity.
pub fn route(severity: Severity, config: &Config) -> Destination {
    let channel = match severity {
        Severity::Sev1 => &config.channels.critical,
        Severity::Sev2 | Severity::Sev3 | Severity::Sev4 => &config.channels.infrastructure,
    };
    Destination::new(DEFAULT_RECEIVER, channel)
}
