//! Distinguishes base64 of `user:password` from a word that looks like base64.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Reads base64 with and without padding, and whatever the unused last bits hold.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes standard or URL-safe base64; `None` when the text is neither, or does not decode to
/// UTF-8.
pub(super) fn decode(text: &str) -> Option<String> {
    String::from_utf8(bytes(text)?).ok()
}

/// Whether it is base64 of anything.
pub(super) fn is_base64(text: &str) -> bool {
    bytes(text).is_some()
}

pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    let standard = text.replace('-', "+").replace('_', "/");
    LENIENT.decode(standard).ok()
}

/// Whether a text is base64 of a user and a password.
pub(super) fn is_user_and_password(text: &str) -> bool {
    decode(text).is_some_and(|plain| {
        !plain.chars().any(char::is_control)
            && plain
                .split_once(':')
                .is_some_and(|(_, pass)| !pass.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_and_url_safe_base64_are_decoded() {
        assert_eq!(decode("dXNlcjpwYXNz").as_deref(), Some("user:pass"));
        assert_eq!(decode("YTpi").as_deref(), Some("a:b"));
        assert_eq!(decode("YTpiYw==").as_deref(), Some("a:bc"));
        assert_eq!(decode("YTpiYw").as_deref(), Some("a:bc"));
        assert_eq!(decode("YTo_Pj8-").as_deref(), Some("a:?>?>"));
        assert_eq!(decode("no base64!"), None);
        assert_eq!(decode("A"), None);
    }

    #[test]
    fn words_are_not_credentials() {
        assert!(is_user_and_password("dXNlcjpwYXNz"));
        for word in ["authentication", "Authentication", "auth", "realm", "1234"] {
            assert!(!is_user_and_password(word), "{word}");
        }
    }
}
