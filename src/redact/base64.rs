//! Just enough base64 to tell `user:password` from a word that looks like it.

/// Decodes standard or URL-safe base64; `None` when it is neither, or not text.
pub(super) fn decode(text: &str) -> Option<String> {
    let body = text.trim_end_matches('=');
    if body.len() % 4 == 1 || text.len() - body.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(body.len() * 3 / 4 + 2);
    let (mut bits, mut count) = (0u32, 0u32);
    for byte in body.bytes() {
        bits = (bits << 6) | sextet(byte)?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Whether base64 text hides a pair of user and password.
pub(super) fn is_user_and_password(text: &str) -> bool {
    decode(text).is_some_and(|plain| {
        !plain.chars().any(char::is_control)
            && plain
                .split_once(':')
                .is_some_and(|(_, pass)| !pass.is_empty())
    })
}

fn sextet(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_texts_decode() {
        assert_eq!(decode("dXNlcjpwYXNz").as_deref(), Some("user:pass"));
        assert_eq!(decode("YTpi").as_deref(), Some("a:b"));
        assert_eq!(decode("YTpiYw==").as_deref(), Some("a:bc"));
        assert_eq!(decode("no base64!"), None);
        assert_eq!(decode("A"), None);
    }

    #[test]
    fn words_are_no_credentials() {
        assert!(is_user_and_password("dXNlcjpwYXNz"));
        for word in ["authentication", "Authentication", "auth", "realm", "1234"] {
            assert!(!is_user_and_password(word), "{word}");
        }
    }
}
