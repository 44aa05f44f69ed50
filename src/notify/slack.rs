//! The edge to Slack's Web API.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use thiserror::Error;

use super::delivery::Notifier;
use super::error_codes::{Meaning, meaning};
use super::{Message, Thread};
use crate::model::secret::Secret;
use crate::model::text::clean;
use crate::net::url::encode_component;
use crate::net::{Http, HttpError, Peer, Request, Response, Retry};

pub use super::error_codes::ErrorScope;

const JSON: &str = "application/json; charset=utf-8";
const FORM: &str = "application/x-www-form-urlencoded";
/// A slow Slack is waited for: giving up would mean to say everything twice.
const PATIENCE: Duration = Duration::from_secs(20);
/// Where a 429 names no time.
const DEFAULT_WAIT: Duration = Duration::from_secs(30);
/// Pages of channels that are searched for a name.
const PAGES: usize = 5;

/// A message must not be said twice: what may have arrived is tried once more
/// only, for a lost alarm is worse than one too many.
const RETRY: Retry = Retry {
    unsent: 2,
    unsure: 1,
    limited: 3,
    statuses: &[500, 502, 503, 504],
    pause: Duration::from_secs(1),
};

/// Why Slack has not taken something.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SlackError {
    /// It will be refused until somebody does something.
    #[error("Slack refuses ({code}): {advice}")]
    Permanent {
        /// Slack's code.
        code: String,
        /// What to do.
        advice: &'static str,
        /// How much it is good for.
        reach: ErrorScope,
    },
    /// The message that is replied to or edited is not there any more.
    #[error("the message in Slack is gone or cannot be changed ({code})")]
    Gone {
        /// Slack's code.
        code: String,
    },
    /// Too many messages, and no time to wait.
    #[error("Slack asks to wait {}s; the message stays queued", .retry_after.as_secs())]
    RateLimited {
        /// How long.
        retry_after: Duration,
    },
    /// No answer.
    #[error("{0}; the message stays queued")]
    Unreachable(#[from] HttpError),
    /// An answer that is none of Slack's.
    #[error("Slack answers oddly ({0}); the message stays queued")]
    Unexpected(String),
}

/// Who the token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The workspace.
    pub team: String,
    /// The app's user.
    pub user: String,
    /// What the token may do, where Slack says so.
    pub scopes: Vec<String>,
}

/// A channel, as far as doctor needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelInfo {
    /// Slack's id.
    pub id: String,
    /// Without the `#`.
    pub name: String,
    /// Whether the app is in it.
    pub is_member: bool,
    /// Whether nobody can post there any more.
    pub is_archived: bool,
}

/// A workspace, through its API.
pub struct Slack<'a> {
    http: &'a Http,
    base_url: &'a str,
    token: &'a Secret,
}

impl<'a> Slack<'a> {
    /// Sets it up; nothing is sent yet.
    #[must_use]
    pub fn new(http: &'a Http, base_url: &'a str, token: &'a Secret) -> Self {
        Self {
            http,
            base_url,
            token,
        }
    }

    /// Posts a message, or replies in a thread. Blocks that are refused are
    /// left out once: the text says it all.
    ///
    /// # Errors
    /// When Slack has not taken it, or nobody knows whether it has.
    pub fn post(
        &self,
        channel: &str,
        message: &Message,
        thread_ts: Option<&str>,
        broadcast: bool,
        deadline: Instant,
    ) -> Result<Thread, SlackError> {
        let mut body = Map::new();
        body.insert("channel".into(), channel.into());
        body.insert("unfurl_links".into(), false.into());
        body.insert("unfurl_media".into(), false.into());
        if let Some(ts) = thread_ts {
            body.insert("thread_ts".into(), ts.into());
            body.insert("reply_broadcast".into(), broadcast.into());
        }
        let answer = self.say("chat.postMessage", body, message, deadline)?;
        let text = |key: &str| answer[key].as_str().map(str::to_owned);
        match (text("channel"), text("ts")) {
            (Some(channel), Some(ts)) => Ok(Thread { channel, ts }),
            _ => Err(SlackError::Unexpected(
                "it took the message without saying where".to_owned(),
            )),
        }
    }

