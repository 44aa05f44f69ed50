//! The HTTP client for everything but Kubernetes: Slack, GitHub, the language model, the
//! heartbeat and a Pushgateway.
//!
//! It adds to `ureq`: time limits, retries that respect a deadline and `Retry-After`, a size limit
//! for bodies, the proxy of the configuration, and a count of attempts. A status of 4xx or 5xx is
//! an answer, not an error. Errors show only the host of a URL: the rest may be a secret.

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

/// How long resolving a name and connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one attempt may take by default.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
/// A connection that was idle for longer is not used again. The server may be closing it, and then
/// it is unknown whether a request arrived.
const MAX_IDLE: Duration = Duration::from_secs(5);
/// How many bytes an answer may have by default.
const MAX_BODY: u64 = 1024 * 1024;
/// An attempt needs at least this much time.
const MIN_ATTEMPT: Duration = Duration::from_millis(50);
/// How many redirects are followed on the same server, such as those of a renamed repository.
const MAX_REDIRECTS: usize = 3;

/// The service that a request is for. Attempts are counted per peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Peer {
    Slack,
    Github,
    Anthropic,
    Heartbeat,
    Pushgateway,
}

/// A request.
#[derive(Clone)]
pub struct Request<'a> {
    /// The service that it is for.
    pub peer: Peer,
    /// The URL.
    pub url: &'a str,
    /// Names and values. A value may be a secret and is never shown.
    pub headers: Vec<(&'static str, String)>,
    /// The body. With one the request is a POST or PUT, without one a GET.
    pub body: Option<Vec<u8>>,
    /// Whether the request is a PUT instead of a POST.
    pub replaces: bool,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// How many bytes the answer may have.
    pub limit: u64,
}

impl<'a> Request<'a> {
    /// A GET request.
    #[must_use]
    pub fn get(peer: Peer, url: &'a str) -> Self {
        Self {
            peer,
            url,
            headers: Vec::new(),
            body: None,
            replaces: false,
            timeout: ATTEMPT_TIMEOUT,
            limit: MAX_BODY,
        }
    }

    /// A POST request.
    #[must_use]
    pub fn post(peer: Peer, url: &'a str, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            body: Some(body),
            ..Self::get(peer, url).header("content-type", content_type)
        }
    }

    /// A PUT request.
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

    /// Adds a bearer token.
    #[must_use]
    pub fn bearer(self, token: &Secret) -> Self {
        let value = format!("Bearer {}", token.expose());
        self.header("authorization", &value)
    }
}

/// An answer of any status.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The complete body.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The `Retry-After` header in seconds. No peer sends a date.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds: f64 = self.header("retry-after")?.trim().parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

/// The client. A cycle uses one, because it keeps connections and counts attempts.
pub struct Http {
    agent: Agent,
    proxies: ProxyResolver,
    clock: Box<dyn Clock + Send + Sync>,
    attempts: [AtomicU32; 5],
}

impl Http {
    /// A client with the proxy of the configuration.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self::with_clock(config, Box::new(SystemClock))
    }

    /// A client with another clock, for tests that do not wait.
    #[must_use]
    pub fn with_clock(config: &Config, clock: Box<dyn Clock + Send + Sync>) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            // `ureq` would read the proxy variables itself, without those of env files.
            .proxy(None)
            .user_agent(concat!("k8s-monitor/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_resolve(Some(CONNECT_TIMEOUT))
            .max_idle_age(MAX_IDLE)
            // `ureq` would send tokens along to another port of the same host.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build()
            .new_agent();
        Self {
            agent,
            proxies: ProxyResolver::new(config.https_proxy.as_ref(), config.no_proxy.as_deref()),
            clock,
            attempts: Default::default(),
        }
    }

    /// The clock that the client waits by.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// The number of attempts so far, retries included.
    #[must_use]
    pub fn attempts(&self, peer: Peer) -> u32 {
        self.attempts[peer as usize].load(Ordering::Relaxed)
    }

    /// Sends a request, and retries it as the policy and the deadline allow.
    ///
    /// # Errors
    /// When there is no answer. An answer that should be retried is returned as it is when no time
    /// is left.
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
            if pause + MIN_ATTEMPT > self.remaining(deadline) {
                return outcome;
            }
            log::debug!("{}: retry in {pause:?}", host(&uri));
            self.clock.wait(pause);
            if termination::is_terminating() {
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
        if time < MIN_ATTEMPT {
            return Err(HttpError::NoTime { host: host(uri) });
        }
        self.attempts[request.peer as usize].fetch_add(1, Ordering::Relaxed);
        self.send_following_redirects(request, uri, time)
            .map_err(|error| HttpError::from_ureq(&error, host(uri), time, request.limit))
    }

    fn send_following_redirects(
        &self,
        request: &Request,
        uri: &Uri,
        time: Duration,
    ) -> Result<Response, ureq::Error> {
        let end = Instant::now() + time;
        let mut answer = self.send_once(request, uri, time)?;
        let mut current = uri.clone();
        for _ in 0..MAX_REDIRECTS {
            let Some(next) = redirect::target(&current, &answer).filter(|_| request.body.is_none())
            else {
                break;
            };
            let left = end.saturating_duration_since(Instant::now());
            answer = self.send_once(request, &next, left.max(MIN_ATTEMPT))?;
            current = next;
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

    fn send_once(
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
            .proxy(self.proxies.proxy_for(uri)?)
            .build();
        self.agent.run(request)
    }
}

fn parse(url: &str) -> Result<Uri, HttpError> {
    let uri: Uri = url.parse().map_err(|_| HttpError::InvalidUrl)?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(host)) if !host.is_empty() => Ok(uri),
        _ => Err(HttpError::InvalidUrl),
    }
}

fn host(uri: &Uri) -> String {
    uri.host().unwrap_or_default().to_owned()
}
