//! Cuts what nobody keeps out of JSON while it arrives, so that an object with megabytes of text is
//! never in memory as a whole.

use std::io::{self, Read};

/// Bytes of a text that stay, as JSON writes them. Each byte that a slim type keeps may be an escape
/// of six.
const TEXT: usize = 6 * (4 << 10);
/// Elements of a list that stay. No list of a slim type keeps more.
const ELEMENTS: usize = 1000;
/// Bytes of an object as it arrives. etcd stores at most 1.5 MiB, of which each byte may be an escape
/// of six.
const ARRIVING: usize = 32 << 20;
/// Objects and lists within one another. The API server's own decoder allows no more.
const DEPTH: usize = 10_000;
/// Bytes of an object from which on only the first member of each list and object stays.
const OBJECT: usize = 1 << 20;

/// Passes JSON on with the ends of long texts left out.
#[derive(Default)]
struct TextCutter {
    in_text: bool,
    /// The rest of the text is left out.
    is_cut: bool,
    /// Bytes of the text so far.
    length: usize,
    escape: Escape,
    /// The last escape is the first half of a character.
    is_half: bool,
}

/// How far an escape has arrived.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    /// After the backslash.
    Begun,
    /// In `\uXXXX`: digits so far, and their value.
    Hex(u8, u16),
}

impl TextCutter {
    /// Takes bytes inside a text, up to its closing quote, and returns how many.
    fn take(&mut self, data: &[u8], out: &mut Vec<u8>) -> usize {
        let mut at = 0;
        while self.in_text && at < data.len() {
            at += match self.escape {
                Escape::None => self.plain(&data[at..], out),
                Escape::Begun | Escape::Hex(..) => self.escaped(data[at], out),
            };
        }
        at
    }

    fn begin(&mut self) {
        *self = Self {
            in_text: true,
            ..Self::default()
        };
    }

    /// Bytes up to the next escape or the end of the text, with the byte that begins or ends it.
    fn plain(&mut self, data: &[u8], out: &mut Vec<u8>) -> usize {
        let end = memchr::memchr3(b'"', b'\\', b'\n', data);
        let run = &data[..end.unwrap_or(data.len())];
        self.keep(run, out);
        let Some(end) = end else {
            return data.len();
        };
        if data[end] == b'\\' {
            self.is_cut |= self.length >= TEXT && !self.is_half;
            self.escape = Escape::Begun;
            self.emit(b'\\', out);
        } else {
            // JSON has no line break in a text. What has one is a log between objects.
            self.in_text = false;
            out.push(data[end]);
        }
        end + 1
    }

    fn keep(&mut self, run: &[u8], out: &mut Vec<u8>) {
        if self.is_cut || run.is_empty() {
            return;
        }
        self.is_half = false;
        let mut kept = TEXT.saturating_sub(self.length).min(run.len());
        // Not within a character.
        while run.get(kept).is_some_and(|byte| byte & 0xc0 == 0x80) {
            kept += 1;
        }
        self.is_cut = kept < run.len();
        self.length += kept;
        out.extend_from_slice(&run[..kept]);
    }

    fn escaped(&mut self, byte: u8, out: &mut Vec<u8>) -> usize {
        self.emit(byte, out);
        self.escape = match self.escape {
            Escape::Begun if byte == b'u' => Escape::Hex(0, 0),
            Escape::Hex(digits, value) => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                let value = value << 4 | u16::try_from(digit).unwrap_or_default();
                self.is_half = digits == 3 && (0xd800..0xdc00).contains(&value);
                if digits == 3 {
                    Escape::None
                } else {
                    Escape::Hex(digits + 1, value)
                }
            }
            Escape::Begun | Escape::None => {
                self.is_half = false;
                Escape::None
            }
        };
        1
    }

    fn emit(&mut self, byte: u8, out: &mut Vec<u8>) {
        if !self.is_cut {
            self.length += 1;
            out.push(byte);
        }
    }
}

/// A reader of JSON without the ends of long texts.
pub struct TrimmedReader<R> {
    inner: R,
    texts: TextCutter,
    raw: Vec<u8>,
    ready: Vec<u8>,
    taken: usize,
}

impl<R: Read> TrimmedReader<R> {
    /// Of the JSON that `inner` reads.
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            texts: TextCutter::default(),
            raw: vec![0; 64 << 10],
            ready: Vec::new(),
            taken: 0,
        }
    }
}

impl<R: Read> Read for TrimmedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() {
            self.ready.clear();
            self.taken = 0;
            let length = self.inner.read(&mut self.raw)?;
            if length == 0 {
                return Ok(0);
            }
            let mut data = &self.raw[..length];
            while !data.is_empty() {
                if self.texts.in_text {
                    data = &data[self.texts.take(data, &mut self.ready)..];
                    continue;
                }
                let quote = memchr::memchr(b'"', data);
                let end = quote.map_or(data.len(), |quote| quote + 1);
                self.ready.extend_from_slice(&data[..end]);
                data = &data[end..];
                if quote.is_some() {
                    self.texts.begin();
                }
            }
        }
        let count = buffer.len().min(self.ready.len() - self.taken);
        buffer[..count].copy_from_slice(&self.ready[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}

/// Takes one JSON object as it arrives, and keeps of it what a slim type may.
#[derive(Default)]
pub struct ObjectTrimmer {
    texts: TextCutter,
    /// The objects and lists that have begun.
    open: Vec<Open>,
    /// How many of them were open when what follows began to be left out.
    left_out: Option<usize>,
    out: Vec<u8>,
    scratch: Vec<u8>,
    is_incomplete: bool,
    arrived: usize,
}

struct Open {
    is_list: bool,
    elements: usize,
}

/// An object that was trimmed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// Its JSON.
    pub text: Vec<u8>,
    /// Whether more than texts and the ends of lists was left out.
    pub is_incomplete: bool,
}

