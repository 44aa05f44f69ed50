//! The severity policy: a table of rules, in order. The first rule that holds decides.

use std::collections::BTreeMap;

use super::service::ServiceState;
use super::unlisted::is_unlisted;
use crate::model::Severity::{Sev1, Sev2, Sev3, Sev4};
use crate::model::{Cause, Effect, Finding, Reason, ReasonFlag, ServiceStatus, Severity, Tier};

macro_rules! policy {
    ($( $(#[$doc:meta])* $rule:ident $name:literal $severity:ident $highest:ident..=$lowest:ident, $holds:expr; )*) => {
        /// The rules, in order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $( $(#[$doc])* $rule, )* }

        impl Rule {
            /// Every rule, in order.
            pub const ALL: &[Self] = &[ $( Self::$rule, )* ];

            /// The rule's name in reports.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$rule => $name, )* }
            }

            /// The severity that it sets.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $( Self::$rule => $severity, )* }
            }

            /// Whether it holds only for a service that is unavailable.
            #[must_use]
            pub fn is_outage(self) -> bool {
                matches!(
                    self,
                    Self::ClusterDnsDown | Self::IngressDown | Self::DataLayerDown
                        | Self::P0Unavailable | Self::P0WithinTolerance
                        | Self::P1Unavailable | Self::P1WithinTolerance
                )
            }

            /// The severities that a model may choose from: the highest and the lowest.
            #[must_use]
            pub fn band(self) -> (Severity, Severity) {
                match self { $( Self::$rule => ($highest, $lowest), )* }
            }

            fn holds(self, input: &RuleInput) -> bool {
                match self { $( Self::$rule => { let holds: fn(&RuleInput) -> bool = $holds; holds(input) } )* }
            }
        }
    };
}

policy! {
    /// Every finding is a known issue of the services file.
    KnownIssue "KNOWN_ISSUE" Sev4 Sev4..=Sev4,
        |i| !i.findings.is_empty() && i.findings.iter().all(|f| f.known_issue.is_some());
    /// Cluster DNS is unavailable.
    ClusterDnsDown "CLUSTER_DNS_DOWN" Sev1 Sev1..=Sev1,
        |i| i.unavailable().any(|s| s.is_cluster_dns);
    /// The ingress controller or gateway is unavailable.
    IngressDown "INGRESS_DOWN" Sev1 Sev1..=Sev1,
        |i| i.unavailable().any(|s| s.is_ingress_controller);
    /// A data layer is unavailable.
    DataLayerDown "DATA_LAYER_DOWN" Sev1 Sev1..=Sev1,
        |i| i.unavailable().any(|s| s.is_data_layer);
    /// Two or more P0 services are degraded or unavailable at once.
    MultipleP0 "MULTIPLE_P0" Sev1 Sev1..=Sev1,
        |i| i.unhealthy_p0 >= 2 && i.states().any(is_unhealthy_p0);
    /// A P0 service is unavailable for longer than its tolerated downtime.
    P0Unavailable "P0_UNAVAILABLE" Sev1 Sev1..=Sev1,
        |i| i.unavailable().any(|s| s.tier == Tier::P0 && exceeds_tolerance(s));
    /// A certificate that serves a P0 host has expired.
    P0CertificateExpired "P0_CERTIFICATE_EXPIRED" Sev1 Sev1..=Sev2,
        |i| i.has_finding(Tier::P0, |f| f.cause == Some(Cause::CertificateExpired));
    /// A P0 service is unavailable, within its tolerated downtime.
    P0WithinTolerance "P0_WITHIN_TOLERANCE" Sev2 Sev1..=Sev2,
        |i| i.unavailable().any(|s| s.tier == Tier::P0);
    /// Some replicas of a P0 service are down.
    P0Degraded "P0_DEGRADED" Sev2 Sev1..=Sev2,
        |i| i.has_finding(Tier::P0, |f| matches!(f.effect, Effect::Degraded | Effect::Unavailable));
    /// A P0 service flaps, is close to its memory limit, or has no recent backup.
    P0AtRisk "P0_AT_RISK" Sev2 Sev2..=Sev3,
        |i| i.has_finding(Tier::P0, |f| f.effect == Effect::AtRisk);
    /// A P1 service is unavailable for longer than its tolerated downtime, or affects a P0
    /// service.
    P1Unavailable "P1_UNAVAILABLE" Sev2 Sev2..=Sev2,
        |i| i.unavailable().any(|s| s.tier == Tier::P1 && (exceeds_tolerance(s) || i.affects_p0()));
    /// Pods, nodes or workloads could not be read.
    MonitoringBlind "MONITORING_BLIND" Sev2 Sev2..=Sev2,
        |i| i.findings.iter().any(|f| f.reason == Reason::MonitoringBlind);
    /// A P1 service is unavailable, within its tolerated downtime.
    P1WithinTolerance "P1_WITHIN_TOLERANCE" Sev3 Sev2..=Sev4,
        |i| i.unavailable().any(|s| s.tier == Tier::P1);
    /// Some replicas of a P1 service are down, or it flaps.
    P1Degraded "P1_DEGRADED" Sev3 Sev3..=Sev4,
        |i| i.has_finding(Tier::P1, |f| f.reason.has(ReasonFlag::Flaps) || matches!(f.effect, Effect::Degraded | Effect::Unavailable));
    /// The certificates of a node expire within days.
    NodeCertificate "NODE_CERTIFICATE" Sev2 Sev2..=Sev2,
        |i| i.findings.iter().any(|f| f.reason == Reason::NodeCertificateExpiring && f.effect == Effect::AtRisk);
    /// A node is not ready or under pressure, or its certificates expire within weeks.
    NodeNotReady "NODE_NOT_READY" Sev3 Sev2..=Sev3,
        |i| i.findings.iter().any(|f| f.resource.is("Node") || f.reason == Reason::ControlPlaneSilent);
    /// Another finding of a P0 or P1 service that still serves.
    Platform "PLATFORM" Sev3 Sev3..=Sev4,
        |i| i.has_finding(Tier::P0, |f| f.known_issue.is_none()) || i.has_finding(Tier::P1, |f| f.known_issue.is_none());
    /// The services file has errors.
    Inventory "INVENTORY" Sev3 Sev3..=Sev3,
        |i| i.findings.iter().any(|f| f.reason == Reason::InventoryInvalid);
    /// Everything else: P2, P3 and services that are not listed.
    Support "SUPPORT" Sev4 Sev4..=Sev4, |_| true;
}

