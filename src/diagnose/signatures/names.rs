//! Names that nobody resolves.

use super::{ended, line, speaks};
use crate::detect::pods;
use crate::diagnose::text::name_after;
use crate::diagnose::{Proof, RuleContext};
use crate::model::{Cause, FactKind, Reason};

pub fn unresolved(case: &RuleContext) -> Option<Proof> {
    let line = line(case, Cause::DnsResolutionFailed)?;
    let host = asked(&line);
    let mut proof = Proof::of(FactKind::Log, line.clone()).saying(match host {
        Some(host) => format!("cannot resolve the name {host}"),
        None => format!("cannot resolve a name: {line}"),
    });
    if let Some(servers) = name_servers(case) {
        proof = proof.and(FactKind::Object, servers);
    }
    Some(ended(case, proof))
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
fn name_servers(case: &RuleContext) -> Option<String> {
    let spec = case.spec()?;
    let servers = &spec.dns_config.as_ref()?.nameservers;
    (spec.dns_policy == "None" && !servers.is_empty())
        .then(|| format!("dnsPolicy None, the pod asks only {}", servers.join(", ")))
}

/// A pod that goes by name servers of its own that no healthy pod uses, and
/// does not come up. Without a log that is the best that can be said.
pub fn own_name_servers(case: &RuleContext) -> Option<Proof> {
    if !speaks(case) || case.is(&[Reason::Unhealthy, Reason::BackOff]) {
        return None;
    }
    let servers = name_servers(case)?;
    let own = &case.spec()?.dns_config.as_ref()?.nameservers;
    let cluster_dns = |s: &&crate::cluster::types::Service| own.contains(&s.spec.cluster_ip);
    let known = case
        .view
        .snapshot
        .objects
        .services
        .iter()
        .any(|s| cluster_dns(&s));
    let shared = case.view.snapshot.objects.pods.iter().any(|p| {
        let theirs = p.spec.dns_config.as_ref().map(|d| &d.nameservers);
        theirs == Some(own) && pods::is_ready(p)
    });
    (!known && !shared).then(|| {
        Proof::object(servers.clone()).saying(format!(
            "does not come up with name servers of its own ({servers})"
        ))
    })
}
