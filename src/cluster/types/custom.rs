//! Objects of kinds that have no slim type: a name, the parts of `spec` that rules read, and
//! `status` as a tree.
//!
//! Their size is bounded while they are decoded: long texts are cut, long lists end early, and each
//! field of the status has its own budget, so that none crowds out the conditions. All of an object is
//! within the bounds of [`super::Wire`] too.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{Intern, ObjectMeta, SharedStr, StrInterner, wire};
use crate::model::ObjectRef;

/// Bytes of a text.
const MAX_TEXT: usize = 1024;
/// Elements of a list, and fields of a map.
const MAX_ELEMENTS: usize = 64;
/// Values below one field of `spec` or `status`.
const MAX_VALUES: usize = 600;
const MAX_DEPTH: usize = 10;

/// Fields of `spec` that rules read. Others may be large, and may hold secrets.
const SPEC_FIELDS: &[&str] = &[
    "bootstrap",
    "chart",
    "claimRef",
    "cluster",
    "concurrencyPolicy",
    "cron",
    "desiredState",
    "disabled",
    "entryPoints",
    "groups",
    "hibernated",
    "idleReplicaCount",
    "instances",
    "interval",
    "method",
    "minReplicaCount",
    "package",
    "parentRefs",
    "path",
    "pause",
    "paused",
    "powerState",
    "refreshInterval",
    "releaseName",
    "replicas",
    "routes",
    "runStrategy",
    "running",
    "scaleTargetRef",
    "schedule",
    "schedules",
    "sourcePVC",
    "sourceRef",
    "state",
    "stopped",
    "storageLocation",
    "suspend",
    "suspended",
    "targetNamespace",
    "task",
    "timeZone",
    "timezone",
    "trigger",
    "workloadRef",
];

/// Fields of `status` that repeat what other objects say, or grow without end.
const SKIPPED_STATUS_FIELDS: &[&str] = &[
    "artifactRepositoryRef",
    "history",
    "inventory",
    "nodes",
    "resources",
    "storedTemplates",
    "storedWorkflowTemplateSpec",
];

/// Endings of annotations that pause an object.
const PAUSE_ANNOTATIONS: &[&str] = &[
    "/paused",
    "/hibernation",
    "/suspended",
    "/pause-reconciliation",
    "/paused-replicas",
];

/// An object of a kind without a slim type.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CustomObject {
    /// `apiVersion`.
    pub api_version: SharedStr,
    /// `kind`.
    pub kind: SharedStr,
    /// `metadata`.
    pub metadata: ObjectMeta,
    /// `metadata.generation`.
    pub generation: Option<i64>,
    /// The annotation that pauses it.
    pub pause: Option<String>,
    /// Whether its conditions said that it is ready, and were dropped because all of them were as they
    /// should be.
    pub is_ready: bool,
    /// The kept fields of `spec`.
    pub spec: KeptFields,
    /// `status`.
    pub status: KeptFields,
}

impl CustomObject {
    /// API group; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        let group = self.api_version.split_once('/');
        group.map_or("", |(group, _)| group)
    }

    /// Whether it is of this group and kind.
    #[must_use]
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.kind == kind && self.group() == group
    }

    /// A reference to it.
    #[must_use]
    pub fn reference(&self) -> ObjectRef {
        let meta = &self.metadata;
        ObjectRef::custom(self.group(), &self.kind, &meta.namespace, &meta.name)
    }

    /// The value at a path below `status`: `["robustness"]`.
    #[must_use]
    pub fn status_at(&self, path: &[&str]) -> Option<&Value> {
        at(&self.status, path)
    }

    /// The value at a path below `spec`.
    #[must_use]
    pub fn spec_at(&self, path: &[&str]) -> Option<&Value> {
        at(&self.spec, path)
    }

    /// The text at a path below `status`; empty where there is none.
    #[must_use]
    pub fn status_text(&self, path: &[&str]) -> &str {
        self.status_at(path).and_then(Value::as_str).unwrap_or("")
    }

    /// The text at a path below `spec`; empty where there is none.
    #[must_use]
    pub fn spec_text(&self, path: &[&str]) -> &str {
        self.spec_at(path).and_then(Value::as_str).unwrap_or("")
    }
}

