//! The client of Slack's Web API.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::blocks::SlackMessage;
use super::error::{self, SlackError, code_of, refused};
use super::error_codes::{Meaning, meaning};
use crate::model::secret::Secret;
use crate::model::text::clean;
use crate::net::url::encode_component;
use crate::net::{Http, Peer, Request, Response, Retry};
use crate::state::MessageHandle;

const JSON: &str = "application/json; charset=utf-8";
const FORM: &str = "application/x-www-form-urlencoded";
/// Longer than other timeouts: a request given up may have been accepted, and its retry would be a
/// duplicate.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Bytes of an id or timestamp that Slack gives to a message.
const MAX_ID: usize = 64;
/// Pages of `conversations.list` that are searched for a channel's name.
const PAGES: usize = 5;

/// A request that may have arrived is retried once only: a duplicate is better than a missed alert,
/// and one is enough.
const RETRY: Retry = Retry {
    unsent: 2,
    unsure: 1,
    limited: 3,
    statuses: &[500, 502, 503, 504],
    pause: Duration::from_secs(1),
};

/// The account of the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The workspace.
    pub team: String,
    /// The app's user.
    pub user: String,
    /// The scopes of the token, where Slack names them.
    pub scopes: Vec<String>,
}

/// A channel, for `doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelInfo {
    /// Slack's id.
    pub id: String,
    /// Without the `#`.
    pub name: String,
    /// Whether the app is a member.
    pub is_member: bool,
    /// Whether it is archived.
    pub is_archived: bool,
}

/// A Slack workspace.
pub struct Slack<'a> {
    http: &'a Http,
    base_url: &'a str,
    token: &'a Secret,
}

impl<'a> Slack<'a> {
    /// Sends nothing yet.
    #[must_use]
    pub fn new(http: &'a Http, base_url: &'a str, token: &'a Secret) -> Self {
        Self {
            http,
            base_url,
            token,
        }
    }

    /// Posts a message, or replies to one: its timestamp, and whether the reply is shown in the
    /// channel too. If Slack refuses the blocks, the text is sent once without them.
    ///
    /// # Errors
    /// When Slack did not accept it, or when that is not known.
    pub fn post(
        &self,
        channel: &str,
        message: &SlackMessage,
        thread: Option<(&str, bool)>,
        deadline: Instant,
    ) -> Result<MessageHandle, SlackError> {
        let mut body = Map::new();
        body.insert("channel".into(), channel.into());
        body.insert("unfurl_links".into(), false.into());
        body.insert("unfurl_media".into(), false.into());
        if let Some((ts, broadcast)) = thread {
            body.insert("thread_ts".into(), ts.into());
            body.insert("reply_broadcast".into(), broadcast.into());
        }
        let answer = self.send("chat.postMessage", body, message, deadline)?;
        // Both are stored, and are a few letters long.
        let is_id = |id: &&str| !id.is_empty() && id.len() <= MAX_ID;
        let text = |key: &str| answer[key].as_str().filter(is_id).map(str::to_owned);
        match (text("channel"), text("ts")) {
            (Some(channel), Some(id)) => Ok(MessageHandle { channel, id }),
            _ => Err(SlackError::Unexpected(
                "it accepted the message without its channel and timestamp".to_owned(),
            )),
        }
    }

    /// Replaces a message.
    ///
    /// # Errors
    /// When Slack did not replace it.
    pub fn update(
        &self,
        of: &MessageHandle,
        message: &SlackMessage,
        deadline: Instant,
    ) -> Result<(), SlackError> {
        let mut body = Map::new();
        body.insert("channel".into(), of.channel.as_str().into());
        body.insert("ts".into(), of.id.as_str().into());
        self.send("chat.update", body, message, deadline).map(drop)
    }

    /// Tests the token.
    ///
    /// # Errors
    /// When it is not valid, or Slack does not answer.
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

