//! JSON Schema, as far as the published schemas use it. The `jsonschema` crate turns on features of
//! the program's dependencies. Python's implementation checks the same schemas in CI.

use std::io::Write as _;
use std::process::{Command, Stdio};

use regex::Regex;
use serde_json::{Value, json};

use super::skip::python;

/// What describes and does not constrain.
const ANNOTATIONS: &[&str] = &[
    "$schema",
    "$defs",
    "title",
    "description",
    "default",
    "examples",
];

/// Where the document does not satisfy the schema, and which keyword says so.
pub fn errors(schema: &Value, document: &Value) -> Vec<String> {
    let mut errors = Vec::new();
    Check { root: schema }.value(schema, document, "", &mut errors);
    errors
}

struct Check<'a> {
    root: &'a Value,
}

impl Check<'_> {
    fn value(&self, schema: &Value, value: &Value, path: &str, errors: &mut Vec<String>) {
        let Value::Object(keywords) = schema else {
            if *schema == json!(false) {
                errors.push(format!("{path}: not allowed"));
            }
            return;
        };
        for (keyword, argument) in keywords {
            if !self.holds(schema, keyword, argument, value, path, errors) {
                errors.push(format!("{path}: {keyword} {argument}: {value}"));
            }
        }
    }

    fn is_valid(&self, schema: &Value, value: &Value) -> bool {
        let mut errors = Vec::new();
        self.value(schema, value, "", &mut errors);
        errors.is_empty()
    }

    /// Errors below this value are added to `errors`; its own is the result.
    fn holds(
        &self,
        schema: &Value,
        keyword: &str,
        argument: &Value,
        value: &Value,
        path: &str,
        errors: &mut Vec<String>,
    ) -> bool {
        match keyword {
            "$ref" => {
                let pointer = argument.as_str().unwrap().trim_start_matches('#');
                let target = self.root.pointer(pointer).expect(pointer);
                self.value(target, value, path, errors);
                true
            }
            "allOf" => {
                for one in argument.as_array().unwrap() {
                    self.value(one, value, path, errors);
                }
                true
            }
            "anyOf" => argument
                .as_array()
                .unwrap()
                .iter()
                .any(|one| self.is_valid(one, value)),
            "if" => {
                if self.is_valid(argument, value) {
                    self.value(&schema["then"], value, path, errors);
                }
                true
            }
            "then" => schema.get("if").is_some(),
            "const" => value == argument,
            "enum" => argument.as_array().unwrap().contains(value),
            "type" => match argument {
                Value::Array(types) => types.iter().any(|one| is_type(one, value)),
                one => is_type(one, value),
            },
            "minimum" => value
                .as_f64()
                .is_none_or(|n| n >= argument.as_f64().unwrap()),
            "maximum" => value
                .as_f64()
                .is_none_or(|n| n <= argument.as_f64().unwrap()),
            "minLength" => value
                .as_str()
                .is_none_or(|s| s.chars().count() as u64 >= argument.as_u64().unwrap()),
            "pattern" => value
                .as_str()
                .is_none_or(|s| Regex::new(argument.as_str().unwrap()).unwrap().is_match(s)),
            "minItems" => value
                .as_array()
                .is_none_or(|items| items.len() as u64 >= argument.as_u64().unwrap()),
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.value(argument, item, &format!("{path}/{index}"), errors);
                }
                true
            }
            "required" => value.as_object().is_none_or(|object| {
                let mut keys = argument.as_array().unwrap().iter();
                keys.all(|key| object.contains_key(key.as_str().unwrap()))
            }),
            "properties" => {
                for (key, below) in argument.as_object().unwrap() {
                    if let Some(value) = value.get(key) {
                        self.value(below, value, &format!("{path}/{key}"), errors);
                    }
                }
                true
            }
            "additionalProperties" => {
                for (key, value) in value.as_object().into_iter().flatten() {
                    if schema["properties"].get(key).is_none() {
                        self.value(argument, value, &format!("{path}/{key}"), errors);
                    }
                }
                true
            }
            other => {
                assert!(ANNOTATIONS.contains(&other), "{other} is not supported");
                true
            }
        }
    }
}

fn is_type(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    }
}

/// The schema is valid by its own meta-schema, and accepts the documents, as Python's `jsonschema`
/// reads it.
pub fn check_with_python(schema: &Value, documents: &[Value]) {
    let script = "import json, sys, jsonschema\n\
        given = json.load(sys.stdin)\n\
        validator = jsonschema.Draft202012Validator\n\
        validator.check_schema(given['schema'])\n\
        for document in given['documents']:\n\
        \x20   validator(given['schema']).validate(document)\n";
    let Some(python) = python("jsonschema") else {
        return;
    };
    let mut child = Command::new(python)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let input = json!({ "schema": schema, "documents": documents }).to_string();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    assert!(child.wait().unwrap().success());
}
