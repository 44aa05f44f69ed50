//! Kind and name of an object in JSON, without decoding the rest of it.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// What must be known of an object before it is decoded.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) api_version: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) identity: Option<Identity>,
}

/// The part of an object's metadata that identifies it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Identity {
    #[serde(deserialize_with = "text")]
    pub(super) namespace: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) name: Option<String>,
    #[serde(deserialize_with = "text")]
    resource_version: Option<String>,
}

/// A text; any other value counts as absent.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(lenient)
}

impl Identity {
    /// The `resourceVersion`, by which the newer of two objects is found.
    pub(super) fn version(&self) -> Option<u64> {
        self.resource_version.as_deref()?.parse().ok()
    }
}

impl Head {
    /// The head of an object's JSON; none when it is no object of Kubernetes.
    /// Stops as early as possible, because the rest is usually most of the text.
    pub(super) fn of(raw: &str, kind_is_known: bool) -> Option<Self> {
        let mut head = Self::default();
        let reader = HeadReader {
            head: &mut head,
            kind_is_known,
        };
        let outcome = serde_json::Deserializer::from_str(raw).deserialize_map(reader);
        // To stop early is an error for the parser only.
        (outcome.is_ok() || head.is_complete(kind_is_known)).then_some(head)
    }

    fn is_complete(&self, kind_is_known: bool) -> bool {
        let has_kind = self.kind.is_some() && self.api_version.is_some();
        self.identity.is_some() && (has_kind || kind_is_known)
    }
}

fn lenient(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

struct HeadReader<'h> {
    head: &'h mut Head,
    kind_is_known: bool,
}

impl<'de> Visitor<'de> for HeadReader<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<str>>()? {
            match key.as_ref() {
                "apiVersion" => self.head.api_version = lenient(map.next_value()?),
                "kind" => self.head.kind = lenient(map.next_value()?),
                // An object whose metadata cannot be decoded has no name.
                "metadata" => {
                    let raw = map.next_value::<&RawValue>()?;
                    self.head.identity = Some(serde_json::from_str(raw.get()).unwrap_or_default());
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
            if self.head.is_complete(self.kind_is_known) {
                return Err(A::Error::custom("the head is complete"));
            }
        }
        Ok(())
    }
}
