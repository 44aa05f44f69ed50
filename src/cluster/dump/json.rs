//! Reads JSON one object at a time: single objects, lists, arrays, and any number of documents in a
//! row. A list is never in memory as a whole. Each item is read as text first and, once its kind is
//! known, decoded into its slim type.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::collect::Collector;
use super::head::Head;

/// Reads all documents of a file that is in memory.
pub(super) fn slice(bytes: &[u8], collector: &mut Collector) -> io::Result<()> {
    documents(
        &mut serde_json::Deserializer::from_slice(bytes),
        collector,
        &|| {},
    )
}

/// Reads all documents of a file that is too large to be read whole.
pub(super) fn stream(
    content: impl Read,
    object_bytes: u64,
    collector: &mut Collector,
) -> io::Result<()> {
    let passed = Rc::new(Cell::new(0));
    let limited = LimitedReader {
        inner: content,
        passed: Rc::clone(&passed),
        limit: object_bytes,
    };
    let mut reader =
        serde_json::Deserializer::from_reader(BufReader::with_capacity(64 * 1024, limited));
    documents(&mut reader, collector, &|| passed.set(0))
}

fn documents<'de, R: serde_json::de::Read<'de>>(
    reader: &mut serde_json::Deserializer<R>,
    collector: &mut Collector,
    taken: &dyn Fn(),
) -> io::Result<()> {
    while reader.end().is_err() {
        Document {
            collector: &mut *collector,
            taken,
        }
        .deserialize(&mut *reader)?;
        taken();
    }
    Ok(())
}

/// Limits the bytes from one object to the next.
struct LimitedReader<R> {
    inner: R,
    passed: Rc<Cell<u64>>,
    limit: u64,
}

impl<R: Read> Read for LimitedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.passed.get() > self.limit {
            return Err(io::Error::other(format!(
                "one object has more than {} bytes",
                self.limit
            )));
        }
        let count = self.inner.read(buffer)?;
        self.passed.set(self.passed.get() + count as u64);
        Ok(count)
    }
}

/// One document.
struct Document<'c> {
    collector: &'c mut Collector,
    /// Called after each object.
    taken: &'c dyn Fn(),
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Keys of Secrets and of `ConfigMaps`, which are skipped unread.
const SKIPPED_KEYS: &[&str] = &["data", "stringData", "binaryData"];

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a Kubernetes object or list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut list = Pending::default();
        let mut fields = String::new();
        let (mut has_items, mut has_metadata, mut has_type) = (false, false, false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "items" => {
                    has_items = true;
                    map.next_value_seed(Items {
                        collector: &mut *self.collector,
                        taken: self.taken,
                        list: &mut list,
                    })?;
                }
                key if SKIPPED_KEYS.contains(&key) => {
                    map.next_value::<IgnoredAny>()?;
                }
                key => {
                    has_metadata |= key == "metadata";
                    has_type |= matches!(key, "apiVersion" | "kind");
                    let value = map.next_value::<Box<RawValue>>()?;
                    list.note(key, value.get());
                    push_field(&mut fields, key, value.get());
                }
            }
        }
        if has_items || list.kind.ends_with("List") {
            list.finish(self.collector);
        } else if !fields.is_empty() {
            fields.push('}');
            let is_object = has_metadata && has_type;
            if !item(self.collector, &fields, None) && is_object {
                self.collector.note_unidentified(None, "");
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(raw) = seq.next_element::<Box<RawValue>>()? {
            item(self.collector, raw.get(), None);
            (self.taken)();
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Appends a field to the text of a single object.
fn push_field(fields: &mut String, key: &str, value: &str) {
    fields.push(if fields.is_empty() { '{' } else { ',' });
    fields.push_str(&serde_json::Value::from(key).to_string());
    fields.push(':');
    fields.push_str(value);
}

/// Bytes of items that may wait until the kind of their list is known.
const MAX_WAITING: usize = 128 * 1024 * 1024;

/// What is known of a list so far, and the items that wait for its kind.
#[derive(Default)]
struct Pending {
    api_version: String,
    kind: String,
    announced: bool,
    /// It has `items`, and none of them.
    is_empty: bool,
    waiting: Vec<Box<RawValue>>,
    waiting_bytes: usize,
}

impl Pending {
    fn note(&mut self, key: &str, value: &str) {
        let text = || serde_json::from_str(value).unwrap_or_default();
        match key {
            "apiVersion" => self.api_version = text(),
            "kind" => self.kind = text(),
            _ => {}
        }
    }

    /// The API version and kind that items inherit, once both are known; none
    /// for a `List` of mixed items.
    fn item_kind(&self) -> Option<(&str, &str)> {
        let kind = self
            .kind
            .strip_suffix("List")
            .filter(|kind| !kind.is_empty())?;
        (!self.api_version.is_empty()).then_some((&self.api_version, kind))
    }

    fn announce(&mut self, collector: &mut Collector) {
        if !self.announced
            && let Some((api_version, kind)) = self.item_kind()
        {
            collector.list(api_version, kind);
            self.announced = true;
        }
    }

    /// Keeps an item until the kind of the list is known, which may come after the items.
    fn wait<E: serde::de::Error>(&mut self, raw: Box<RawValue>) -> Result<(), E> {
        self.waiting_bytes += raw.get().len();
        if self.waiting_bytes > MAX_WAITING {
            return Err(E::custom("the list does not name the kind of its items"));
        }
        self.waiting.push(raw);
        Ok(())
    }

    fn finish(mut self, collector: &mut Collector) {
        self.announce(collector);
        if self.kind == "List" && self.is_empty {
            collector.empty_list();
        }
        for raw in std::mem::take(&mut self.waiting) {
            if !item(collector, raw.get(), self.item_kind()) && self.kind.ends_with("List") {
                collector.note_unidentified(None, "");
            }
        }
    }
}

/// The value of `items`.
struct Items<'c, 'l> {
    collector: &'c mut Collector,
    taken: &'c dyn Fn(),
    list: &'l mut Pending,
}

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list of objects or null")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.list.announce(self.collector);
        self.list.is_empty = true;
        while let Some(raw) = seq.next_element::<Box<RawValue>>()? {
            self.list.is_empty = false;
            if !item(self.collector, raw.get(), self.list.item_kind()) {
                if self.list.kind.is_empty() || self.list.api_version.is_empty() {
                    self.list.wait(raw)?;
                } else {
                    self.collector.note_unidentified(None, "");
                }
            }
            (self.taken)();
        }
        Ok(())
    }
}

/// Passes one object on; false when its kind is neither in it nor known yet.
fn item(collector: &mut Collector, raw: &str, inherited: Option<(&str, &str)>) -> bool {
    let Some(head) = Head::of(raw, inherited.is_some()) else {
        return false;
    };
    let api_version = head.api_version.as_deref().or(inherited.map(|i| i.0));
    let kind = head.kind.as_deref().or(inherited.map(|i| i.1));
    let (Some(api_version), Some(kind)) = (api_version, kind) else {
        return false;
    };
    collector.object(api_version, kind, &head, raw);
    true
}
