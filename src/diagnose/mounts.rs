//! Volumes that cannot be mounted: by the kubelet's events, and by what the container
//! runtime says when it creates or starts the container.

use super::start::{self, Failure};
use super::text::{between, ending, has_any};
use super::{Proof, Rule, RuleContext};
use crate::cluster::types::{Pod, PodSpec};
use crate::model::{Cause, FactKind, ObjectRef, Reason};

/// A missing driver counts before what follows from it, and a refused access
/// before other failures.
pub const RULES: &[Rule] = &[
    Rule::new(Cause::CsiDriverUnavailable, driver),
    Rule::new(Cause::VolumePermissionDenied, denied),
    Rule::new(Cause::VolumeMountFailed, failed),
];

/// Words for a refused access.
const DENIED: &[&str] = &[
    "permission denied",
    "access denied",
    "operation not permitted",
];

/// A message about a volume, and where it was read.
type Message<'a> = (FactKind, &'a str);

/// What the kubelet and the runtime say about the volumes of pods that wait, newest first.
fn messages<'a>(context: &RuleContext<'a>) -> Vec<Message<'a>> {
    let of_runtime = start::failures(context)
        .into_iter()
        .filter(|f| f.kind == Failure::Mount)
        .map(|f| (FactKind::Object, f.text));
    of_runtime
        .chain(events(context).into_iter().map(|m| (FactKind::Event, m)))
        .collect()
}

fn events<'a>(context: &RuleContext<'a>) -> Vec<&'a str> {
    let waits = context.is(&[
        Reason::ContainerCreating,
        Reason::CreateContainerConfigError,
        Reason::CreateContainerError,
        Reason::RunContainerError,
    ]) || context
        .waiting()
        .any(|(_, reason, _)| super::config::is_being_created(reason));
    // The volumes of a pod are mounted before its first container is created.
    let none_created = context
        .waiting()
        .all(|(_, reason, _)| reason != "CrashLoopBackOff");
    if !waits || !none_created {
        return Vec::new();
    }
    // A few sync failures are normal while a pod is scheduled.
    let events = context.events_of(&["FailedMount", "FailedAttachVolume", "FailedMapVolume"]);
    let mut texts: Vec<_> = events
        .into_iter()
        .filter(|e| !e.message.contains("failed to sync") || e.times() > 3)
        .map(|e| e.message.as_str())
        .collect();
    // That the kubelet waited says less than what it waited for.
    texts.sort_by_key(|text| text.starts_with("Unable to attach or mount volumes"));
    texts
}

fn denied(context: &RuleContext) -> Option<Proof> {
    let is_denied = |(_, m): &Message| has_any(&m.to_lowercase(), DENIED);
    let (from, text) = messages(context).into_iter().find(is_denied)?;
    let volume = volume_of(context, text);
    let how = "permission denied";
    Some(Proof::of(from, text).message(format!("{volume} cannot be mounted: {how}")))
}

/// What the kubelet and the attach controller say of a driver that is not there.
const NO_DRIVER: &[(&str, &str)] = &[
    (
        "driver name ",
        " not found in the list of registered CSI drivers",
    ),
    ("external-attacher of ", " CSI driver to attach volume"),
];

/// The storage driver does not run. Of the workloads with findings the one that is
/// named like the driver is the root.
fn driver(context: &RuleContext) -> Option<Proof> {
    let (from, text, driver) = messages(context).into_iter().find_map(|(from, text)| {
        let named = NO_DRIVER.iter().find_map(|(a, b)| between(text, a, b));
        Some((from, text, named?))
    })?;
    let node = context
        .pods
        .iter()
        .map(|p| p.node())
        .find(|n| !n.is_empty());
    let at = node.map_or_else(String::new, |node| format!(" on {node}"));
    let proof = Proof::of(from, text).message(format!(
        "waits for {}: storage driver {driver} is not available{at}",
        volume_of(context, text)
    ));
    let words: Vec<_> = driver
        .split(['.', '-', '/'])
        .filter(|w| is_telling(w))
        .collect();
    let of_driver = context.index.workloads.iter().find(|w| {
        let is_named = words.iter().any(|word| w.name.contains(word));
        is_named && w.name.contains("csi") && context.has_finding(&w.reference())
    });
    Some(match of_driver.map(|w| w.reference().to_string()) {
        Some(workload) => proof
            .and(
                FactKind::Object,
                format!("{workload} runs the driver and fails"),
            )
            .group_key(workload),
        None => proof,
    })
}

