//! What kind of object a piece of JSON is, and of what name, without reading
//! the rest of it.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// What must be known of an object before it is read.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) api_version: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) identity: Option<Identity>,
}

/// The part of an object's metadata that tells it from others.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Identity {
    pub(super) namespace: Option<String>,
    pub(super) name: Option<String>,
    resource_version: Option<String>,
}

impl Identity {
    /// The version of the object, by which the newer of two is told.
    pub(super) fn version(&self) -> Option<u64> {
        self.resource_version.as_deref()?.parse().ok()
    }
}

impl Head {
    /// The head of an object's JSON; none when it is no object of Kubernetes.
    /// Reads no further than it must: what follows is often most of it.
    pub(super) fn of(raw: &str, kind_is_known: bool) -> Option<Self> {
        let mut head = Self::default();
        let reader = HeadReader {
            head: &mut head,
            kind_is_known,
        };
        let outcome = serde_json::Deserializer::from_str(raw).deserialize_map(reader);
        // Stopping early is an error to the parser and none to us.
        (outcome.is_ok() || head.is_whole(kind_is_known)).then_some(head)
    }

    fn is_whole(&self, kind_is_known: bool) -> bool {
        let has_kind = self.kind.is_some() && self.api_version.is_some();
        self.identity.is_some() && (has_kind || kind_is_known)
    }
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
                "apiVersion" => self.head.api_version = map.next_value()?,
                "kind" => self.head.kind = map.next_value()?,
                // Metadata that does not fit leaves the object without a name.
                "metadata" => {
                    let raw = map.next_value::<&RawValue>()?;
                    self.head.identity = Some(serde_json::from_str(raw.get()).unwrap_or_default());
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
            if self.head.is_whole(self.kind_is_known) {
                return Err(A::Error::custom("that is enough"));
            }
        }
        Ok(())
    }
}