/// Fields by name, in less memory than a map: a cluster may have thousands of objects.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeptFields(Box<[(SharedStr, Value)]>);

impl KeptFields {
    /// The value of a field.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.iter().find(|(name, _)| **name == key).map(|(_, v)| v)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let mut fields = self.0.iter_mut();
        fields.find(|(name, _)| *name == key).map(|(_, v)| v)
    }

    /// Whether there is such a field.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// All fields, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&SharedStr, &Value)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Drops fields.
    pub fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        let fields = std::mem::take(&mut self.0).into_vec().into_iter();
        self.0 = fields.filter(|(name, _)| is_kept(name)).collect();
    }

    /// Shares the names of the fields.
    pub(crate) fn share(&mut self, interner: &mut StrInterner) {
        for (name, _) in &mut self.0 {
            name.share(interner);
        }
    }
}

impl From<Map<String, Value>> for KeptFields {
    fn from(fields: Map<String, Value>) -> Self {
        let fields = fields.into_iter();
        Self(fields.map(|(name, value)| (name.into(), value)).collect())
    }
}

impl Serialize for KeptFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// Fields that are looked up by name.
pub trait ByName {
    /// The value of a field.
    fn field(&self, key: &str) -> Option<&Value>;
}

impl ByName for KeptFields {
    fn field(&self, key: &str) -> Option<&Value> {
        self.get(key)
    }
}

impl ByName for Map<String, Value> {
    fn field(&self, key: &str) -> Option<&Value> {
        self.get(key)
    }
}

fn at<'a>(fields: &'a KeptFields, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter()
        .try_fold(fields.get(first)?, |value, key| value.get(*key))
}

impl Serialize for CustomObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut metadata =
            serde_json::to_value(&self.metadata).map_err(serde::ser::Error::custom)?;
        if let (Some(fields), Some(generation)) = (metadata.as_object_mut(), self.generation) {
            fields.insert("generation".to_owned(), generation.into());
        }
        if let (Some(fields), Some(pause)) = (metadata.as_object_mut(), &self.pause) {
            fields.insert("annotations".to_owned(), json!({ pause: "true" }));
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("apiVersion", &self.api_version)?;
        map.serialize_entry("kind", &self.kind)?;
        map.serialize_entry("metadata", &metadata)?;
        map.serialize_entry("spec", &self.spec)?;
        let mut status = serde_json::to_value(&self.status).map_err(serde::ser::Error::custom)?;
        if self.is_ready {
            status["conditions"] = json!([{ "type": "Ready", "status": "True" }]);
        }
        map.serialize_entry("status", &status)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for CustomObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = CustomObject;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CustomObject, A::Error> {
        wire::begin();
        let mut object = CustomObject::default();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match key.as_ref() {
                "apiVersion" => object.api_version = text(&mut map)?,
                "kind" => object.kind = text(&mut map)?,
                "metadata" => {
                    let fields = map.next_value_seed(Fields(|key| key != "managedFields"))?;
                    object.generation = fields.get("generation").and_then(Value::as_i64);
                    object.pause = pause(&fields);
                    object.metadata = serde_json::from_value(Value::Object(fields))
                        .map_err(|error| A::Error::custom(format!("metadata: {error}")))?;
                }
                "spec" => {
                    let is_kept = |key: &str| SPEC_FIELDS.contains(&key);
                    object.spec = map.next_value_seed(Fields(is_kept))?.into();
                }
                "status" => {
                    let is_kept = |key: &str| !SKIPPED_STATUS_FIELDS.contains(&key);
                    object.status = map.next_value_seed(Fields(is_kept))?.into();
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(object)
    }
}

/// The annotation by which users pause an object, if it is on.
fn pause(metadata: &Map<String, Value>) -> Option<String> {
    let mut annotations = metadata.get("annotations")?.as_object()?.iter();
    let is_on = |value: &Value| {
        let value = value.as_str().unwrap_or_default().to_ascii_lowercase();
        !matches!(value.as_str(), "false" | "off" | "")
    };
    let (key, _) = annotations.find(|(key, value)| {
        PAUSE_ANNOTATIONS.iter().any(|ending| key.ends_with(ending)) && is_on(value)
    })?;
    Some(key.clone())
}

fn text<'de, A: MapAccess<'de>>(map: &mut A) -> Result<SharedStr, A::Error> {
    let mut budget = 1;
    let value = map.next_value_seed(Tree {
        budget: &mut budget,
        depth: 0,
    })?;
    Ok(value.as_str().unwrap_or_default().into())
}

/// A map of which some fields are kept, each with its own budget. What is no map has no fields.
struct Fields<F: Fn(&str) -> bool>(F);

impl<'de, F: Fn(&str) -> bool> DeserializeSeed<'de> for Fields<F> {
    type Value = Map<String, Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! ignore_scalars {
    ($default:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($default)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($default)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($default)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($default)
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($default)
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($default)
        }
    };
}

impl<'de, F: Fn(&str) -> bool> Visitor<'de> for Fields<F> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a map")
    }

    ignore_scalars!(Map::new());

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Map::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if (self.0)(&key) && fields.len() < MAX_ELEMENTS && key.len() <= MAX_TEXT {
                let mut budget = MAX_VALUES;
                let value = map.next_value_seed(Tree {
                    budget: &mut budget,
                    depth: 1,
                })?;
                fields.insert(key.into_owned(), value);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(fields)
    }
}

