//! Names that cannot be resolved.

use super::evidence::{line, runs_or_crashes, with_end};
use crate::detect::pod_status;
use crate::diagnose::text::name_after;
use crate::diagnose::{Proof, RuleContext};
use crate::model::{Cause, FactKind, Reason};

/// The log names a host that cannot be resolved.
pub fn unresolved(context: &RuleContext) -> Option<Proof> {
    let line = line(context, Cause::DnsResolutionFailed)?;
    let host = host_name(&line);
    let mut proof = Proof::of(FactKind::Log, line.clone()).message(match host {
        Some(host) => format!("cannot resolve the name {host}"),
        None => format!("cannot resolve a name: {line}"),
    });
    if let Some(servers) = name_servers(context) {
        proof = proof.and(FactKind::Object, servers);
    }
    Some(with_end(context, proof))
}

/// The name that could not be resolved.
fn host_name(line: &str) -> Option<&str> {
    const MARKERS: &[&str] = &[
        "lookup ",
        "UnknownHostException: ",
        "ENOTFOUND ",
        "EAI_AGAIN ",
        "host name ",
        "server host ",
        "resolve host: ",
        "resolve host ",
        "resolution failed for ",
        "Host not found: ",
    ];
    MARKERS.iter().find_map(|marker| name_after(line, marker))
}

/// Name servers that the pod sets itself, which do not know the cluster's names.
fn name_servers(context: &RuleContext) -> Option<String> {
    let spec = context.spec()?;
    let servers = &spec.dns_config.as_ref()?.nameservers;
    (spec.dns_policy == "None" && !servers.is_empty())
        .then(|| format!("dnsPolicy None, nameservers {}", servers.join(", ")))
}

/// A pod that does not start and has name servers that no healthy pod uses.
/// Without a log nothing more specific can be proved.
pub fn own_name_servers(context: &RuleContext) -> Option<Proof> {
    if !runs_or_crashes(context) || context.is(&[Reason::Unhealthy, Reason::BackOff]) {
        return None;
    }
    let servers = name_servers(context)?;
    let own = &context.spec()?.dns_config.as_ref()?.nameservers;
    let cluster_dns = |s: &&crate::cluster::types::Service| own.contains(&s.spec.cluster_ip);
    let known = context
        .index
        .snapshot
        .objects
        .services
        .iter()
        .any(|s| cluster_dns(&s));
    let shared = context.index.snapshot.objects.pods.iter().any(|p| {
        let theirs = p.spec.dns_config.as_ref().map(|d| &d.nameservers);
        theirs == Some(own) && pod_status::is_ready(p)
    });
    (!known && !shared).then(|| {
        Proof::object(servers.clone()).message(format!(
            "does not start with its own name servers ({servers})"
        ))
    })
}
