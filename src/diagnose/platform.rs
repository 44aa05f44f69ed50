//! Argo CD, certificates and autoscalers: what their controllers report.

use super::text::has_any;
use super::{Proof, Rule, RuleContext};
use crate::model::{Cause, ObjectRef, Reason};

/// The detected symptom is itself the cause. A common issuer or metrics server
/// groups the findings.
pub const RULES: &[Rule] = &[
    Rule::new(Cause::IssuerNotReady, |c| {
        Proof::detected(c, Reason::IssuerNotReady)
    }),
    Rule::new(Cause::CertificateExpired, |c| {
        certificate(c, Reason::CertificateExpired)
    }),
    Rule::new(Cause::CertificateOverdue, |c| {
        certificate(c, Reason::CertificateOverdue)
    }),
    Rule::new(Cause::ArgoSyncFailed, |c| {
        Proof::detected(c, Reason::ArgoSyncFailed)
    }),
    Rule::new(Cause::ArgoDegraded, degraded),
    Rule::new(Cause::HpaCannotScale, autoscaler),
    Rule::new(Cause::CronJobMissed, |c| {
        Proof::detected(c, Reason::CronJobMissed)
    }),
];

/// A certificate is grouped with its issuer, if that has a finding.
fn certificate(context: &RuleContext, reason: Reason) -> Option<Proof> {
    let proof = Proof::detected(context, reason)?;
    let resource = &context.finding.resource;
    let certificates = &context.index.snapshot.objects.certificates;
    let own = certificates
        .iter()
        .find(|c| c.metadata.name == resource.name && c.metadata.namespace == resource.namespace)?;
    let issuer = &own.spec.issuer_ref;
    let issuer = if issuer.kind == "ClusterIssuer" {
        ObjectRef::new("ClusterIssuer", "", &issuer.name)
    } else {
        ObjectRef::new("Issuer", &resource.namespace, &issuer.name)
    };
    Some(if context.has_finding(&issuer) {
        proof.group_key(issuer.to_string())
    } else {
        proof
    })
}

/// An autoscaler without metrics depends on the metrics server.
fn autoscaler(context: &RuleContext) -> Option<Proof> {
    let mut proof = Proof::detected(context, Reason::HpaCannotScale)?;
    let metrics = [
        "metrics API",
        "resource metric",
        "metrics.k8s.io",
        "no metrics returned",
    ];
    if has_any(&context.finding.message, &metrics) {
        proof.depends_on = context
            .index
            .service_called("metrics-server")
            .map(|s| s.name.clone());
    }
    Some(proof)
}

/// An application that Argo CD calls degraded because of an object that has a finding of its own.
fn degraded(context: &RuleContext) -> Option<Proof> {
    let proof = Proof::detected(context, Reason::ArgoDegraded)?;
    let resource = &context.finding.resource;
    let applications = &context.index.snapshot.objects.applications;
    let own = applications
        .iter()
        .find(|a| a.metadata.name == resource.name && a.metadata.namespace == resource.namespace);
    let resources = own.map_or(&[][..], |own| &own.status.resources).iter();
    // Newer versions keep the health of the objects elsewhere.
    let broken = resources.filter(|r| matches!(&*r.health.status, "" | "Degraded" | "Missing"));
    // Kinds that every cycle reads are referred to without their group.
    let mut broken = broken.flat_map(|r| {
        [&r.group, ""].map(|group| ObjectRef::custom(group, &r.kind, &r.namespace, &r.name))
    });
    Some(match broken.find(|object| context.has_finding(object)) {
        Some(object) => proof.group_key(object.to_string()),
        None => proof,
    })
}
