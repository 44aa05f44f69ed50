//! One GET with its retries and time limits; every attempt is counted.
//!
//! Bodies are never logged, and are handed out as bytes: the client's own
//! decoding would log them when it fails.

use std::cell::Cell;
use std::ops::Range;
use std::time::Duration;

use chrono::{Datelike as _, TimeDelta};
use http::HeaderMap;
use http::header::{ACCEPT, DATE, RETRY_AFTER, USER_AGENT};
use http_body_util::BodyExt as _;
use kube::client::Body;
use tokio::time::{Instant, sleep, timeout};

use super::failure::Failure;
use super::server_info::http_date;
use crate::model::Time;

/// Plain JSON.
pub(super) const JSON: &str = "application/json";

/// A page or error may take this long, once.
const ATTEMPT: Duration = Duration::from_secs(20);
/// From the first failure on, retries begin within this window.
const WINDOW: Duration = Duration::from_secs(5);
/// Pauses before the retries.
const PAUSES: [Duration; RETRIES as usize] = [Duration::from_millis(200), Duration::from_secs(1)];
const RETRIES: u32 = 2;
/// Whatever a server asks for, in seconds: no run takes a day.
const LONGEST_PAUSE: u64 = 86_400;
/// The longest real answer is that of a metrics server, which knows no pages:
/// some 600 bytes a pod.
const LARGEST: usize = 512 << 20;
/// No answer that is held as a whole is nearly as long.
const LARGEST_TEXT: usize = 32 << 20;
/// So much of an error is looked at.
const LONGEST_COMPLAINT: usize = 64 << 10;

/// Clocks that differ by less agree: TLS, tokens and time thresholds bear that.
pub const SKEW: TimeDelta = TimeDelta::minutes(1);
/// A server that dates its answers by other years has no clock worth going by:
/// Kubernetes is no older, and by the end every certificate has expired.
const YEARS: Range<i32> = 2014..2100;

/// A GET request.
#[derive(Debug, Clone)]
pub(super) struct Get {
    /// Path and query, encoded.
    pub path: String,
    /// What is understood.
    pub accept: &'static str,
    /// The longest that one attempt may take.
    pub limit: Duration,
    /// A status that no second try changes: 503 of an optional API whose server is
    /// gone, 500 of a log whose kubelet is.
    pub settled: Option<u16>,
    /// Whether what did not come in time is asked for again.
    pub is_patient: bool,
}

impl Get {
    /// JSON.
    pub(super) fn json(path: String) -> Self {
        Self {
            path,
            accept: JSON,
            limit: ATTEMPT,
            settled: None,
            is_patient: true,
        }
    }
}

/// Where an answer goes, piece by piece. What is too large for it is no answer.
pub(super) trait Sink {
    /// An answer begins; the moment is the cluster's.
    fn begin(&mut self, _now: Time) {}
    /// Forgets what an attempt brought that failed.
    fn clear(&mut self);
    /// Takes the next piece.
    fn take(&mut self, data: &[u8]) -> Result<(), Failure>;
}

impl Sink for Vec<u8> {
    fn clear(&mut self) {
        Vec::clear(self);
    }

    fn take(&mut self, data: &[u8]) -> Result<(), Failure> {
        self.extend_from_slice(data);
        if self.len() > LARGEST_TEXT {
            return Err(endless());
        }
        Ok(())
    }
}

fn endless() -> Failure {
    Failure::Malformed("the answer has no end".to_owned())
}

/// The client, the deadline and the count of one fetch.
pub(super) struct Transport<'a> {
    client: &'a kube::Client,
    deadline: Instant,
    requests: Cell<u32>,
    began: Instant,
    now: Time,
    ahead: Cell<Option<TimeDelta>>,
}

impl<'a> Transport<'a> {
    pub(super) fn new(client: &'a kube::Client, now: Time, deadline: Instant) -> Self {
        Self {
            client,
            deadline,
            requests: Cell::new(0),
            began: Instant::now(),
            now,
            ahead: Cell::new(None),
        }
    }

    /// The moment by the clock that the cluster's objects are dated by: this
    /// machine's, unless the server's says something else.
    pub(super) fn now(&self) -> Time {
        self.now + self.skew().unwrap_or_default()
    }

    /// How far the server's clock is ahead of this machine's, if that matters.
    pub(super) fn skew(&self) -> Option<TimeDelta> {
        self.ahead.get().filter(|ahead| ahead.abs() > SKEW)
    }

