//! Pods that the API server refused: no pod exists, the keeper has the message.

use super::{Case, Proof, Rule};
use crate::detect::{Cause, FactKind, Reason};

/// Quotas by what they count, then everything else that can refuse.
pub const RULES: &[Rule] = &[
    Rule {
        cause: Cause::PodQuotaExceeded,
        proof: |c| quota(c, &["pods", "count/pods"]),
    },
    Rule {
        cause: Cause::CpuQuotaExceeded,
        proof: |c| quota(c, &["requests.cpu", "limits.cpu", "cpu"]),
    },
    Rule {
        cause: Cause::MemoryQuotaExceeded,
        proof: |c| quota(c, &["requests.memory", "limits.memory", "memory"]),
    },
    Rule {
        cause: Cause::ServiceAccountMissing,
        proof: service_account,
    },
    Rule {
        cause: Cause::AdmissionDenied,
        proof: denied,
    },
];

fn refusal<'a>(case: &'a Case) -> Option<&'a str> {
    (case.finding.reason == Reason::FailedCreate).then_some(case.finding.message.as_str())
}

/// `exceeded quota: NAME, requested: pods=1, used: pods=10, limited: pods=10`:
/// the resource is the one named under `requested`.
fn quota(case: &Case, resources: &[&str]) -> Option<Proof> {
    let message = refusal(case)?;
    let (_, rest) = message.split_once("exceeded quota: ")?;
    let (name, rest) = rest.split_once(',')?;
    let (_, requested) = rest.split_once("requested: ")?;
    let requested = requested.split(" used:").next().unwrap_or(requested);
    let asks = |resource: &str| {
        requested.split(',').any(|pair| {
            pair.trim()
                .split_once('=')
                .is_some_and(|(key, _)| key == resource)
        })
    };
    if !resources.iter().any(|r| asks(r)) {
        return None;
    }
    let mut proof = Proof::of(FactKind::Object, format!("quota {name}: {}", rest.trim()));
    proof.shared = Some(format!("quota {}/{name}", case.finding.resource.namespace));
    Some(proof)
}

fn service_account(case: &Case) -> Option<Proof> {
    let message = refusal(case)?;
    let missing = message.contains("serviceaccount \"") && message.contains("not found");
    missing.then(|| Proof::of(FactKind::Object, message))
}

fn denied(case: &Case) -> Option<Proof> {
    let message = refusal(case)?;
    let signs = [
        "admission webhook",
        "denied the request",
        "violates PodSecurity",
        "is forbidden",
    ];
    signs
        .iter()
        .any(|s| message.contains(s))
        .then(|| Proof::of(FactKind::Object, message))
}
