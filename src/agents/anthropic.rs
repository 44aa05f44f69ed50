//! The client of Anthropic's Messages API.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use super::budget::Usage;
use super::untrusted::line;
use crate::config::MODEL;
use crate::model::secret::Secret;
use crate::net::{Http, HttpError, Peer, Request, Response, Retry};

/// The `anthropic-version` header.
const VERSION: &str = "2023-06-01";
/// The time for one response. A short answer takes a few seconds.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The size of a response, in bytes. An answer has a few hundred tokens.
const MAX_BODY: u64 = 256 * 1024;
/// The highest token count that is accepted from a response.
const MAX_TOKENS: u64 = 1_000_000;

/// A repeated question is harmless and costs little.
const RETRY: Retry = Retry {
    unsent: 2,
    unsure: 2,
    limited: 2,
    statuses: &[500, 502, 503, 504, 529],
    pause: Duration::from_secs(1),
};

/// Why there is no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ModelError {
    /// 404: the model was retired, or the address is wrong.
    #[error(
        "the model {MODEL} does not exist (404: {0}); update k8s-monitor, or check \
         ANTHROPIC_BASE_URL; the rules' text is used"
    )]
    ModelGone(String),
    /// 401 or 403.
    #[error("Anthropic rejects the key ({status}: {message}); set a valid ANTHROPIC_API_KEY")]
    Unauthorized {
        /// The status.
        status: u16,
        /// Anthropic's message.
        message: String,
    },
    /// 402, or 400 without credit.
    #[error("the Anthropic account has no credit ({0}); add credit to it")]
    NoCredit(String),
    /// 413.
    #[error("Anthropic rejects the request as too large (413)")]
    TooLarge,
    /// 429, after retries.
    #[error("Anthropic's rate limit is reached (429); the next cycle tries again")]
    RateLimited,
    /// 500, 502, 503, 504 or 529, after retries.
    #[error("Anthropic is overloaded or unavailable ({0}); the next cycle tries again")]
    Overloaded(u16),
    /// Any other status.
    #[error("Anthropic rejects the request ({status}: {message})")]
    Rejected {
        /// The status.
        status: u16,
        /// Anthropic's message.
        message: String,
    },
    /// No response.
    #[error("{0}; the next cycle tries again")]
    Unreachable(#[from] HttpError),
    /// The model declined to answer.
    #[error("the model declined to answer")]
    Declined,
    /// The answer reached the token limit.
    #[error("the answer was cut off at its token limit")]
    Truncated,
    /// The answer does not have the requested form.
    #[error("the answer does not have the requested form ({0})")]
    Malformed(&'static str),
}

impl ModelError {
    /// Whether every other question of this cycle would fail too.
    #[must_use]
    pub fn ends_cycle(&self) -> bool {
        !matches!(
            self,
            Self::TooLarge | Self::Declined | Self::Truncated | Self::Malformed(_)
        )
    }

    /// Why no question will be answered until somebody acts, in words for the last line of a message.
    #[must_use]
    pub fn refused(&self) -> Option<String> {
        match self {
            Self::ModelGone(_) => Some(format!("the model {MODEL} does not exist any more")),
            Self::Unauthorized { .. } => Some("Anthropic rejects the key".to_owned()),
            Self::NoCredit(_) => Some("the Anthropic account has no credit".to_owned()),
            Self::TooLarge
            | Self::RateLimited
            | Self::Overloaded(_)
            | Self::Rejected { .. }
            | Self::Unreachable(_)
            | Self::Declined
            | Self::Truncated
            | Self::Malformed(_) => None,
        }
    }

    /// Whether the request may have been billed although no response came.
    #[must_use]
    pub fn may_cost(&self) -> bool {
        matches!(self, Self::Unreachable(error) if !error.is_unsent())
    }
}

/// A request for one message.
pub struct MessageRequest<'a> {
    /// The system prompt.
    pub system: &'a str,
    /// The user message.
    pub user: &'a str,
    /// The JSON schema of the answer.
    pub schema: &'a Value,
    /// Output tokens of the answer.
    pub max_tokens: u64,
}

impl MessageRequest<'_> {
    /// The body in JSON.
    #[must_use]
    pub fn body(&self) -> Value {
        json!({
            "model": MODEL,
            "max_tokens": self.max_tokens,
            "system": self.system,
            "messages": [{ "role": "user", "content": self.user }],
            "output_config": { "format": { "type": "json_schema", "schema": self.schema } },
        })
    }
}

