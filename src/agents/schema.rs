//! One source for what the model may answer and for what reads it: the Rust
//! type. Its JSON schema constrains the answer, serde reads it.
//!
//! Structured outputs want `additionalProperties: false` and every key required
//! on every object, and know neither lengths nor ranges: those are checked
//! after the answer, never asked for.

use serde_json::{Value, json};

/// A type that says how its JSON looks.
pub trait Schema {
    /// Its JSON schema.
    fn schema() -> Value;
}

impl Schema for String {
    fn schema() -> Value {
        json!({ "type": "string" })
    }
}

impl<T: Schema> Schema for Vec<T> {
    fn schema() -> Value {
        json!({ "type": "array", "items": T::schema() })
    }
}

/// An object of these properties, all of them required and no other allowed.
pub fn object(properties: Vec<(&'static str, Value)>) -> Value {
    let required: Vec<_> = properties.iter().map(|(name, _)| *name).collect();
    let properties: serde_json::Map<_, _> = properties
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    // `properties` is a sorted map and `required` keeps the order of the type.
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// Declares what a model answers. A key is written as it stands on the wire.
macro_rules! answer {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$field_doc:meta])* $field:ident $key:literal : $type:ty, )* } )*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $( $(#[$field_doc])* #[serde(rename = $key)] pub $field: $type, )* }

        impl $crate::agents::schema::Schema for $name {
            fn schema() -> serde_json::Value {
                $crate::agents::schema::object(vec![
                    $( ($key, <$type as $crate::agents::schema::Schema>::schema()), )*
                ])
            }
        }
    )* };
}

/// Declares a closed set of words.
macro_rules! choice {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$variant_doc:meta])* $variant:ident = $word:literal ),+ $(,)? } )*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $name { $( $(#[$variant_doc])* #[serde(rename = $word)] $variant ),+ }

        impl $crate::agents::schema::Schema for $name {
            fn schema() -> serde_json::Value {
                serde_json::json!({ "type": "string", "enum": [ $( $word ),+ ] })
            }
        }
    )* };
}

pub(crate) use {answer, choice};

#[cfg(test)]
mod tests {
    use super::*;

    choice! {
        /// A word.
        Word { /// A.
            A = "a", /// B.
            B = "b" }
    }
    answer! {
        /// Inside.
        Inner { /// A word.
            word "word": Word, }
        /// Outside.
        Outer { /// A text.
            some_text "someText": String, /// Others.
            inner "inner": Vec<Inner>, }
    }

    #[test]
    fn one_type_is_schema_and_reader() {
        let inner = json!({ "type": "object", "properties": { "word": { "type": "string", "enum": ["a", "b"] } },
            "required": ["word"], "additionalProperties": false });
        assert_eq!(
            Outer::schema(),
            json!({ "type": "object", "properties": { "someText": { "type": "string" },
                "inner": { "type": "array", "items": inner } },
                "required": ["someText", "inner"], "additionalProperties": false })
        );
        let read = |text: &str| serde_json::from_str::<Outer>(text).ok();
        let outer = read(r#"{"someText":"x","inner":[{"word":"b"}]}"#).unwrap();
        assert_eq!(outer.inner[0].word, Word::B);
        for text in [
            "",
            "{}",
            r#"{"someText":"x"}"#,
            r#"{"someText":"x","inner":[{"word":"c"}]}"#,
            r#"{"someText":"x","inner":[],"more":1}"#,
            r#"{"someText":null,"inner":[]}"#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
