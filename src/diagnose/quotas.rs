//! Resource quotas that are used up: which one, how much is used, and by what.

use super::text::{between, listed};
use super::{Proof, RuleContext};
use crate::cluster::quantity;
use crate::cluster::types::ResourceQuota;
use crate::detect::{ClusterIndex, requested};
use crate::model::{FactKind, ObjectRef, Reason};

pub const SERVICES: &[&str] = &[
    "services",
    "count/services",
    "services.nodeports",
    "services.loadbalancers",
];
pub const STORAGE: &[&str] = &[
    "requests.storage",
    "persistentvolumeclaims",
    "count/persistentvolumeclaims",
];

/// `exceeded quota: NAME, requested: pods=1, used: pods=10, limited: pods=10`:
/// the resource is the one named under `requested`.
pub fn quota(context: &RuleContext, resources: &[&str]) -> Option<Proof> {
    let message = context.refusal()?;
    let (_, rest) = message.split_once("exceeded quota: ")?;
    let (name, rest) = rest.split_once(',')?;
    let amounts = |mark: &str| {
        between(rest, mark, ", used:").map(|a| a.split(", limited").next().unwrap_or(a))
    };
    let requested = amounts("requested: ")?;
    let pair = requested.split(',').find(|pair| {
        // `CLASS.storageclass.storage.k8s.io/requests.storage` counts as its last part.
        let key = pair.trim().split('=').next().unwrap_or_default();
        let last = key
            .rsplit_once(".storageclass.storage.k8s.io/")
            .map_or(key, |(_, last)| last);
        resources.contains(&last)
    })?;
    let namespace = namespace_of(context, message);
    let (key, request) = pair.trim().split_once('=')?;
    let of = |mark: &str| {
        let (_, rest) = rest.split_once(mark)?;
        name_after_eq(rest, key)
    };
    let (used, hard) = (of("used: ").unwrap_or("?"), of("limited: ").unwrap_or("?"));
    let fact = format!("quota {name}: {key} used {used} of {hard}, {request} more requested");
    let mut proof = Proof::object(fact.clone());
    if let Some(users) = users(context.index, &namespace, key) {
        proof = proof.and(FactKind::Object, users);
    }
    Some(proof.root(
        ObjectRef::new("ResourceQuota", &namespace, name),
        None,
        format!("the quota of namespace {namespace} is used up: {key} {used} of {hard}"),
    ))
}

/// The namespace of the refused object. An Argo CD application may be in another
/// namespace than its objects.
fn namespace_of(context: &RuleContext, message: &str) -> String {
    if context.finding.reason == Reason::FailedCreate {
        return context.namespace().to_owned();
    }
    between(message, "namespace \"", "\"")
        .unwrap_or(context.namespace())
        .to_owned()
}

fn name_after_eq<'a>(amounts: &'a str, key: &str) -> Option<&'a str> {
    amounts
        .split([',', ' '])
        .find_map(|pair| pair.trim().split_once('=').filter(|(k, _)| *k == key))
        .map(|(_, value)| value)
}

/// The workloads with the largest requests of the resource.
fn users(index: &ClusterIndex, namespace: &str, key: &str) -> Option<String> {
    let resource = ["cpu", "memory"].into_iter().find(|r| key.ends_with(r))?;
    let unit = |v: f64| match resource {
        "cpu" => format!("{:.0}m", v * 1000.0),
        _ => format!("{:.0}Mi", v / 1_048_576.0),
    };
    let mut sums: Vec<_> = index
        .workloads
        .iter()
        .filter(|w| w.meta.namespace == namespace)
        .map(|w| {
            (
                w.pods
                    .iter()
                    .map(|p| requested(&p.spec, resource))
                    .sum::<f64>(),
                w,
            )
        })
        .filter(|(sum, _)| *sum > 0.0)
        .collect();
    sums.sort_by(|a, b| b.0.total_cmp(&a.0));
    let largest: Vec<_> = sums
        .iter()
        .take(3)
        .map(|(sum, w)| format!("{} {}", w.name, unit(*sum)))
        .collect();
    (!largest.is_empty()).then(|| {
        format!(
            "largest requests of {resource} in {namespace}: {}",
            listed(&largest)
        )
    })
}