    /// Replaces a message.
    ///
    /// # Errors
    /// When Slack has not replaced it.
    pub fn update(
        &self,
        channel: &str,
        ts: &str,
        message: &Message,
        deadline: Instant,
    ) -> Result<(), SlackError> {
        let mut body = Map::new();
        body.insert("channel".into(), channel.into());
        body.insert("ts".into(), ts.into());
        self.say("chat.update", body, message, deadline).map(drop)
    }

    /// Whether the token is good, and whose it is.
    ///
    /// # Errors
    /// When it is not, or Slack cannot be asked.
    pub fn auth_test(&self, deadline: Instant) -> Result<Account, SlackError> {
        let response = self.call("auth.test", FORM, Vec::new(), deadline)?;
        let scopes = response.header("x-oauth-scopes").unwrap_or_default();
        let scopes = scopes
            .split(',')
            .map(clean)
            .filter(|scope| !scope.is_empty())
            .collect();
        let answer = read(&response)?.map_err(|code| refused(&code))?;
        let text = |key: &str| clean(answer[key].as_str().unwrap_or_default());
        Ok(Account {
            team: text("team"),
            user: text("user"),
            scopes,
        })
    }

    /// A channel by id, or by name with or without `#`. Needs the scope
    /// `channels:read`, which posting does not.
    ///
    /// # Errors
    /// When there is none that the app can see, or it may not look.
    pub fn channel_info(
        &self,
        channel: &str,
        deadline: Instant,
    ) -> Result<ChannelInfo, SlackError> {
        let name = channel.trim_start_matches('#');
        if is_id(channel) {
            let body = format!("channel={channel}").into_bytes();
            let answer = self.ask("conversations.info", body, deadline)?;
            return Ok(channel_of(&answer["channel"]));
        }
        match self.listed(name, "public_channel%2Cprivate_channel", deadline) {
            // `groups:read` is another scope: without it only the public ones are told.
            Err(SlackError::Permanent { code, .. }) if code == "missing_scope" => {
                self.listed(name, "public_channel", deadline)
            }
            outcome => outcome,
        }
    }

    fn listed(
        &self,
        name: &str,
        types: &str,
        deadline: Instant,
    ) -> Result<ChannelInfo, SlackError> {
        let mut cursor = String::new();
        for _ in 0..PAGES {
            let body = format!(
                "types={types}&limit=999&cursor={}",
                encode_component(&cursor)
            );
            let answer = self.ask("conversations.list", body.into_bytes(), deadline)?;
            let mut listed = answer["channels"].as_array().into_iter().flatten();
            if let Some(found) = listed.find(|entry| entry["name"] == name) {
                return Ok(channel_of(found));
            }
            let next = &answer["response_metadata"]["next_cursor"];
            next.as_str().unwrap_or_default().clone_into(&mut cursor);
            if cursor.is_empty() {
                break;
            }
        }
        Err(refused("channel_not_found"))
    }

    /// Sends a message, once more as text alone where its blocks are refused.
    fn say(
        &self,
        method: &str,
        mut body: Map<String, Value>,
        message: &Message,
        deadline: Instant,
    ) -> Result<Value, SlackError> {
        body.insert("text".into(), message.text.as_str().into());
        if message.blocks.as_array().is_some_and(|b| !b.is_empty()) {
            body.insert("blocks".into(), message.blocks.clone());
        }
        // Text is text: Slack is not to look for links, channels and people.
        body.insert("parse".into(), "none".into());
        body.insert("link_names".into(), false.into());
        match self.answer(method, &body, deadline)? {
            Ok(answer) => Ok(answer),
            Err(code) if meaning(&code) == Meaning::Blocks => {
                log::warn!("Slack refuses the blocks of a message ({code}): sent as text");
                body.insert("text".into(), super::plain(message).into());
                // An update without the key would keep the blocks of before.
                body.insert("blocks".into(), json!([]));
                self.answer(method, &body, deadline)?
                    .map_err(|code| refused(&code))
            }
            Err(code) => Err(refused(&code)),
        }
    }

