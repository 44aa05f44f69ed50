//! Workloads that fit a service by nothing but its namespace.
//!
//! A controller of another name is usually the service's own. A pod is not: anyone who may create
//! pods in the namespace could replace a lost P0 with one. So for P0 and P1 a further fact is
//! needed before such a workload counts.

use std::collections::HashMap;

use super::by_name::ByName;
use super::workload::Workload;
use crate::cluster::types::{PersistentVolumeClaim, Service as KubernetesService};
use crate::inventory::Service;
use crate::model::Tier;

/// The objects of a namespace that show which workload a service is.
pub struct NamespaceObjects<'i, 'a> {
    /// Kubernetes Services.
    pub services: &'i ByName<'a, KubernetesService>,
    /// Claims.
    pub claims: &'i ByName<'a, PersistentVolumeClaim>,
}

/// Removes from P0 and P1 services the workloads that only stand beside them.
pub fn settle(roster: &[Service], workloads: &mut [Workload], objects: &NamespaceObjects) {
    let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, workload) in workloads.iter().enumerate() {
        if let Some(service) = workload.service
            && roster[service].tier <= Tier::P1
        {
            members.entry(service).or_default().push(at);
        }
    }
    for (service, members) in members {
        let service = &roster[service];
        let by_namespace = |at: &&usize| workloads[**at].fits_by_namespace_only;
        let doubtful: Vec<_> = members.iter().filter(by_namespace).copied().collect();
        let is_alone = doubtful.len() == members.len();
        let replaces_lost = is_alone && has_unused_claim(service, &doubtful, workloads, objects);
        for at in doubtful {
            let workload = &workloads[at];
            if is_selected_by_name(service, workload, objects) {
                workloads[at].fits_by_namespace_only = false;
            } else if replaces_lost || !is_controlled(workload) && !is_selected(workload, objects) {
                workloads[at].service = None;
                workloads[at].fits_by_namespace_only = false;
            }
        }
    }
}

/// Whether a controller of one of Kubernetes' own kinds created the pods, or an object of another
/// kind is named as their owner and nothing is known of it.
fn is_controlled(workload: &Workload) -> bool {
    matches!(
        workload.kind,
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet"
    )
}

/// Whether a Kubernetes Service selects the pods of a workload that has an owner.
fn is_selected(workload: &Workload, objects: &NamespaceObjects) -> bool {
    workload.kind != "Pod" && {
        let here = objects.services.in_namespace(&workload.meta.namespace);
        here.iter().any(|service| workload.is_selected_by(service))
    }
}

/// Whether the Kubernetes Service with the name of the listed service selects the pods.
fn is_selected_by_name(service: &Service, workload: &Workload, objects: &NamespaceObjects) -> bool {
    let here = objects.services.in_namespace(&workload.meta.namespace);
    let mut named = here.iter().filter(|s| service.is_called(&s.metadata.name));
    named.any(|s| workload.is_selected_by(s))
}

/// Whether the namespace has the claim of a stateful set with the name of the service, such as
/// `data-postgresql-0`, and none of the workloads uses it: the stateful set was lost.
fn has_unused_claim(
    service: &Service,
    members: &[usize],
    workloads: &[Workload],
    objects: &NamespaceObjects,
) -> bool {
    let namespace = service.namespace.as_deref().unwrap_or_default();
    let is_used = |claim: &str| {
        let mut pods = members.iter().flat_map(|at| &workloads[*at].pods);
        pods.any(|pod| pod.claims().any(|name| name == claim))
    };
    let claims = objects.claims.in_namespace(namespace).iter();
    claims
        .map(|claim| claim.metadata.name.as_str())
        .any(|claim| is_claim_of(service, claim) && !is_used(claim))
}

/// Whether a claim has the name that a stateful set of the service gives it:
/// `<template>-<name>-<ordinal>`.
fn is_claim_of(service: &Service, claim: &str) -> bool {
    let Some((stem, ordinal)) = claim.rsplit_once('-') else {
        return false;
    };
    let names = std::iter::once(&service.name).chain(&service.aliases);
    ordinal.bytes().all(|b| b.is_ascii_digit())
        && names
            .map(|name| format!("-{}", name.to_ascii_lowercase()))
            .any(|ending| stem.ends_with(&ending))
}
