//! A value that must never be shown.

use std::fmt;

/// Printed in place of a secret.
const HIDDEN: &str = "[hidden]";

/// A token, or a URL that contains one. Prints as `[hidden]`.
///
/// It does not implement `Serialize`, so that a report or a snapshot cannot contain one.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value, unless it is blank.
    #[must_use]
    pub fn new(value: &str) -> Option<Self> {
        let value = value.trim();
        (!value.is_empty()).then(|| Self(value.to_owned()))
    }

    /// The value. Only for the header or the URL of a request.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_never_prints() {
        let secret = Secret::new(" xoxb-1 \n").expect("not blank");
        assert_eq!(secret.expose(), "xoxb-1");
        for shown in [
            format!("{secret}"),
            format!("{secret:?}"),
            format!("{secret:#?}"),
            format!("{:?}", Some(&secret)),
        ] {
            assert!(
                shown.contains("[hidden]") && !shown.contains("xoxb"),
                "{shown}"
            );
        }
    }

    #[test]
    fn blank_is_absent() {
        assert_eq!(Secret::new(""), None);
        assert_eq!(Secret::new(" \t"), None);
    }
}
