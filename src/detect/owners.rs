//! What custom resources that keep pods say about them: how many there should be.

use serde_json::Value;

use crate::cluster::types::CustomObject;
use crate::model::Time;

/// Kinds that keep pods or replica sets themselves: API group and kind. They are
/// workloads also while they have none.
const KEEPERS: &[(&str, &str)] = &[
    ("argoproj.io", "Rollout"),
    ("postgresql.cnpg.io", "Cluster"),
    ("core.strimzi.io", "StrimziPodSet"),
    ("apps.kruise.io", "CloneSet"),
];

/// What a custom resource says about the pods that it owns.
pub struct Owner {
    /// How many there should be.
    pub wanted: u32,
    /// The field that says it, with its value.
    pub said_by: String,
    /// Since when it has not been ready, by its own condition.
    pub unready_since: Option<Time>,
    /// Its phase; may be empty.
    pub phase: String,
}

/// Whether a resource without any pod is a workload all the same. One that says
/// that its pods are ready has them where they were not read.
#[must_use]
pub fn is_keeper(object: &CustomObject, owner: &Owner) -> bool {
    let is_known = KEEPERS.iter().any(|(group, kind)| object.is(group, kind));
    let counts = ["readyInstances", "readyReplicas", "readyPods"].into_iter();
    let ready = counts
        .filter_map(|field| object.status_at(&[field])?.as_u64())
        .max();
    let says_ready = owner.wanted > 0 && ready >= Some(u64::from(owner.wanted));
    is_known && !says_ready
}

/// What an owner of pods says about them; none where it says no number.
#[must_use]
pub fn of(object: &CustomObject) -> Option<Owner> {
    let (wanted, said_by) = wanted(object)?;
    Some(Owner {
        wanted,
        said_by,
        unready_since: unready_since(object),
        phase: object.status_text(&["phase"]).to_owned(),
    })
}

fn wanted(object: &CustomObject) -> Option<(u32, String)> {
    if let Some(annotation) = object
        .pause
        .as_ref()
        .filter(|a| a.ends_with("/hibernation"))
    {
        return Some((0, format!("annotation {annotation} is set")));
    }
    let spec = ["replicas", "instances"].into_iter();
    let mut spec =
        spec.filter_map(|field| Some((format!("spec.{field}"), object.spec_at(&[field])?)));
    let status = || Some(("status.pods".to_owned(), object.status_at(&["pods"])?));
    let (field, value) = spec.next().or_else(status)?;
    let wanted = value.as_u64().and_then(|n| u32::try_from(n).ok())?;
    Some((wanted, format!("{field} is {wanted}")))
}

fn unready_since(object: &CustomObject) -> Option<Time> {
    let conditions = object.status_at(&["conditions"])?.as_array()?;
    let text = |c: &Value, key| Some(c.get(key)?.as_str()?.to_owned());
    let ready = conditions
        .iter()
        .find(|c| text(c, "type").is_some_and(|kind| kind == "Ready"))?;
    let is_ready = text(ready, "status").is_some_and(|status| status == "True");
    let since = text(ready, "lastTransitionTime")?.parse().ok();
    since.filter(|_| !is_ready)
}
