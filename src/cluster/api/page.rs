//! One page of a list, decoded object by object while its bytes arrive.
//!
//! Neither the page's text nor its objects are ever held as a whole: the parts
//! of an object that are dropped make room for the next one, which keeps the
//! memory of a large cluster close to what is kept of it.

use std::cell::RefCell;

use serde::{Deserialize, Deserializer};

use super::failure::Failure;
use super::transport::Sink;
use crate::cluster::compact::Compact;
use crate::cluster::{Interner, types};
use crate::model::Time;

/// etcd holds at most 1.5 MiB an object, and JSON is hardly twice as long.
const LARGEST_OBJECT: usize = 16 << 20;
/// What stands around the objects: metadata, and a word for each of them.
const LARGEST_ENVELOPE: usize = 1 << 20;

/// `metadata` of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PageMeta {
    /// Where the next page begins.
    pub r#continue: Option<String>,
    /// How many objects come after this page, if the server knows.
    pub remaining_item_count: Option<usize>,
}

/// The objects of one kind. All that is done to a list is compiled once for
/// all kinds; only what is behind this is not.
pub(super) trait Items {
    /// Decodes the first object of a text and keeps what matters of it; its
    /// length, or nothing while its end is missing.
    fn push(&mut self, text: &[u8], pool: &RefCell<Interner>) -> serde_json::Result<Option<usize>>;
    fn len(&self) -> usize;
    fn truncate(&mut self, length: usize);
    /// Makes room for so many more.
    fn expect(&mut self, more: usize);
    /// Gives back the room that is not used.
    fn settle(&mut self);
}

impl<T: Compact> Items for Vec<T> {
    fn push(&mut self, text: &[u8], pool: &RefCell<Interner>) -> serde_json::Result<Option<usize>> {
        match types::decode::<T>(text) {
            Ok((mut object, length)) => {
                object.compact(&mut pool.borrow_mut());
                self.push(object);
                Ok(Some(length))
            }
            Err(error) if error.is_eof() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn truncate(&mut self, length: usize) {
        self.truncate(length);
    }

    fn expect(&mut self, more: usize) {
        self.reserve_exact(more);
    }

    fn settle(&mut self) {
        self.shrink_to_fit();
    }
}

/// A page that adds its objects to `items`, and takes them back when an
/// attempt fails.
pub(super) struct PageReader<'a> {
    pool: &'a RefCell<Interner>,
    items: &'a mut dyn Items,
    /// How many there were before.
    before: usize,
    /// The page with `null` in the place of each object.
    envelope: Vec<u8>,
    place: JsonPosition,
    /// The beginning of an object whose end has not come.
    rest: Vec<u8>,
    /// At which length of `rest` it is worth while to try again.
    worth: usize,
}

enum JsonPosition {
    Before(Scan),
    Objects,
    Behind,
}

/// How deep in the JSON before the objects.
#[derive(Default)]
struct Scan {
    depth: u32,
    in_string: bool,
    escaped: bool,
}

impl<'a> PageReader<'a> {
    pub(super) fn new(pool: &'a RefCell<Interner>, items: &'a mut dyn Items) -> Self {
        Self {
            before: items.len(),
            pool,
            items,
            envelope: Vec::new(),
            place: JsonPosition::Before(Scan::default()),
            rest: Vec::new(),
            worth: 0,
        }
    }

    /// The end of the page. `items: null` is an empty page, an answer without
    /// `items` is no list.
    pub(super) fn finish(mut self) -> Result<PageMeta, Failure> {
        let rest = std::mem::take(&mut self.rest);
        let at = self.decode_objects(&rest)?;
        match self.place {
            JsonPosition::Behind => self.envelope.extend_from_slice(&rest[at..]),
            _ if at < rest.len() => {
                return Err(Failure::Malformed("the answer is cut short".to_owned()));
            }
            _ => {}
        }
        let envelope: Envelope =
            serde_json::from_slice(&self.envelope).map_err(|error| Failure::of_json(&error))?;
        let Some(items) = envelope.items else {
            return Err(Failure::Malformed("the answer is no list".to_owned()));
        };
        if items.map_or(0, |items| items.len()) != self.items.len() - self.before {
            return Err(Failure::Malformed(
                "an object of the list is null".to_owned(),
            ));
        }
        Ok(envelope.metadata.unwrap_or_default())
    }

