//! Texts with places for credentials, which are made up at run time: `{a20}` stands for twenty letters
//! and digits. No scanner of repositories takes the files for real credentials.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// A text and the places in it.
pub(super) struct Template(Vec<Part>);

enum Part {
    Text(String),
    /// The kind of characters and their number.
    Random(char, usize),
    Uuid,
    Encoded(Encoding, Template),
}

type Encoding = fn(&str) -> String;

/// A text with credentials.
pub(super) struct Filled {
    pub(super) whole: String,
    pub(super) secrets: Vec<String>,
}

const ENCODINGS: &[(&str, Encoding)] = &[
    ("base64:", |text| STANDARD.encode(text)),
    ("base64url:", |text| URL_SAFE_NO_PAD.encode(text)),
    ("hex:", |text| {
        text.bytes().map(|b| hex(b).to_lowercase()).collect()
    }),
    ("percent:", |text| {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
        let encoded = |b| {
            if is_plain(b) {
                char::from(b).to_string()
            } else {
                "%".to_owned() + &hex(b)
            }
        };
        text.bytes().map(encoded).collect()
    }),
];

fn hex(byte: u8) -> String {
    format!("{byte:02X}")
}

impl Template {
    pub(super) fn parse(line: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = line;
        while let Some(open) = rest.find('{') {
            let (before, place) = rest.split_at(open);
            parts.push(Part::Text(unescaped(before)));
            if let Some((part, length)) = place_at(place) {
                parts.push(part);
                rest = &place[length..];
            } else {
                parts.push(Part::Text("{".to_owned()));
                rest = &place[1..];
            }
        }
        parts.push(Part::Text(unescaped(rest)));
        Self(parts)
    }

    /// The text with credentials that depend on the round.
    pub(super) fn fill(&self, round: u64) -> Filled {
        let seed = self.0.len() as u64 + 1;
        self.fill_with(&mut Chance(round.wrapping_mul(0x9e37_79b9) + seed * 7919))
    }

    fn fill_with(&self, chance: &mut Chance) -> Filled {
        let (mut whole, mut secrets) = (String::new(), Vec::new());
        for part in &self.0 {
            let secret = match part {
                Part::Text(text) => {
                    whole.push_str(text);
                    continue;
                }
                Part::Random(kind, length) => chance.word(*kind, *length),
                Part::Uuid => [8, 4, 4, 4, 12].map(|n| chance.word('x', n)).join("-"),
                Part::Encoded(encode, inner) => encode(&inner.fill_with(chance).whole),
            };
            whole.push_str(&secret);
            // Two letters may stand anywhere by chance.
            if secret.len() > 4 {
                secrets.push(secret);
            }
        }
        Filled { whole, secrets }
    }
}

/// `{a20}`, `{uuid}`, `{base64:...}`, and its length.
fn place_at(text: &str) -> Option<(Part, usize)> {
    for (name, encode) in ENCODINGS {
        if let Some(inner) = text[1..].strip_prefix(name) {
            let length = closing(inner)?;
            let part = Part::Encoded(*encode, Template::parse(&inner[..length]));
            return Some((part, 1 + name.len() + length + 1));
        }
    }
    let end = text.find('}')?;
    let place = &text[1..end];
    if place == "uuid" {
        return Some((Part::Uuid, end + 1));
    }
    let kind = place
        .chars()
        .next()
        .filter(|kind| "aluxXdbspw".contains(*kind))?;
    Some((Part::Random(kind, place[1..].parse().ok()?), end + 1))
}

/// The offset of the brace that closes a place.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
        None
    })
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.peek() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('\\') => out.push('\\'),
            Some('x') => {
                let code: String = chars.by_ref().skip(1).take(2).collect();
                out.push(u8::from_str_radix(&code, 16).map_or('?', char::from));
                continue;
            }
            _ => {
                out.push('\\');
                continue;
            }
        }
        chars.next();
    }
    out
}

/// Random characters that can be repeated.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % below
    }

    /// A word of a kind. Letters of both cases and digits are among the first three of a mixed word.
    fn word(&mut self, kind: char, length: usize) -> String {
        const LOWER: &str = "abcdefghijkmnpqrstuvwxyz";
        const UPPER: &str = "ABCDEFGHJKLMNPQRSTUVWXYZ";
        let chars = match kind {
            'l' => format!("{LOWER}23456789"),
            'u' => format!("{UPPER}23456789"),
            'x' => "0123456789abcdef".to_owned(),
            'X' => "0123456789ABCDEF".to_owned(),
            'd' => "0123456789".to_owned(),
            'b' => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".to_owned(),
            's' => format!("{LOWER}{UPPER}0123456789-_"),
            'p' => format!("{LOWER}{UPPER}0123456789!$%^*+~"),
            'w' => format!("{LOWER}{UPPER}"),
            _ => format!("{LOWER}{UPPER}0123456789"),
        };
        let first = match kind {
            'l' => "k7m",
            'u' => "K7M",
            'x' => "a7e",
            'X' => "A7E",
            'b' => "JB7",
            'a' | 's' | 'p' => "r7K",
            _ => "",
        };
        let chars: Vec<char> = chars.chars().collect();
        let rest = (0..length).map(|_| chars[self.next(chars.len())]);
        first.chars().chain(rest).take(length).collect()
    }
}
