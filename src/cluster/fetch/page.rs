//! One page of a list, decoded object by object while its bytes arrive.
//!
//! Neither the page's text nor its objects are ever held as a whole: the parts
//! of an object that are dropped make room for the next one, which keeps the
//! memory of a large cluster close to what is kept of it.

use std::cell::RefCell;

use serde::{Deserialize, Deserializer};

use super::failure::Failure;
use super::list::MOST_OBJECTS;
use super::transport::Sink;
use crate::cluster::Pool;
use crate::cluster::fold::Fold;
use crate::cluster::objects::Time;

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

/// A page that adds its objects to `items`, and takes them back when an
/// attempt fails.
pub(super) struct Page<'a, T> {
    pool: &'a RefCell<Pool>,
    items: &'a mut Vec<T>,
    /// How many there were before.
    before: usize,
    /// The page with `null` in the place of each object.
    envelope: Vec<u8>,
    place: Place,
    /// What came of the objects and is not decoded: the beginning of one.
    rest: Vec<u8>,
    /// At which length of `rest` it is worth while to try again.
    worth: usize,
}

enum Place {
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

impl<'a, T: Fold> Page<'a, T> {
    pub(super) fn new(pool: &'a RefCell<Pool>, items: &'a mut Vec<T>) -> Self {
        Self {
            before: items.len(),
            pool,
            items,
            envelope: Vec::new(),
            place: Place::Before(Scan::default()),
            rest: Vec::new(),
            worth: 0,
        }
    }

    /// The end of the page. `items: null` is an empty page, an answer without
    /// `items` is no list.
    pub(super) fn finish(mut self) -> Result<PageMeta, Failure> {
        self.decode_objects(true)?;
        if !self.rest.is_empty() {
            return Err(Failure::Malformed("the answer is cut short".to_owned()));
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
        let Place::Before(scan) = &mut self.place else {
            return data;
        };
        for (at, &byte) in data.iter().enumerate() {
            let opens_items = byte == b'[' && scan.is_at_top() && ends_in_items(&self.envelope);
            self.envelope.push(byte);
            if opens_items {
                self.place = Place::Objects;
                return &data[at + 1..];
            }
            scan.step(byte);
        }
        &[]
    }

    /// Decodes as many objects as are whole.
    fn decode_objects(&mut self, is_all: bool) -> Result<(), Failure> {
        if self.rest.len() < self.worth && !is_all {
            return Ok(());
        }
        let mut at = 0;
        while let Some(byte) = self.rest.get(at) {
            match byte {
                b'{' => match self.decode_object(at)? {
                    Some(length) => at += length,
                    None => break,
                },
                b']' => {
                    self.place = Place::Behind;
                    self.envelope.extend_from_slice(&self.rest[at..]);
                    at = self.rest.len();
                }
                _ => {
                    // A comma, as a rule; the envelope will tell when it is wrong.
                    self.envelope.push(*byte);
                    at += 1;
                }
            }
        }
        self.rest.drain(..at);
        // An object that spans many pieces is not begun anew with each of them.
        self.worth = self.rest.len() * 2;
        Ok(())
    }

    /// The length of the object that begins here, once it is whole.
    fn decode_object(&mut self, at: usize) -> Result<Option<usize>, Failure> {
        let text = &self.rest[at..];
        let mut objects = serde_json::Deserializer::from_slice(text).into_iter::<T>();
        match objects.next() {
            Some(Ok(mut object)) => {
                if self.items.len() >= MOST_OBJECTS {
                    return Err(Failure::Malformed("the list has no end".to_owned()));
                }
                object.fold(&mut self.pool.borrow_mut());
                self.items.push(object);
                self.envelope.extend_from_slice(b"null");
                Ok(Some(objects.byte_offset()))
            }
            Some(Err(error)) if !error.is_eof() => Err(Failure::of_json(&error)),
            _ if text.len() > LARGEST_OBJECT => {
                Err(Failure::Malformed("an object has no end".to_owned()))
            }
            _ => Ok(None),
        }
    }
}

/// Decodes a page that arrives in these pieces, as those of a live list do.
///
/// # Errors
/// When it is no list of such objects.
pub fn decode<'p, T: Fold>(
    pieces: impl IntoIterator<Item = &'p [u8]>,
    pool: &RefCell<Pool>,
    items: &mut Vec<T>,
) -> Result<(), String> {
    let mut page = Page::new(pool, items);
    let taken = pieces.into_iter().try_for_each(|piece| page.take(piece));
    let read = taken.and_then(|()| page.finish());
    read.map(drop).map_err(|failure| failure.text())
}

impl<T: Fold> Sink for Page<'_, T> {
    fn begin(&mut self, now: Time) {
        self.pool.borrow_mut().set_now(now);
    }

    fn clear(&mut self) {
        self.items.truncate(self.before);
        self.envelope.clear();
        self.rest.clear();
        self.place = Place::Before(Scan::default());
        self.worth = 0;
    }

    fn take(&mut self, data: &[u8]) -> Result<(), Failure> {
        let data = self.read_head(data);
        match self.place {
            Place::Before(_) => {}
            Place::Objects => {
                self.rest.extend_from_slice(data);
                self.decode_objects(false)?;
            }
            Place::Behind => self.envelope.extend_from_slice(data),
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
    use crate::cluster::objects::Namespace;

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
        let mut page = Page::new(&pool, &mut items);
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
        let mut page = Page::new(&pool, &mut items);
        page.take(br#"{"items":[{"metadata":{"name":""#).unwrap();
        let piece = vec![b'x'; 1 << 20];
        let pieces = (1..100).position(|_| page.take(&piece).is_err());
        assert!(pieces.is_some_and(|pieces| pieces < 40), "{pieces:?}");
    }
}
