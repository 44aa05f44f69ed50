//! A stub of the Messages API that rejects what the real one rejects, with a scripted model.

use std::sync::{Arc, Mutex};

use k8s_monitor::agents::Role;
use k8s_monitor::config::MODEL;
use serde_json::{Value, json};

use super::stub::{Answer, HttpRequest, Stub};

pub const KEY: &str = "sk-ant-stub-key-of-no-account";

/// The model's reply to a question.
#[derive(Debug, Clone)]
pub enum Reply {
    /// An answer in JSON.
    Json(Value),
    /// Any text.
    Text(String),
    /// A text with this stop reason.
    Stopped(&'static str, String),
    /// An HTTP response without a message.
    Http(Answer),
}

/// The API. A test fails if it sends an invalid request.
pub struct Api {
    pub stub: Stub,
    violations: Arc<Mutex<Vec<String>>>,
}

impl Api {
    /// The script gets the role and the data of a question, and the number of earlier questions to
    /// that role.
    pub fn new(script: impl Fn(Role, &str, usize) -> Reply + Send + Sync + 'static) -> Self {
        let violations = Arc::<Mutex<Vec<String>>>::default();
        let counts = Mutex::new([0_usize; 4]);
        let stub = {
            let violations = violations.clone();
            Stub::new(move |request| match check(request) {
                Ok((role, body)) => {
                    let nth = {
                        let mut counts = counts.lock().unwrap();
                        counts[role as usize] += 1;
                        counts[role as usize] - 1
                    };
                    let data = body["messages"][0]["content"].as_str().unwrap();
                    message(&script(role, data, nth), request.body.len())
                }
                Err(violation) => {
                    violations
                        .lock()
                        .unwrap()
                        .push(format!("{violation}\n{}", request.text()));
                    error(400, "invalid_request_error", "see the test")
                }
            })
        };
        Self { stub, violations }
    }

    /// The bodies of all requests so far.
    pub fn bodies(&self) -> Vec<Value> {
        let requests = self.stub.requests();
        let posts = requests
            .iter()
            .filter(|request| request.path == "/v1/messages");
        posts
            .map(|request| serde_json::from_slice(&request.body).unwrap())
            .collect()
    }

    /// The agents that were asked, in order.
    pub fn roles(&self) -> Vec<Role> {
        let bodies = self.bodies();
        bodies.iter().map(|body| role(body).unwrap()).collect()
    }

    /// All requests as one text.
    pub fn everything(&self) -> String {
        let requests = self.stub.requests();
        requests
            .iter()
            .map(|request| request.text() + "\n")
            .collect()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        let violations = std::mem::take(&mut *self.violations.lock().unwrap());
        if !std::thread::panicking() {
            assert!(violations.is_empty(), "{violations:#?}");
        }
    }
}

/// An error in Anthropic's form.
pub fn error(status: u16, kind: &str, message: &str) -> Answer {
    Answer {
        status,
        ..Answer::json(
            &json!({ "type": "error", "error": { "type": kind, "message": message },
            "request_id": "req_stub" }),
        )
    }
}

fn message(reply: &Reply, request_bytes: usize) -> Answer {
    let (stop, text) = match reply {
        Reply::Json(value) => ("end_turn", value.to_string()),
        Reply::Text(text) => ("end_turn", text.clone()),
        Reply::Stopped(stop, text) => (*stop, text.clone()),
        Reply::Http(answer) => return answer.clone(),
    };
    // About four characters a token.
    Answer::json(&json!({
        "id": "msg_stub", "type": "message", "role": "assistant", "model": MODEL,
        "content": [{ "type": "text", "text": text }],
        "stop_reason": stop, "stop_sequence": null,
        "usage": { "input_tokens": request_bytes / 4, "output_tokens": text.len().div_ceil(4),
            "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0 },
    }))
}

fn role(body: &Value) -> Option<Role> {
    let is_asked = |role: &Role| body["system"] == role.prompt().text;
    Role::ALL.into_iter().find(is_asked)
}

/// Checks the form of a request.
fn check(request: &HttpRequest) -> Result<(Role, Value), String> {
    for (name, value) in [
        ("x-api-key", KEY),
        ("anthropic-version", "2023-06-01"),
        ("content-type", "application/json"),
    ] {
        if request.header(name) != value {
            return Err(format!("{name} is {:?}", request.header(name)));
        }
    }
    if (request.method.as_str(), request.path.as_str()) != ("POST", "/v1/messages") {
        return Err(format!("{} {}", request.method, request.path));
    }
    let body: Value = serde_json::from_slice(&request.body).map_err(|e| e.to_string())?;
    let keys: Vec<_> = body.as_object().ok_or("no object")?.keys().collect();
    if keys != ["max_tokens", "messages", "model", "output_config", "system"] {
        return Err(format!("keys {keys:?}"));
    }
    if body["model"] != MODEL {
        return Err(format!("model {}", body["model"]));
    }
    if !matches!(body["max_tokens"].as_u64(), Some(1..=1_200)) {
        return Err(format!("max_tokens {}", body["max_tokens"]));
    }
    let message = &body["messages"][0];
    let is_one = body["messages"].as_array().is_some_and(|m| m.len() == 1);
    if !is_one || message["role"] != "user" || !message["content"].is_string() {
        return Err("messages: not one of the user".into());
    }
    let format = &body["output_config"]["format"];
    if format["type"] != "json_schema" || format["schema"]["type"] != "object" {
        return Err("output_config: no json_schema of an object".into());
    }
    schema(&format["schema"])?;
    let role = role(&body).ok_or("system: no prompt of this program")?;
    Ok((role, body))
}

/// Checks that structured outputs support a schema.
fn schema(schema: &Value) -> Result<(), String> {
    let known = [
        "additionalProperties",
        "enum",
        "items",
        "properties",
        "required",
        "type",
    ];
    let keys = schema.as_object().ok_or("a schema is no object")?;
    if let Some(key) = keys.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(format!("schema: {key} is not supported"));
    }
    match schema["type"].as_str() {
        Some("string" | "boolean" | "integer" | "number") => Ok(()),
        Some("array") => self::schema(&schema["items"]),
        Some("object") => {
            let properties = schema["properties"].as_object().ok_or("no properties")?;
            let mut names: Vec<_> = properties.keys().map(String::as_str).collect();
            let required = schema["required"].as_array().ok_or("no required")?;
            let mut required: Vec<_> = required.iter().filter_map(Value::as_str).collect();
            names.sort_unstable();
            required.sort_unstable();
            if schema["additionalProperties"] != false || names != required {
                return Err("schema: an object allows other keys".into());
            }
            properties.values().try_for_each(self::schema)
        }
        other => Err(format!("schema: type {other:?}")),
    }
}
