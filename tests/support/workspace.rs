//! A Slack workspace that checks what the real one checks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8s_monitor::config::{Config, Environment};
use k8s_monitor::model::secret::Secret;
use k8s_monitor::net::Http;
use k8s_monitor::notify::slack::Slack;
use serde_json::{Value, json};

use super::clock::FakeClock;
use super::slack_rules;
use super::stub::{Answer, Fault, HttpRequest, Stub};

pub const TOKEN: &str = "xoxb-000000000000-stub";

/// A message that was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct PostedMessage {
    pub channel: String,
    pub ts: String,
    pub thread: Option<String>,
    pub broadcast: bool,
    pub text: String,
    pub blocks: Value,
    pub edits: u32,
}

/// Whether the value of a key is valid.
type Test = fn(&Value) -> bool;

#[derive(Default)]
struct Inner {
    messages: Vec<PostedMessage>,
    violations: Vec<String>,
    refuses_blocks: bool,
    refuses_edits: bool,
}

/// The workspace and clients of it.
pub struct Workspace {
    pub stub: Stub,
    inner: Arc<Mutex<Inner>>,
    pub clock: FakeClock,
    pub http: Http,
    token: Secret,
    url: String,
}

/// Name, id, whether it is archived, whether the app is a member.
const CHANNELS: &[(&str, &str, bool, bool)] = &[
    ("critical-alerts", "C0CRITICAL", false, true),
    ("infrastructure-alerts", "C0INFRASTR", false, true),
    ("old", "C0ARCHIVED", true, true),
    ("others", "C0NOTAMEMB", false, false),
];

pub fn http(clock: &FakeClock) -> Http {
    let config = Config::load(None, &Environment::new()).unwrap().config;
    Http::with_clock(&config, Box::new(clock.clone()))
}

impl Workspace {
    pub fn new() -> Self {
        let inner = Arc::<Mutex<Inner>>::default();
        let stub = {
            let inner = inner.clone();
            Stub::new(move |request| inner.lock().unwrap().answer(request))
        };
        let clock = FakeClock::new();
        Self {
            url: format!("{}/api", stub.url()),
            http: http(&clock),
            token: Secret::new(TOKEN).unwrap(),
            stub,
            inner,
            clock,
        }
    }

    pub fn slack(&self) -> Slack<'_> {
        Slack::new(&self.http, &self.url, &self.token)
    }

    pub fn with_token<'a>(&'a self, token: &'a Secret) -> Slack<'a> {
        Slack::new(&self.http, &self.url, token)
    }

    pub fn deadline(&self) -> std::time::Instant {
        self.clock.after(Duration::from_mins(1))
    }

    pub fn messages(&self) -> Vec<PostedMessage> {
        self.inner.lock().unwrap().messages.clone()
    }

    pub fn refuse_blocks(&self) {
        self.inner.lock().unwrap().refuses_blocks = true;
    }

    /// Edits fail; new messages are accepted.
    pub fn refuse_edits(&self) {
        self.inner.lock().unwrap().refuses_edits = true;
    }

    /// Every request has this fault until [`Stub::repair`].
    pub fn inject_always(&self, fault: &Fault) {
        self.stub.inject(vec![fault.clone(); 1_000]);
    }
}

impl Drop for Workspace {
    /// The test fails if a request was malformed.
    fn drop(&mut self) {
        let violations = std::mem::take(&mut self.inner.lock().unwrap().violations);
        if !std::thread::panicking() {
            assert!(violations.is_empty(), "{violations:#?}");
        }
    }
}

impl Inner {
    fn answer(&mut self, request: &HttpRequest) -> Answer {
        let refuse = |code: &str| Answer::json(&json!({ "ok": false, "error": code }));
        match request.header("authorization").strip_prefix("Bearer ") {
            None => return refuse("not_authed"),
            Some(TOKEN) => {}
            Some(_) => return refuse("invalid_auth"),
        }
        if request.method != "POST" {
            self.violations
                .push(format!("{} {}", request.method, request.path));
        }
        match request.path.as_str() {
            "/api/auth.test" => Answer {
                headers: vec![("x-oauth-scopes", "chat:write,channels:read".into())],
                ..Answer::json(&json!({ "ok": true, "team": "Home", "user": "monitor" }))
            },
            "/api/conversations.info" => match channel(form(request, "channel")) {
                Some(found) => Answer::json(&json!({ "ok": true, "channel": listed(found) })),
                None => refuse("channel_not_found"),
            },
            "/api/conversations.list" => Self::list(request),
            "/api/chat.postMessage" | "/api/chat.update" => {
                let outcome = self.post_or_update(request);
                if let Err(code) = &outcome
                    && code.contains(": ")
                {
                    self.violations.push(format!("{code}\n{}", request.text()));
                }
                outcome.map_or_else(
                    |code| refuse(code.split(':').next().unwrap()),
                    |(channel, ts)| {
                        Answer::json(&json!({ "ok": true, "channel": channel, "ts": ts }))
                    },
                )
            }
            path => {
                self.violations.push(format!("unknown method {path}"));
                refuse("unknown_method")
            }
        }
    }