impl ObjectTrimmer {
    /// Whether the object is longer than any that a cluster can store.
    pub fn is_endless(&self) -> bool {
        self.arrived > ARRIVING || self.open.len() > DEPTH
    }

    /// Takes bytes and returns how many belong to the object, once it is complete.
    pub fn take(&mut self, data: &[u8]) -> Option<usize> {
        self.arrived += data.len();
        let mut at = 0;
        while let Some(&byte) = data.get(at) {
            if self.texts.in_text {
                let out = if self.left_out.is_some() {
                    self.scratch.clear();
                    &mut self.scratch
                } else {
                    &mut self.out
                };
                at += self.texts.take(&data[at..], out);
                continue;
            }
            at += 1;
            match byte {
                b'"' => self.texts.begin(),
                b'{' | b'[' => self.open.push(Open {
                    is_list: byte == b'[',
                    elements: 0,
                }),
                b'}' | b']' => {
                    self.open.pop();
                    if self.left_out.is_some_and(|open| open > self.open.len()) {
                        self.left_out = None;
                    }
                }
                b',' if self.left_out.is_none() => self.next_member(),
                _ => {}
            }
            if self.left_out.is_none() {
                self.out.push(byte);
            }
            if self.open.is_empty() {
                return Some(at);
            }
        }
        None
    }

    /// Decides at a comma whether the rest of the list or object is left out.
    fn next_member(&mut self) {
        let is_full = self.out.len() > OBJECT;
        let depth = self.open.len();
        if let Some(open) = self.open.last_mut() {
            open.elements += 1;
            if is_full || open.is_list && open.elements >= ELEMENTS {
                self.left_out = Some(depth);
                self.is_incomplete |= is_full;
            }
        }
    }

    /// The object.
    #[must_use]
    pub fn finish(self) -> Trimmed {
        Trimmed {
            text: self.out,
            is_incomplete: self.is_incomplete,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trimmed(text: &str, chunk: usize) -> Trimmed {
        let mut trimmer = ObjectTrimmer::default();
        let mut chunks = text.as_bytes().chunks(chunk).peekable();
        while let Some(data) = chunks.next() {
            if let Some(length) = trimmer.take(data) {
                assert!(length == data.len() && chunks.peek().is_none());
                return trimmer.finish();
            }
        }
        panic!("no end: {}", &text[..40]);
    }

    fn read(text: &str, chunk: usize) -> String {
        struct Chunks<'t>(&'t [u8], usize);
        impl Read for Chunks<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let length = self.1.min(self.0.len()).min(buffer.len());
                (&self.0[..length]).read_exact(&mut buffer[..length])?;
                self.0 = &self.0[length..];
                Ok(length)
            }
        }
        let mut out = String::new();
        let mut reader = TrimmedReader::new(Chunks(text.as_bytes(), chunk));
        reader.read_to_string(&mut out).unwrap();
        out
    }

    #[test]
    fn what_is_short_stays_as_it_is() {
        for text in [
            "{}",
            r#"{"a":["b\"]}",{"c":[[],{}]}], "d" : -1e9}"#,
            r#"{"\\":"\u00e9\ud83d\ude00ü世","x":[1,2,3]}"#,
        ] {
            for chunk in 1..=text.len() {
                let whole = trimmed(text, chunk);
                assert_eq!(String::from_utf8(whole.text).unwrap(), text);
                assert!(!whole.is_incomplete);
                assert_eq!(read(text, chunk), text);
            }
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        for unit in [
            "x",
            "ü",
            "世",
            "😀",
            "\\n",
            "\\\\",
            "\\\"",
            "\\u003c",
            "\\ud83d\\ude00",
        ] {
            let text = format!(r#"{{"a":"{}","b":[1]}}"#, unit.repeat(1 << 17));
            for chunk in [7, 4096, 1 << 20] {
                for cut in [
                    String::from_utf8(trimmed(&text, chunk).text).unwrap(),
                    read(&text, chunk),
                ] {
                    assert!(cut.len() < TEXT + 64, "{unit}: {}", cut.len());
                    let value: serde_json::Value = serde_json::from_str(&cut).unwrap();
                    assert_eq!(value["b"][0], 1);
                    assert!(value["a"].as_str().unwrap().len() >= 4096);
                }
            }
        }
    }

    #[test]
    fn an_object_of_many_small_values_stays_valid_and_small() {
        let list = format!(
            r#"{{"a":[{}{{}}],"b":1}}"#,
            "{\"n\":\"x\"},".repeat(1 << 18)
        );
        let object = trimmed(&list, 5000);
        let value: serde_json::Value = serde_json::from_slice(&object.text).unwrap();
        assert_eq!(
            (value["a"].as_array().unwrap().len(), &value["b"]),
            (ELEMENTS, &1.into())
        );
        assert!(!object.is_incomplete);
        let names: Vec<_> = (0..200_000)
            .map(|n| format!(r#""key-{n}":{{"v":[{n}]}}"#))
            .collect();
        let map = format!(
            r#"{{"metadata":{{"name":"a"}},"m":{{{}}},"z":1}}"#,
            names.join(",")
        );
        let object = trimmed(&map, 5000);
        let value: serde_json::Value = serde_json::from_slice(&object.text).unwrap();
        assert_eq!(value["metadata"]["name"], "a");
        assert!(object.is_incomplete && object.text.len() < OBJECT + 1000);
    }
}
