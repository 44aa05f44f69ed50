//! An incident: findings with one root.

use super::severity::Rule;
use crate::model::{Finding, Severity, Tier, Time};

/// Findings with one root, and their severity.
#[derive(Debug, Clone)]
pub struct Incident {
    /// The same in every cycle: made of cluster, root object and fault class, never of pod
    /// names.
    pub fingerprint: String,
    /// One line: the service or object, and what is wrong with it.
    pub title: String,
    /// The service at its root. None for nodes, unread kinds and the services file.
    pub service: Option<String>,
    /// Tier of that service. For a node, the tier of the most critical service it affects.
    pub tier: Option<Tier>,
    /// How severe it is.
    pub severity: Severity,
    /// The rule that sets the severity.
    pub rule: Rule,
    /// When it started.
    pub since: Time,
    /// The other services that it affects.
    pub affects: Vec<String>,
    /// The findings, the root first.
    pub findings: Vec<Finding>,
}

impl Incident {
    /// The finding that explains the others.
    #[must_use]
    pub fn root(&self) -> &Finding {
        // `incidents` creates no incident without a finding.
        &self.findings[0]
    }

    /// Whether it is an incident of the service, or affects it.
    #[must_use]
    pub fn concerns(&self, service: &str) -> bool {
        self.service.as_deref() == Some(service) || self.affects.iter().any(|a| a == service)
    }
}
