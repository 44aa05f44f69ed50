//! Claims that are not bound, and pods that wait for them.

use super::claims::{self, Mismatch, PendingClaim};
use super::text::has_any;
use super::{Proof, Rule, RuleContext};
use crate::cluster::Resource;
use crate::model::{Cause, FactKind, ObjectRef, Reason};

/// A missing class counts before volumes that do not match, and both before a
/// failed provisioner.
pub const RULES: &[Rule] = &[
    Rule::new(Cause::StorageClassMissing, |c| with_claim(c, class_missing)),
    Rule::new(Cause::PvcAccessModeMismatch, |c| {
        with_claim(c, |c| mismatch(c, Mismatch::AccessMode))
    }),
    Rule::new(Cause::PvcCapacityMismatch, |c| {
        with_claim(c, |c| mismatch(c, Mismatch::Capacity))
    }),
    Rule::new(Cause::PvcSelectorMismatch, |c| {
        with_claim(c, |c| mismatch(c, Mismatch::Selector))
    }),
    Rule::new(Cause::PvAlreadyBound, |c| {
        with_claim(c, |c| mismatch(c, Mismatch::AlreadyBound))
    }),
    Rule::new(Cause::ProvisionerFailed, |c| with_claim(c, provisioner)),
];

/// The proof, grouped with the finding about the claim that the pods wait for.
fn with_claim(context: &RuleContext, rule: fn(&RuleContext) -> Option<Proof>) -> Option<Proof> {
    let proof = rule(context)?;
    let references = claims::pending(context).into_iter().map(|pending| {
        let meta = &pending.claim.metadata;
        ObjectRef::new("PersistentVolumeClaim", &meta.namespace, &meta.name)
    });
    let mut others = references.filter(|claim| *claim != context.finding.resource);
    Some(match others.find(|claim| context.has_finding(claim)) {
        Some(claim) if proof.group_key.is_none() => proof.group_key(claim.to_string()),
        _ => proof,
    })
}

fn waits_for_claim(context: &RuleContext) -> bool {
    context.is(&[Reason::ProvisioningFailed])
        || context.is(&[Reason::FailedScheduling])
            && has_any(&context.finding.message, WAITS_FOR_VOLUME)
}

/// What the scheduler says of a pod whose claim has no volume yet, and our own sentence
/// where it has chosen a node and says nothing.
const WAITS_FOR_VOLUME: &[&str] = &[
    "PersistentVolumeClaim",
    "persistent volumes to bind",
    "waits for a volume for claim",
    "binding volumes",
    "\"VolumeBinding\"",
];

fn pending<'a>(context: &RuleContext<'a>) -> Vec<PendingClaim<'a>> {
    if waits_for_claim(context) {
        claims::pending(context)
    } else {
        Vec::new()
    }
}

fn class_missing(context: &RuleContext) -> Option<Proof> {
    if !context.index.snapshot.is_read(Resource::StorageClasses) {
        return None;
    }
    let claims = pending(context);
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
                "claim {name} requests storage class {class}; {known}"
            ))
            .message(format!(
                "storage class {class} of claim {name} does not exist"
            )),
        );
    }
    no_default_class(&claims).or_else(|| other_class(context, &claims))
}

/// The claim names no class, there is no default class and no volume created by hand.
fn no_default_class(claims: &[PendingClaim]) -> Option<Proof> {
    let claim = claims.iter().find(|c| {
        c.claim.spec.storage_class_name.is_none() && c.class.is_none() && c.volumes.is_empty()
    })?;
    let name = &claim.claim.metadata.name;
    Some(
        Proof::object(format!(
            "claim {name} names no storage class and there is no default class"
        ))
        .message(format!(
            "claim {name} names no storage class and the cluster has no default class"
        )),
    )
}

/// The class has no provisioner, and the free volume has another class.
fn other_class(context: &RuleContext, claims: &[PendingClaim]) -> Option<Proof> {
    let claim = claims
        .iter()
        .find(|c| c.is_static() && c.volumes.is_empty())?;
    let volumes = &context.index.snapshot.objects.persistent_volumes;
    let volume = volumes.iter().find(|v| v.status.phase == "Available")?;
    let quoted = |class: &str| format!("\"{class}\"");
    let text = format!(
        "claim {} has storage class {}; the free volume {} has class {}",
        claim.claim.metadata.name,
        quoted(claim.class_name()),
        volume.metadata.name,
        quoted(&volume.spec.storage_class_name)
    );
    Some(Proof::object(text.clone()).message(format!("no volume matches: {text}")))
}

