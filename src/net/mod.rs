//! The one HTTP client for everything that is not Kubernetes: Slack, GitHub,
//! the language model, the heartbeat, a Pushgateway.
//!
//! It adds what `ureq` leaves open: time limits, retries that respect a
//! deadline and `Retry-After`, a cap on bodies, the proxy of the
//! configuration, a count of attempts. A status of 4xx or 5xx is an answer
//! like any other. No error shows more of an address than its host: the rest
//! may be a secret.

mod clock;
mod error;
pub mod no_proxy;
mod proxy;
mod redirect;
mod retry;
pub mod url;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::{HeaderMap, Uri};

pub use clock::{Clock, SystemClock};
pub use error::HttpError;
pub use retry::Retry;

use crate::config::Config;
use crate::model::secret::Secret;
use crate::runtime::termination;
use proxy::ProxyResolver;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long one attempt may take, where a request does not say otherwise.
const ATTEMPT: Duration = Duration::from_secs(30);
/// A connection that idles longer is not used again: the other side may be
/// about to close it, and then nobody knows whether a request arrived.
const IDLE: Duration = Duration::from_secs(5);
/// How large an answer may be, where a request does not say otherwise.
const BODY: u64 = 1024 * 1024;
/// No attempt is begun with less time than this.
const SHORTEST: Duration = Duration::from_millis(50);
/// How often a question is asked elsewhere on the same server: a repository that was renamed.
const REDIRECTS: usize = 3;

/// Whom a request is for: attempts are counted by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Peer {
    Slack,
    Github,
    Anthropic,
    Heartbeat,
    Pushgateway,
}

/// What is asked.
#[derive(Clone)]
pub struct Request<'a> {
    /// Whom it is for.
    pub peer: Peer,
    /// The whole address.
    pub url: &'a str,
    /// Names and values; a value may be a secret and is never shown.
    pub headers: Vec<(&'static str, String)>,
    /// What to send; with it the request is a POST or PUT, without it a GET.
    pub body: Option<Vec<u8>>,
    /// Whether the body takes the place of what is there.
    pub replaces: bool,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// How large the answer may be, in bytes.
    pub limit: u64,
}

impl<'a> Request<'a> {
    /// Asks for an address.
    #[must_use]
    pub fn get(peer: Peer, url: &'a str) -> Self {
        Self {
            peer,
            url,
            headers: Vec::new(),
            body: None,
            replaces: false,
            timeout: ATTEMPT,
            limit: BODY,
        }
    }

    /// Sends a body to an address.
    #[must_use]
    pub fn post(peer: Peer, url: &'a str, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            body: Some(body),
            ..Self::get(peer, url).header("content-type", content_type)
        }
    }

    /// Puts a body in the place of what is at an address.
    #[must_use]
    pub fn put(peer: Peer, url: &'a str, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            replaces: true,
            ..Self::post(peer, url, content_type, body)
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Adds the header that proves who asks.
    #[must_use]
    pub fn bearer(self, token: &Secret) -> Self {
        let value = format!("Bearer {}", token.expose());
        self.header("authorization", &value)
    }
}

/// What came back, whatever its status.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, whole.
    pub body: Vec<u8>,
}

impl Response {
    /// A header's value, where it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How long the other side asks to wait, in seconds as all peers send it.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds: f64 = self.header("retry-after")?.trim().parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

/// The client. One for the whole cycle: it keeps connections and counts.
pub struct Http {
    agent: Agent,
    route: ProxyResolver,
    clock: Box<dyn Clock + Send + Sync>,
    attempts: [AtomicU32; 5],
}

impl Http {
    /// A client with the proxy that the configuration names.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self::with_clock(config, Box::new(SystemClock))
    }

