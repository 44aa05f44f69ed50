//! Secrets that come from elsewhere: pod, Secret, External Secret, store and
//! vault are one story, told from its beginning.

use super::network::detected;
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
fn store(case: &RuleContext) -> Option<Proof> {
    let proof = detected(case, Reason::SecretStoreNotReady)?;
    let resource = &case.finding.resource;
    let objects = &case.view.snapshot.objects;
    let stores = objects
        .secret_stores
        .iter()
        .chain(&objects.cluster_secret_stores);
    let mut same = stores
        .filter(|s| s.metadata.name == resource.name && s.metadata.namespace == resource.namespace);
    if !same.any(|s| s.spec.provider.get("vault").is_some()) {
        return Some(proof);
    }
    Some(match vault(case) {
        Some(vault) => proof.shared(vault.to_string()),
        None => proof,
    })
}

/// The workload of vault that some finding is about.
fn vault(case: &RuleContext) -> Option<ObjectRef> {
    let at = case.view.roster.iter().position(|s| s.is_called("vault"))?;
    let workloads = case.view.workloads_of(at).iter();
    workloads
        .map(|&at| case.view.workloads[at].reference())
        .find(|r| case.scene.is_troubled(r))
}

fn external_secret(case: &RuleContext) -> Option<Proof> {
    let proof = detected(case, Reason::ExternalSecretFailed)?;
    let resource = &case.finding.resource;
    let secrets = &case.view.snapshot.objects.external_secrets;
    let own = secrets
        .iter()
        .find(|s| s.metadata.name == resource.name && s.metadata.namespace == resource.namespace);
    Some(match own.and_then(|s| store_of(case, s)) {
        Some(store) => proof.shared(store.to_string()),
        None => proof,
    })
}

/// The store of an external secret, where it is in trouble itself.
fn store_of(case: &RuleContext, secret: &ExternalSecret) -> Option<ObjectRef> {
    let reference = &secret.spec.secret_store_ref;
    let store = if reference.kind == "ClusterSecretStore" {
        ObjectRef::new("ClusterSecretStore", "", &reference.name)
    } else {
        ObjectRef::new("SecretStore", &secret.metadata.namespace, &reference.name)
    };
    case.scene.is_troubled(&store).then_some(store)
}

/// A Secret that is missing because the external secret that makes it fails.
pub fn behind_secret(case: &RuleContext, name: &str, proof: Proof) -> Proof {
    let secrets = &case.view.snapshot.objects.external_secrets;
    let maker = secrets.iter().find(|s| {
        s.metadata.namespace == case.namespace() && secret_of(s).eq_ignore_ascii_case(name)
    });
    let Some(maker) = maker else {
        return proof;
    };
    let reference = ObjectRef::new(
        "ExternalSecret",
        &maker.metadata.namespace,
        &maker.metadata.name,
    );
    if case.scene.is_troubled(&reference) {
        return proof.shared(reference.to_string());
    }
    proof
}
