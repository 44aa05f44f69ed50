//! Objects that could not be decoded as a whole, and what may still be concluded from them.

use super::repair::DamagedItem;
use crate::model::Resource;

/// An object of which something could not be decoded. Its kind counts as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedObject {
    /// Its kind.
    pub kind: DamagedKind,
    /// The object. One without a name is in no list.
    pub item: DamagedItem,
}

/// The kind of a damaged object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DamagedKind {
    /// A kind that every cycle reads.
    Read(Resource),
    /// Another kind, by its name.
    Custom(String),
    /// A dump has an object whose kind cannot be read.
    Unknown,
}

impl DamagedKind {
    /// The kind in manifests.
    #[must_use]
    pub fn manifest_kind(&self) -> &str {
        match self {
            Self::Read(resource) => resource.info().kind,
            Self::Custom(kind) => kind,
            Self::Unknown => "object of no readable kind",
        }
    }

    /// Its name in reports.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Read(resource) => resource.name(),
            Self::Custom(kind) => kind.clone(),
            Self::Unknown => "objects".to_owned(),
        }
    }
}

/// Fields that only explain: without them an object is judged as before.
const EVIDENCE: &[(Resource, &[&str])] = &[
    (
        Resource::Events,
        &[
            "count",
            "series",
            "source",
            "message",
            "reporting",
            "firstTimestamp",
            "lastTimestamp",
            "eventTime",
            "note",
            "deprecated",
            "metadata.creationTimestamp",
        ],
    ),
    (Resource::Deployments, &["spec.template.spec."]),
    (Resource::StatefulSets, &["spec.template.spec."]),
    (Resource::DaemonSets, &["spec.template.spec."]),
    (Resource::ReplicaSets, &["spec.template.spec."]),
    (Resource::Jobs, &["spec.template.spec."]),
    (
        Resource::CronJobs,
        &["spec.jobTemplate.spec.template.spec."],
    ),
    (
        Resource::Pods,
        &[
            "spec.containers",
            "spec.initContainers",
            "spec.volumes",
            "spec.affinity",
            "spec.tolerations",
            "spec.dns",
            "spec.imagePullSecrets",
            "spec.topologySpread",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.nodeSelector",
        ],
    ),
    (
        Resource::Nodes,
        &["status.capacity", "status.allocatable", "status.nodeInfo"],
    ),
    (Resource::PodMetrics, &["containers"]),
    (Resource::NodeMetrics, &["usage"]),
];

/// Fields of every kind that only explain.
const EVIDENCE_OF_ALL: &[&str] = &["metadata.annotations", "metadata.uid"];

impl DamagedObject {
    /// Whether what could not be decoded only explains, so that the object is judged by the rest.
    #[must_use]
    pub fn is_judged(&self) -> bool {
        let of_kind = EVIDENCE
            .iter()
            .filter(|(kind, _)| DamagedKind::Read(*kind) == self.kind);
        let evidence: Vec<_> = of_kind
            .flat_map(|(_, fields)| *fields)
            .chain(EVIDENCE_OF_ALL)
            .collect();
        let is_evidence = |field: &String| {
            let explains = evidence.iter().any(|start| field.starts_with(**start));
            // Ports decide whether a Service reaches its pods.
            explains && !field.contains(".ports")
        };
        self.kind != DamagedKind::Unknown
            && !self.item.damage.is_identity_only
            && self.item.damage.fields.iter().all(is_evidence)
    }

    /// Kind, namespace and name, and what could not be decoded.
    #[must_use]
    pub fn describe(&self) -> String {
        let kind = self.kind.manifest_kind();
        let object = match (self.item.namespace.as_str(), self.item.name.as_str()) {
            ("", "") => format!("{kind} without a readable name"),
            (namespace, "") => format!("{kind} without a readable name in {namespace}"),
            ("", name) => format!("{kind} {name}"),
            (namespace, name) => format!("{kind} {namespace}/{name}"),
        };
        let mut what = self.item.damage.fields.clone();
        what.extend(
            self.item
                .damage
                .cut
                .as_ref()
                .map(|element| format!("list of {element}, which was cut")),
        );
        if what.is_empty() {
            what.push("all but its name".to_owned());
        }
        format!("{object} ({})", what.join(", "))
    }
}