/// Whether a part of a driver's name tells it from others: `longhorn` in
/// `driver.longhorn.io`.
fn is_telling(word: &str) -> bool {
    word.len() > 2 && !matches!(word, "csi" | "driver" | "storage" | "com" | "org" | "k8s")
}

fn failed(context: &RuleContext) -> Option<Proof> {
    if context.is(&[Reason::ClaimLost]) {
        return Some(Proof::object(context.finding.message.clone()));
    }
    if context.is(&[Reason::FailedScheduling, Reason::ProgressDeadlineExceeded])
        && let Some(proof) = claim(context)
    {
        return Some(proof);
    }
    let (from, text) = messages(context).into_iter().next()?;
    let volume = volume_of(context, text);
    let proof = Proof::of(from, text);
    if !text.contains("Multi-Attach error") {
        let how = ending(text);
        return Some(proof.message(format!("waits for {volume}: it cannot be mounted: {how}")));
    }
    Some(match lost_user(context) {
        Some(node) => proof
            .message(format!(
                "waits for {volume}: it is still attached to {node}, which is not ready"
            ))
            .group_key(ObjectRef::new("Node", "", node).to_string()),
        None => proof.message(format!(
            "waits for {volume}: it is still attached to another node"
        )),
    })
}

/// The node that is not ready and has a pod with a claim of the waiting pods.
fn lost_user<'a>(context: &RuleContext<'a>) -> Option<&'a str> {
    let claims = |pod: &'a Pod| {
        let volumes = pod.spec.volumes.iter();
        volumes.filter_map(|v| Some(v.persistent_volume_claim.as_ref()?.claim_name.as_str()))
    };
    let waiting: Vec<&str> = context.pods.iter().flat_map(|pod| claims(pod)).collect();
    let here = context.index.workloads_in(context.namespace());
    let mut others = here.flat_map(|w| w.pods.iter().copied());
    let user = others.find(|pod| {
        context.index.is_lost(pod.node()) && claims(pod).any(|claim| waiting.contains(&claim))
    })?;
    Some(user.node())
}

/// A claim that the scheduler does not find, or that is being deleted.
fn claim(context: &RuleContext) -> Option<Proof> {
    let text = &context.finding.message;
    let (_, rest) = text.split_once("persistentvolumeclaim \"")?;
    let (claim, rest) = rest.split_once('"')?;
    let namespace = context.namespace();
    if rest.trim_start().starts_with("is being deleted") {
        return Some(
            Proof::object(format!(
                "claim {claim} in namespace {namespace} is being deleted; a pod that uses it keeps it until that pod is gone"
            ))
            .message(format!(
                "cannot be scheduled: claim {claim} is being deleted"
            )),
        );
    }
    if !rest.trim_start().starts_with("not found") {
        return None;
    }
    Some(
        Proof::object(format!(
            "claim {claim} does not exist in namespace {namespace}"
        ))
        .message(format!("cannot be scheduled: claim {claim} does not exist")),
    )
}

/// The volume that a message is about: by the name that it gives, else by the path of a
/// mount or of a folder on the node.
fn volume_of(context: &RuleContext, text: &str) -> String {
    let named = ["volumeMount \"", "volume \"", "unmounted volumes=["];
    let named = named.iter().find_map(|mark| {
        let end = if mark.ends_with('[') { "]" } else { "\"" };
        between(text, mark, end)
    });
    let by_path = || by_path(context.spec()?, text);
    match named.or_else(by_path) {
        Some(name) => format!("volume {name}"),
        None => "a volume of the pod".to_owned(),
    }
}

fn by_path<'a>(spec: &'a PodSpec, text: &str) -> Option<&'a str> {
    let has = |path: &str| path.len() > 1 && text.contains(path);
    let of_node = spec
        .volumes
        .iter()
        .find(|v| v.host_path.as_ref().is_some_and(|h| has(&h.path)));
    if let Some(volume) = of_node {
        return Some(&volume.name);
    }
    let in_volumes = spec
        .volumes
        .iter()
        .find(|v| has(&format!("/volume-subpaths/{}/", v.name)));
    let mounts = spec.containers.iter().chain(&spec.init_containers);
    let mut mounts = mounts.flat_map(|c| &c.volume_mounts);
    in_volumes
        .map(|v| v.name.as_str())
        .or_else(|| Some(&mounts.find(|m| has(&m.mount_path))?.name))
}
