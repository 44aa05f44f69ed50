//! The edge to the Messages API: one question, one answer.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use super::budget::Usage;
use super::untrusted::line;
use crate::config::MODEL;
use crate::model::secret::Secret;
use crate::net::{Http, HttpError, Peer, Request, Response, Retry};

/// The version of the API that this program speaks.
const VERSION: &str = "2023-06-01";
/// A short answer comes within seconds; longer than this it is not waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// An answer is a few hundred tokens.
const LARGEST: u64 = 256 * 1024;
/// No sum of tokens of one answer is larger; what claims to be is not believed.
const MOST_TOKENS: u64 = 1_000_000;

/// Asking twice does no harm, and costs little.
const RETRY: Retry = Retry {
    unsent: 2,
    unsure: 2,
    limited: 2,
    statuses: &[500, 504, 529],
    pause: Duration::from_secs(1),
};

/// Why there is no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ModelError {
    /// 404: the model was retired, or the address is wrong.
    #[error(
        "the model {MODEL} is not there any more (404: {0}); update k8s-monitor, or check \
         ANTHROPIC_BASE_URL; the rules carry on alone"
    )]
    ModelGone(String),
    /// 401 or 403.
    #[error("Anthropic refuses the key ({status}: {message}); set a valid ANTHROPIC_API_KEY")]
    Refused {
        /// The status.
        status: u16,
        /// Anthropic's words.
        message: String,
    },
    /// 402, or 400 for want of credit.
    #[error("Anthropic asks for payment ({0}); add credit to the account")]
    Unpaid(String),
    /// 413.
    #[error("Anthropic finds the question too large (413)")]
    TooLarge,
    /// 429, after retries.
    #[error("Anthropic limits requests (429); the next cycle asks again")]
    Limited,
    /// 500, 504 or 529, after retries.
    #[error("Anthropic is overloaded or broken ({0}); the next cycle asks again")]
    Overloaded(u16),
    /// Any other status.
    #[error("Anthropic does not take the question ({status}: {message})")]
    Rejected {
        /// The status.
        status: u16,
        /// Anthropic's words.
        message: String,
    },
    /// No answer.
    #[error("{0}; the next cycle asks again")]
    Unreachable(#[from] HttpError),
    /// The model declines.
    #[error("the model declined to answer")]
    Declined,
    /// The answer is cut off.
    #[error("the answer was cut off at its limit")]
    Truncated,
    /// Something else than the answer that was asked for.
    #[error("the answer is not what was asked for ({0})")]
    Malformed(&'static str),
}

impl ModelError {
    /// Whether other questions of this cycle would fare no better.
    #[must_use]
    pub fn ends_cycle(&self) -> bool {
        !matches!(
            self,
            Self::TooLarge | Self::Declined | Self::Truncated | Self::Malformed(_)
        )
    }

    /// Whether an answer may have been made, and be paid for, that never came.
    #[must_use]
    pub fn may_cost(&self) -> bool {
        matches!(self, Self::Unreachable(error) if !error.is_unsent())
    }
}

/// What is asked.
pub struct Question<'a> {
    /// The prompt.
    pub system: &'a str,
    /// The data.
    pub user: &'a str,
    /// What the answer must look like.
    pub schema: &'a Value,
    /// How long it may be.
    pub max_tokens: u64,
}

impl Question<'_> {
    /// The request's body.
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

/// What came back, to be paid for whatever it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    stop: String,
    text: String,
    /// What it cost; `None` where the answer does not say.
    pub usage: Option<Usage>,
}

impl Reply {
    /// The answer, if it is a whole one.
    ///
    /// # Errors
    /// When the model declined, or the answer is cut off or empty.
    pub fn text(&self) -> Result<&str, ModelError> {
        match self.stop.as_str() {
            "refusal" => Err(ModelError::Declined),
            "max_tokens" | "model_context_window_exceeded" => Err(ModelError::Truncated),
            "end_turn" | "stop_sequence" if self.text.trim().is_empty() => {
                Err(ModelError::Malformed("it is empty"))
            }
            "end_turn" | "stop_sequence" => Ok(&self.text),
            _ => Err(ModelError::Malformed("it ends for an unknown reason")),
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
    /// Sets it up; nothing is sent yet.
    #[must_use]
    pub fn new(http: &'a Http, base_url: &'a str, key: &'a Secret) -> Self {
        Self {
            http,
            base_url,
            key,
        }
    }

    /// Asks.
    ///
    /// # Errors
    /// When there is no answer to be paid for.
    pub fn ask(&self, question: &Question, deadline: Instant) -> Result<Reply, ModelError> {
        let body = serde_json::to_vec(&question.body())
            .map_err(|_| ModelError::Malformed("the question is no JSON"))?;
        let url = format!("{}/v1/messages", self.base_url.trim_end_matches('/'));
        let request = Request::post(Peer::Anthropic, &url, "application/json", body);
        Ok(read(&self.send(request, deadline)?))
    }

    /// Attempts so far.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.http.attempts(Peer::Anthropic)
    }

    fn send(&self, request: Request, deadline: Instant) -> Result<Response, ModelError> {
        let request = Request {
            timeout: PATIENCE,
            limit: LARGEST,
            ..request
                .header("x-api-key", self.key.expose())
                .header("anthropic-version", VERSION)
        };
        let response = self.http.send(&request, &RETRY, deadline)?;
        if response.status == 200 {
            Ok(response)
        } else {
            Err(refusal(&response))
        }
    }
}

/// The parts of a message that are read.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    stop_reason: Option<String>,
    #[serde(default)]
    content: Vec<Block>,
    #[serde(default)]
    usage: Option<Counted>,
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
struct Counted {
    input_tokens: u64,
    output_tokens: u64,
    #[serde(default)]
    cache_creation_input_tokens: Option<u64>,
    #[serde(default)]
    cache_read_input_tokens: Option<u64>,
}

fn read(response: &Response) -> Reply {
    // What cannot be read may have cost: it is a reply without a text.
    let message = serde_json::from_slice::<Message>(&response.body).unwrap_or(Message {
        stop_reason: None,
        content: Vec::new(),
        usage: None,
    });
    let text = message.content.iter().filter(|block| block.kind == "text");
    Reply {
        stop: message.stop_reason.unwrap_or_default(),
        text: text.map(|block| block.text.as_str()).collect(),
        usage: message.usage.map(|counted| {
            let cached = [
                counted.cache_creation_input_tokens,
                counted.cache_read_input_tokens,
            ];
            let cached = cached.into_iter().flatten().map(|n| n.min(MOST_TOKENS));
            Usage {
                input: counted.input_tokens.min(MOST_TOKENS) + cached.sum::<u64>(),
                output: counted.output_tokens.min(MOST_TOKENS),
            }
        }),
    }
}

/// The class of an answer that is none.
fn refusal(response: &Response) -> ModelError {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let message = line(
        body["error"]["message"]
            .as_str()
            .unwrap_or("no reason given"),
        160,
    );
    match response.status {
        400 if message.contains("credit balance") => ModelError::Unpaid(message),
        status @ (401 | 403) => ModelError::Refused { status, message },
        402 => ModelError::Unpaid(message),
        404 => ModelError::ModelGone(message),
        413 => ModelError::TooLarge,
        429 => ModelError::Limited,
        status @ 500.. => ModelError::Overloaded(status),
        status => ModelError::Rejected { status, message },
    }
}
