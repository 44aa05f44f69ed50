//! Certificates that have expired or will soon, and who issues them. Attempts
//! to renew a certificate that is still valid are no trouble, and an expired
//! one is, whatever its Ready condition says.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::index::ClusterIndex;
use crate::cluster::types::{Certificate, Condition, Ingress, Issuer, condition, selects};
use crate::inventory::Service;
use crate::model::{Effect, FactKind, Finding, ObjectRef, Reason, Time};

/// A renewal is late when it is this much past its time.
const LATE: TimeDelta = TimeDelta::days(1);
/// The last days, in which a renewal that does not succeed is trouble at once.
const LAST_DAYS: TimeDelta = TimeDelta::days(7);
/// A first certificate takes minutes; one that was never issued for so long will not be.
const FIRST: TimeDelta = TimeDelta::hours(1);
/// An issuer registers anew after a restart.
const ISSUER: TimeDelta = TimeDelta::minutes(5);

/// Checks every certificate and issuer.
#[must_use]
pub fn detect(index: &ClusterIndex) -> Vec<Finding> {
    let objects = &index.snapshot.objects;
    let users = users(index);
    let certificates = objects.certificates.iter();
    let mut findings: Vec<_> = certificates
        .filter_map(|c| certificate(index, &users, c))
        .collect();
    let issuers = objects.issuers.iter().map(|i| (i, "Issuer"));
    let of_cluster = objects.cluster_issuers.iter().map(|i| (i, "ClusterIssuer"));
    findings.extend(
        issuers
            .chain(of_cluster)
            .filter_map(|(i, kind)| issuer(index, i, kind)),
    );
    findings
}

fn certificate(index: &ClusterIndex, users: &Users, certificate: &Certificate) -> Option<Finding> {
    let now = index.now();
    let status = &certificate.status;
    let ready = condition(&status.conditions, "Ready");
    let (reason, since, message) = match status.not_after {
        Some(end) if end <= now => (
            Reason::CertificateExpired,
            end,
            format!("expired at {}", end.format("%F %H:%M UTC")),
        ),
        Some(end) => {
            let since = overdue(certificate, now, end)?;
            let left = (end - now).num_days();
            (
                Reason::CertificateOverdue,
                since,
                format!("expires in {left} days and was not renewed in time"),
            )
        }
        None => {
            let since = certificate.metadata.creation_timestamp?;
            let never = ready.is_some_and(|r| !r.is_true()) && now - since > FIRST;
            never.then(|| {
                (
                    Reason::CertificateOverdue,
                    since,
                    "has never been issued".to_owned(),
                )
            })?
        }
    };
    let meta = &certificate.metadata;
    let reference = ObjectRef::new("Certificate", &meta.namespace, &meta.name);
    let mut finding = Finding::new(reason, reference, since, Effect::Impaired);
    finding.service = served(index, users, certificate).map(|s| s.name.clone());
    finding.message = format!(
        "the certificate for {} {message}",
        certificate.spec.dns_names.join(", ")
    );
    let at = |t: Option<Time>| {
        t.map_or_else(
            || "unknown".to_owned(),
            |t| t.format("%F %H:%M UTC").to_string(),
        )
    };
    let times = format!(
        "notAfter {}, renewal due {}",
        at(status.not_after),
        at(status.renewal_time)
    );
    finding.fact(FactKind::Object, times);
    let told = status
        .conditions
        .iter()
        .filter(|c| c.kind == "Issuing" || c.kind == "Ready" && !c.is_true());
    for told in told {
        finding.fact(FactKind::Object, said(told));
    }
    Some(finding)
}

/// Since when the renewal of a valid certificate is overdue.
fn overdue(certificate: &Certificate, now: Time, end: Time) -> Option<Time> {
    let status = &certificate.status;
    let due = status.renewal_time?;
    let issuing = condition(&status.conditions, "Issuing").is_some_and(Condition::is_true);
    let unready = condition(&status.conditions, "Ready").is_some_and(Condition::is_false);
    let late = now - due >= LATE;
    // Certificates of a few days are renewed in their last ones, by the hour.
    let soon = end - now < LAST_DAYS && now - due > TimeDelta::hours(1) && (!issuing || unready);
    (late || soon).then_some(due)
}

