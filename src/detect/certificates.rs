//! Certificates that have expired or expire soon, and their issuers. A renewal in
//! progress of a valid certificate is normal. An expired certificate is a finding
//! whatever its Ready condition says.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::index::ClusterIndex;
use super::text::{condition_text, minute};
use crate::cluster::types::{Certificate, Ingress, Issuer, condition};
use crate::inventory::Service;
use crate::model::{Effect, FactKind, Finding, ObjectRef, Reason, Time};

/// A renewal is late when this part of the time from its due date to expiry has passed.
/// Until then cert-manager tries again, which is no alarm.
const LATE_PART: i32 = 3;
/// In the last days before expiry, a renewal that is due is late.
const LAST_DAYS: TimeDelta = TimeDelta::days(7);
/// An attempt takes this long.
const ATTEMPT: TimeDelta = TimeDelta::hours(1);
/// A first certificate takes minutes. After this time it will not be issued.
const FIRST_ISSUE: TimeDelta = TimeDelta::hours(1);
/// An issuer registers again after a restart.
const ISSUER_GRACE: TimeDelta = TimeDelta::minutes(5);

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
            format!("expired at {}", minute(end)),
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
            let never = ready.is_some_and(|r| !r.is_true()) && now - since > FIRST_ISSUE;
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
    finding.service = user(index, users, certificate).map(|s| s.name.clone());
    finding.message = format!(
        "the certificate for {} {message}",
        certificate.spec.dns_names.join(", ")
    );
    let at = |t: Option<Time>| t.map_or_else(|| "unknown".to_owned(), minute);
    let times = format!(
        "notAfter {}, renewal due {}",
        at(status.not_after),
        at(status.renewal_time)
    );
    finding.fact(FactKind::Object, times);
    let conditions = status
        .conditions
        .iter()
        .filter(|c| c.kind == "Issuing" || c.kind == "Ready" && !c.is_true());
    for condition in conditions {
        finding.fact(FactKind::Object, condition_text(condition));
    }
    Some(finding)
}

/// Since when the renewal of a valid certificate is overdue.
fn overdue(certificate: &Certificate, now: Time, end: Time) -> Option<Time> {
    let status = &certificate.status;
    // cert-manager renews after two thirds of the validity if nothing else is said.
    let usual = || status.not_before.map(|begin| end - (end - begin) / 3);
    let due = status.renewal_time.or_else(usual)?;
    let window = end - due;
    let late = now - due >= window / LATE_PART;
    // A certificate that is valid for a few days is always in its last days.
    let soon = window > LAST_DAYS && end - now < LAST_DAYS;
    (now - due > ATTEMPT && (late || soon)).then_some(due)
}

/// The most critical service that uses the certificate: by the hosts of the
/// services file, by the ingresses that use its secret, else by its namespace.
fn user<'a>(
    index: &ClusterIndex<'a>,
    users: &Users,
    certificate: &Certificate,
) -> Option<&'a Service> {
    let names = &certificate.spec.dns_names;
    let by_host = index
        .monitored
        .iter()
        .filter(|s| {
            s.ingress
                .iter()
                .any(|host| names.iter().any(|name| covers(name, host)))
        })
        .min_by_key(|s| s.tier);
    by_host
        .or_else(|| by_ingress(index, users, certificate))
        .or_else(|| index.service_of_object(&certificate.metadata))
}

/// Whether a name of a certificate, possibly a wildcard, covers a host.
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
        .filter_map(|service| index.service_of(index.workload_behind(service)?))
        .min_by_key(|s| s.tier)
}

fn issuer(index: &ClusterIndex, issuer: &Issuer, kind: &str) -> Option<Finding> {
    let meta = &issuer.metadata;
    let ready = condition(&issuer.status.conditions, "Ready").filter(|r| !r.is_true())?;
    let since = ready.last_transition_time.or(meta.creation_timestamp)?;
    if index.now() - since < ISSUER_GRACE {
        return None;
    }
    let mut finding = Finding::new(
        Reason::IssuerNotReady,
        ObjectRef::new(kind, &meta.namespace, &meta.name),
        since,
        Effect::Impaired,
    );
    let cert_manager = index.service_called("cert-manager");
    finding.service = cert_manager.map(|s| s.name.clone());
    finding.message = format!("cannot issue certificates: {}", ready.message);
    finding.fact(FactKind::Object, condition_text(ready));
    Some(finding)
}
