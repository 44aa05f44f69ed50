//! Parses YAML as Kubernetes does.

use serde_json::Value;

/// The objects of a stream. Only `true` and `false` are booleans; `n` is a name.
pub fn documents(text: &str) -> Vec<Value> {
    let options = serde_yaml::options! { strict_booleans: true };
    serde_yaml::from_multiple_with_options(text, options)
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}