/// Any value within a budget. What does not fit is null.
struct Tree<'b> {
    budget: &'b mut usize,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let fits = wire::may_keep::<Value>(0, 1, true);
        if !fits || *self.budget == 0 || self.depth > MAX_DEPTH {
            return IgnoredAny::deserialize(deserializer).map(|_| Value::Null);
        }
        *self.budget -= 1;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        let value = wire::kept(value);
        Ok(value[..value.floor_char_boundary(MAX_TEXT)].into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while elements.len() < MAX_ELEMENTS {
            let element = Tree {
                budget: self.budget,
                depth: self.depth + 1,
            };
            match seq.next_element_seed(element)? {
                Some(value) => elements.push(value),
                None => return Ok(elements.into()),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(elements.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if fields.len() < MAX_ELEMENTS && key.len() <= MAX_TEXT {
                let value = Tree {
                    budget: self.budget,
                    depth: self.depth + 1,
                };
                fields.insert(key.into_owned(), map.next_value_seed(value)?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(fields.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rules_read_is_kept_and_written_again() {
        let text = serde_json::json!({
            "apiVersion": "longhorn.io/v1beta2", "kind": "Volume",
            "metadata": {"name": "pvc-1", "namespace": "longhorn-system", "generation": 3,
                "managedFields": [{"manager": "longhorn"}]},
            "spec": {"size": "1", "instances": 3},
            "status": {"robustness": "faulted", "history": [1], "conditions": [{"type": "Ready"}]},
        });
        let object: CustomObject = serde_json::from_value(text).unwrap();
        assert!(object.is("longhorn.io", "Volume"));
        assert_eq!(object.generation, Some(3));
        assert_eq!(object.status_text(&["robustness"]), "faulted");
        assert_eq!(object.spec_at(&["size"]), None);
        assert_eq!(object.status_at(&["history"]), None);
        let written = serde_json::to_value(&object).unwrap();
        let again: CustomObject = serde_json::from_value(written).unwrap();
        assert_eq!(again, object);
    }

    #[test]
    fn the_size_of_an_object_is_bounded() {
        let long = "ä".repeat(100_000);
        let many: Vec<_> = (0..10_000).map(|n| serde_json::json!([n, n, n])).collect();
        let mut deep = serde_json::json!(1);
        for _ in 0..100 {
            deep = serde_json::json!([deep]);
        }
        let text = serde_json::json!({
            "status": {"a": long, "b": many, "c": deep, "conditions": [{"type": "Ready"}]},
        });
        let object: CustomObject = serde_json::from_value(text).unwrap();
        let size = serde_json::to_string(&object).unwrap().len();
        assert!(size < 10_000, "{size}");
        assert!(object.status_at(&["conditions"]).is_some());
    }

    #[test]
    fn odd_types_are_no_error() {
        for text in [
            r#"{"status": 1, "spec": [1, 2]}"#,
            r#"{"status": null, "kind": 5}"#,
            "{}",
        ] {
            let object: CustomObject = serde_json::from_str(text).unwrap();
            assert!(object.status.is_empty());
        }
    }
}