    /// One channel per page.
    fn list(request: &HttpRequest) -> Answer {
        let at: usize = form(request, "cursor").parse().unwrap_or(0);
        let next = if at + 1 < CHANNELS.len() {
            (at + 1).to_string()
        } else {
            String::new()
        };
        Answer::json(&json!({ "ok": true, "channels": [listed(&CHANNELS[at])],
            "response_metadata": { "next_cursor": next } }))
    }

    /// The channel and ts; else a code, with `: ` and a reason when the form is wrong.
    fn post_or_update(&mut self, request: &HttpRequest) -> Result<(String, String), String> {
        if request.header("content-type") != "application/json; charset=utf-8" {
            return Err("missing_charset: content type".into());
        }
        let body: Value =
            serde_json::from_slice(&request.body).map_err(|e| format!("invalid_json: {e}"))?;
        let is_update = request.path.ends_with("update");
        Self::check_keys(&body, is_update)?;
        if is_update && self.refuses_edits {
            return Err("internal_error".into());
        }
        let name = body["channel"]
            .as_str()
            .ok_or("channel_not_found: no string")?;
        // An update accepts ids only.
        let found = channel(name).filter(|found| !is_update || found.1 == name);
        let &(_, id, archived, member) = found.ok_or("channel_not_found")?;
        if archived {
            return Err("is_archived".into());
        }
        if !member {
            return Err("not_in_channel".into());
        }
        if self.refuses_blocks
            && !matches!(&body["blocks"], Value::Null)
            && body["blocks"] != json!([])
        {
            return Err("invalid_blocks".into());
        }
        slack_rules::message(&body["text"], &body["blocks"])?;
        if is_update {
            self.update(id, &body)
        } else {
            self.post(id, &body)
        }
    }

    fn check_keys(body: &Value, is_update: bool) -> Result<(), String> {
        let known: &[(&str, Test)] = &[
            ("channel", Value::is_string),
            ("text", Value::is_string),
            ("blocks", Value::is_array),
            ("parse", |value| value == "none"),
            ("link_names", |value| *value == Value::Bool(false)),
            if is_update {
                ("ts", Value::is_string)
            } else {
                ("thread_ts", Value::is_string)
            },
            ("reply_broadcast", Value::is_boolean),
            ("unfurl_links", Value::is_boolean),
            ("unfurl_media", Value::is_boolean),
        ];
        let keys = if is_update { &known[..6] } else { known };
        for (key, value) in body.as_object().ok_or("invalid_json: no object")? {
            let (_, test) = keys
                .iter()
                .find(|(known, _)| known == key)
                .ok_or_else(|| format!("invalid_arguments: {key}"))?;
            if !test(value) {
                return Err(format!("invalid_arguments: {key} is {value}"));
            }
        }
        Ok(())
    }

    fn post(&mut self, id: &str, body: &Value) -> Result<(String, String), String> {
        let thread = body["thread_ts"].as_str().map(str::to_owned);
        if let Some(thread) = &thread
            && !self
                .messages
                .iter()
                .any(|sent| sent.channel == id && sent.ts == *thread && sent.thread.is_none())
        {
            return Err("thread_not_found".into());
        }
        let ts = format!("1793588700.{:06}", self.messages.len() + 1);
        self.messages.push(PostedMessage {
            channel: id.into(),
            ts: ts.clone(),
            thread,
            broadcast: body["reply_broadcast"] == true,
            text: body["text"].as_str().unwrap().into(),
            blocks: body["blocks"].clone(),
            edits: 0,
        });
        Ok((id.into(), ts))
    }

    fn update(&mut self, id: &str, body: &Value) -> Result<(String, String), String> {
        let message = self
            .messages
            .iter_mut()
            .find(|sent| sent.channel == id && body["ts"] == sent.ts.as_str())
            .ok_or("message_not_found")?;
        message.text = body["text"].as_str().unwrap().into();
        message.blocks = body["blocks"].clone();
        message.edits += 1;
        Ok((id.into(), message.ts.clone()))
    }
}

fn channel(name: &str) -> Option<&'static (&'static str, &'static str, bool, bool)> {
    CHANNELS
        .iter()
        .find(|known| known.1 == name || Some(known.0) == name.strip_prefix('#'))
}

fn listed(channel: &(&str, &str, bool, bool)) -> Value {
    json!({ "id": channel.1, "name": channel.0, "is_archived": channel.2, "is_member": channel.3 })
}

fn form<'a>(request: &'a HttpRequest, key: &str) -> &'a str {
    let body = std::str::from_utf8(&request.body).unwrap();
    let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(name, _)| *name == key)
        .map_or("", |(_, value)| value)
}
