//! From groups of findings to incidents: service, severity, start, title and fingerprint.

use super::group::{Group, group};
use super::incident::Incident;
use super::service::ServiceState;
use super::severity::{Members, RuleInput, decide, is_unhealthy_p0};
use crate::inventory::{Inventory, Service};
use crate::model::{Cause, CauseFlag, Finding, Reason, ServiceStatus, Tier};

/// Groups findings and sets the severity of each group. The most severe incident is first.
#[must_use]
pub fn incidents(
    cluster: &str,
    unlisted: Tier,
    inventory: &Inventory,
    monitored: &[Service],
    services: &[ServiceState],
    findings: Vec<Finding>,
) -> Vec<Incident> {
    let context = Context {
        cluster,
        unlisted,
        services: services.iter().map(|s| (s.name.as_str(), s)).collect(),
        unhealthy_p0: services.iter().filter(|s| is_unhealthy_p0(s)).count(),
    };
    let groups = group(inventory, monitored, &context.services, findings);
    let mut incidents: Vec<_> = groups
        .into_iter()
        .map(|group| incident(&context, group))
        .collect();
    incidents.sort_by(|a, b| {
        let key = |i: &Incident| (i.severity, i.rule, i.tier.unwrap_or(Tier::P3), i.since);
        key(a)
            .cmp(&key(b))
            .then_with(|| a.fingerprint.cmp(&b.fingerprint))
    });
    incidents
}

/// What all incidents of a cycle share.
struct Context<'a> {
    cluster: &'a str,
    /// Tier of workloads that are not in the services file.
    unlisted: Tier,
    services: Members<'a>,
    /// Number of P0 services in the whole cluster that are unavailable or short of replicas.
    unhealthy_p0: usize,
}

fn incident(context: &Context, group: Group) -> Incident {
    let Group {
        service,
        mut findings,
    } = group;
    extend_known_issue(&mut findings);
    let service = service.or_else(|| most_critical(&findings, &context.services));
    let names = findings.iter().filter_map(|f| f.service.as_deref());
    let members: Members = names
        .filter_map(|name| context.services.get_key_value(name))
        .map(|(name, state)| (*name, *state))
        .collect();
    let own = service
        .as_deref()
        .and_then(|name| members.get(name).copied());
    let others = members
        .values()
        .filter(|s| service.as_deref() != Some(&s.name));
    let mut affects: Vec<_> = others.map(|s| (s.tier, s.name.clone())).collect();
    affects.sort();
    let first_affected = affects.first().map(|(tier, _)| *tier);
    let is_workload = !has_no_service(&findings[0]);
    let tier = own
        .map(|s| s.tier)
        .or(first_affected)
        .or(is_workload.then_some(context.unlisted));
    let rule = decide(&RuleInput {
        findings: &findings,
        members: &members,
        unhealthy_p0: context.unhealthy_p0,
    });
    let root = &findings[0];
    // The root may not affect the health of the service, such as a failing ExternalSecret.
    let unhealthy = own.filter(|_| {
        findings
            .iter()
            .any(|f| f.is_of_health() && f.service == service)
    });
    Incident {
        fingerprint: fingerprint(context.cluster, root),
        title: title(unhealthy, own, root),
        tier,
        severity: rule.severity(),
        rule,
        since: unhealthy.and_then(|s| s.since).unwrap_or(root.since),
        affects: affects.into_iter().map(|(_, name)| name).collect(),
        service,
        findings,
    }
}

/// The service of an incident whose root belongs to no service, such as a quota: the most
/// critical one that it affects. Nodes, unread kinds and the services file have none.
fn most_critical(findings: &[Finding], services: &Members) -> Option<String> {
    if has_no_service(&findings[0]) {
        return None;
    }
    let affected = findings.iter().filter_map(|f| {
        let state = services.get(f.service.as_deref()?)?;
        Some((state.tier, state.name.clone()))
    });
    affected.min().map(|(_, name)| name)
}

fn has_no_service(root: &Finding) -> bool {
    // Custom resources of these kinds have a namespace.
    let is_of_cluster = root.resource.namespace.is_empty()
        && matches!(
            root.resource.kind.as_str(),
            "Node" | "Cluster" | "Inventory"
        );
    is_of_cluster || root.reason == Reason::ControlPlaneSilent
}

/// If the root is a known issue, so are the findings that follow from it: the stores that wait
/// for a sealed Vault.
fn extend_known_issue(findings: &mut [Finding]) {
    let Some(issue) = findings[0].known_issue.clone() else {
        return;
    };
    for finding in findings {
        let follows = finding.cause.is_some_and(|c| c.has(CauseFlag::FollowsRoot));
        if follows && finding.known_issue.is_none() {
            finding.known_issue = Some(issue.clone());
        }
    }
}

fn fingerprint(cluster: &str, root: &Finding) -> String {
    let resource = &root.resource;
    // A missing namespace is one incident for each of its services.
    let missing = root.service.as_deref();
    let missing = missing.filter(|_| resource.kind == "Namespace");
    [
        cluster,
        &resource.kind,
        missing.unwrap_or(&resource.namespace),
        &resource.name,
        root.class().as_str(),
    ]
    .join("/")
    .to_lowercase()
}

/// One line: the service and its status, where findings describe its health; otherwise the
/// object.
fn title(
    unhealthy: Option<&ServiceState>,
    service: Option<&ServiceState>,
    root: &Finding,
) -> String {
    let why = root.cause.map_or(root.reason.as_str(), Cause::as_str);
    if let Some(s) = unhealthy {
        let status = match s.status {
            ServiceStatus::Unavailable => "unavailable",
            ServiceStatus::Starting => "starting",
            ServiceStatus::Degraded if !s.is_short => "flapping",
            ServiceStatus::Degraded | ServiceStatus::Healthy | ServiceStatus::Unknown => "degraded",
        };
        return format!("{} is {status}: {why}", s.name);
    }
    if let Some(s) = service {
        return format!("{}: {why} ({})", s.name, root.resource);
    }
    match root.reason.row().title {
        Some(title) => title
            .replace("{name}", &root.resource.name)
            .replace("{why}", why),
        None => format!("{}: {why}", root.resource),
    }
}
