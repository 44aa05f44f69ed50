//! Decodes an object of which a field has not the type that Kubernetes documents: the field counts
//! as absent, and the rest of the object is read. Pure.

use std::ops::Range;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{ObjectList, types};

/// Fields of one object that are given up, before only its identity is read.
const MOST_FIELDS: usize = 8;
/// Letters of a field's path that are shown.
const PATH_CHARS: usize = 120;

/// Decodes the object at the beginning of a text and returns its length.
pub type Decode<'d> = dyn FnMut(&[u8]) -> serde_json::Result<usize> + 'd;

/// What could not be decoded of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FieldDamage {
    /// Paths of the fields that count as absent.
    pub fields: Vec<String>,
    /// The elements of a list that was cut.
    pub cut: Option<String>,
    /// Whether nothing but name, labels and owners could be read.
    pub is_identity_only: bool,
}

/// An object of a list, and what could not be decoded of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct DamagedItem {
    /// Its namespace.
    pub namespace: String,
    /// Its name; empty where it could not be read.
    pub name: String,
    /// What could not be decoded.
    pub damage: FieldDamage,
}

impl FieldDamage {
    /// Notes what was cut of the object that was decoded last.
    fn note_cuts(&mut self) {
        self.cut = types::cut_list().map(str::to_owned);
        self.is_identity_only |= types::is_text_left_out();
    }
}

impl DamagedItem {
    /// An object of which nothing is damaged yet.
    #[must_use]
    pub fn new(namespace: &str, name: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            damage: FieldDamage::default(),
        }
    }

    /// Whether its name, labels or owner may not have been read.
    #[must_use]
    pub fn is_unattributed(&self) -> bool {
        let is_metadata = |field: &String| field.starts_with("metadata");
        self.name.is_empty()
            || self.damage.is_identity_only
            || self.damage.fields.iter().any(is_metadata)
    }
}

/// Appends the first object of a text to a list, unless its name or namespace cannot be read. Returns its
/// length.
///
/// # Errors
/// As [`decode`].
pub fn push(
    list: &mut dyn ObjectList,
    text: &[u8],
) -> serde_json::Result<(usize, Option<DamagedItem>)> {
    let before = list.len();
    let (length, damage) = decode(text, &mut |text| list.push_json(text))?;
    let Some(damage) = damage else {
        return Ok((length, None));
    };
    let (namespace, name) = list.name(before);
    let item = DamagedItem {
        damage,
        ..DamagedItem::new(namespace, name)
    };
    // Without a namespace it would count as an object of the cluster.
    let is_place = |field: &String| matches!(field.as_str(), "metadata" | "metadata.namespace");
    if item.name.is_empty() || item.damage.fields.iter().any(is_place) {
        list.truncate(before);
    }
    Ok((length, Some(item)))
}

/// Decodes the first object of a text. The length is that of the text.
///
/// # Errors
/// When its end is missing or it is not JSON: [`serde_json::Error::is_eof`] tells which.
pub fn decode(
    text: &[u8],
    decode: &mut Decode,
) -> serde_json::Result<(usize, Option<FieldDamage>)> {
    match decode(text) {
        Ok(length) => {
            let mut damage = FieldDamage::default();
            damage.note_cuts();
            let is_damaged = damage != FieldDamage::default();
            Ok((length, is_damaged.then_some(damage)))
        }
        Err(error) if error.is_eof() => Err(error),
        Err(error) => {
            let length = length_of(text)?;
            let damage = repaired(&text[..length], error, decode)?;
            Ok((length, Some(damage)))
        }
    }
}

/// Decodes what is left of an object after its fields in error are given up.
fn repaired(
    text: &[u8],
    mut error: serde_json::Error,
    decode: &mut Decode,
) -> serde_json::Result<FieldDamage> {
    let mut text = text.to_vec();
    let mut damage = FieldDamage::default();
    while damage.fields.len() < MOST_FIELDS {
        let Some(place) = Place::of(&text, &error) else {
            break;
        };
        text.splice(place.range, place.instead.iter().copied());
        damage.fields.push(place.path);
        match decode(&text) {
            Ok(_) => {
                damage.note_cuts();
                return Ok(damage);
            }
            Err(next) => error = next,
        }
    }
    damage.is_identity_only = true;
    let identity = identity(&text);
    decode(&identity).or_else(|_| decode(b"{}"))?;
    Ok(damage)
}

/// The object with nothing but the parts of its metadata by which others refer to it.
fn identity(text: &[u8]) -> Vec<u8> {
    #[derive(Deserialize)]
    struct Object<'a> {
        #[serde(borrow)]
        metadata: Option<&'a RawValue>,
    }
    #[derive(Deserialize, Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Metadata<'a> {
        #[serde(borrow)]
        name: Option<&'a RawValue>,
        #[serde(borrow)]
        namespace: Option<&'a RawValue>,
        #[serde(borrow)]
        labels: Option<&'a RawValue>,
        #[serde(borrow)]
        owner_references: Option<&'a RawValue>,
    }
    let metadata = || {
        let object: Object = serde_json::from_slice(text).ok()?;
        let mut metadata: Metadata = serde_json::from_str(object.metadata?.get()).ok()?;
        metadata
            .labels
            .take_if(|labels| !is::<types::TextMap>(labels));
        let owners = &mut metadata.owner_references;
        owners.take_if(|owners| !is::<Vec<types::OwnerReference>>(owners));
        serde_json::to_string(&metadata).ok()
    };
    let metadata = metadata().unwrap_or_else(|| "{}".to_owned());
    format!("{{\"metadata\":{metadata}}}").into_bytes()
}

