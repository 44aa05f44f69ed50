//! What the API server refused: no object exists, its keeper has the message.
//! The keeper is a replica set, a stateful set, or Argo CD.

use super::quotas::{SERVICES, STORAGE, no_room_for_a_claim, no_room_for_a_service, quota};
use super::text::{between, has_any, name_after};
use super::{Proof, Rule, RuleContext};
use crate::model::Cause;

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
        cause: Cause::ServiceQuotaExceeded,
        proof: |c| quota(c, SERVICES).or_else(|| no_room_for_a_service(c)),
    },
    Rule {
        cause: Cause::StorageQuotaExceeded,
        proof: |c| quota(c, STORAGE).or_else(|| no_room_for_a_claim(c)),
    },
    Rule {
        cause: Cause::ServiceAccountMissing,
        proof: service_account,
    },
    Rule {
        cause: Cause::WebhookBackendDown,
        proof: webhook,
    },
    Rule {
        cause: Cause::AdmissionDenied,
        proof: denied,
    },
];

fn service_account(context: &RuleContext) -> Option<Proof> {
    let message = context.refusal()?;
    let missing = message.contains("serviceaccount \"") && message.contains("not found");
    let name = between(message, "serviceaccount \"", "\"")?;
    missing.then(|| {
        Proof::object(format!(
            "serviceaccount {name} does not exist in namespace {}",
            context.namespace()
        ))
        .saying(format!(
            "no pod can be created: service account {name} does not exist"
        ))
    })
}

/// The refusal is not the webhook's word: nobody answered in its place.
fn webhook(context: &RuleContext) -> Option<Proof> {
    let message = context.refusal()?;
    let (_, call) = message.split_once("failed calling webhook")?;
    let silent = [
        "no endpoints available",
        "connection refused",
        "context deadline exceeded",
        "i/o timeout",
        "no such host",
        "not found",
        "x509",
        "no route to host",
        "EOF",
    ];
    if !has_any(call, &silent) {
        return None;
    }
    let name = between(call, "\"", "\"").unwrap_or("?");
    let proof = Proof::object(call.trim().trim_start_matches(':')).saying(format!(
        "nothing can be created: webhook {name} does not answer"
    ));
    // `Post "https://SERVICE.NAMESPACE.svc:443/path"`
    let host = name_after(call, "https://").unwrap_or_default();
    let keeper = context
        .index
        .resolve(host, "")
        .and_then(|s| context.index.workload_behind(s));
    Some(match keeper {
        Some(w) => {
            let service = context.index.service_of(w).map(|s| s.name.as_str());
            let what =
                format!("webhook {name} does not answer, so nothing that it checks can be created");
            proof.root(w.reference(), service, what)
        }
        None => proof.group_key(format!("webhook {name}")),
    })
}

fn denied(context: &RuleContext) -> Option<Proof> {
    let message = context.refusal()?;
    let signs = [
        "admission webhook",
        "denied the request",
        "violates PodSecurity",
        "is forbidden",
        "failed quota",
        "denied by",
        "ValidatingAdmissionPolicy",
    ];
    has_any(message, &signs).then(|| Proof::object(message))
}
