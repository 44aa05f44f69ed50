//! The severity policy: one table, read from the top, the first rule that
//! holds decides.

use std::collections::BTreeMap;

use super::service::ServiceState;
use crate::model::Severity::{Sev1, Sev2, Sev3, Sev4};
use crate::model::{Cause, Effect, Finding, Reason, ReasonFlag, ServiceStatus, Severity, Tier};

macro_rules! policy {
    ($( $(#[$doc:meta])* $rule:ident $name:literal $severity:ident $highest:ident..=$lowest:ident, $holds:expr; )*) => {
        /// The rules, from the top.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $( $(#[$doc])* $rule, )* }

        impl Rule {
            /// Every rule, from the top.
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

            /// Whether it holds of a service that is down, and of nothing less.
            #[must_use]
            pub fn is_outage(self) -> bool {
                matches!(
                    self,
                    Self::ClusterDnsDown | Self::IngressDown | Self::DataLayerDown
                        | Self::P0Unavailable | Self::P0WithinTolerance
                        | Self::P1Unavailable | Self::P1WithinTolerance
                )
            }

            /// The band that is left to judgement, from most to least severe.
            #[must_use]
            pub fn band(self) -> (Severity, Severity) {
                match self { $( Self::$rule => ($highest, $lowest), )* }
            }

            fn holds(self, case: &RuleInput) -> bool {
                match self { $( Self::$rule => { let holds: fn(&RuleInput) -> bool = $holds; holds(case) } )* }
            }
        }
    };
}

policy! {
    /// Everything found is what the services file says is to be expected.
    KnownIssue "KNOWN_ISSUE" Sev4 Sev4..=Sev4,
        |c| !c.findings.is_empty() && c.findings.iter().all(|f| f.known_issue.is_some());
    /// Cluster DNS is unavailable.
    ClusterDnsDown "CLUSTER_DNS_DOWN" Sev1 Sev1..=Sev1,
        |c| c.down().any(|s| s.is_cluster_dns);
    /// The ingress controller or gateway is unavailable.
    IngressDown "INGRESS_DOWN" Sev1 Sev1..=Sev1,
        |c| c.down().any(|s| s.is_ingress_controller);
    /// A data layer is unavailable.
    DataLayerDown "DATA_LAYER_DOWN" Sev1 Sev1..=Sev1,
        |c| c.down().any(|s| s.is_data_layer);
    /// Two or more P0 services are degraded or unavailable at once.
    MultipleP0 "MULTIPLE_P0" Sev1 Sev1..=Sev1,
        |c| c.p0_in_trouble >= 2 && c.members.values().any(|s| is_p0_in_trouble(s));
    /// A P0 service is unavailable for longer than it may be.
    P0Unavailable "P0_UNAVAILABLE" Sev1 Sev1..=Sev1,
        |c| c.down().any(|s| s.tier == Tier::P0 && is_beyond(s));
    /// A certificate that serves a P0 host has expired.
    P0CertificateExpired "P0_CERTIFICATE_EXPIRED" Sev1 Sev1..=Sev2,
        |c| c.shows(Tier::P0, |f| f.cause == Some(Cause::CertificateExpired));
    /// A P0 service is unavailable, and may still be for a while.
    P0WithinTolerance "P0_WITHIN_TOLERANCE" Sev2 Sev1..=Sev2,
        |c| c.down().any(|s| s.tier == Tier::P0);
    /// A part of a P0 service's replicas is down.
    P0Degraded "P0_DEGRADED" Sev2 Sev1..=Sev2,
        |c| c.shows(Tier::P0, |f| matches!(f.effect, Effect::Degraded | Effect::Unavailable));
    /// A P0 service flaps, is short of memory, or has no fresh backup.
    P0AtRisk "P0_AT_RISK" Sev2 Sev2..=Sev3,
        |c| c.shows(Tier::P0, |f| f.effect == Effect::AtRisk);
    /// A P1 service is unavailable for too long, or starves a P0 service.
    P1Unavailable "P1_UNAVAILABLE" Sev2 Sev2..=Sev2,
        |c| c.down().any(|s| s.tier == Tier::P1 && (is_beyond(s) || c.starves_p0()));
    /// Pods, nodes or workloads could not be read.
    MonitoringBlind "MONITORING_BLIND" Sev2 Sev2..=Sev2,
        |c| c.findings.iter().any(|f| f.reason == Reason::MonitoringBlind);
    /// A P1 service is unavailable, and may still be for a while.
    P1WithinTolerance "P1_WITHIN_TOLERANCE" Sev3 Sev2..=Sev4,
        |c| c.down().any(|s| s.tier == Tier::P1);
    /// A part of a P1 service's replicas is down, or it flaps.
    P1Degraded "P1_DEGRADED" Sev3 Sev3..=Sev4,
        |c| c.shows(Tier::P1, |f| f.reason.has(ReasonFlag::Flaps) || matches!(f.effect, Effect::Degraded | Effect::Unavailable));
    /// A node is not ready or under pressure.
    NodeNotReady "NODE_NOT_READY" Sev3 Sev2..=Sev3,
        |c| c.findings.iter().any(|f| f.resource.kind == "Node");
    /// Trouble of a P0 or P1 service that serves all the same.
    Platform "PLATFORM" Sev3 Sev3..=Sev4,
        |c| c.shows(Tier::P0, |f| f.known_issue.is_none()) || c.shows(Tier::P1, |f| f.known_issue.is_none());
    /// The services file could only be read in part.
    Inventory "INVENTORY" Sev3 Sev3..=Sev3,
        |c| c.findings.iter().any(|f| f.reason == Reason::InventoryInvalid);
    /// Anything of P2, P3 or unlisted.
    Support "SUPPORT" Sev4 Sev4..=Sev4, |_| true;
}

/// Services by name.
pub type Members<'a> = BTreeMap<&'a str, &'a ServiceState>;

/// One incident, as the rules look at it.
pub struct RuleInput<'a> {
    /// Its findings.
    pub findings: &'a [Finding],
    /// The services with a finding in it.
    pub members: &'a Members<'a>,
    /// How many P0 services of the whole cluster are degraded or unavailable.
    pub p0_in_trouble: usize,
}

impl<'a> RuleInput<'a> {
    fn down(&self) -> impl Iterator<Item = &&'a ServiceState> {
        let members = self.members.values();
        members.filter(|s| s.status == ServiceStatus::Unavailable)
    }

    /// Whether a finding of a service of the tier passes the test.
    fn shows(&self, tier: Tier, test: impl Fn(&Finding) -> bool) -> bool {
        let is_of_tier = |f: &Finding| {
            let service = f.service.as_deref().and_then(|name| self.members.get(name));
            service.is_some_and(|s| s.tier == tier)
        };
        self.findings.iter().any(|f| test(f) && is_of_tier(f))
    }

    fn starves_p0(&self) -> bool {
        let mut members = self.members.values();
        members.any(|s| s.tier == Tier::P0 && s.status > ServiceStatus::Unknown)
    }
}

/// Down or short of replicas. A P0 service that only flaps is at risk, not in trouble yet.
#[must_use]
pub fn is_p0_in_trouble(service: &ServiceState) -> bool {
    service.tier == Tier::P0
        && (service.status == ServiceStatus::Unavailable
            || service.status == ServiceStatus::Degraded && service.is_short)
}

fn is_beyond(service: &ServiceState) -> bool {
    let downtime = service
        .downtime
        .and_then(|d| d.to_std().ok())
        .unwrap_or_default();
    service.max_downtime.is_exceeded_by(downtime)
}

/// The rule that decides.
#[must_use]
pub fn decide(case: &RuleInput) -> Rule {
    Rule::ALL
        .iter()
        .copied()
        .find(|rule| rule.holds(case))
        .unwrap_or(Rule::Support)
}
