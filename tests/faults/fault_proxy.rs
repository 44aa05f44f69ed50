//! A server with the faults that servers and networks have.

use std::collections::HashMap;
use std::io::{BufReader, Read, Result, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::stub::{Answer, HttpRequest};

/// Longer than any run of these tests.
const LONG: Duration = Duration::from_secs(40);
/// Between two bytes of a slow response.
const BYTE_INTERVAL: Duration = Duration::from_millis(400);

/// What goes wrong with one request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This response; the request is not handled.
    Answer(Answer),
    /// The connection is closed without a response; the request is not handled.
    Closes,
    /// No response and an open connection; the request is not handled.
    Hangs,
    /// The request is handled; no response and an open connection.
    HangsAfter,
    /// The request is handled; status line and headers are sent byte by byte.
    SlowHeaders,
    /// The request is handled; the body is sent byte by byte.
    SlowBody,
    /// The request is handled; half of the body is sent, then the connection is closed.
    Cut,
    /// The request is handled; half of the body is sent, with a matching `Content-Length`.
    Truncated,
    /// The request is handled; the response has this content type.
    Typed(&'static str),
    /// The first text, then the second repeated up to this number of bytes.
    Streams(&'static str, String, usize),
}

/// The fault of a request. The number counts the requests to its path, from 1.
pub type Plan = dyn Fn(&HttpRequest, usize) -> Option<Fault> + Send + Sync;
type Upstream = dyn Fn(&HttpRequest) -> Answer + Send + Sync;

struct Shared {
    upstream: Box<Upstream>,
    plan: Mutex<Arc<Plan>>,
    requests: Mutex<Vec<HttpRequest>>,
    received: Condvar,
    counts: Mutex<HashMap<String, usize>>,
    stopped: Mutex<bool>,
    stop: Condvar,
    stopping: AtomicBool,
}

/// A running server. It stops when dropped.
pub struct FaultProxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    scheme: &'static str,
}

impl FaultProxy {
    pub fn new(upstream: impl Fn(&HttpRequest) -> Answer + Send + Sync + 'static) -> Self {
        Self::start(upstream, None)
    }

    /// The same behind TLS.
    pub fn tls(
        upstream: impl Fn(&HttpRequest) -> Answer + Send + Sync + 'static,
        config: Arc<ServerConfig>,
    ) -> Self {
        Self::start(upstream, Some(config))
    }

    fn start(
        upstream: impl Fn(&HttpRequest) -> Answer + Send + Sync + 'static,
        tls: Option<Arc<ServerConfig>>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            upstream: Box::new(upstream),
            plan: Mutex::new(Arc::new(|_, _| None)),
            requests: Mutex::default(),
            received: Condvar::new(),
            counts: Mutex::default(),
            stopped: Mutex::default(),
            stop: Condvar::new(),
            stopping: AtomicBool::new(false),
        });
        let scheme = if tls.is_some() { "https" } else { "http" };
        let inner = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if inner.stopping.load(Ordering::SeqCst) {
                    break;
                }
                let (shared, tls) = (Arc::clone(&inner), tls.clone());
                // A client may disconnect at any time.
                thread::spawn(move || match tls {
                    None => serve(&shared, stream),
                    Some(config) => {
                        let connection = ServerConnection::new(config).unwrap();
                        serve(&shared, StreamOwned::new(connection, stream))
                    }
                });
            }
        });
        Self {
            shared,
            address,
            scheme,
        }
    }

    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    pub fn inject(
        &self,
        plan: impl Fn(&HttpRequest, usize) -> Option<Fault> + Send + Sync + 'static,
    ) {
        *self.shared.plan.lock().unwrap() = Arc::new(plan);
    }

    /// Removes the injected faults.
    pub fn repair(&self) {
        self.inject(|_, _| None);
    }

    pub fn requests(&self) -> Vec<HttpRequest> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Waits until the requests so far are enough.
    pub fn wait_for(&self, is_enough: impl Fn(&[HttpRequest]) -> bool) {
        let requests = self.shared.requests.lock().unwrap();
        let waited = self
            .shared
            .received
            .wait_timeout_while(requests, LONG, |requests| !is_enough(requests));
        assert!(
            !waited.unwrap().1.timed_out(),
            "the expected requests were not received"
        );
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        *self.shared.stopped.lock().unwrap() = true;
        self.shared.stop.notify_all();
        let _ = TcpStream::connect(self.address);
    }
}