    /// Goes on to the first object; what comes after is left.
    fn read_head<'d>(&mut self, data: &'d [u8]) -> &'d [u8] {
        let JsonPosition::Before(scan) = &mut self.place else {
            return data;
        };
        for (at, &byte) in data.iter().enumerate() {
            let opens_items = byte == b'[' && scan.is_at_top() && ends_in_items(&self.envelope);
            self.envelope.push(byte);
            if opens_items {
                self.place = JsonPosition::Objects;
                return &data[at + 1..];
            }
            scan.step(byte);
        }
        &[]
    }

    /// Decodes what is whole, from where it lies; only the beginning of an
    /// object is kept until there is more. What is left of the data is behind
    /// the objects, or to be taken next.
    fn take_objects<'d>(&mut self, data: &'d [u8]) -> Result<&'d [u8], Failure> {
        if self.rest.is_empty() {
            let at = self.decode_objects(data)?;
            if matches!(self.place, JsonPosition::Behind) {
                return Ok(&data[at..]);
            }
            self.rest.extend_from_slice(&data[at..]);
            self.worth = self.rest.len() * 2;
            return Ok(&[]);
        }
        let before = self.rest.len();
        let more = data.len().min(self.worth.saturating_sub(before).max(1));
        self.rest.extend_from_slice(&data[..more]);
        if self.rest.len() < self.worth {
            return Ok(&data[more..]);
        }
        let mut rest = std::mem::take(&mut self.rest);
        let at = self.decode_objects(&rest)?;
        let left = if at < before {
            rest.drain(..at);
            // An object that spans many pieces is not begun anew with each of them.
            self.worth = rest.len() * 2;
            &data[more..]
        } else {
            rest.clear();
            &data[at - before..]
        };
        if matches!(self.place, JsonPosition::Behind) {
            self.envelope.append(&mut rest);
        }
        self.rest = rest;
        Ok(left)
    }

    /// Decodes as many objects as are whole; how far it came.
    fn decode_objects(&mut self, text: &[u8]) -> Result<usize, Failure> {
        let mut at = 0;
        while let Some(byte) = text.get(at) {
            match byte {
                b'{' => match self.decode_object(&text[at..])? {
                    Some(length) => at += length,
                    None => break,
                },
                b']' => {
                    self.place = JsonPosition::Behind;
                    break;
                }
                _ => {
                    // A comma, as a rule; the envelope will tell when it is wrong.
                    self.envelope.push(*byte);
                    at += 1;
                }
            }
        }
        Ok(at)
    }

    /// The length of the object that begins here, once it is whole.
    fn decode_object(&mut self, text: &[u8]) -> Result<Option<usize>, Failure> {
        let length = self.items.push(text, self.pool);
        let length = length.map_err(|error| Failure::of_json(&error))?;
        if length.is_some() {
            self.envelope.extend_from_slice(b"null");
        } else if text.len() > LARGEST_OBJECT {
            return Err(Failure::Malformed("an object has no end".to_owned()));
        }
        Ok(length)
    }
}

/// Decodes a page that arrives in these pieces, as those of a live list do.
///
/// # Errors
/// When it is no list of such objects.
pub fn decode<'p, T: Compact>(
    pieces: impl IntoIterator<Item = &'p [u8]>,
    pool: &RefCell<Interner>,
    items: &mut Vec<T>,
) -> Result<(), String> {
    let mut page = PageReader::new(pool, items);
    let taken = pieces.into_iter().try_for_each(|piece| page.take(piece));
    let read = taken.and_then(|()| page.finish());
    read.map(drop).map_err(|failure| failure.text())
}

impl Sink for PageReader<'_> {
    fn begin(&mut self, now: Time) {
        self.pool.borrow_mut().set_now(now);
    }

    fn clear(&mut self) {
        self.items.truncate(self.before);
        self.envelope.clear();
        self.rest.clear();
        self.place = JsonPosition::Before(Scan::default());
        self.worth = 0;
    }

    fn take(&mut self, data: &[u8]) -> Result<(), Failure> {
        let mut data = self.read_head(data);
        while !data.is_empty() {
            data = match self.place {
                JsonPosition::Objects => self.take_objects(data)?,
                JsonPosition::Before(_) | JsonPosition::Behind => {
                    self.envelope.extend_from_slice(data);
                    &[]
                }
            };
        }
        if self.envelope.len() > LARGEST_ENVELOPE {
            return Err(Failure::Malformed("the answer is no list".to_owned()));
        }
        Ok(())
    }
}

impl Scan {
    /// Between the fields of the outermost object.
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

/// Whether the last that was read is the key of the objects.
fn ends_in_items(text: &[u8]) -> bool {
    let before_colon = text.trim_ascii_end().strip_suffix(b":");
    before_colon.is_some_and(|text| text.trim_ascii_end().ends_with(b"\"items\""))
}

/// A page without its objects.
#[derive(Deserialize)]
struct Envelope {
    metadata: Option<PageMeta>,
    #[serde(default, deserialize_with = "present")]
    #[allow(clippy::option_option, reason = "absent and null are two things here")]
    items: Option<Option<Vec<()>>>,
}

/// `null` is there, too.
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

    /// The page, in pieces of every length: the same must come of all.
    fn decoded(body: &str) -> Result<(PageMeta, usize), String> {
        let whole = in_pieces(body, body.len().max(1));
        for length in 1..body.len() {
            let pieces = in_pieces(body, length);
            match (&whole, &pieces) {
                (Ok((_, expected)), Ok((_, found))) => assert_eq!(expected, found),
                (Err(_), Err(_)) => {}
                _ => panic!("pieces of {length} bytes differ: {body}"),
            }
        }
        whole
    }

    fn in_pieces(body: &str, length: usize) -> Result<(PageMeta, usize), String> {
        let pool = RefCell::default();
        let mut items = vec![Namespace::default()];
        let mut page = PageReader::new(&pool, &mut items);
        // An attempt that failed leaves nothing behind.
        let _ = page.take(br#"{"items":[{"metadata":{"name":"lost"}},{"#);
        page.clear();
        for piece in body.as_bytes().chunks(length) {
            page.take(piece).map_err(|failure| failure.text())?;
        }
        let meta = page.finish().map_err(|failure| failure.text())?;
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
    fn what_is_no_list_is_malformed() {
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
            r#"{"items":[{"metadata":{"name":["a"]}}]}"#,
            r#"{"items":[{"metadata":}]}"#,
            r#"{"items":[],"items":[{}]}"#,
        ] {
            assert!(decoded(body).is_err(), "{body}");
        }
    }

    #[test]
    fn an_object_without_end_is_given_up() {
        let pool = RefCell::default();
        let mut items = Vec::<Namespace>::new();
        let mut page = PageReader::new(&pool, &mut items);
        page.take(br#"{"items":[{"metadata":{"name":""#).unwrap();
        let piece = vec![b'x'; 1 << 20];
        let pieces = (1..100).position(|_| page.take(&piece).is_err());
        assert!(pieces.is_some_and(|pieces| pieces < 40), "{pieces:?}");
    }
}
