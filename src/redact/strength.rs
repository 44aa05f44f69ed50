//! Whether a word looks generated, as keys, tokens and good passwords are, and digests, too. Only asked
//! where a name announces a secret.

use super::forms;

/// Changes between capitals, small letters, digits and symbols, per hundred characters, in a word of
/// two kinds and of three kinds. Names of objects and of types have few.
const CHANGES_OF_TWO: usize = 22;
const CHANGES_OF_THREE: usize = 32;

/// Shorter words are never generated.
pub(super) const MIN: usize = 12;

/// Lengths of digests in hexadecimal digits from which such a word is no number.
const HEX_MIN: usize = 32;

/// Random keys contain digits and capitals. Names of objects contain no capitals, and words no
/// digits.
pub(super) fn is_mixed(text: &str) -> bool {
    has_digit(text) && text.bytes().any(|b| b.is_ascii_uppercase())
}

pub(super) fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

/// A word that nobody would type: a key, a token, a generated password, a digest.
pub(super) fn is_generated(word: &str) -> bool {
    let word = trimmed(word);
    let word = word
        .strip_prefix("0x")
        .filter(|digits| is_hex(digits))
        .unwrap_or(word);
    let ordinary = |b: u8| b.is_ascii_graphic() && !b"\"'`<>(){}[],;\\".contains(&b);
    if word.len() < MIN || !word.bytes().all(ordinary) || is_named(word) {
        return false;
    }
    if is_hex(word) {
        return word.len() >= HEX_MIN && has_digit(word);
    }
    let kinds = Kinds::of(word);
    let per_hundred = kinds.changes * 100 / (word.len() - 1);
    match (kinds.count, kinds.digits) {
        (0 | 1, _) => false,
        // Letters of both cases.
        (2, 0) => word.len() >= 20 && per_hundred >= CHANGES_OF_THREE,
        (2, _) => word.len() >= 16 && per_hundred >= CHANGES_OF_TWO,
        _ => kinds.digits > 0 && per_hundred >= CHANGES_OF_THREE,
    }
}

/// At least sixteen characters of base32, as the secrets of one-time passwords are.
pub(super) fn is_base32(word: &str) -> bool {
    let word = trimmed(word);
    word.len() >= 16
        && word
            .bytes()
            .all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b))
        && (has_digit(word) || word.len() >= 26)
}

/// `abcdef.0123456789abcdef`, with which nodes join a cluster.
pub(super) fn is_bootstrap_token(word: &str) -> bool {
    let is_part = |part: &str, length| {
        part.len() == length
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    let parts = trimmed(word).split_once('.');
    parts.is_some_and(|(id, secret)| is_part(id, 6) && is_part(secret, 16))
}

pub(super) fn is_hex(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The number of a payment card: 13 to 19 digits, perhaps in groups. Only asked where the name says that
/// it is one; with a digit wrong it is still somebody's.
pub(super) fn is_card(number: &str) -> bool {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let is_grouped = number
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b' ' | b'-'));
    is_grouped && (13..=19).contains(&digits) && number.starts_with(['2', '3', '4', '5', '6'])
}

fn trimmed(word: &str) -> &str {
    word.trim_end_matches([',', '.', ';', ':', ')', '!', '?', '"', '\'', '`'])
}

/// A word of a form that names have: of objects, images, hosts, paths, variables, versions.
fn is_named(word: &str) -> bool {
    word.contains("://")
        || word.starts_with(['/', '.', '-', '@', '%', '$'])
        || word.contains("sha256:")
        || word.split(['.', '/', ':', '@']).all(forms::is_dns_label)
            && word.contains(['.', '/', ':', '-', '@'])
        || forms::is_uuid(word)
        || forms::is_ordinary(word)
}

/// The kinds of characters of a word.
struct Kinds {
    count: usize,
    digits: usize,
    changes: usize,
}

impl Kinds {
    fn of(word: &str) -> Self {
        let kind = |b: u8| match b {
            b'a'..=b'z' => 0,
            b'A'..=b'Z' => 1,
            b'0'..=b'9' => 2,
            _ => 3,
        };
        let kinds: Vec<usize> = word.bytes().map(kind).collect();
        Self {
            count: (0..4).filter(|k| kinds.contains(k)).count(),
            digits: kinds.iter().filter(|k| **k == 2).count(),
            changes: kinds.windows(2).filter(|pair| pair[0] != pair[1]).count(),
        }
    }
}
