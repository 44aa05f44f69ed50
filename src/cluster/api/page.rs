//! One page of a list, decoded object by object while its bytes arrive.
//!
//! Neither the text of a page nor its full objects are ever in memory as a whole: each object is
//! compacted before the next one is decoded. This keeps peak memory on a large cluster close to
//! what the snapshot keeps.

use std::cell::RefCell;

use serde::{Deserialize, Deserializer};

use super::failure::Failure;
use super::request::Sink;
use crate::cluster::repair;
use crate::cluster::trim::{ObjectTrimmer, Trimmed};
use crate::cluster::{DamagedItem, Interner, ObjectList};
use crate::model::Time;

/// Bytes of an object from which on its long texts are cut before it is complete.
const LARGE_OBJECT: usize = 256 << 10;
/// Bytes around the objects: metadata, and a `null` for each of them.
const MAX_ENVELOPE: usize = 1 << 20;

/// `metadata` of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PageMeta {
    /// Where the next page begins.
    pub r#continue: Option<String>,
    /// How many objects come after this page, if the server knows.
    pub remaining_item_count: Option<usize>,
}

/// Reads a page and appends its objects to `list`. An attempt that fails takes them back.
pub(super) struct PageReader<'a> {
    interner: &'a RefCell<Interner>,
    list: &'a mut dyn ObjectList,
    /// Objects in the list before this page.
    before: usize,
    /// The page with `null` in the place of each object.
    envelope: Vec<u8>,
    position: JsonPosition,
    /// The beginning of an object whose end has not arrived.
    partial: Vec<u8>,
    /// Decoding is tried again when `partial` has this length.
    retry_length: usize,
    /// The large object that is arriving.
    large: Option<ObjectTrimmer>,
    /// Objects of this page that could not be decoded as a whole.
    damaged: Vec<DamagedItem>,
    /// Objects that are in no list, because not even their name could be read.
    nameless: usize,
}

/// Where in the page the reader is.
enum JsonPosition {
    BeforeItems(Scanner),
    Items,
    AfterItems,
}

/// The nesting of the JSON before the objects.
#[derive(Default)]
struct Scanner {
    depth: u32,
    in_string: bool,
    escaped: bool,
}

impl<'a> PageReader<'a> {
    pub(super) fn new(interner: &'a RefCell<Interner>, list: &'a mut dyn ObjectList) -> Self {
        Self {
            before: list.len(),
            interner,
            list,
            envelope: Vec::new(),
            position: JsonPosition::BeforeItems(Scanner::default()),
            partial: Vec::new(),
            retry_length: 0,
            large: None,
            damaged: Vec::new(),
            nameless: 0,
        }
    }

    /// Ends the page. `items: null` is an empty page; without `items` the response is no list.
    pub(super) fn finish(mut self) -> Result<(PageMeta, Vec<DamagedItem>), Failure> {
        if self.large.is_some() {
            return Err(malformed("the response is truncated"));
        }
        let partial = std::mem::take(&mut self.partial);
        let at = self.decode_objects(&partial)?;
        match self.position {
            JsonPosition::AfterItems => self.envelope.extend_from_slice(&partial[at..]),
            JsonPosition::BeforeItems(_) | JsonPosition::Items if at < partial.len() => {
                return Err(malformed("the response is truncated"));
            }
            JsonPosition::BeforeItems(_) | JsonPosition::Items => {}
        }
        let envelope: Envelope =
            serde_json::from_slice(&self.envelope).map_err(|error| Failure::of_json(&error))?;
        let Some(items) = envelope.items else {
            return Err(malformed("the response is not a list"));
        };
        let read = self.list.len() - self.before + self.nameless;
        if items.map_or(0, |items| items.len()) != read {
            return Err(malformed("an object of the list is null"));
        }
        Ok((envelope.metadata.unwrap_or_default(), self.damaged))
    }

