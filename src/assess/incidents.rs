//! Groups of findings become incidents: whose, since when, how bad.

use super::group::{Group, group};
use super::incident::Incident;
use super::service::ServiceState;
use super::severity::{Members, RuleInput, decide, is_p0_in_trouble};
use crate::inventory::{Inventory, Service};
use crate::model::{Cause, CauseFlag, Finding, ServiceStatus, Tier};

/// Groups findings and judges each group. The most important incident is first.
#[must_use]
pub fn incidents(
    cluster: &str,
    unlisted: Tier,
    inventory: &Inventory,
    roster: &[Service],
    services: &[ServiceState],
    findings: Vec<Finding>,
) -> Vec<Incident> {
    let scene = JudgeContext {
        cluster,
        unlisted,
        services: services.iter().map(|s| (s.name.as_str(), s)).collect(),
        p0_in_trouble: services.iter().filter(|s| is_p0_in_trouble(s)).count(),
    };
    let units = group(inventory, roster, &scene.services, findings);
    let mut incidents: Vec<_> = units.into_iter().map(|unit| judge(&scene, unit)).collect();
    incidents.sort_by(|a, b| {
        let key = |i: &Incident| (i.severity, i.rule, i.tier.unwrap_or(Tier::P3), i.since);
        key(a)
            .cmp(&key(b))
            .then_with(|| a.fingerprint.cmp(&b.fingerprint))
    });
    incidents
}

/// What incidents are judged by, besides their findings.
struct JudgeContext<'a> {
    cluster: &'a str,
    /// The tier of what is not listed.
    unlisted: Tier,
    services: Members<'a>,
    /// How many P0 services of the whole cluster are in trouble.
    p0_in_trouble: usize,
}

fn judge(scene: &JudgeContext, unit: Group) -> Incident {
    let Group {
        service,
        mut findings,
    } = unit;
    spread_known_issue(&mut findings);
    let service = service.or_else(|| most_critical(&findings, &scene.services));
    let names = findings.iter().filter_map(|f| f.service.as_deref());
    let members: Members = names
        .filter_map(|name| scene.services.get_key_value(name))
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
    let is_workload = !is_of_nobody(&findings[0]);
    let tier = own
        .map(|s| s.tier)
        .or(first_affected)
        .or(is_workload.then_some(scene.unlisted));
    let rule = decide(&RuleInput {
        findings: &findings,
        members: &members,
        p0_in_trouble: scene.p0_in_trouble,
    });
    let root = &findings[0];
    // A secret that does not come is the root and says nothing of health itself.
    let tells_health = findings
        .iter()
        .any(|f| f.is_of_health() && f.service == service);
    let since = own
        .and_then(|s| s.since)
        .filter(|_| tells_health)
        .unwrap_or(root.since);
    Incident {
        fingerprint: fingerprint(scene.cluster, root),
        title: title(own.filter(|_| tells_health), own, root),
        tier,
        severity: rule.severity(),
        rule,
        since,
        affects: affects.into_iter().map(|(_, name)| name).collect(),
        service,
        findings,
    }
}

/// Whose incident it is when its root is nobody's, like a quota: the most
/// critical service that suffers from it. Nodes and the monitor's own troubles
/// stay without a service.
fn most_critical(findings: &[Finding], services: &Members) -> Option<String> {
    if is_of_nobody(&findings[0]) {
        return None;
    }
    let hurt = findings.iter().filter_map(|f| {
        let state = services.get(f.service.as_deref()?)?;
        Some((state.tier, state.name.clone()))
    });
    hurt.min().map(|(_, name)| name)
}

fn is_of_nobody(root: &Finding) -> bool {
    matches!(
        root.resource.kind.as_str(),
        "Node" | "Cluster" | "Inventory"
    )
}

/// The stores that wait for a sealed vault are as expected as the seal.
fn spread_known_issue(findings: &mut [Finding]) {
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
    // Of several services that one namespace lacks each is an incident.
    let lacking = root.service.as_deref();
    let lacking = lacking.filter(|_| resource.kind == "Namespace");
    [
        cluster,
        &resource.kind,
        lacking.unwrap_or(&resource.namespace),
        &resource.name,
        root.class().as_str(),
    ]
    .join("/")
    .to_lowercase()
}

/// One line: the service and how it is, where the findings tell; else the object.
fn title(
    troubled: Option<&ServiceState>,
    service: Option<&ServiceState>,
    root: &Finding,
) -> String {
    let why = root.cause.map_or(root.reason.as_str(), Cause::as_str);
    match troubled.or(service) {
        Some(s) if troubled.is_some() => {
            let status = match s.status {
                ServiceStatus::Unavailable => "unavailable",
                ServiceStatus::Starting => "starting",
                ServiceStatus::Degraded if !s.is_short => "flapping",
                _ => "degraded",
            };
            format!("{} is {status}: {why}", s.name)
        }
        Some(s) => format!("{}: {why} ({})", s.name, root.resource),
        None => match root.reason.row().title {
            Some(title) => title
                .replace("{name}", &root.resource.name)
                .replace("{why}", why),
            None => format!("{}: {why}", root.resource),
        },
    }
}
