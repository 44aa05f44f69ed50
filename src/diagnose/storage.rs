//! Claims that are not bound, and pods that wait for them.

use super::claims::{self, Mismatch, OpenClaim};
use super::{Proof, Rule, RuleContext};
use crate::cluster::Resource;
use crate::model::{Cause, FactKind, Reason};

/// A class that is missing outranks volumes that do not fit, and both outrank
/// a provisioner that does nothing.
pub const RULES: &[Rule] = &[
    Rule {
        cause: Cause::StorageClassMissing,
        proof: class_missing,
    },
    Rule {
        cause: Cause::PvcAccessModeMismatch,
        proof: |c| misfit(c, Mismatch::AccessMode),
    },
    Rule {
        cause: Cause::PvcCapacityMismatch,
        proof: |c| misfit(c, Mismatch::Capacity),
    },
    Rule {
        cause: Cause::PvcSelectorMismatch,
        proof: |c| misfit(c, Mismatch::Selector),
    },
    Rule {
        cause: Cause::PvAlreadyBound,
        proof: |c| misfit(c, Mismatch::Taken),
    },
    Rule {
        cause: Cause::ProvisionerFailed,
        proof: provisioner,
    },
];

fn waits_for_claim(context: &RuleContext) -> bool {
    context.is(&[Reason::ProvisioningFailed])
        || context.is(&[Reason::FailedScheduling])
            && (context.finding.message.contains("PersistentVolumeClaim")
                || context
                    .finding
                    .message
                    .contains("persistent volumes to bind"))
}

fn open<'a>(context: &RuleContext<'a>) -> Vec<OpenClaim<'a>> {
    if waits_for_claim(context) {
        claims::open(context)
    } else {
        Vec::new()
    }
}

fn class_missing(context: &RuleContext) -> Option<Proof> {
    if !context.index.snapshot.is_read(Resource::StorageClasses) {
        return None;
    }
    let claims = open(context);
    let claim = claims
        .iter()
        .find(|c| c.class.is_none() && !c.class_name().is_empty() && c.volumes.is_empty());
    if let Some(claim) = claim {
        let classes: Vec<_> = context
            .index
            .snapshot
            .objects
            .storage_classes
            .iter()
            .map(|c| c.metadata.name.as_str())
            .collect();
        let (name, class) = (&claim.claim.metadata.name, claim.class_name());
        let known = if classes.is_empty() {
            "there is none".to_owned()
        } else {
            format!("there are {}", classes.join(", "))
        };
        return Some(
            Proof::object(format!(
                "claim {name} asks for storage class {class}; {known}"
            ))
            .saying(format!(
                "storage class {class}, which claim {name} asks for, does not exist"
            )),
        );
    }
    unprovided(&claims).or_else(|| other_class(context, &claims))
}

/// No class named, none the default, and no volume made by hand.
fn unprovided(claims: &[OpenClaim]) -> Option<Proof> {
    let claim = claims.iter().find(|c| {
        c.claim.spec.storage_class_name.is_none() && c.class.is_none() && c.volumes.is_empty()
    })?;
    let name = &claim.claim.metadata.name;
    Some(
        Proof::object(format!(
            "claim {name} names no storage class and none is the default"
        ))
        .saying(format!(
            "claim {name} names no storage class, and the cluster has no default one"
        )),
    )
}

/// Nobody makes volumes of the class, and the one that is free is of another.
fn other_class(context: &RuleContext, claims: &[OpenClaim]) -> Option<Proof> {
    let claim = claims
        .iter()
        .find(|c| c.is_static() && c.volumes.is_empty())?;
    let volumes = &context.index.snapshot.objects.persistent_volumes;
    let volume = volumes.iter().find(|v| v.status.phase == "Available")?;
    let quoted = |class: &str| format!("\"{class}\"");
    let text = format!(
        "claim {} goes by storage class {}; the free volume {} is of class {}",
        claim.claim.metadata.name,
        quoted(claim.class_name()),
        volume.metadata.name,
        quoted(&volume.spec.storage_class_name)
    );
    Some(Proof::object(text.clone()).saying(format!("no volume fits: {text}")))
}