    /// Reads up to the first object and returns the rest.
    fn read_head<'d>(&mut self, data: &'d [u8]) -> &'d [u8] {
        let JsonPosition::BeforeItems(scanner) = &mut self.position else {
            return data;
        };
        for (at, &byte) in data.iter().enumerate() {
            let opens_items = byte == b'[' && scanner.is_at_top() && ends_in_items(&self.envelope);
            self.envelope.push(byte);
            if opens_items {
                self.position = JsonPosition::Items;
                return &data[at + 1..];
            }
            scanner.step(byte);
        }
        &[]
    }

    /// Decodes complete objects from `data` itself; only the beginning of an incomplete one is
    /// copied. Returns what comes after the objects, or what to pass in next.
    fn take_objects<'d>(&mut self, data: &'d [u8]) -> Result<&'d [u8], Failure> {
        if let Some(large) = &mut self.large {
            let Some(length) = large.take(data) else {
                if large.is_endless() {
                    return Err(malformed("an object is too large"));
                }
                return Ok(&[]);
            };
            let object = self.large.take().map(ObjectTrimmer::finish);
            self.add_large(&object.unwrap_or_default())?;
            return Ok(&data[length..]);
        }
        if self.partial.len() > LARGE_OBJECT {
            let mut large = ObjectTrimmer::default();
            large.take(&std::mem::take(&mut self.partial));
            self.large = Some(large);
            return Ok(data);
        }
        if self.partial.is_empty() {
            let at = self.decode_objects(data)?;
            if matches!(self.position, JsonPosition::AfterItems) {
                return Ok(&data[at..]);
            }
            self.partial.extend_from_slice(&data[at..]);
            self.retry_length = self.partial.len() * 2;
            return Ok(&[]);
        }
        let before = self.partial.len();
        let more = data
            .len()
            .min(self.retry_length.saturating_sub(before).max(1));
        self.partial.extend_from_slice(&data[..more]);
        if self.partial.len() < self.retry_length {
            return Ok(&data[more..]);
        }
        let mut partial = std::mem::take(&mut self.partial);
        let at = self.decode_objects(&partial)?;
        let left = if at < before {
            partial.drain(..at);
            // Doubling: an object that spans many chunks is not decoded anew with each of them.
            self.retry_length = partial.len() * 2;
            &data[more..]
        } else {
            partial.clear();
            &data[at - before..]
        };
        if matches!(self.position, JsonPosition::AfterItems) {
            self.envelope.append(&mut partial);
        }
        self.partial = partial;
        Ok(left)
    }

    /// Decodes as many objects as are complete and returns their length.
    fn decode_objects(&mut self, text: &[u8]) -> Result<usize, Failure> {
        let mut at = 0;
        while let Some(byte) = text.get(at) {
            match byte {
                b'{' => match self.decode_object(&text[at..])? {
                    Some(length) => at += length,
                    None => break,
                },
                b']' => {
                    self.position = JsonPosition::AfterItems;
                    break;
                }
                _ => {
                    // Usually a comma. Decoding the envelope fails when it is anything else.
                    self.envelope.push(*byte);
                    at += 1;
                }
            }
        }
        Ok(at)
    }

    /// The length of the object that begins here, once it is complete.
    fn decode_object(&mut self, text: &[u8]) -> Result<Option<usize>, Failure> {
        let before = self.list.len();
        match repair::push(self.list, text) {
            Ok((length, damaged)) => {
                self.added(before, damaged);
                Ok(Some(length))
            }
            Err(error) if error.is_eof() => Ok(None),
            Err(error) => Err(Failure::of_json(&error)),
        }
    }

    /// Adds an object whose text was cut while it arrived.
    fn add_large(&mut self, object: &Trimmed) -> Result<(), Failure> {
        let before = self.list.len();
        let (_, mut damaged) =
            repair::push(self.list, &object.text).map_err(|error| Failure::of_json(&error))?;
        if object.is_incomplete {
            let is_added = self.list.len() > before;
            let (namespace, name) = if is_added {
                self.list.name(before)
            } else {
                ("", "")
            };
            let damaged = damaged.get_or_insert_with(|| DamagedItem::new(namespace, name));
            damaged.damage.is_identity_only = true;
        }
        self.added(before, damaged);
        Ok(())
    }

    fn added(&mut self, before: usize, damaged: Option<DamagedItem>) {
        if self.list.len() > before {
            self.list.compact_last(&mut self.interner.borrow_mut());
        } else {
            self.nameless += 1;
        }
        self.damaged.extend(damaged);
        self.envelope.extend_from_slice(b"null");
    }
}

fn malformed(message: &str) -> Failure {
    Failure::Malformed(message.to_owned())
}

/// Decodes a page that arrives in these chunks, as those of a live list do, and returns the objects
/// that could not be decoded as a whole.
///
/// # Errors
/// When it is no list of such objects.
pub fn decode<'p>(
    chunks: impl IntoIterator<Item = &'p [u8]>,
    interner: &RefCell<Interner>,
    list: &mut dyn ObjectList,
) -> Result<Vec<DamagedItem>, String> {
    let mut page = PageReader::new(interner, list);
    let taken = chunks.into_iter().try_for_each(|chunk| page.take(chunk));
    let read = taken.and_then(|()| page.finish());
    read.map(|(_, damaged)| damaged)
        .map_err(|failure| failure.text())
}

impl Sink for PageReader<'_> {
    fn begin(&mut self, now: Time) {
        self.interner.borrow_mut().set_now(now);
    }

    fn clear(&mut self) {
        self.list.truncate(self.before);
        self.envelope.clear();
        self.partial.clear();
        self.position = JsonPosition::BeforeItems(Scanner::default());
        self.retry_length = 0;
        self.large = None;
        self.damaged.clear();
        self.nameless = 0;
    }

    fn take(&mut self, data: &[u8]) -> Result<(), Failure> {
        let mut data = self.read_head(data);
        while !data.is_empty() {
            data = match self.position {
                JsonPosition::Items => self.take_objects(data)?,
                JsonPosition::BeforeItems(_) | JsonPosition::AfterItems => {
                    self.envelope.extend_from_slice(data);
                    &[]
                }
            };
        }
        if self.envelope.len() > MAX_ENVELOPE {
            return Err(malformed("the response is not a list"));
        }
        Ok(())
    }
}