/// The most critical service whose users see the certificate: by the hosts of
/// the services file, by the ingresses that use its secret, else by its namespace.
fn served<'a>(
    index: &ClusterIndex<'a>,
    users: &Users,
    certificate: &Certificate,
) -> Option<&'a Service> {
    let names = &certificate.spec.dns_names;
    let by_host = index
        .roster
        .iter()
        .filter(|s| {
            s.ingress
                .iter()
                .any(|host| names.iter().any(|name| covers(name, host)))
        })
        .min_by_key(|s| s.tier);
    by_host
        .or_else(|| by_ingress(index, users, certificate))
        .or_else(|| {
            let at = index.matcher.of_object(&certificate.metadata)?;
            Some(&index.roster[at])
        })
}

/// Whether a name of a certificate, perhaps with a star, stands for a host.
fn covers(name: &str, host: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(domain) => host
            .split_once('.')
            .is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(domain)),
        None => name.eq_ignore_ascii_case(host),
    }
}

/// The ingresses that use the Secret of a certificate, by namespace and name.
type Users<'a> = HashMap<(&'a str, &'a str), Vec<&'a Ingress>>;

fn users<'a>(index: &ClusterIndex<'a>) -> Users<'a> {
    let mut users: Users = HashMap::new();
    for ingress in &index.snapshot.objects.ingresses {
        for tls in &ingress.spec.tls {
            let key = (
                ingress.metadata.namespace.as_str(),
                tls.secret_name.as_str(),
            );
            users.entry(key).or_default().push(ingress);
        }
    }
    users
}

fn by_ingress<'a>(
    index: &ClusterIndex<'a>,
    users: &Users,
    certificate: &Certificate,
) -> Option<&'a Service> {
    let namespace = &certificate.metadata.namespace;
    let key = (namespace.as_str(), certificate.spec.secret_name.as_str());
    let backends = users
        .get(&key)?
        .iter()
        .flat_map(|i| &i.spec.rules)
        .flat_map(|r| &r.http.paths)
        .filter_map(|p| p.backend.service.as_ref());
    backends
        .filter_map(|b| index.kubernetes_service(namespace, &b.name))
        .filter_map(|endpoint| {
            let selector = &endpoint.spec.selector;
            let here = index
                .workloads
                .iter()
                .filter(|w| w.meta.namespace == *namespace);
            let mut behind = here.filter(|w| {
                !selector.is_empty() && w.pods.iter().any(|p| selects(selector, &p.metadata.labels))
            });
            index.service_of(behind.next()?)
        })
        .min_by_key(|s| s.tier)
}

fn issuer(index: &ClusterIndex, issuer: &Issuer, kind: &str) -> Option<Finding> {
    let meta = &issuer.metadata;
    let ready = condition(&issuer.status.conditions, "Ready").filter(|r| !r.is_true())?;
    let since = ready.last_transition_time.or(meta.creation_timestamp)?;
    if index.now() - since < ISSUER {
        return None;
    }
    let mut finding = Finding::new(
        Reason::IssuerNotReady,
        ObjectRef::new(kind, &meta.namespace, &meta.name),
        since,
        Effect::Impaired,
    );
    let keeper = index.roster.iter().find(|s| s.is_called("cert-manager"));
    finding.service = keeper.map(|s| s.name.clone());
    finding.message = format!("issues no certificates: {}", ready.message);
    finding.fact(FactKind::Object, said(ready));
    Some(finding)
}

fn said(condition: &Condition) -> String {
    format!(
        "condition {}={} ({}): {}",
        condition.kind, condition.status, condition.reason, condition.message
    )
}
