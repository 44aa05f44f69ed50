//! Metadata, conditions and selectors, which all kinds have in common.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use super::wire::AsWire;
use super::{Intern, OwnerReference, SharedStr, StrInterner, TextMap, read_as_is, slim};
use crate::model::Time;

/// Labels, shared between the pods that have the same set.
pub type Labels = Arc<TextMap>;

/// Owners, shared between the objects that have the same.
pub type Owners = Arc<Vec<OwnerReference>>;

slim! {
    /// `metadata`, without managedFields and without the annotations that no rule reads.
    pub struct ObjectMeta {
        pub name: SharedStr,
        pub namespace: SharedStr,
        pub uid: SharedStr,
        pub generation: i64,
        pub creation_timestamp: Option<Time>,
        pub deletion_timestamp: Option<Time>,
        /// Kept while the object is being deleted.
        pub finalizers: Box<[SharedStr]>,
        pub labels: Labels,
        pub annotations: Annotations,
        pub owner_references: Owners,
    }

    /// A condition, the same for all kinds.
    pub struct Condition {
        #[serde(rename = "type")]
        pub kind: SharedStr,
        pub status: SharedStr,
        pub reason: SharedStr,
        pub message: SharedStr,
        pub last_heartbeat_time: Option<Time>,
        pub last_transition_time: Option<Time>,
        pub last_update_time: Option<Time>,
        pub observed_generation: i64,
    }

    /// `spec.selector` of workloads and disruption budgets.
    pub struct LabelSelector {
        pub match_labels: TextMap,
        pub match_expressions: Vec<SelectorRequirement>,
    }

    /// One set-based requirement of a selector.
    pub struct SelectorRequirement {
        pub key: SharedStr,
        pub operator: SharedStr,
        pub values: Vec<SharedStr>,
    }
}

impl Condition {
    /// Whether the status is `True`.
    #[must_use]
    pub fn is_true(&self) -> bool {
        self.status == "True"
    }

    /// Whether it speaks of the object as it is now. One without a generation does.
    #[must_use]
    pub fn is_current(&self, meta: &ObjectMeta) -> bool {
        self.observed_generation == 0 || self.observed_generation >= meta.generation
    }

    /// Whether the status is `False`. `Unknown` is neither.
    #[must_use]
    pub fn is_false(&self) -> bool {
        self.status == "False"
    }
}

/// Finds a condition by its type.
#[must_use]
pub fn condition<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|c| c.kind == kind)
}

impl ObjectMeta {
    /// The owner that controls this object, else its first owner.
    #[must_use]
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references
            .iter()
            .find(|o| o.controller)
            .or_else(|| self.owner_references.first())
    }

    /// The value of a label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.get(key).map(|value| &**value)
    }

    /// The value of an annotation that is kept.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.get(key)
    }
}

impl LabelSelector {
    /// Whether an object with these labels is selected. An empty selector
    /// selects everything, as in Kubernetes.
    #[must_use]
    pub fn matches(&self, labels: &TextMap) -> bool {
        selects(&self.match_labels, labels)
            && self.match_expressions.iter().all(|r| r.matches(labels))
    }
}

impl SelectorRequirement {
    /// Whether labels satisfy this requirement. Nothing satisfies an unknown operator.
    #[must_use]
    pub fn matches(&self, labels: &TextMap) -> bool {
        let value = labels.get(&self.key);
        let is_listed = |value: &SharedStr| self.values.iter().any(|v| **v == **value);
        match self.operator.as_str() {
            "In" => value.is_some_and(is_listed),
            "NotIn" => value.is_none_or(|v| !is_listed(v)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            "Gt" | "Lt" => self.compares(value),
            _ => false,
        }
    }

    fn compares(&self, value: Option<&SharedStr>) -> bool {
        let value = value.and_then(|value| value.parse::<i64>().ok());
        let bound = self.values.first().and_then(|bound| bound.parse().ok());
        match (value, bound) {
            (Some(have), Some(bound)) if self.operator == "Gt" => have > bound,
            (Some(have), Some(bound)) => have < bound,
            _ => false,
        }
    }
}

/// Whether an equality-based selector, such as that of a Service, selects these labels.
#[must_use]
pub fn selects(selector: &TextMap, labels: &TextMap) -> bool {
    selector.iter().all(|(k, v)| labels.get(k) == Some(v))
}

/// The annotations that rules read. All others are dropped while reading: they
/// may be large or, like `last-applied-configuration`, contain secrets. Most
/// objects keep none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Annotations(pub Arc<TextMap>);

impl Annotations {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|value| &**value)
    }
}

impl Intern for Annotations {
    fn share(&mut self, _: &mut StrInterner) {}
}

impl Serialize for Annotations {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

const KEPT_ANNOTATIONS: &[&str] = &[
    "deployment.kubernetes.io/revision",
    "endpoints.kubernetes.io/last-change-trigger-time",
    "kubectl.kubernetes.io/restartedAt",
    "kubernetes.io/config.mirror",
    "kubernetes.io/ingress.class",
    "pv.kubernetes.io/provisioned-by",
    "storageclass.kubernetes.io/is-default-class",
    "volume.kubernetes.io/selected-node",
    "volume.kubernetes.io/storage-provisioner",
];

read_as_is! { Annotations }

impl<'de> Deserialize<'de> for Annotations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Kept;
        impl<'de> serde::de::Visitor<'de> for Kept {
            type Value = Annotations;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a map of annotations")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Annotations, A::Error> {
                let mut kept = Vec::new();
                while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                    if KEPT_ANNOTATIONS.contains(&key.as_ref()) {
                        let value: Option<AsWire<SharedStr>> = map.next_value()?;
                        kept.extend(value.map(|AsWire(value)| (SharedStr::from(&*key), value)));
                    } else {
                        map.next_value::<serde::de::IgnoredAny>()?;
                    }
                }
                Ok(Annotations(Arc::new(kept.into_iter().collect())))
            }
        }
        deserializer.deserialize_map(Kept)
    }
}