/// A response with status 200, which is billed whatever it contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    stop_reason: String,
    text: String,
    /// The tokens; `None` if the response does not contain them.
    pub usage: Option<Usage>,
}

impl Reply {
    /// The text of a complete answer.
    ///
    /// # Errors
    /// When the model declined, or the answer is cut off or empty.
    pub fn text(&self) -> Result<&str, ModelError> {
        match self.stop_reason.as_str() {
            "refusal" => Err(ModelError::Declined),
            "max_tokens" | "model_context_window_exceeded" => Err(ModelError::Truncated),
            "end_turn" | "stop_sequence" if self.text.trim().is_empty() => {
                Err(ModelError::Malformed("it is empty"))
            }
            "end_turn" | "stop_sequence" => Ok(&self.text),
            _ => Err(ModelError::Malformed("it ends with an unknown stop reason")),
        }
    }
}

/// The API.
#[derive(Clone, Copy)]
pub struct Anthropic<'a> {
    http: &'a Http,
    base_url: &'a str,
    key: &'a Secret,
}

impl<'a> Anthropic<'a> {
    /// A client.
    #[must_use]
    pub fn new(http: &'a Http, base_url: &'a str, key: &'a Secret) -> Self {
        Self {
            http,
            base_url,
            key,
        }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// When there is no response with status 200.
    pub fn send(&self, request: &MessageRequest, deadline: Instant) -> Result<Reply, ModelError> {
        let body = serde_json::to_vec(&request.body())
            .map_err(|_| ModelError::Malformed("the request is not JSON"))?;
        let url = format!("{}/v1/messages", self.base_url.trim_end_matches('/'));
        let request = Request::post(Peer::Anthropic, &url, "application/json", body);
        Ok(read(&self.post(request, deadline)?))
    }

    /// The attempts so far.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.http.attempts(Peer::Anthropic)
    }

    fn post(&self, request: Request, deadline: Instant) -> Result<Response, ModelError> {
        let request = Request {
            timeout: TIMEOUT,
            limit: MAX_BODY,
            ..request
                .header("x-api-key", self.key.expose())
                .header("anthropic-version", VERSION)
        };
        let response = self.http.send(&request, &RETRY, deadline)?;
        if response.status == 200 {
            Ok(response)
        } else {
            Err(status_error(&response))
        }
    }
}

/// The parts of a response that are read.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    stop_reason: Option<String>,
    #[serde(default)]
    content: Vec<Block>,
    #[serde(default)]
    usage: Option<ResponseUsage>,
}

#[derive(Deserialize)]
struct Block {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
#[allow(clippy::struct_field_names, reason = "Anthropic's names")]
struct ResponseUsage {
    input_tokens: u64,
    output_tokens: u64,
    #[serde(default)]
    cache_creation_input_tokens: Option<u64>,
    #[serde(default)]
    cache_read_input_tokens: Option<u64>,
}

fn read(response: &Response) -> Reply {
    // An unreadable response is billed too: it is a reply without text.
    let message = serde_json::from_slice::<Message>(&response.body).unwrap_or(Message {
        stop_reason: None,
        content: Vec::new(),
        usage: None,
    });
    let text = message.content.iter().filter(|block| block.kind == "text");
    Reply {
        stop_reason: message.stop_reason.unwrap_or_default(),
        text: text.map(|block| block.text.as_str()).collect(),
        usage: message.usage.map(|usage| {
            let cached = [
                usage.cache_creation_input_tokens,
                usage.cache_read_input_tokens,
            ];
            let cached = cached.into_iter().flatten().map(|n| n.min(MAX_TOKENS));
            Usage {
                input: usage.input_tokens.min(MAX_TOKENS) + cached.sum::<u64>(),
                output: usage.output_tokens.min(MAX_TOKENS),
            }
        }),
    }
}

/// The error for a status other than 200.
fn status_error(response: &Response) -> ModelError {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let message = line(
        body["error"]["message"].as_str().unwrap_or("no message"),
        160,
    );
    match response.status {
        400 if message.contains("credit balance") => ModelError::NoCredit(message),
        status @ (401 | 403) => ModelError::Unauthorized { status, message },
        402 => ModelError::NoCredit(message),
        404 => ModelError::ModelGone(message),
        413 => ModelError::TooLarge,
        429 => ModelError::RateLimited,
        status @ 500.. => ModelError::Overloaded(status),
        status => ModelError::Rejected { status, message },
    }
}
