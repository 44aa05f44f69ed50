//! A Messages API that refuses what the real one refuses, with a scripted model.

use std::sync::{Arc, Mutex};

use k8s_monitor::agents::Role;
use k8s_monitor::config::MODEL;
use serde_json::{Value, json};

use super::stub::{Answer, Asked, Stub};

pub const KEY: &str = "sk-ant-stub-key-of-no-account";

/// What the model does with a question.
#[derive(Debug, Clone)]
pub enum Says {
    /// An answer.
    Json(Value),
    /// Whatever text.
    Text(String),
    /// A text with a reason to stop.
    Stops(&'static str, String),
    /// No message at all.
    Http(Answer),
}

/// The API; no test may send what it would refuse for its form.
pub struct Api {
    pub stub: Stub,
    complaints: Arc<Mutex<Vec<String>>>,
}

impl Api {
    /// The script gets role and data of a question, and how many of that role came before.
    pub fn new(script: impl Fn(Role, &str, usize) -> Says + Send + Sync + 'static) -> Self {
        let complaints = Arc::<Mutex<Vec<String>>>::default();
        let counts = Mutex::new([0_usize; 4]);
        let stub = {
            let complaints = complaints.clone();
            Stub::new(move |asked| match check(asked) {
                Ok((role, body)) => {
                    let nth = {
                        let mut counts = counts.lock().unwrap();
                        counts[role as usize] += 1;
                        counts[role as usize] - 1
                    };
                    let data = body["messages"][0]["content"].as_str().unwrap();
                    message(&script(role, data, nth), asked.body.len())
                }
                Err(complaint) => {
                    complaints
                        .lock()
                        .unwrap()
                        .push(format!("{complaint}\n{}", asked.text()));
                    error(400, "invalid_request_error", "see the test")
                }
            })
        };
        Self { stub, complaints }
    }

    /// Bodies of all questions so far.
    pub fn bodies(&self) -> Vec<Value> {
        let asked = self.stub.asked();
        let posts = asked.iter().filter(|asked| asked.path == "/v1/messages");
        posts
            .map(|asked| serde_json::from_slice(&asked.body).unwrap())
            .collect()
    }

    /// Who was asked, in order.
    pub fn roles(&self) -> Vec<Role> {
        let bodies = self.bodies();
        bodies.iter().map(|body| role(body).unwrap()).collect()
    }

    /// All that ever left, as one text.
    pub fn everything(&self) -> String {
        let asked = self.stub.asked();
        asked.iter().map(|asked| asked.text() + "\n").collect()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        let complaints = std::mem::take(&mut *self.complaints.lock().unwrap());
        if !std::thread::panicking() {
            assert!(complaints.is_empty(), "{complaints:#?}");
        }
    }
}

/// An error as Anthropic words it.
pub fn error(status: u16, kind: &str, message: &str) -> Answer {
    Answer {
        status,
        ..Answer::json(
            &json!({ "type": "error", "error": { "type": kind, "message": message },
            "request_id": "req_stub" }),
        )
    }
}

fn message(says: &Says, asked: usize) -> Answer {
    let (stop, text) = match says {
        Says::Json(value) => ("end_turn", value.to_string()),
        Says::Text(text) => ("end_turn", text.clone()),
        Says::Stops(stop, text) => (*stop, text.clone()),
        Says::Http(answer) => return answer.clone(),
    };
    // About four characters a token.
    Answer::json(&json!({
        "id": "msg_stub", "type": "message", "role": "assistant", "model": MODEL,
        "content": [{ "type": "text", "text": text }],
        "stop_reason": stop, "stop_sequence": null,
        "usage": { "input_tokens": asked / 4, "output_tokens": text.len().div_ceil(4),
            "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0 },
    }))
}

fn role(body: &Value) -> Option<Role> {
    let is_asked = |role: &Role| body["system"] == role.prompt().text;
    Role::ALL.into_iter().find(is_asked)
}

/// Everything about a request that the API, or good sense, asks for.
fn check(asked: &Asked) -> Result<(Role, Value), String> {
    for (name, value) in [
        ("x-api-key", KEY),
        ("anthropic-version", "2023-06-01"),
        ("content-type", "application/json"),
    ] {
        if asked.header(name) != value {
            return Err(format!("{name} is {:?}", asked.header(name)));
        }
    }
    if (asked.method.as_str(), asked.path.as_str()) != ("POST", "/v1/messages") {
        return Err(format!("{} {}", asked.method, asked.path));
    }
    let body: Value = serde_json::from_slice(&asked.body).map_err(|e| e.to_string())?;
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

/// The part of JSON Schema that structured outputs take.
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
                return Err("schema: an object is open".into());
            }
            properties.values().try_for_each(self::schema)
        }
        other => Err(format!("schema: type {other:?}")),
    }
}
