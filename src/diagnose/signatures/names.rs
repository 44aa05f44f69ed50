//! Names that nobody resolves.

use super::evidence::{line, runs_or_crashes, with_end};
use crate::detect::pod_status;
use crate::diagnose::text::name_after;
use crate::diagnose::{Proof, RuleContext};
use crate::model::{Cause, FactKind, Reason};

pub fn unresolved(context: &RuleContext) -> Option<Proof> {
    let line = line(context, Cause::DnsResolutionFailed)?;
    let host = asked(&line);
    let mut proof = Proof::of(FactKind::Log, line.clone()).saying(match host {
        Some(host) => format!("cannot resolve the name {host}"),
        None => format!("cannot resolve a name: {line}"),
    });
    if let Some(servers) = name_servers(context) {
        proof = proof.and(FactKind::Object, servers);
    }
    Some(with_end(context, proof))
}

/// The name that was asked for.
fn asked(line: &str) -> Option<&str> {
    const MARKS: &[&str] = &[
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
    MARKS.iter().find_map(|mark| name_after(line, mark))
}

/// Name servers of the pod's own choice, which know nothing of the cluster.
fn name_servers(context: &RuleContext) -> Option<String> {
    let spec = context.spec()?;
    let servers = &spec.dns_config.as_ref()?.nameservers;
    (spec.dns_policy == "None" && !servers.is_empty())
        .then(|| format!("dnsPolicy None, the pod asks only {}", servers.join(", ")))
}

/// A pod that goes by name servers of its own that no healthy pod uses, and
/// does not come up. Without a log that is the best that can be said.
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
        Proof::object(servers.clone()).saying(format!(
            "does not come up with name servers of its own ({servers})"
        ))
    })
}
