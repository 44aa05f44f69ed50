//! HTTP servers for tests: plain TCP, one request per connection.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A request as it was received.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl HttpRequest {
    /// The next request of a connection; none if the client has closed it.
    pub fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace();
        let mut word = || words.next().unwrap_or_default().to_owned();
        let (method, path) = (word(), word());
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim().split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut request = Self {
            method,
            path,
            headers,
            body: Vec::new(),
        };
        let length = request.header("content-length").parse().unwrap_or(0);
        request.body.resize(length, 0);
        reader.read_exact(&mut request.body)?;
        Ok(Some(request))
    }

    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A response.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Answer {
    pub fn json(body: &serde_json::Value) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", "application/json".into())],
            body: body.to_string(),
        }
    }

    pub fn status(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }
}

/// What goes wrong with one request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Nothing.
    None,
    /// This response; the request is not handled.
    Answer(Answer),
    /// The connection is closed without a response; the request is not handled.
    Cut,
    /// The request is handled, then the connection is closed without a response.
    CutAfter,
    /// No response and an open connection; the request is not handled.
    Hangs,
    /// The request is handled; no response and an open connection.
    HangsAfter,
    /// The hook runs before the request is handled.
    Hooked(Hook),
}

/// Code that runs while a client waits for the response.
#[derive(Clone)]
pub struct Hook(Arc<dyn Fn() + Send + Sync>);

impl Hook {
    pub fn new(run: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(run))
    }
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hook")
    }
}

type Handler = Box<dyn Fn(&HttpRequest) -> Answer + Send + Sync>;

/// A running server. It stops when dropped.
pub struct Stub {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<HttpRequest>>>,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Stub {
    pub fn new(handler: impl Fn(&HttpRequest) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<HttpRequest>>>::default();
        let faults = Arc::<Mutex<VecDeque<Fault>>>::default();
        let stopping = Arc::<AtomicBool>::default();
        let thread = {
            let (requests, faults, stopping) = (requests.clone(), faults.clone(), stopping.clone());
            let handler: Handler = Box::new(handler);
            std::thread::spawn(move || {
                let mut hanging = Vec::new();
                for stream in listener.incoming() {
                    if stopping.load(Ordering::SeqCst) {
                        return;
                    }
                    let Some(stream) = stream.ok() else { continue };
                    let Ok(Some(request)) = HttpRequest::read(&mut BufReader::new(&stream)) else {
                        continue;
                    };
                    requests.lock().unwrap().push(request.clone());
                    let fault = faults.lock().unwrap().pop_front();
                    match fault.unwrap_or(Fault::None) {
                        Fault::None => write(stream, &handler(&request)),
                        Fault::Answer(answer) => write(stream, &answer),
                        Fault::Cut => drop(stream),
                        Fault::CutAfter => drop(handler(&request)),
                        Fault::Hangs => hanging.push(stream),
                        Fault::Hooked(hook) => {
                            hook.0();
                            write(stream, &handler(&request));
                        }
                        Fault::HangsAfter => {
                            handler(&request);
                            hanging.push(stream);
                        }
                    }
                }
            })
        };
        Self {
            address,
            requests,
            faults,
            stopping,
            thread: Some(thread),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> Vec<HttpRequest> {
        self.requests.lock().unwrap().clone()
    }

    /// The faults of the next requests, one each.
    pub fn inject(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }

    /// Removes the injected faults.
    pub fn repair(&self) {
        self.faults.lock().unwrap().clear();
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The URL of a port on which nothing listens: a port that was free a moment ago can be that of another
/// test's server.
pub fn unreachable_url() -> String {
    "http://127.0.0.1:1".to_owned()
}

/// The client may have disconnected.
fn write(mut stream: TcpStream, answer: &Answer) {
    let mut head = format!(
        "HTTP/1.1 {} Stub\r\nconnection: close\r\ncontent-length: {}\r\n",
        answer.status,
        answer.body.len()
    );
    for (name, value) in &answer.headers {
        head.extend([*name, ": ", value, "\r\n"]);
    }
    let _ = stream.write_all(format!("{head}\r\n{}", answer.body).as_bytes());
}
