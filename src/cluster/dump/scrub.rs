//! Masks the secrets of an object before it is written, field by field.

use serde_json::{Map, Value};

use crate::redact::{redact, redact_args, redact_value};

/// Fields by which objects refer to each other. Kubernetes restricts their values, and a mask there
/// would break the references of the snapshot.
#[rustfmt::skip]
const IDENTITY: &[&str] = &[
    "apiVersion", "claimName", "image", "key", "kind", "labels", "matchExpressions",
    "matchLabels", "name", "namespace", "nodeName", "nodeSelector", "ownerReferences", "phase",
    "reason", "revision", "schedule", "secretName", "selector", "serviceAccountName",
    "serviceName", "storageClassName", "type", "uid", "volumeName",
];

/// Masks every secret in the JSON of an object.
pub(crate) fn scrub(value: &mut Value) {
    match value {
        Value::Object(fields) => scrub_fields(fields),
        Value::Array(items) => items.iter_mut().for_each(scrub),
        Value::String(text) => replace(text, |text| redact(text).into_owned()),
        _ => {}
    }
}

fn scrub_fields(fields: &mut Map<String, Value>) {
    scrub_variable(fields);
    scrub_command(fields);
    for (name, value) in fields.iter_mut() {
        match (name.as_str(), value) {
            ("annotations", Value::Object(annotations)) => scrub_annotations(annotations),
            ("command" | "args", _) => {}
            (name, _) if IDENTITY.contains(&name) => {}
            (_, value) => scrub(value),
        }
    }
}

/// Masks the value of an environment variable whose name is that of a secret.
fn scrub_variable(fields: &mut Map<String, Value>) {
    let name = fields
        .get("name")
        .and_then(Value::as_str)
        .map(str::to_owned);
    if let (Some(name), Some(Value::String(value))) = (name, fields.get_mut("value")) {
        replace(value, |value| redact_value(&name, value).into_owned());
    }
}

/// `command` and `args` are one command line: an option may be in the one and its value in the
/// other.
fn scrub_command(fields: &mut Map<String, Value>) {
    let strings = |name: &str| -> Vec<String> {
        let list = fields.get(name).and_then(Value::as_array);
        let words = list.into_iter().flatten().filter_map(Value::as_str);
        words.map(str::to_owned).collect()
    };
    let (command, args) = (strings("command"), strings("args"));
    let mut line = redact_args(&[command.as_slice(), args.as_slice()].concat());
    let scrubbed_args = line.split_off(command.len());
    for (name, words) in [("command", line), ("args", scrubbed_args)] {
        if let Some(field) = fields.get_mut(name).filter(|field| field.is_array()) {
            *field = words.into();
        }
    }
}

fn scrub_annotations(annotations: &mut Map<String, Value>) {
    for (name, value) in annotations {
        if let Value::String(value) = value {
            replace(value, |value| redact_value(name, value).into_owned());
        }
    }
}

fn replace(text: &mut String, by: impl FnOnce(&str) -> String) {
    *text = by(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_are_masked_and_names_stay() {
        let mut pod = json!({
            "metadata": {"name": "api-token", "annotations": {"my/token": "hunter2", "x": "y"}},
            "spec": {"containers": [{
                "name": "db-password",
                "image": "repo/password:1.0",
                "command": ["app", "--password"],
                "args": ["hunter2", "--port=80"],
                "env": [
                    {"name": "DB_PASSWORD", "value": "hunter2"},
                    {"name": "URL", "value": "redis://:hunter2@redis"},
                    {"name": "TZ", "value": "UTC"},
                ],
            }]},
            "status": {"message": "login with password=hunter2 failed"},
        });
        scrub(&mut pod);
        let text = pod.to_string();
        assert!(!text.contains("hunter2"), "{text}");
        for kept in [
            "api-token",
            "db-password",
            "repo/password:1.0",
            "UTC",
            "--port=80",
            "\"x\":\"y\"",
        ] {
            assert!(text.contains(kept), "{kept} in {text}");
        }
    }
}