/// Forwards a request to another server.
pub fn forward(address: &str, request: &HttpRequest) -> Answer {
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.path);
    for (name, value) in &request.headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(b"\r\n").unwrap();
    stream.write_all(&request.body).unwrap();
    let mut text = String::new();
    BufReader::new(stream).read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer::status(status, body)
}

/// A port that accepts connections and never reads from them.
pub struct BlackHole(TcpListener);

impl BlackHole {
    pub fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    pub fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }
}

fn serve(shared: &Shared, stream: impl Read + Write) -> Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = HttpRequest::read(&mut stream)? {
        let path = request
            .path
            .split('?')
            .next()
            .unwrap_or_default()
            .to_owned();
        let nth = {
            let mut counts = shared.counts.lock().unwrap();
            let count = counts.entry(path).or_default();
            *count += 1;
            *count
        };
        let plan = Arc::clone(&shared.plan.lock().unwrap());
        let fault = plan(&request, nth);
        shared.requests.lock().unwrap().push(request.clone());
        shared.received.notify_all();
        if !answer(shared, stream.get_mut(), &request, fault)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Whether the connection stays open.
fn answer(
    shared: &Shared,
    out: &mut impl Write,
    request: &HttpRequest,
    fault: Option<Fault>,
) -> Result<bool> {
    let handle = || (shared.upstream)(request);
    match fault {
        None => out.write_all(&whole(&handle()))?,
        Some(Fault::Answer(answer)) => out.write_all(&whole(&answer))?,
        Some(Fault::Closes) => return Ok(false),
        Some(Fault::Hangs) => wait(shared, LONG),
        Some(Fault::HangsAfter) => {
            handle();
            wait(shared, LONG);
        }
        Some(Fault::SlowHeaders) => send_slowly(shared, out, &whole(&handle()))?,
        Some(Fault::SlowBody) => {
            let answer = handle();
            out.write_all(&head(&answer, answer.body.len()))?;
            send_slowly(shared, out, answer.body.as_bytes())?;
        }
        Some(Fault::Cut) => {
            let answer = handle();
            out.write_all(&head(&answer, answer.body.len()))?;
            out.write_all(&answer.body.as_bytes()[..answer.body.len() / 2])?;
            return Ok(false);
        }
        Some(Fault::Truncated) => {
            let mut answer = handle();
            let half = (0..=answer.body.len() / 2).rev();
            let half = half
                .into_iter()
                .find(|at| answer.body.is_char_boundary(*at));
            answer.body.truncate(half.unwrap());
            out.write_all(&whole(&answer))?;
        }
        Some(Fault::Typed(kind)) => {
            let mut answer = handle();
            answer.headers = vec![("content-type", kind.to_owned())];
            out.write_all(&whole(&answer))?;
        }
        Some(Fault::Streams(first, again, length)) => {
            let is_json = "content-type: application/json\r\ntransfer-encoding: chunked";
            out.write_all(format!("HTTP/1.1 200 OK\r\n{is_json}\r\n\r\n").as_bytes())?;
            let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len()).into_bytes();
            out.write_all(&chunk(first))?;
            let piece = chunk(&again.repeat((64 << 10) / again.len().max(1)));
            let mut sent = 0;
            while sent < length && !shared.stopping.load(Ordering::SeqCst) {
                out.write_all(&piece)?;
                sent += piece.len();
            }
            return Ok(false);
        }
    }
    out.flush()?;
    Ok(true)
}

fn head(answer: &Answer, length: usize) -> Vec<u8> {
    let mut head = format!(
        "HTTP/1.1 {} FaultProxy\r\ncontent-length: {length}\r\n",
        answer.status
    );
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    (head + "\r\n").into_bytes()
}

fn whole(answer: &Answer) -> Vec<u8> {
    [
        head(answer, answer.body.len()),
        answer.body.clone().into_bytes(),
    ]
    .concat()
}

fn send_slowly(shared: &Shared, out: &mut impl Write, bytes: &[u8]) -> Result<()> {
    let end = Instant::now() + LONG;
    for byte in bytes {
        out.write_all(&[*byte])?;
        out.flush()?;
        wait(shared, BYTE_INTERVAL);
        if Instant::now() > end || shared.stopping.load(Ordering::SeqCst) {
            break;
        }
    }
    Ok(())
}

fn wait(shared: &Shared, time: Duration) {
    let stopped = shared.stopped.lock().unwrap();
    drop(
        shared
            .stop
            .wait_timeout_while(stopped, time, |stopped| !*stopped),
    );
}
