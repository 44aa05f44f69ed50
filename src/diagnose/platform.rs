//! Argo CD, certificates and autoscalers: what their controllers say.

use super::network::detected;
use super::text::has_any;
use super::{Proof, Rule, RuleContext};
use crate::model::{Cause, ObjectRef, Reason};

/// Each is what its detector saw; what is behind it joins them.
pub const RULES: &[Rule] = &[
    Rule {
        cause: Cause::IssuerNotReady,
        proof: |c| detected(c, Reason::IssuerNotReady),
    },
    Rule {
        cause: Cause::CertificateExpired,
        proof: |c| certificate(c, Reason::CertificateExpired),
    },
    Rule {
        cause: Cause::CertificateOverdue,
        proof: |c| certificate(c, Reason::CertificateOverdue),
    },
    Rule {
        cause: Cause::ArgoSyncFailed,
        proof: |c| detected(c, Reason::ArgoSyncFailed),
    },
    Rule {
        cause: Cause::ArgoDegraded,
        proof: |c| detected(c, Reason::ArgoDegraded),
    },
    Rule {
        cause: Cause::HpaCannotScale,
        proof: autoscaler,
    },
    Rule {
        cause: Cause::CronJobMissed,
        proof: |c| detected(c, Reason::CronJobMissed),
    },
];

/// Its issuer may be why.
fn certificate(case: &RuleContext, reason: Reason) -> Option<Proof> {
    let proof = detected(case, reason)?;
    let resource = &case.finding.resource;
    let certificates = &case.view.snapshot.objects.certificates;
    let own = certificates
        .iter()
        .find(|c| c.metadata.name == resource.name && c.metadata.namespace == resource.namespace)?;
    let issuer = &own.spec.issuer_ref;
    let issuer = if issuer.kind == "ClusterIssuer" {
        ObjectRef::new("ClusterIssuer", "", &issuer.name)
    } else {
        ObjectRef::new("Issuer", &resource.namespace, &issuer.name)
    };
    Some(if case.scene.is_troubled(&issuer) {
        proof.shared(issuer.to_string())
    } else {
        proof
    })
}

/// An autoscaler without metrics leans on whoever serves them.
fn autoscaler(case: &RuleContext) -> Option<Proof> {
    let mut proof = detected(case, Reason::HpaCannotScale)?;
    let metrics = [
        "metrics API",
        "resource metric",
        "metrics.k8s.io",
        "no metrics returned",
    ];
    if has_any(&case.finding.message, &metrics) {
        proof.leans_on = case.scene.listed("metrics-server").map(|s| s.name.clone());
    }
    Some(proof)
}
