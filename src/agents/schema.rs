//! The JSON schema of an answer and the code that reads it, both from one Rust type.
//!
//! Structured outputs require `additionalProperties: false` and every key as required on every
//! object, and support neither lengths nor ranges. Lengths are checked after the answer.

use serde_json::{Value, json};

/// A type with a JSON schema.
pub trait Schema {
    /// The schema.
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

/// The schema of an object with these properties: all are required, no others are allowed.
pub fn object(properties: Vec<(&'static str, Value)>) -> Value {
    let required: Vec<_> = properties.iter().map(|(name, _)| *name).collect();
    let properties: serde_json::Map<_, _> = properties
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// Declares an object of an answer, with its keys as they are in JSON.
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

/// Gives an enum with fixed texts its schema.
macro_rules! choice {
    ($name:ident) => {
        impl $crate::agents::schema::Schema for $name {
            fn schema() -> serde_json::Value {
                serde_json::json!({ "type": "string", "enum": Self::ALL })
            }
        }
    };
}

pub(crate) use {answer, choice};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::named_enum;

    named_enum! {
        /// A choice.
        pub enum Choice {
            /// A.
            A = "a",
            /// B.
            B = "b",
        }
    }
    choice!(Choice);
    answer! {
        /// Inside.
        Inner { /// A choice.
            choice "choice": Choice, }
        /// Outside.
        Outer { /// A text.
            some_text "someText": String, /// Others.
            inner "inner": Vec<Inner>, }
    }

    #[test]
    fn the_schema_and_the_reader_agree() {
        let inner = json!({ "type": "object", "properties": { "choice": { "type": "string", "enum": ["a", "b"] } },
            "required": ["choice"], "additionalProperties": false });
        assert_eq!(
            Outer::schema(),
            json!({ "type": "object", "properties": { "someText": { "type": "string" },
                "inner": { "type": "array", "items": inner } },
                "required": ["someText", "inner"], "additionalProperties": false })
        );
        let read = |text: &str| serde_json::from_str::<Outer>(text).ok();
        let outer = read(r#"{"someText":"x","inner":[{"choice":"b"}]}"#).unwrap();
        assert_eq!(outer.inner[0].choice, Choice::B);
        for text in [
            "",
            "{}",
            r#"{"someText":"x"}"#,
            r#"{"someText":"x","inner":[{"choice":"c"}]}"#,
            r#"{"someText":"x","inner":[],"more":1}"#,
            r#"{"someText":null,"inner":[]}"#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
