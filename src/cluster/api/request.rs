//! One request of any method with its whole answer: for what is no list.

use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Limited};
use kube::client::Body;
use tokio::time::{Instant, timeout_at};

use super::failure::Failure;
use super::transport::JSON;

/// More than any single object has.
const LARGEST: usize = 4 << 20;

/// An answer with a good status.
pub(super) struct HttpAnswer {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Sends it once; `end` is when it is given up.
pub(super) async fn exchange(
    client: &kube::Client,
    method: Method,
    path: &str,
    body: Vec<u8>,
    end: Instant,
) -> Result<HttpAnswer, Failure> {
    log::debug!("{method} {path}");
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(ACCEPT, JSON)
        .header(CONTENT_TYPE, JSON)
        .header(
            USER_AGENT,
            concat!("k8s-monitor/", env!("CARGO_PKG_VERSION")),
        )
        .body(Body::from(body))
        .map_err(|error| Failure::Malformed(format!("no valid request: {error}")))?;
    let exchange = async {
        let sent = client.send(request).await;
        let response = sent.map_err(|error| Failure::of(&error))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, LARGEST).collect().await;
        let body = body
            .map_err(|error| Failure::of_chain(error.as_ref()))?
            .to_bytes();
        if head.status.is_success() {
            Ok(HttpAnswer {
                headers: head.headers,
                body: body.to_vec(),
            })
        } else {
            Err(Failure::of_status(head.status.as_u16(), &body, None))
        }
    };
    timeout_at(end, exchange)
        .await
        .unwrap_or(Err(Failure::Deadline))
}
