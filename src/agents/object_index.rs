//! Which objects there are, by the words that kubectl knows their kinds by.
//! Pure: of the snapshot, nothing is fetched.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::assess::Incident;
use crate::cluster::Objects;
use crate::cluster::dump::scrub;
use crate::cluster::types::ObjectMeta;
use crate::inventory::Service;

/// What one object can be shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectKind {
    /// As in manifests.
    pub name: &'static str,
    /// Whether its objects live in no namespace.
    pub is_global: bool,
    words: &'static [&'static str],
}

macro_rules! kinds {
    ($( $name:literal $is_global:literal [$($word:literal),*] $field:ident; )*) => {
        /// The kinds that a snapshot holds and kubectl shows; Secrets are not among them.
        pub const KINDS: &[ObjectKind] = &[ $( ObjectKind { name: $name, is_global: $is_global, words: &[$($word),*] }, )* ];

        /// An object as it stands on the wire.
        fn find(objects: &Objects, kind: ObjectKind, namespace: &str, name: &str) -> Option<Value> {
            let is_it = |meta: &ObjectMeta| meta.name == name && (kind.is_global || meta.namespace == namespace);
            match kind.name {
                $( $name => objects.$field.iter().find(|o| is_it(&o.metadata)).and_then(|o| serde_json::to_value(o).ok()), )*
                _ => None,
            }
        }
    };
}

kinds! {
    "Node" true ["nodes", "no"] nodes;
    "Namespace" true ["namespaces", "ns"] namespaces;
    "Pod" false ["pods", "po"] pods;
    "Deployment" false ["deployments", "deploy"] deployments;
    "StatefulSet" false ["statefulsets", "sts"] stateful_sets;
    "DaemonSet" false ["daemonsets", "ds"] daemon_sets;
    "ReplicaSet" false ["replicasets", "rs"] replica_sets;
    "Job" false ["jobs"] jobs;
    "CronJob" false ["cronjobs", "cj"] cron_jobs;
    "Service" false ["services", "svc"] services;
    "EndpointSlice" false ["endpointslices"] endpoint_slices;
    "Ingress" false ["ingresses", "ing"] ingresses;
    "PersistentVolume" true ["persistentvolumes", "pv"] persistent_volumes;
    "PersistentVolumeClaim" false ["persistentvolumeclaims", "pvc"] claims;
    "StorageClass" true ["storageclasses", "sc"] storage_classes;
    "HorizontalPodAutoscaler" false ["horizontalpodautoscalers", "hpa"] autoscalers;
    "PodDisruptionBudget" false ["poddisruptionbudgets", "pdb"] disruption_budgets;
    "ResourceQuota" false ["resourcequotas", "quota"] quotas;
    "Application" false ["applications", "app", "apps"] applications;
    "Certificate" false ["certificates", "cert"] certificates;
    "Issuer" false ["issuers"] issuers;
    "ClusterIssuer" true ["clusterissuers"] cluster_issuers;
    "ExternalSecret" false ["externalsecrets"] external_secrets;
    "SecretStore" false ["secretstores"] secret_stores;
    "ClusterSecretStore" true ["clustersecretstores"] cluster_secret_stores;
    "Gateway" false ["gateways", "gtw"] gateways;
    "HTTPRoute" false ["httproutes"] http_routes;
}

/// The kind that a word means.
#[must_use]
pub fn kind(word: &str) -> Option<ObjectKind> {
    let word = word.to_ascii_lowercase();
    KINDS
        .iter()
        .find(|kind| kind.name.eq_ignore_ascii_case(&word) || kind.words.contains(&word.as_str()))
        .copied()
}

/// What an incident reaches: the objects of its namespaces, and those without
/// a namespace that it names itself.
pub struct Scope<'a> {
    objects: &'a Objects,
    namespaces: BTreeSet<&'a str>,
    named: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Scope<'a> {
    /// Of this incident and its service.
    #[must_use]
    pub fn new(objects: &'a Objects, incident: &'a Incident, service: Option<&'a Service>) -> Self {
        let resources = incident.findings.iter().map(|f| &f.resource);
        let pods = incident.findings.iter().flat_map(|f| &f.pods);
        let mut namespaces: BTreeSet<_> = resources.clone().map(|r| r.namespace.as_str()).collect();
        namespaces.extend(pods.clone().map(|p| p.namespace.as_str()));
        namespaces.extend(service.and_then(|s| s.namespace.as_deref()));
        namespaces.remove("");
        let mut named: BTreeSet<_> = resources
            .map(|r| (r.kind.as_str(), r.name.as_str()))
            .collect();
        named.extend(pods.map(|p| ("Node", p.node.as_str())));
        Self {
            objects,
            namespaces,
            named,
        }
    }

    /// Whether the namespace is one of the incident's.
    #[must_use]
    pub fn is_within(&self, namespace: &str) -> bool {
        self.namespaces.contains(namespace)
    }

    /// Whether the object is there and within reach.
    #[must_use]
    pub fn holds(&self, kind: ObjectKind, namespace: &str, name: &str) -> bool {
        self.object(kind, namespace, name).is_some()
    }

    /// The object without its secrets, if it is there and within reach.
    #[must_use]
    pub fn object(&self, kind: ObjectKind, namespace: &str, name: &str) -> Option<Value> {
        let is_allowed = match kind {
            ObjectKind {
                name: "Namespace", ..
            } => self.is_within(name),
            ObjectKind {
                is_global: true, ..
            } => self.named.contains(&(kind.name, name)),
            _ => self.is_within(namespace),
        };
        let mut object = is_allowed.then(|| find(self.objects, kind, namespace, name))??;
        scrub(&mut object);
        Some(object)
    }
}