/// The hard limit and the usage of one resource in a quota.
struct QuotaUsage<'a> {
    quota: &'a ResourceQuota,
    key: &'a str,
    hard: f64,
    used: f64,
}

/// The usage of some resources in a namespace's quotas.
fn quota_usages<'a>(
    index: &ClusterIndex<'a>,
    namespace: &'a str,
    resources: &'a [&str],
) -> impl Iterator<Item = QuotaUsage<'a>> {
    let quotas = &index.snapshot.objects.quotas;
    let here = quotas
        .iter()
        .filter(move |q| q.metadata.namespace == namespace);
    here.flat_map(move |quota| {
        let status = &quota.status;
        let counted = status.hard.iter();
        let counted = counted.filter(|(key, _)| resources.contains(key));
        counted.filter_map(|(key, hard)| {
            let used = status.used.get(key).and_then(|u| quantity::parse(&u.0));
            Some(QuotaUsage {
                quota,
                key,
                hard: quantity::parse(&hard.0)?,
                used: used.unwrap_or(0.0),
            })
        })
    })
}

/// A refused Service has no controller that reports it. The evidence is a name
/// that others use, a workload of that name, no Service, and a used-up quota.
pub fn service_quota_used_up(context: &RuleContext) -> Option<Proof> {
    if !context.is(&[Reason::ServiceNotFound]) || !context.finding.resource.is("Service") {
        return None;
    }
    let namespace = context.namespace();
    let mut usages = quota_usages(context.index, namespace, &["services", "count/services"]);
    let QuotaUsage {
        quota,
        key,
        hard,
        used,
    } = usages.find(|u| u.used >= u.hard)?;
    let name = &quota.metadata.name;
    let fact = format!(
        "quota {name}: {key} used {used:.0} of {hard:.0}; Service {} cannot be created",
        context.finding.resource.name
    );
    Some(Proof::object(fact).root(
        ObjectRef::new("ResourceQuota", namespace, name),
        None,
        format!("the quota of namespace {namespace} is used up: {hard:.0} Services, and Service {} is missing", context.finding.resource.name),
    ))
}

/// A pod names a claim that was never created, in a namespace whose storage
/// quota is used up, or has less left than the volume that is free.
pub fn storage_quota_used_up(context: &RuleContext) -> Option<Proof> {
    if !context.is(&[Reason::FailedScheduling]) {
        return None;
    }
    let message = &context.finding.message;
    let claim = between(message, "persistentvolumeclaim \"", "\" not found")?;
    let namespace = context.namespace();
    let volumes = &context.index.snapshot.objects.persistent_volumes;
    // A free volume, probably for this claim, that exceeds the quota.
    let too_large = |usage: &QuotaUsage| {
        let mut free = volumes.iter().filter(|v| v.status.phase == "Available");
        free.find_map(|v| {
            let text = &v.spec.capacity.get("storage")?.0;
            let exceeds = quantity::parse(text)? > usage.hard - usage.used;
            (usage.key == "requests.storage" && exceeds).then_some((v, text))
        })
    };
    let (usage, volume) = quota_usages(context.index, namespace, STORAGE).find_map(|usage| {
        let volume = too_large(&usage);
        (usage.used >= usage.hard || volume.is_some()).then_some((usage, volume))
    })?;
    let (quota, key) = (usage.quota, usage.key);
    let name = &quota.metadata.name;
    let amount = |map: &crate::cluster::types::SmallMap<crate::cluster::types::Quantity>| {
        map.get(key)
            .map_or_else(|| "0".to_owned(), |q| q.0.to_string())
    };
    let (used, hard) = (amount(&quota.status.used), amount(&quota.status.hard));
    let mut proof = Proof::object(format!(
        "claim {claim} does not exist; quota {name}: {key} used {used} of {hard}"
    ));
    if let Some((volume, size)) = volume {
        let fact = format!(
            "volume {} of {size} is available and unclaimed",
            volume.metadata.name
        );
        proof = proof.and(FactKind::Object, fact);
    }
    Some(proof.root(
        ObjectRef::new("ResourceQuota", namespace, name),
        None,
        format!("the quota of namespace {namespace} does not allow claim {claim}: {key} {used} of {hard}"),
    ))
}