    /// Answers tell the server's clock. Of several servers, or where a proxy dates
    /// some, the date that is nearest to this machine's counts.
    fn set_clock(&self, headers: &HeaderMap) {
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(http_date);
        let Some(date) = date.filter(|date| YEARS.contains(&date.year())) else {
            return;
        };
        let ahead = date - self.began.elapsed() - self.now;
        let ahead = TimeDelta::seconds(ahead.num_seconds());
        let known = self.ahead.get();
        if known.is_none_or(|known| ahead.abs() < known.abs()) {
            self.ahead.set(Some(ahead));
        }
    }

    /// Attempts so far.
    pub(super) fn requests(&self) -> u32 {
        self.requests.get()
    }

    /// Brings the deadline nearer.
    pub(super) fn hurry(&mut self, limit: Duration) {
        self.deadline = self.deadline.min(Instant::now() + limit);
    }

    /// Brings the answer to `sink`, which is clear when this fails.
    pub(super) async fn get(&self, get: &Get, sink: &mut dyn Sink) -> Result<(), Failure> {
        let mut limit = get.limit;
        let mut end = None;
        for (retry, pause) in PAUSES.into_iter().enumerate() {
            let Err(failure) = self.attempt(get, limit, sink).await else {
                return Ok(());
            };
            let now = Instant::now();
            let end = *end.get_or_insert(now + WINDOW);
            let resume = now + pause.max(retry_after(&failure));
            if !again(get, &failure) || resume > end || resume >= self.deadline {
                return Err(failure);
            }
            limit = get.limit;
            if failure.is_slow() {
                // What hung once may hang again: all retries together get the window.
                limit = limit.min((end - resume) / (RETRIES - u32::try_from(retry).unwrap_or(0)));
            }
            sleep(resume - now).await;
        }
        self.attempt(get, limit, sink).await
    }

    async fn attempt(
        &self,
        get: &Get,
        limit: Duration,
        sink: &mut dyn Sink,
    ) -> Result<(), Failure> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Failure::Deadline);
        }
        self.requests.set(self.requests.get() + 1);
        let began = Instant::now();
        let result = match timeout(limit.min(left), self.exchange(get, sink)).await {
            Ok(result) => result,
            Err(_) if left <= limit => Err(Failure::Deadline),
            Err(_) => Err(Failure::TimedOut(limit)),
        };
        let took = began.elapsed().as_millis();
        match &result {
            Ok(length) => log::debug!("GET {}: {length} bytes in {took} ms", get.path),
            Err(failure) => {
                log::debug!("GET {}: {} after {took} ms", get.path, failure.text());
                sink.clear();
            }
        }
        result.map(drop)
    }

    /// The length of the answer.
    async fn exchange(&self, get: &Get, sink: &mut dyn Sink) -> Result<usize, Failure> {
        let request = http::Request::get(&get.path)
            .header(ACCEPT, get.accept)
            .header(
                USER_AGENT,
                concat!("k8s-monitor/", env!("CARGO_PKG_VERSION")),
            )
            .body(Body::empty())
            .map_err(|error| Failure::Malformed(format!("no valid request: {error}")))?;
        let sent = self.client.send(request).await;
        let mut response = sent.map_err(|error| Failure::of(&error))?;
        let status = response.status();
        self.set_clock(response.headers());
        sink.begin(self.now());
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(|seconds: u64| Duration::from_secs(seconds.min(LONGEST_PAUSE)));
        // What a server says of its trouble, which may be a page of HTML.
        let mut complaint = Vec::new();
        let mut length = 0;
        while let Some(frame) = response.body_mut().frame().await {
            let frame = frame.map_err(|error| Failure::of(&error))?;
            let Some(data) = frame.data_ref() else {
                continue;
            };
            length += data.len();
            if length > LARGEST {
                return Err(endless());
            }
            if status.is_success() {
                sink.take(data)?;
            } else if complaint.len() < LONGEST_COMPLAINT {
                complaint.extend_from_slice(data);
            }
        }
        if status.is_success() {
            Ok(length)
        } else {
            Err(Failure::of_status(status.as_u16(), &complaint, retry_after))
        }
    }
}

fn again(get: &Get, failure: &Failure) -> bool {
    failure.is_transient()
        && (get.settled.is_none() || failure.code() != get.settled)
        && (get.is_patient || !failure.is_slow())
}

fn retry_after(failure: &Failure) -> Duration {
    match failure {
        Failure::Status { retry_after, .. } => retry_after.unwrap_or_default(),
        _ => Duration::ZERO,
    }
}
