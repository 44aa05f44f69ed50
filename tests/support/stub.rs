//! Servers over plain TCP that answer one request a connection.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// An answer.
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
    Fine,
    /// This comes in place of an answer; the request is not carried out.
    Says(Answer),
    /// The connection ends before an answer; the request is not carried out.
    Cut,
    /// The request is carried out, then the connection ends.
    CutAfter,
    /// No answer ever; the request is not carried out.
    Hangs,
    /// The request is carried out, and no answer ever.
    HangsAfter,
    /// Something happens before the request is carried out and answered.
    Meanwhile(Event),
}

/// Something that happens while a client waits.
#[derive(Clone)]
pub struct Event(Arc<dyn Fn() + Send + Sync>);

impl Event {
    pub fn new(happens: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(happens))
    }
}

impl std::fmt::Debug for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Event")
    }
}

type Handler = Box<dyn Fn(&Asked) -> Answer + Send + Sync>;

/// A server; it ends with its owner.
pub struct Stub {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Stub {
    pub fn new(handler: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let faults = Arc::<Mutex<VecDeque<Fault>>>::default();
        let ends = Arc::<AtomicBool>::default();
        let thread = {
            let (asked, faults, ends) = (asked.clone(), faults.clone(), ends.clone());
            let handler: Handler = Box::new(handler);
            std::thread::spawn(move || {
                let mut hanging = Vec::new();
                for stream in listener.incoming() {
                    if ends.load(Ordering::SeqCst) {
                        return;
                    }
                    let Some(stream) = stream.ok() else { continue };
                    let Some(request) = read(&stream) else {
                        continue;
                    };
                    asked.lock().unwrap().push(request.clone());
                    let fault = faults.lock().unwrap().pop_front();
                    match fault.unwrap_or(Fault::Fine) {
                        Fault::Fine => write(stream, &handler(&request)),
                        Fault::Says(answer) => write(stream, &answer),
                        Fault::Cut => drop(stream),
                        Fault::CutAfter => drop(handler(&request)),
                        Fault::Hangs => hanging.push(stream),
                        Fault::Meanwhile(event) => {
                            event.0();
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
            asked,
            faults,
            ends,
            thread: Some(thread),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// What goes wrong with the next requests, one each.
    pub fn break_with(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }

    /// From now on all is well.
    pub fn mend(&self) {
        self.faults.lock().unwrap().clear();
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// An address at which nobody listens.
pub fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut asked = Asked {
        method,
        path,
        headers,
        body: Vec::new(),
    };
    let length = asked.header("content-length").parse().unwrap_or(0);
    asked.body.resize(length, 0);
    reader.read_exact(&mut asked.body).ok()?;
    Some(asked)
}

/// A client that has gone away does not matter.
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