    /// The same with another clock: tests do not wait.
    #[must_use]
    pub fn with_clock(config: &Config, clock: Box<dyn Clock + Send + Sync>) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            // Its own reading of proxy variables knows nothing of env files.
            .proxy(None)
            .user_agent(concat!("k8s-monitor/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECT))
            .timeout_resolve(Some(CONNECT))
            .max_idle_age(IDLE)
            // For the client two ports of a host are one: tokens would go along.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build()
            .new_agent();
        Self {
            agent,
            route: ProxyResolver::new(config.https_proxy.as_ref(), config.no_proxy.as_deref()),
            clock,
            attempts: Default::default(),
        }
    }

    /// The clock that it waits by.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Attempts so far, retries included.
    #[must_use]
    pub fn attempts(&self, peer: Peer) -> u32 {
        self.attempts[peer as usize].load(Ordering::Relaxed)
    }

    /// Sends a request, again where the policy allows it and the time suffices.
    ///
    /// # Errors
    /// When there is no answer. An answer that is worth a retry and for which
    /// no time is left comes back as it is.
    pub fn send(
        &self,
        request: &Request,
        retry: &Retry,
        deadline: Instant,
    ) -> Result<Response, HttpError> {
        let uri = parse(request.url)?;
        let mut tries = 0;
        loop {
            let outcome = self.attempt(request, &uri, deadline);
            let Some(pause) = retry.pause(&outcome, tries) else {
                return outcome;
            };
            if pause + SHORTEST > self.remaining(deadline) {
                return outcome;
            }
            log::debug!("{}: once more in {pause:?}", host(&uri));
            self.clock.wait(pause);
            if termination::is_asked() {
                return outcome;
            }
            tries += 1;
        }
    }

    fn remaining(&self, deadline: Instant) -> Duration {
        deadline.saturating_duration_since(self.clock.now())
    }

    fn attempt(
        &self,
        request: &Request,
        uri: &Uri,
        deadline: Instant,
    ) -> Result<Response, HttpError> {
        let time = self.remaining(deadline).min(request.timeout);
        if time < SHORTEST {
            return Err(HttpError::NoTime { host: host(uri) });
        }
        self.attempts[request.peer as usize].fetch_add(1, Ordering::Relaxed);
        self.exchange(request, uri, time)
            .map_err(|error| HttpError::from_ureq(&error, host(uri), time, request.limit))
    }

    fn exchange(
        &self,
        request: &Request,
        uri: &Uri,
        time: Duration,
    ) -> Result<Response, ureq::Error> {
        let end = Instant::now() + time;
        let mut answer = self.once(request, uri, time)?;
        let mut at = uri.clone();
        for _ in 0..REDIRECTS {
            let Some(next) = redirect::followed(&at, &answer).filter(|_| request.body.is_none())
            else {
                break;
            };
            let left = end.saturating_duration_since(Instant::now());
            answer = self.once(request, &next, left.max(SHORTEST))?;
            at = next;
        }
        let body = answer
            .body_mut()
            .with_config()
            .limit(request.limit)
            .read_to_vec()?;
        let (parts, _) = answer.into_parts();
        Ok(Response {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        })
    }

    fn once(
        &self,
        request: &Request,
        uri: &Uri,
        time: Duration,
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let mut builder = match request.body {
            Some(_) if request.replaces => ureq::http::Request::put(uri),
            Some(_) => ureq::http::Request::post(uri),
            None => ureq::http::Request::get(uri),
        };
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        match &request.body {
            Some(body) => self.run(builder.body(body.as_slice())?, uri, time),
            None => self.run(builder.body(())?, uri, time),
        }
    }

    fn run(
        &self,
        request: ureq::http::Request<impl ureq::AsSendBody>,
        uri: &Uri,
        time: Duration,
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let request = self
            .agent
            .configure_request(request)
            .timeout_global(Some(time))
            .proxy(self.route.proxy_for(uri)?)
            .build();
        self.agent.run(request)
    }
}

fn parse(url: &str) -> Result<Uri, HttpError> {
    let uri: Uri = url.parse().map_err(|_| HttpError::Address)?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(host)) if !host.is_empty() => Ok(uri),
        _ => Err(HttpError::Address),
    }
}

fn host(uri: &Uri) -> String {
    uri.host().unwrap_or_default().to_owned()
}