/// The closest volume does not match the claim in this respect.
fn mismatch(context: &RuleContext, which: Mismatch) -> Option<Proof> {
    let claims = pending(context);
    claims.iter().filter(|c| c.is_static()).find_map(|claim| {
        let (volume, mismatches) = claim.closest()?;
        // Of several the first in the order of the table.
        let first = [Mismatch::AccessMode, Mismatch::Capacity, Mismatch::Selector, Mismatch::AlreadyBound]
            .into_iter()
            .find(|m| mismatches.contains(m))?;
        if first != which {
            return None;
        }
        let (name, spec) = (&claim.claim.metadata.name, &claim.claim.spec);
        let volume_name = &volume.metadata.name;
        let text = match which {
            Mismatch::AccessMode => format!(
                "claim {name} requests {}; volume {volume_name} supports {}",
                spec.access_modes.join(", "),
                volume.spec.access_modes.join(", ")
            ),
            Mismatch::Capacity => format!(
                "claim {name} requests {}; volume {volume_name} has {}",
                claim.size().map_or("?", |(_, t)| t),
                volume.spec.capacity.get("storage").map_or("?", |q| q.0.as_str())
            ),
            Mismatch::Selector => {
                let selector = spec.selector.as_ref()?;
                let wanted = selector.match_labels.iter().map(|(k, v)| format!("{k}={v}"));
                let sets = selector.match_expressions.iter().map(|e| format!("{} {} {}", e.key, e.operator, e.values.join("|")));
                let wanted: Vec<_> = wanted.chain(sets).collect();
                let labels: Vec<_> = volume.metadata.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
                let labels = if labels.is_empty() { "no labels".to_owned() } else { labels.join(",") };
                format!("claim {name} selects {}; volume {volume_name} has {labels}", wanted.join(","))
            }
            Mismatch::AlreadyBound => {
                let owner = volume.spec.claim_ref.as_ref();
                let owner = owner.map_or_else(|| "an earlier claim".to_owned(), |o| format!("{}/{}", o.namespace, o.name));
                format!("volume {volume_name} would match claim {name} but is bound to claim {owner} ({})", volume.status.phase)
            }
        };
        Some(Proof::object(text.clone()).message(format!("no volume matches: {text}")))
    })
}

fn provisioner(context: &RuleContext) -> Option<Proof> {
    let claims = pending(context);
    let claim = claims.iter().find(|c| !c.is_static())?;
    let (name, class) = (&claim.claim.metadata.name, claim.class?);
    let namespace = &claim.claim.metadata.namespace;
    let events = context
        .index
        .events("PersistentVolumeClaim", namespace, name);
    let event = events
        .iter()
        .filter(|e| e.reason.contains("Provision"))
        .max_by_key(|e| e.last());
    let fact = format!(
        "claim {name}: storage class {}, provisioner {}",
        class.metadata.name, class.provisioner
    );
    // With a node chosen by the scheduler it is the provisioner's turn.
    let is_asked = claim
        .claim
        .metadata
        .annotation("volume.kubernetes.io/selected-node")
        .is_some();
    let is_pending = context.is(&[Reason::ProvisioningFailed]) || is_asked;
    let proof = match event {
        Some(event) => Proof::event(event.message.clone()).and(FactKind::Object, fact),
        None if is_pending => Proof::object(format!("{fact}; it has created no volume")),
        None => return None,
    };
    let mut proof = proof.message(format!(
        "provisioner {} has not created a volume for claim {name}",
        class.provisioner
    ));
    // `rancher.io/local-path` is run by `local-path-provisioner`.
    let short = class
        .provisioner
        .rsplit('/')
        .next()
        .unwrap_or(&class.provisioner);
    let workload = context
        .index
        .workloads
        .iter()
        .find(|w| w.name.contains(short));
    proof.depends_on = workload
        .and_then(|w| context.index.service_of(w))
        .map(|s| s.name.clone());
    Some(proof)
}
