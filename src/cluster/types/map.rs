//! A compact map for a few entries.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Index;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Serialize, Serializer};

use super::{SharedStr, Wire, wire};

/// An immutable map for labels, selectors and quantities: few entries, many
/// maps. A sorted slice uses memory for its entries only, where a `BTreeMap`
/// allocates nodes of eleven. Keys can be shared between maps.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SmallMap<V>(Box<[(SharedStr, V)]>);

/// A map of text to text.
pub type TextMap = SmallMap<SharedStr>;

impl<V> SmallMap<V> {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&V> {
        let at = self.0.binary_search_by(|(k, _)| k.as_str().cmp(key)).ok()?;
        Some(&self.0[at].1)
    }

    /// The entries, sorted by key.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &V)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The keys, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(key, _)| key)
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries, so that their texts can be shared.
    pub(in crate::cluster) fn entries_mut(&mut self) -> &mut [(SharedStr, V)] {
        &mut self.0
    }
}

/// Panics when there is no such key, as the maps of the standard library do.
impl<V> Index<&str> for SmallMap<V> {
    type Output = V;

    fn index(&self, key: &str) -> &V {
        match self.get(key) {
            Some(value) => value,
            None => panic!("no entry for the key {key:?}"),
        }
    }
}

impl<V> Default for SmallMap<V> {
    fn default() -> Self {
        Self(Box::default())
    }
}

/// Of two entries with the same key, the later one is kept, as in JSON.
impl<V, K: Into<SharedStr>> FromIterator<(K, V)> for SmallMap<V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
        let mut entries: Vec<(SharedStr, V)> = entries.collect();
        entries.reverse();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries.dedup_by(|later, kept| later.0 == kept.0);
        Self(entries.into_boxed_slice())
    }
}

impl<V: Serialize> Serialize for SmallMap<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<V: Wire> Wire for SmallMap<V> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

/// Entries that a map keeps: its first ones. One whose value is `null` is left out.
const MOST: usize = 200;

impl<'de, V: Wire> Deserialize<'de> for SmallMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<V>(PhantomData<V>);
        impl<'de, V: Wire> Visitor<'de> for Entries<V> {
            type Value = SmallMap<V>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SmallMap<V>, A::Error> {
                let mut entries = Vec::new();
                while let Some(key) = map.next_key::<SharedStr>()? {
                    let Some(wire::AsWire(value)) = map.next_value::<Option<_>>()? else {
                        continue;
                    };
                    if !wire::may_keep::<(SharedStr, V)>(entries.len(), MOST, true) {
                        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                        break;
                    }
                    entries.push((key, value));
                }
                Ok(entries.into_iter().collect())
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_sorted_and_the_last_of_a_key_is_kept() {
        let text = r#"{"b":"1","a":"2","b":"3"}"#;
        let map: TextMap = serde_json::from_str(text).unwrap();
        assert_eq!(map.get("b").map(|v| &**v), Some("3"));
        assert_eq!(map.get("c"), None);
        assert_eq!(map.keys().collect::<Vec<_>>(), ["a", "b"]);
        let written = serde_json::to_string(&map).unwrap();
        assert_eq!(written, r#"{"a":"2","b":"3"}"#);
        assert!(TextMap::default().is_empty());
        assert!(serde_json::from_str::<TextMap>("[]").is_err());
    }
}
