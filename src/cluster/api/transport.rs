//! GET requests of one snapshot: retries, time limits, the number of requests, and the difference
//! between the server's clock and this machine's.

use std::cell::Cell;
use std::ops::Range;
use std::time::Duration;

use chrono::{Datelike as _, TimeDelta};
use http::{HeaderMap, Method};
use tokio::time::{Instant, sleep, timeout};

use super::failure::Failure;
use super::request::{JSON, Sink, date, receive, send};
use crate::model::Time;

/// Time for one attempt.
const ATTEMPT: Duration = Duration::from_secs(20);
/// Retries begin within this time of the first failure.
const RETRY_WINDOW: Duration = Duration::from_secs(5);
/// Pauses before the retries.
const PAUSES: [Duration; RETRIES as usize] = [Duration::from_millis(200), Duration::from_secs(1)];
const RETRIES: u32 = 2;

/// Clocks that differ by less count as equal: TLS, tokens and thresholds tolerate that.
pub const MAX_SKEW: TimeDelta = TimeDelta::minutes(1);
/// Years in which a server's date is believed. Kubernetes is not older, and every certificate
/// expires before the last of them.
const PLAUSIBLE_YEARS: Range<i32> = 2014..2100;

/// A GET request.
#[derive(Debug, Clone)]
pub(super) struct Get {
    /// Path and query, encoded.
    pub path: String,
    /// Media types that are understood.
    pub accept: &'static str,
    /// Time for one attempt.
    pub time_limit: Duration,
    /// A status that is not retried although it is one of a temporary failure: 503 of an
    /// aggregated API without a server, 500 of a log whose kubelet does not answer.
    pub final_status: Option<u16>,
    /// Whether an attempt that timed out is retried.
    pub retries_timeouts: bool,
}

impl Get {
    /// Of JSON.
    pub(super) fn json(path: String) -> Self {
        Self {
            path,
            accept: JSON,
            time_limit: ATTEMPT,
            final_status: None,
            retries_timeouts: true,
        }
    }

    fn is_retried(&self, failure: &Failure) -> bool {
        failure.is_transient()
            && (self.final_status.is_none() || failure.code() != self.final_status)
            && (self.retries_timeouts || !failure.is_timeout())
    }
}

/// The client, the deadline and the counters of one snapshot.
pub(super) struct Transport<'a> {
    client: &'a kube::Client,
    deadline: Instant,
    requests: Cell<u32>,
    began: Instant,
    now: Time,
    clock_offset: Cell<Option<TimeDelta>>,
}

impl<'a> Transport<'a> {
    pub(super) fn new(client: &'a kube::Client, now: Time, deadline: Instant) -> Self {
        Self {
            client,
            deadline,
            requests: Cell::new(0),
            began: Instant::now(),
            now,
            clock_offset: Cell::new(None),
        }
    }

    /// The moment of the snapshot by the clock that dates the cluster's objects: this machine's,
    /// unless the server's differs by more than [`MAX_SKEW`].
    pub(super) fn now(&self) -> Time {
        self.now + self.skew().unwrap_or_default()
    }

    /// How far the server's clock is ahead of this machine's, if by more than [`MAX_SKEW`].
    pub(super) fn skew(&self) -> Option<TimeDelta> {
        self.clock_offset
            .get()
            .filter(|offset| offset.abs() > MAX_SKEW)
    }

    /// Notes the server's time. Several servers, or a proxy that dates some responses, may
    /// disagree: the date nearest to this machine's counts.
    fn set_clock(&self, headers: &HeaderMap) {
        let Some(date) = date(headers).filter(|date| PLAUSIBLE_YEARS.contains(&date.year())) else {
            return;
        };
        let offset = date - self.began.elapsed() - self.now;
        let offset = TimeDelta::seconds(offset.num_seconds());
        let known = self.clock_offset.get();
        if known.is_none_or(|known| offset.abs() < known.abs()) {
            self.clock_offset.set(Some(offset));
        }
    }

    /// Requests so far, retries included.
    pub(super) fn requests(&self) -> u32 {
        self.requests.get()
    }

    /// Moves the deadline to `limit` from now, if that is earlier.
    pub(super) fn limit_to(&mut self, limit: Duration) {
        self.deadline = self.deadline.min(Instant::now() + limit);
    }

    /// Passes the response to `sink`, which is cleared when this fails.
    pub(super) async fn get(&self, get: &Get, sink: &mut dyn Sink) -> Result<(), Failure> {
        let mut limit = get.time_limit;
        let mut end = None;
        for (retry, pause) in PAUSES.into_iter().enumerate() {
            let Err(failure) = self.attempt(get, limit, sink).await else {
                return Ok(());
            };
            let now = Instant::now();
            let end = *end.get_or_insert(now + RETRY_WINDOW);
            let resume = now + pause.max(failure.retry_after());
            if !get.is_retried(&failure) || resume > end || resume >= self.deadline {
                return Err(failure);
            }
            limit = get.time_limit;
            if failure.is_timeout() {
                // The retry may time out as well: all retries together get the window.
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
        let result = match timeout(limit.min(left), self.send_once(get, sink)).await {
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

    /// The length of the response.
    async fn send_once(&self, get: &Get, sink: &mut dyn Sink) -> Result<usize, Failure> {
        let response = send(self.client, Method::GET, &get.path, get.accept, Vec::new()).await?;
        self.set_clock(response.headers());
        sink.begin(self.now());
        receive(response, sink).await
    }
}
