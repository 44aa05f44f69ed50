//! Objects that the API server refused to create. Only their controller has the
//! message: a replica set, a stateful set, or Argo CD.

use super::quotas::{SERVICES, STORAGE, quota, service_quota_used_up, storage_quota_used_up};
use super::text::{between, has_any, name_after};
use super::{Proof, Rule, RuleContext};
use crate::model::{Cause, ObjectRef};

/// Quotas by resource, then all other refusals.
pub const RULES: &[Rule] = &[
    Rule::new(Cause::PodQuotaExceeded, |c| {
        quota(c, &["pods", "count/pods"])
    }),
    Rule::new(Cause::CpuQuotaExceeded, |c| {
        quota(c, &["requests.cpu", "limits.cpu", "cpu"])
    }),
    Rule::new(Cause::MemoryQuotaExceeded, |c| {
        quota(c, &["requests.memory", "limits.memory", "memory"])
    }),
    Rule::new(Cause::ServiceQuotaExceeded, |c| {
        quota(c, SERVICES).or_else(|| service_quota_used_up(c))
    }),
    Rule::new(Cause::StorageQuotaExceeded, |c| {
        quota(c, STORAGE).or_else(|| storage_quota_used_up(c))
    }),
    Rule::new(Cause::NamespaceTerminating, terminating),
    Rule::new(Cause::ServiceAccountMissing, service_account),
    Rule::new(Cause::WebhookBackendDown, webhook),
    Rule::new(Cause::AdmissionDenied, denied),
];

/// `unable to create new content in namespace shop because it is being terminated`.
fn terminating(context: &RuleContext) -> Option<Proof> {
    let message = context.refusal()?;
    if !message.contains("because it is being terminated") {
        return None;
    }
    let name = name_after(message, "in namespace ").unwrap_or(context.namespace());
    Some(
        Proof::object(message)
            .message(format!(
                "no pod can be created: namespace {name} is being deleted"
            ))
            .group_key(ObjectRef::new("Namespace", "", name).to_string()),
    )
}

fn service_account(context: &RuleContext) -> Option<Proof> {
    let message = context.refusal()?;
    let missing = message.contains("serviceaccount \"") && message.contains("not found");
    let name = between(message, "serviceaccount \"", "\"")?;
    missing.then(|| {
        Proof::object(format!(
            "serviceaccount {name} does not exist in namespace {}",
            context.namespace()
        ))
        .message(format!(
            "no pod can be created: service account {name} does not exist"
        ))
    })
}

/// The webhook did not refuse the object; it could not be called.
fn webhook(context: &RuleContext) -> Option<Proof> {
    let message = context.refusal()?;
    let (_, call) = message.split_once("failed calling webhook")?;
    let unreachable = [
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
    if !has_any(call, &unreachable) {
        return None;
    }
    let name = between(call, "\"", "\"").unwrap_or("?");
    let proof = Proof::object(call.trim().trim_start_matches(':')).message(format!(
        "objects cannot be created: webhook {name} does not respond"
    ));
    // `Post "https://SERVICE.NAMESPACE.svc:443/path"`
    let host = name_after(call, "https://").unwrap_or_default();
    let backend = context
        .index
        .resolve(host, "")
        .and_then(|s| context.index.workload_behind(s));
    Some(match backend {
        Some(w) => {
            let service = context.index.service_of(w).map(|s| s.name.as_str());
            let what = format!(
                "webhook {name} does not respond; objects that it checks cannot be created"
            );
            proof.root(w.reference(), service, what)
        }
        None => proof.group_key(format!("webhook {name}")),
    })
}

fn denied(context: &RuleContext) -> Option<Proof> {
    let message = context.refusal()?;
    let phrases = [
        "admission webhook",
        "denied the request",
        "violates PodSecurity",
        "is forbidden",
        "failed quota",
        "denied by",
        "ValidatingAdmissionPolicy",
    ];
    has_any(message, &phrases).then(|| Proof::object(message))
}
