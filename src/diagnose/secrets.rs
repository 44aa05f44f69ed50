//! Secrets from external stores: pod, Secret, external secret, store and Vault
//! are grouped by the first one that fails.

use super::{Proof, Rule, RuleContext};
use crate::cluster::types::ExternalSecret;
use crate::detect::target_secret;
use crate::model::{Cause, ObjectRef, Reason};

/// The store counts before its external secrets.
pub const RULES: &[Rule] = &[
    Rule::new(Cause::SecretStoreNotReady, store),
    Rule::new(Cause::ExternalSecretFailed, external_secret),
];

/// A store with the Vault provider is grouped with Vault, if that has a finding.
fn store(context: &RuleContext) -> Option<Proof> {
    let proof = Proof::detected(context, Reason::SecretStoreNotReady)?;
    let resource = &context.finding.resource;
    let objects = &context.index.snapshot.objects;
    let stores = objects
        .secret_stores
        .iter()
        .chain(&objects.cluster_secret_stores);
    let mut same = stores
        .filter(|s| s.metadata.name == resource.name && s.metadata.namespace == resource.namespace);
    if !same.any(|s| s.spec.provider.get("vault").is_some()) {
        return Some(proof);
    }
    Some(match vault(context) {
        Some(vault) => proof.group_key(vault.to_string()),
        None => proof,
    })
}

/// The workload of Vault that has a finding.
fn vault(context: &RuleContext) -> Option<ObjectRef> {
    let at = context
        .index
        .monitored
        .iter()
        .position(|s| s.is_called("vault"))?;
    let workloads = context.index.workloads_of(at).iter();
    workloads
        .map(|&at| context.index.workloads[at].reference())
        .find(|r| context.has_finding(r))
}

fn external_secret(context: &RuleContext) -> Option<Proof> {
    let proof = Proof::detected(context, Reason::ExternalSecretFailed)?;
    let resource = &context.finding.resource;
    let secrets = &context.index.snapshot.objects.external_secrets;
    let own = secrets
        .iter()
        .find(|s| s.metadata.name == resource.name && s.metadata.namespace == resource.namespace);
    Some(match own.and_then(|s| store_of(context, s)) {
        Some(store) => proof.group_key(store.to_string()),
        None => proof,
    })
}

/// The store of an external secret, if it has a finding.
fn store_of(context: &RuleContext, secret: &ExternalSecret) -> Option<ObjectRef> {
    let reference = &secret.spec.secret_store_ref;
    let store = if reference.kind == "ClusterSecretStore" {
        ObjectRef::new("ClusterSecretStore", "", &reference.name)
    } else {
        ObjectRef::new("SecretStore", &secret.metadata.namespace, &reference.name)
    };
    context.has_finding(&store).then_some(store)
}

/// Groups the proof of a missing Secret with the external secret that creates
/// it, if that has a finding.
pub fn group_with_external_secret(context: &RuleContext, name: &str, proof: Proof) -> Proof {
    let secrets = &context.index.snapshot.objects.external_secrets;
    let external = secrets.iter().find(|s| {
        s.metadata.namespace == context.namespace() && target_secret(s).eq_ignore_ascii_case(name)
    });
    let Some(external) = external else {
        return proof;
    };
    let reference = ObjectRef::new(
        "ExternalSecret",
        &external.metadata.namespace,
        &external.metadata.name,
    );
    if context.has_finding(&reference) {
        return proof.group_key(reference.to_string());
    }
    proof
}