fn is<'t, T: Deserialize<'t>>(value: &'t RawValue) -> bool {
    serde_json::from_str::<T>(value.get()).is_ok()
}

/// The length of the JSON value at the beginning of a text.
fn length_of(text: &[u8]) -> serde_json::Result<usize> {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    values.next().transpose()?;
    Ok(values.byte_offset())
}

/// A value, or a key, that is given up.
struct Place {
    range: Range<usize>,
    /// What stands there instead.
    instead: &'static [u8],
    path: String,
}

impl Place {
    /// The value at which an error occurred; none where it is not found.
    fn of(text: &[u8], error: &serde_json::Error) -> Option<Self> {
        // A line begins after the line break before it. The column counts the bytes that were read.
        let line = error.line().checked_sub(1)?;
        let breaks = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let start = match line {
            0 => 0,
            line => breaks.map(|(at, _)| at + 1).nth(line - 1)?,
        };
        Scanner::new(text).find(start + error.column())
    }
}

/// Goes through the tokens of a JSON text.
struct Scanner<'t> {
    text: &'t [u8],
    open: Vec<Open>,
}

/// An object or list that has begun.
struct Open {
    start: usize,
    is_list: bool,
    /// Of a list, the number of the element.
    index: usize,
    /// Of an object, the last key.
    key: Range<usize>,
    expects_key: bool,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t [u8]) -> Self {
        Self {
            text,
            open: Vec::new(),
        }
    }

    /// The innermost value of which `read` bytes of the text have read the end, or at which the next
    /// byte begins a list or an object.
    fn find(mut self, read: usize) -> Option<Place> {
        let mut at = 0;
        while let Some(&byte) = self.text.get(at) {
            match byte {
                b'{' | b'[' if at == read => return self.place(at),
                b'{' | b'[' => {
                    self.open.push(Open {
                        start: at,
                        is_list: byte == b'[',
                        index: 0,
                        key: 0..0,
                        expects_key: byte == b'{',
                    });
                    at += 1;
                }
                b'}' | b']' => {
                    if at + 1 >= read {
                        let start = self.open.pop()?.start;
                        return self.place(start);
                    }
                    self.open.pop()?;
                    at += 1;
                }
                b',' => {
                    let open = self.open.last_mut()?;
                    open.index += 1;
                    open.expects_key = !open.is_list;
                    at += 1;
                }
                b':' | b' ' | b'\n' | b'\r' | b'\t' => at += 1,
                _ => {
                    let end = at + self.length_of_scalar(at);
                    let is_key = self.open.last().is_some_and(|open| open.expects_key);
                    match (is_key, read <= end) {
                        (true, true) => return Some(self.key(at..end)),
                        (false, true) => return self.place(at),
                        (true, false) => {
                            let open = self.open.last_mut()?;
                            (open.key, open.expects_key) = (at..end, false);
                        }
                        (false, false) => {}
                    }
                    at = end;
                }
            }
        }
        None
    }

    fn length_of_scalar(&self, start: usize) -> usize {
        let rest = &self.text[start..];
        if rest[0] != b'"' {
            let end = rest.iter().position(|byte| b",]}: \n\r\t".contains(byte));
            return end.unwrap_or(rest.len()).max(1);
        }
        let mut is_escaped = false;
        let end = rest[1..].iter().position(|byte| {
            let is_end = *byte == b'"' && !is_escaped;
            is_escaped = *byte == b'\\' && !is_escaped;
            is_end
        });
        end.map_or(rest.len(), |end| end + 2)
    }

    /// The value that begins here. Instead of a `null` that is not allowed, what holds it is given up.
    fn place(mut self, start: usize) -> Option<Place> {
        let range = |start: usize| Some(start..start + length_of(&self.text[start..]).ok()?);
        let mut range_of = range(start)?;
        if &self.text[range_of.clone()] == b"null" {
            range_of = range(self.open.last()?.start)?;
            self.open.pop();
        }
        // The object as a whole has no field to give up.
        (!self.open.is_empty()).then(|| Place {
            range: range_of,
            instead: b"null",
            path: self.path(),
        })
    }

    fn key(&self, range: Range<usize>) -> Place {
        Place {
            range,
            instead: b"\"\"",
            path: self.path(),
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.open {
            if open.is_list {
                path += &format!("[{}]", open.index);
            } else if let Some(key) = self.text.get(open.key.clone()) {
                let key = String::from_utf8_lossy(key);
                let dot = if path.is_empty() { "" } else { "." };
                path += dot;
                path += key.trim_matches('"');
            }
            if path.len() > PATH_CHARS {
                break;
            }
        }
        crate::model::text::clean(&path)
            .chars()
            .take(PATH_CHARS)
            .collect()
    }
}