    /// A channel by id, or by name with or without `#`. Needs the scope `channels:read`; posting
    /// does not.
    ///
    /// # Errors
    /// When the app sees no such channel, or has not the scope.
    pub fn channel_info(
        &self,
        channel: &str,
        deadline: Instant,
    ) -> Result<ChannelInfo, SlackError> {
        let name = channel.trim_start_matches('#');
        if is_id(channel) {
            let body = format!("channel={channel}").into_bytes();
            let answer = self.get("conversations.info", body, deadline)?;
            return Ok(channel_of(&answer["channel"]));
        }
        match self.find_channel(name, "public_channel%2Cprivate_channel", deadline) {
            // Private channels need the scope `groups:read`. Without it, only public ones are listed.
            Err(SlackError::Permanent { code, .. }) if code == "missing_scope" => {
                self.find_channel(name, "public_channel", deadline)
            }
            outcome => outcome,
        }
    }

    fn find_channel(
        &self,
        name: &str,
        types: &str,
        deadline: Instant,
    ) -> Result<ChannelInfo, SlackError> {
        let mut next_cursor = String::new();
        for _ in 0..PAGES {
            let cursor = encode_component(&next_cursor);
            let body = format!("types={types}&limit=999&cursor={cursor}");
            let answer = self.get("conversations.list", body.into_bytes(), deadline)?;
            let mut listed = answer["channels"].as_array().into_iter().flatten();
            if let Some(found) = listed.find(|entry| entry["name"] == name) {
                return Ok(channel_of(found));
            }
            let next = &answer["response_metadata"]["next_cursor"];
            next.as_str()
                .unwrap_or_default()
                .clone_into(&mut next_cursor);
            if next_cursor.is_empty() {
                break;
            }
        }
        Err(refused("channel_not_found"))
    }

    /// Sends a message, and once more as text without blocks when its blocks are refused.
    fn send(
        &self,
        method: &str,
        mut body: Map<String, Value>,
        message: &SlackMessage,
        deadline: Instant,
    ) -> Result<Value, SlackError> {
        body.insert("text".into(), message.text.as_str().into());
        if message.blocks.as_array().is_some_and(|b| !b.is_empty()) {
            body.insert("blocks".into(), message.blocks.clone());
        }
        // Slack must not look for links, channels and people in the text.
        body.insert("parse".into(), "none".into());
        body.insert("link_names".into(), false.into());
        match self.post_json(method, &body, deadline)? {
            Ok(answer) => Ok(answer),
            Err(code) if meaning(&code) == Meaning::Blocks => {
                log::warn!("Slack rejects the blocks of a message ({code}); sending it as text");
                body.insert("text".into(), message.plain().into());
                // An update without the key would keep the old blocks.
                body.insert("blocks".into(), json!([]));
                self.post_json(method, &body, deadline)?
                    .map_err(|code| refused(&code))
            }
            Err(code) => Err(refused(&code)),
        }
    }

    fn post_json(
        &self,
        method: &str,
        body: &Map<String, Value>,
        deadline: Instant,
    ) -> Result<Result<Value, String>, SlackError> {
        let bytes = serde_json::to_vec(body)
            .map_err(|error| SlackError::Unexpected(format!("not JSON: {error}")))?;
        read(&self.call(method, JSON, bytes, deadline)?)
    }

    fn get(&self, method: &str, form: Vec<u8>, deadline: Instant) -> Result<Value, SlackError> {
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
            timeout: TIMEOUT,
            ..Request::post(Peer::Slack, &url, content_type, body).bearer(self.token)
        };
        Ok(self.http.send(&request, &RETRY, deadline)?)
    }
}

/// Slack answers 200 with `ok` in the body. The inner error is Slack's code.
fn read(response: &Response) -> Result<Result<Value, String>, SlackError> {
    let status = response.status;
    if status == 429 {
        return Err(SlackError::RateLimited {
            retry_after: response.retry_after().unwrap_or(error::DEFAULT_RETRY_AFTER),
        });
    }
    let Ok(answer) = serde_json::from_slice::<Value>(&response.body) else {
        return Err(SlackError::Unexpected(format!("status {status}, not JSON")));
    };
    match (answer["ok"].as_bool(), answer["error"].as_str()) {
        (Some(true), _) if status < 300 => Ok(Ok(answer)),
        (Some(false), Some(code)) => Ok(Err(code_of(code))),
        _ => Err(SlackError::Unexpected(format!(
            "status {status}, without `ok`"
        ))),
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