    fn answer(
        &self,
        method: &str,
        body: &Map<String, Value>,
        deadline: Instant,
    ) -> Result<Result<Value, String>, SlackError> {
        let bytes = serde_json::to_vec(body)
            .map_err(|error| SlackError::Unexpected(format!("no JSON: {error}")))?;
        read(&self.call(method, JSON, bytes, deadline)?)
    }

    fn ask(&self, method: &str, form: Vec<u8>, deadline: Instant) -> Result<Value, SlackError> {
        read(&self.call(method, FORM, form, deadline)?)?.map_err(|code| refused(&code))
    }

    fn call(
        &self,
        method: &str,
        content_type: &str,
        body: Vec<u8>,
        deadline: Instant,
    ) -> Result<Response, SlackError> {
        let url = format!("{}/{method}", self.base_url.trim_end_matches('/'));
        let request = Request {
            timeout: PATIENCE,
            ..Request::post(Peer::Slack, &url, content_type, body).bearer(self.token)
        };
        Ok(self.http.send(&request, &RETRY, deadline)?)
    }
}

/// Slack answers 200 and says in the body whether it means it. The inner error
/// is its code.
fn read(response: &Response) -> Result<Result<Value, String>, SlackError> {
    let status = response.status;
    if status == 429 {
        return Err(SlackError::RateLimited {
            retry_after: response.retry_after().unwrap_or(DEFAULT_WAIT),
        });
    }
    let Ok(answer) = serde_json::from_slice::<Value>(&response.body) else {
        return Err(SlackError::Unexpected(format!("status {status}, no JSON")));
    };
    match (answer["ok"].as_bool(), answer["error"].as_str()) {
        (Some(true), _) if status < 300 => Ok(Ok(answer)),
        (Some(false), Some(code)) => Ok(Err(code_of(code))),
        _ => Err(SlackError::Unexpected(format!(
            "status {status}, without a verdict"
        ))),
    }
}

/// A code is a word; anything else is not repeated.
fn code_of(code: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !code.is_empty() && code.len() <= 64 && code.chars().all(is_word) {
        code.to_owned()
    } else {
        "unreadable_code".to_owned()
    }
}

fn refused(code: &str) -> SlackError {
    let code = code.to_owned();
    match meaning(&code) {
        Meaning::Permanent(reach, advice) => SlackError::Permanent {
            code,
            advice,
            reach,
        },
        Meaning::Blocks => SlackError::Permanent {
            code,
            advice: "this is a defect: report it with the message as --dry-run prints it",
            reach: ErrorScope::Message,
        },
        Meaning::Gone => SlackError::Gone { code },
        Meaning::Transient if code.contains("limited") => SlackError::RateLimited {
            retry_after: DEFAULT_WAIT,
        },
        Meaning::Transient => SlackError::Unexpected(code),
    }
}

fn is_id(channel: &str) -> bool {
    channel.len() >= 9
        && channel.starts_with(['C', 'G', 'D'])
        && channel
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

fn channel_of(value: &Value) -> ChannelInfo {
    let text = |key: &str| clean(value[key].as_str().unwrap_or_default());
    ChannelInfo {
        id: text("id"),
        name: text("name"),
        is_member: value["is_member"].as_bool().unwrap_or(false),
        is_archived: value["is_archived"].as_bool().unwrap_or(false),
    }
}

impl Notifier for Slack<'_> {
    fn post(
        &mut self,
        channel: &str,
        message: &Message,
        thread_ts: Option<&str>,
        broadcast: bool,
        deadline: Instant,
    ) -> Result<Thread, SlackError> {
        Slack::post(self, channel, message, thread_ts, broadcast, deadline)
    }

    fn update(
        &mut self,
        at: &Thread,
        message: &Message,
        deadline: Instant,
    ) -> Result<(), SlackError> {
        Slack::update(self, &at.channel, &at.ts, message, deadline)
    }
}
