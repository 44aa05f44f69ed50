//! Percent-encoding of what is put into URLs. Pure.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A path keeps its slashes.
const PATH: &AsciiSet = &COMPONENT.remove(b'/');

/// Encodes a value of a query or a form.
#[must_use]
pub fn encode_component(value: &str) -> String {
    utf8_percent_encode(value, COMPONENT).to_string()
}

/// Encodes a path, or a value that may hold slashes.
#[must_use]
pub fn encode_path(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_characters_are_encoded() {
        for (value, component, path) in [
            ("type=Warning", "type%3DWarning", "type%3DWarning"),
            (
                "eyJ2IjoibWV0YSJ9_-.~",
                "eyJ2IjoibWV0YSJ9_-.~",
                "eyJ2IjoibWV0YSJ9_-.~",
            ),
            ("a b&c/ä", "a%20b%26c%2F%C3%A4", "a%20b%26c/%C3%A4"),
        ] {
            assert_eq!(encode_component(value), component);
            assert_eq!(encode_path(value), path);
        }
    }
}