/// The nearest volume fails the claim in one respect more than in any other.
fn misfit(context: &RuleContext, which: Mismatch) -> Option<Proof> {
    let claims = open(context);
    claims.iter().filter(|c| c.is_static()).find_map(|claim| {
        let (volume, misfits) = claim.nearest()?;
        // Of several the first in the order of the table.
        let first = [Mismatch::AccessMode, Mismatch::Capacity, Mismatch::Selector, Mismatch::Taken]
            .into_iter()
            .find(|m| misfits.contains(m))?;
        if first != which {
            return None;
        }
        let (name, spec) = (&claim.claim.metadata.name, &claim.claim.spec);
        let volume_name = &volume.metadata.name;
        let text = match which {
            Mismatch::AccessMode => format!(
                "claim {name} asks for {}; volume {volume_name} offers {}",
                spec.access_modes.join(", "),
                volume.spec.access_modes.join(", ")
            ),
            Mismatch::Capacity => format!(
                "claim {name} asks for {}; volume {volume_name} has {}",
                claim.size().map_or("?", |(_, t)| t),
                volume.spec.capacity.get("storage").map_or("?", |q| q.0.as_str())
            ),
            Mismatch::Selector => {
                let selector = spec.selector.as_ref()?;
                let wanted = selector.match_labels.iter().map(|(k, v)| format!("{k}={v}"));
                let sets = selector.match_expressions.iter().map(|e| format!("{} {} {}", e.key, e.operator, e.values.join("|")));
                let wanted: Vec<_> = wanted.chain(sets).collect();
                let there: Vec<_> = volume.metadata.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
                let there = if there.is_empty() { "no label".to_owned() } else { there.join(",") };
                format!("claim {name} selects {}; volume {volume_name} carries {there}", wanted.join(","))
            }
            Mismatch::Taken => {
                let owner = volume.spec.claim_ref.as_ref();
                let owner = owner.map_or_else(|| "an earlier claim".to_owned(), |o| format!("{}/{}", o.namespace, o.name));
                format!("volume {volume_name} would fit claim {name}, but belongs to claim {owner} ({})", volume.status.phase)
            }
        };
        Some(Proof::object(text.clone()).saying(format!("no volume fits: {text}")))
    })
}

fn provisioner(context: &RuleContext) -> Option<Proof> {
    let claims = open(context);
    let claim = claims.iter().find(|c| !c.is_static())?;
    let (name, class) = (&claim.claim.metadata.name, claim.class?);
    let namespace = &claim.claim.metadata.namespace;
    let events = context
        .index
        .events("PersistentVolumeClaim", namespace, name);
    let told = events
        .iter()
        .filter(|e| e.reason.contains("Provision"))
        .max_by_key(|e| e.last());
    let fact = format!(
        "claim {name}: storage class {}, provisioner {}",
        class.metadata.name, class.provisioner
    );
    let waits = context.is(&[Reason::ProvisioningFailed]);
    let proof = match told {
        Some(event) => Proof::event(event.message.clone()).and(FactKind::Object, fact),
        None if waits => Proof::object(format!("{fact}; it has made no volume")),
        None => return None,
    };
    let mut proof = proof.saying(format!(
        "provisioner {} has made no volume for claim {name}",
        class.provisioner
    ));
    // `rancher.io/local-path` is run by `local-path-provisioner`.
    let short = class
        .provisioner
        .rsplit('/')
        .next()
        .unwrap_or(&class.provisioner);
    let keeper = context
        .index
        .workloads
        .iter()
        .find(|w| w.name.contains(short));
    proof.depends_on = keeper
        .and_then(|w| context.index.service_of(w))
        .map(|s| s.name.clone());
    Some(proof)
}
