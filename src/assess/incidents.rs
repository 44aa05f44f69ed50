//! From groups of findings to incidents: service, severity, start, title and fingerprint.

use std::collections::BTreeSet;

use super::group::{Group, group};
use super::incident::Incident;
use super::service::ServiceState;
use super::severity::{Members, RuleInput, decide, is_unhealthy_p0};
use super::unlisted::{self, has_no_service, is_unlisted};
use crate::inventory::{Inventory, Service};
use crate::model::{Cause, CauseFlag, Effect, Finding, ObjectRef, ServiceStatus, Tier, Time};

/// Groups findings and sets the severity of each group. The most severe incident is first.
/// What no service names is judged as a service of the given tier, at the given time.
#[must_use]
pub fn incidents(
    cluster: &str,
    (unlisted, now): (Tier, Time),
    inventory: &Inventory,
    monitored: &[Service],
    services: &[ServiceState],
    findings: Vec<Finding>,
) -> Vec<Incident> {
    let context = Context {
        cluster,
        unlisted,
        now,
        services: services.iter().map(|s| (s.name.as_str(), s)).collect(),
        unhealthy_p0: services.iter().filter(|s| is_unhealthy_p0(s)).count()
            + unhealthy_unlisted_p0(unlisted, &findings),
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
    now: Time,
    services: Members<'a>,
    /// Number of P0 services in the whole cluster that are unavailable or short of replicas.
    unhealthy_p0: usize,
}

fn incident(context: &Context, group: Group) -> Incident {
    let Group {
        service,
        mut findings,
    } = group;
    extend_known_issue(&mut findings, context.unlisted);
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
    let of_nobody = unlisted::state(
        findings.iter().filter(|f| is_unlisted(f)),
        context.unlisted,
        context.now,
    );
    let rule = decide(&RuleInput {
        findings: &findings,
        members: &members,
        unlisted: of_nobody.as_ref(),
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

/// How many unlisted objects count as P0 services that are down.
fn unhealthy_unlisted_p0(unlisted: Tier, findings: &[Finding]) -> usize {
    let is_down = |f: &&Finding| {
        unlisted == Tier::P0
            && is_unlisted(f)
            && matches!(f.effect, Effect::Unavailable | Effect::Degraded)
    };
    let down: BTreeSet<&ObjectRef> = findings
        .iter()
        .filter(is_down)
        .map(|f| &f.resource)
        .collect();
    down.len()
}

/// If the root is a known issue, so are the findings that follow from it: the stores that wait
/// for a sealed Vault.
fn extend_known_issue(findings: &mut [Finding], unlisted: Tier) {
    let Some(issue) = findings[0].known_issue.clone() else {
        return;
    };
    for finding in findings {
        let follows = finding.cause.is_some_and(|c| c.has(CauseFlag::FollowsRoot));
        // What no service lists cannot raise the incident of a service that it waits for.
        let is_minor = finding.service.is_none() && unlisted > Tier::P1;
        if (follows || is_minor) && finding.known_issue.is_none() {
            finding.known_issue = Some(issue.clone());
        }
    }
}

fn fingerprint(cluster: &str, root: &Finding) -> String {
    let resource = &root.resource;
    // A missing namespace is one incident for each of its services.
    let missing = root.service.as_deref();
    let missing = missing.filter(|_| resource.is("Namespace"));
    [
        cluster,
        &resource.kubectl_kind(),
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
