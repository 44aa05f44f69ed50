//! Words of the report, read back.

/// A module for `#[serde(with = ...)]` of a closed set of words.
macro_rules! by_name {
    ($module:ident, $type:ty) => {
        pub mod $module {
            use serde::de::{Deserialize as _, Deserializer, Error as _};
            use serde::ser::Serializer;

            type Word = $type;

            #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
            pub fn serialize<S: Serializer>(word: &Word, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(word.as_str())
            }

            pub fn deserialize<'de, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Word, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                let found = Word::ALL.iter().copied().find(|word| word.as_str() == text);
                found.ok_or_else(|| D::Error::custom("unknown word"))
            }
        }
    };
}

by_name!(severity, crate::model::Severity);
by_name!(life, crate::model::IncidentState);