impl Scanner {
    /// Whether the scanner is between the fields of the outermost object.
    fn is_at_top(&self) -> bool {
        self.depth == 1 && !self.in_string
    }

    fn step(&mut self, byte: u8) {
        if self.in_string {
            self.in_string = byte != b'"' || self.escaped;
            self.escaped = byte == b'\\' && !self.escaped;
            return;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

/// Whether the text ends with the key `items` and its colon.
fn ends_in_items(text: &[u8]) -> bool {
    let before_colon = text.trim_ascii_end().strip_suffix(b":");
    before_colon.is_some_and(|text| text.trim_ascii_end().ends_with(b"\"items\""))
}

/// A page without its objects.
#[derive(Deserialize)]
struct Envelope {
    metadata: Option<PageMeta>,
    #[serde(default, deserialize_with = "present")]
    #[allow(clippy::option_option, reason = "absent and null differ here")]
    items: Option<Option<Vec<()>>>,
}

/// Distinguishes `null` from an absent field.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::types::Namespace;

    /// The page in chunks of every length, which must all give the same result.
    fn decoded(body: &str) -> Result<(PageMeta, usize), String> {
        let whole = in_chunks(body, body.len().max(1));
        for length in 1..body.len() {
            let chunks = in_chunks(body, length);
            match (&whole, &chunks) {
                (Ok((_, expected)), Ok((_, found))) => assert_eq!(expected, found),
                (Err(_), Err(_)) => {}
                _ => panic!("chunks of {length} bytes differ: {body}"),
            }
        }
        whole
    }

    fn in_chunks(body: &str, length: usize) -> Result<(PageMeta, usize), String> {
        let interner = RefCell::default();
        let mut items = vec![Namespace::default()];
        let mut page = PageReader::new(&interner, &mut items);
        // A failed attempt leaves nothing behind.
        let _ = page.take(br#"{"items":[{"metadata":{"name":"dropped"}},{"#);
        page.clear();
        for chunk in body.as_bytes().chunks(length) {
            page.take(chunk).map_err(|failure| failure.text())?;
        }
        let (meta, _) = page.finish().map_err(|failure| failure.text())?;
        Ok((meta, items.len() - 1))
    }

    #[test]
    fn the_order_of_fields_does_not_matter() {
        let body = r#"{"x":{"items":[1]},"items" : [{"metadata":{"name":"a[]{}\"\\"}}, {}],"metadata":
            {"continue":"t","remainingItemCount":7},"kind":"NamespaceList"}"#;
        let (meta, count) = decoded(body).unwrap();
        assert_eq!(
            (meta.r#continue.as_deref(), meta.remaining_item_count),
            (Some("t"), Some(7))
        );
        assert_eq!(count, 2);
        let body = r#"{"metadata":{"continue":"\"items\":["},"items":[{}]}"#;
        let (meta, count) = decoded(body).unwrap();
        assert_eq!(meta.r#continue.as_deref(), Some(r#""items":["#));
        assert_eq!(count, 1);
    }

    #[test]
    fn an_empty_list_may_be_null() {
        for empty in [
            r#"{"items":null,"metadata":null}"#,
            r#"{"metadata":{},"items":[]}"#,
            r#"{"items":[ ]}"#,
        ] {
            assert_eq!(decoded(empty).unwrap().1, 0, "{empty}");
        }
    }

    #[test]
    fn a_response_that_is_not_a_list_is_malformed() {
        for body in [
            "",
            "[]",
            "<html>",
            r#"{"kind":"NamespaceList"}"#,
            r#"{"items":[]} trailing"#,
            r#"{"items":{}}"#,
            r#"{"items":["#,
            r#"{"items":[{}"#,
            r#"{"items":[{"metadata":{}"#,
            r#"{"items":[{}]"#,
            r#"{"items":[{}{}]}"#,
            r#"{"items":[{},,{}]}"#,
            r#"{"items":[{},]}"#,
            r#"{"items":[null]}"#,
            r#"{"items":[{},[]]}"#,
            r#"{"items":[1]}"#,
            r#"{"items":[{"metadata":}]}"#,
            r#"{"items":[],"items":[{}]}"#,
        ] {
            assert!(decoded(body).is_err(), "{body}");
        }
    }

    #[test]
    fn an_object_that_does_not_end_is_malformed() {
        let interner = RefCell::default();
        let mut items = Vec::<Namespace>::new();
        let mut page = PageReader::new(&interner, &mut items);
        page.take(br#"{"items":[{"metadata":{"name":""#).unwrap();
        let chunk = vec![b'x'; 1 << 20];
        let chunks = (1..100).position(|_| page.take(&chunk).is_err());
        assert!(chunks.is_some_and(|chunks| chunks < 40), "{chunks:?}");
    }
}
