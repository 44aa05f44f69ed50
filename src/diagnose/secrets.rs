//! Secrets that come from elsewhere: pod, Secret, External Secret, store and
//! vault are one story, told from its beginning.

use super::{Proof, Rule, RuleContext};
use crate::cluster::types::ExternalSecret;
use crate::detect::secret_of;
use crate::model::{Cause, ObjectRef, Reason};

/// The store outranks what it does not give out.
pub const RULES: &[Rule] = &[
    Rule {
        cause: Cause::SecretStoreNotReady,
        proof: store,
    },
    Rule {
        cause: Cause::ExternalSecretFailed,
        proof: external_secret,
    },
];

/// A store that goes by vault waits for vault.
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

/// The workload of vault that some finding is about.
fn vault(context: &RuleContext) -> Option<ObjectRef> {
    let at = context
        .index
        .roster
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

/// The store of an external secret, where it is in trouble itself.
fn store_of(context: &RuleContext, secret: &ExternalSecret) -> Option<ObjectRef> {
    let reference = &secret.spec.secret_store_ref;
    let store = if reference.kind == "ClusterSecretStore" {
        ObjectRef::new("ClusterSecretStore", "", &reference.name)
    } else {
        ObjectRef::new("SecretStore", &secret.metadata.namespace, &reference.name)
    };
    context.has_finding(&store).then_some(store)
}

/// A Secret that is missing because the external secret that makes it fails.
pub fn behind_secret(context: &RuleContext, name: &str, proof: Proof) -> Proof {
    let secrets = &context.index.snapshot.objects.external_secrets;
    let maker = secrets.iter().find(|s| {
        s.metadata.namespace == context.namespace() && secret_of(s).eq_ignore_ascii_case(name)
    });
    let Some(maker) = maker else {
        return proof;
    };
    let reference = ObjectRef::new(
        "ExternalSecret",
        &maker.metadata.namespace,
        &maker.metadata.name,
    );
    if context.has_finding(&reference) {
        return proof.group_key(reference.to_string());
    }
    proof
}