/// Services by name.
pub type Members<'a> = BTreeMap<&'a str, &'a ServiceState>;

/// The input of the rules: one incident.
pub struct RuleInput<'a> {
    /// Its findings.
    pub findings: &'a [Finding],
    /// The services with a finding in it.
    pub members: &'a Members<'a>,
    /// The state of what no service names in it, with the tier of unlisted workloads.
    pub unlisted: Option<&'a ServiceState>,
    /// Number of P0 services in the whole cluster that are unavailable or short of replicas.
    pub unhealthy_p0: usize,
}

impl<'a> RuleInput<'a> {
    fn states(&self) -> impl Iterator<Item = &'a ServiceState> {
        self.members.values().copied().chain(self.unlisted)
    }

    fn unavailable(&self) -> impl Iterator<Item = &'a ServiceState> {
        self.states()
            .filter(|s| s.status == ServiceStatus::Unavailable)
    }

    /// Whether a finding of a service of the tier passes the test.
    fn has_finding(&self, tier: Tier, test: impl Fn(&Finding) -> bool) -> bool {
        let is_of_tier = |f: &Finding| {
            let service = match f.service.as_deref() {
                Some(name) => self.members.get(name).copied(),
                None => self.unlisted.filter(|_| is_unlisted(f)),
            };
            service.is_some_and(|s| s.tier == tier)
        };
        self.findings.iter().any(|f| test(f) && is_of_tier(f))
    }

    fn affects_p0(&self) -> bool {
        let mut members = self.members.values();
        members.any(|s| s.tier == Tier::P0 && s.status > ServiceStatus::Unknown)
    }
}

/// A P0 service that is unavailable or short of replicas. One that only flaps does not count.
#[must_use]
pub fn is_unhealthy_p0(service: &ServiceState) -> bool {
    service.tier == Tier::P0
        && (service.status == ServiceStatus::Unavailable
            || service.status == ServiceStatus::Degraded && service.is_short)
}

fn exceeds_tolerance(service: &ServiceState) -> bool {
    let downtime = service
        .downtime
        .and_then(|d| d.to_std().ok())
        .unwrap_or_default();
    service.max_downtime.is_exceeded_by(downtime)
}

/// The rule that decides.
#[must_use]
pub fn decide(input: &RuleInput) -> Rule {
    Rule::ALL
        .iter()
        .copied()
        .find(|rule| rule.holds(input))
        .unwrap_or(Rule::Support)
}
