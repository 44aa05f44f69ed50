//! One request to the API server, sent once. Every request of this program to the API server goes
//! through [`send`] and [`receive`].
//!
//! Bodies are never logged. They are handed out as bytes, because the client's own decoding logs
//! them when it fails.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::header::{ACCEPT, CONTENT_TYPE, DATE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, Method, Response};
use http_body_util::BodyExt as _;
use kube::client::Body;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};

use super::failure::Failure;
use crate::model::Time;

/// The media type of most requests and responses.
pub(super) const JSON: &str = "application/json";

/// Bytes of a response. The longest real one is that of a metrics server, which does not paginate:
/// some 600 bytes a pod.
const MAX_RESPONSE: usize = 512 << 20;
/// Bytes of a response that is kept as a whole, such as a log or the discovery document.
const MAX_BUFFERED: usize = 8 << 20;
/// Bytes of the body of an error that are read for its message.
const MAX_ERROR_BODY: usize = 64 << 10;
/// The longest pause that a server can ask for, in seconds. No run takes a day.
const MAX_RETRY_AFTER: u64 = 86_400;

/// Where a response goes, chunk by chunk.
pub(super) trait Sink {
    /// A response begins; `now` is the server's time.
    fn begin(&mut self, _now: Time) {}
    /// Drops what an attempt that failed has brought.
    fn clear(&mut self);
    /// Takes the next chunk.
    fn take(&mut self, data: &[u8]) -> Result<(), Failure>;
}

impl Sink for Vec<u8> {
    fn clear(&mut self) {
        Vec::clear(self);
    }

    fn take(&mut self, data: &[u8]) -> Result<(), Failure> {
        self.extend_from_slice(data);
        if self.len() > MAX_BUFFERED {
            return Err(too_large());
        }
        Ok(())
    }
}

/// Sends a request and waits for the status and headers of the response.
pub(super) async fn send(
    client: &kube::Client,
    method: Method,
    path: &str,
    accept: &str,
    body: Vec<u8>,
) -> Result<Response<Body>, Failure> {
    let mut request = http::Request::builder()
        .method(method)
        .uri(path)
        .header(ACCEPT, accept)
        .header(
            USER_AGENT,
            concat!("k8s-monitor/", env!("CARGO_PKG_VERSION")),
        );
    if !body.is_empty() {
        request = request.header(CONTENT_TYPE, JSON);
    }
    let request = request
        .body(Body::from(body))
        .map_err(|error| Failure::Malformed(format!("the request is not valid: {error}")))?;
    let sent = client.send(request).await;
    sent.map_err(|error| Failure::of(&error))
}

/// Passes the body to `sink` and returns its length. A status other than 2xx is a failure.
pub(super) async fn receive(
    mut response: Response<Body>,
    sink: &mut dyn Sink,
) -> Result<usize, Failure> {
    let status = response.status();
    let mut error_body = Vec::new();
    let mut length = 0;
    while let Some(frame) = response.body_mut().frame().await {
        let frame = frame.map_err(|error| Failure::of(&error))?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        length += data.len();
        if length > MAX_RESPONSE {
            return Err(too_large());
        }
        if status.is_success() {
            sink.take(data)?;
        } else if error_body.len() < MAX_ERROR_BODY {
            error_body.extend_from_slice(data);
        }
    }
    if status.is_success() {
        Ok(length)
    } else {
        let retry_after = retry_after(response.headers());
        Err(Failure::of_status(
            status.as_u16(),
            &error_body,
            retry_after,
        ))
    }
}

/// Sends a request once and decodes the JSON of its response. Gives up at `end`.
pub(super) async fn exchange<T: DeserializeOwned>(
    client: &kube::Client,
    method: Method,
    path: &str,
    body: Vec<u8>,
    end: Instant,
) -> Result<(T, HeaderMap), Failure> {
    log::debug!("{method} {path}");
    let exchange = async {
        let response = send(client, method, path, JSON, body).await?;
        let headers = response.headers().clone();
        let mut body = Vec::new();
        receive(response, &mut body).await?;
        let decoded = serde_json::from_slice(&body).map_err(|error| Failure::of_json(&error))?;
        Ok((decoded, headers))
    };
    timeout_at(end, exchange)
        .await
        .unwrap_or(Err(Failure::Deadline))
}

/// The server's time, to the second.
pub(super) fn date(headers: &HeaderMap) -> Option<Time> {
    let date = headers.get(DATE)?.to_str().ok()?;
    // HTTP writes dates as `Mon, 23 Nov 2026 08:49:37 GMT`.
    let date = DateTime::parse_from_rfc2822(date).ok()?;
    Some(date.with_timezone(&Utc))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds.min(MAX_RETRY_AFTER)))
}

fn too_large() -> Failure {
    Failure::Malformed("the response is too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_a_response_is_read() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, text.parse().unwrap());
            date(&headers)
        };
        let read = of("Mon, 23 Nov 2026 08:49:37 GMT").unwrap();
        assert_eq!(read.to_rfc3339(), "2026-11-23T08:49:37+00:00");
        assert_eq!(of("yesterday"), None);
    }
}
