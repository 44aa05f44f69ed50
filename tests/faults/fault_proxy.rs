//! A server that breaks in the ways in which servers break on a network.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::stub::{Answer, Asked};

/// Longer than any run here.
const LONG: Duration = Duration::from_secs(40);
/// Between two bytes of an answer that drips.
const DROP: Duration = Duration::from_millis(400);

/// What goes wrong with one request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This comes in place of an answer; the request is not carried out.
    Says(Answer),
    /// The connection ends before an answer; the request is not carried out.
    Closes,
    /// No answer ever; the request is not carried out.
    Hangs,
    /// The request is carried out, and no answer ever.
    HangsAfter,
    /// Carried out; the head of the answer comes byte by byte.
    SlowHead,
    /// Carried out; the body comes byte by byte.
    SlowBody,
    /// Carried out; half a body, then the connection ends.
    Cut,
    /// Carried out; half a body that claims to be whole.
    Truncated,
    /// Carried out; the answer claims to be of this type.
    Typed(&'static str),
    /// This, then the second again and again: so many bytes, or without end.
    Streams(&'static str, String, usize),
}

/// What is to go wrong with a request; the number counts those to its path, from 1.
pub type Plan = dyn Fn(&Asked, usize) -> Option<Fault> + Send + Sync;
type Upstream = dyn Fn(&Asked) -> Answer + Send + Sync;

struct Shared {
    upstream: Box<Upstream>,
    plan: Mutex<Arc<Plan>>,
    asked: Mutex<Vec<Asked>>,
    came: Condvar,
    counts: Mutex<HashMap<String, usize>>,
    over: Mutex<bool>,
    ended: Condvar,
    closing: AtomicBool,
}

/// A server; it ends with its owner.
pub struct FaultProxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    scheme: &'static str,
}

impl FaultProxy {
    pub fn new(upstream: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::start(upstream, None)
    }

    /// The same behind TLS.
    pub fn tls(
        upstream: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
        config: Arc<ServerConfig>,
    ) -> Self {
        Self::start(upstream, Some(config))
    }

    fn start(
        upstream: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
        tls: Option<Arc<ServerConfig>>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            upstream: Box::new(upstream),
            plan: Mutex::new(Arc::new(|_, _| None)),
            asked: Mutex::default(),
            came: Condvar::new(),
            counts: Mutex::default(),
            over: Mutex::default(),
            ended: Condvar::new(),
            closing: AtomicBool::new(false),
        });
        let scheme = if tls.is_some() { "https" } else { "http" };
        let inner = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if inner.closing.load(Ordering::SeqCst) {
                    break;
                }
                let (shared, tls) = (Arc::clone(&inner), tls.clone());
                // A client that goes away in the middle is no news.
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

    pub fn inject(&self, plan: impl Fn(&Asked, usize) -> Option<Fault> + Send + Sync + 'static) {
        *self.shared.plan.lock().unwrap() = Arc::new(plan);
    }

    /// From now on all is well.
    pub fn repair(&self) {
        self.inject(|_, _| None);
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// Waits until what was asked is enough.
    pub fn wait_for(&self, is_enough: impl Fn(&[Asked]) -> bool) {
        let asked = self.shared.asked.lock().unwrap();
        let waited = self
            .shared
            .came
            .wait_timeout_while(asked, LONG, |asked| !is_enough(asked));
        assert!(
            !waited.unwrap().1.timed_out(),
            "what was waited for did not come"
        );
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        *self.shared.over.lock().unwrap() = true;
        self.shared.ended.notify_all();
        let _ = TcpStream::connect(self.address);
    }
}

/// Hands a request on to another server, as it is.
pub fn forward(address: &str, asked: &Asked) -> Answer {
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    let mut head = format!("{} {} HTTP/1.1\r\n", asked.method, asked.path);
    for (name, value) in &asked.headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(b"\r\n").unwrap();
    stream.write_all(&asked.body).unwrap();
    let mut text = String::new();
    BufReader::new(stream).read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer::status(status, body)
}

/// An address at which connections are taken and nothing is ever read.
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
    while let Some(asked) = read(&mut stream)? {
        let path = asked.path.split('?').next().unwrap_or_default().to_owned();
        let nth = {
            let mut counts = shared.counts.lock().unwrap();
            let count = counts.entry(path).or_default();
            *count += 1;
            *count
        };
        let plan = Arc::clone(&shared.plan.lock().unwrap());
        let fault = plan(&asked, nth);
        shared.asked.lock().unwrap().push(asked.clone());
        shared.came.notify_all();
        if !answer(shared, stream.get_mut(), &asked, fault)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Whether the connection goes on.
fn answer(
    shared: &Shared,
    out: &mut impl Write,
    asked: &Asked,
    fault: Option<Fault>,
) -> Result<bool> {
    let fine = || (shared.upstream)(asked);
    match fault {
        None => out.write_all(&whole(&fine()))?,
        Some(Fault::Says(answer)) => out.write_all(&whole(&answer))?,
        Some(Fault::Closes) => return Ok(false),
        Some(Fault::Hangs) => wait(shared, LONG),
        Some(Fault::HangsAfter) => {
            fine();
            wait(shared, LONG);
        }
        Some(Fault::SlowHead) => drip(shared, out, &whole(&fine()))?,
        Some(Fault::SlowBody) => {
            let answer = fine();
            out.write_all(&head(&answer, answer.body.len()))?;
            drip(shared, out, answer.body.as_bytes())?;
        }
        Some(Fault::Cut) => {
            let answer = fine();
            out.write_all(&head(&answer, answer.body.len()))?;
            out.write_all(&answer.body.as_bytes()[..answer.body.len() / 2])?;
            return Ok(false);
        }
        Some(Fault::Truncated) => {
            let mut answer = fine();
            let half = (0..=answer.body.len() / 2).rev();
            let half = half
                .into_iter()
                .find(|at| answer.body.is_char_boundary(*at));
            answer.body.truncate(half.unwrap());
            out.write_all(&whole(&answer))?;
        }
        Some(Fault::Typed(kind)) => {
            let mut answer = fine();
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
            while sent < length && !shared.closing.load(Ordering::SeqCst) {
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

fn drip(shared: &Shared, out: &mut impl Write, bytes: &[u8]) -> Result<()> {
    let end = Instant::now() + LONG;
    for byte in bytes {
        out.write_all(&[*byte])?;
        out.flush()?;
        wait(shared, DROP);
        if Instant::now() > end || shared.closing.load(Ordering::SeqCst) {
            break;
        }
    }
    Ok(())
}

fn wait(shared: &Shared, time: Duration) {
    let over = shared.over.lock().unwrap();
    drop(shared.ended.wait_timeout_while(over, time, |over| !*over));
}

fn read(reader: &mut BufReader<impl Read>) -> Result<Option<Asked>> {
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
    let mut asked = Asked {
        method,
        path,
        headers,
        body: Vec::new(),
    };
    let length = asked.header("content-length").parse().unwrap_or(0);
    asked.body.resize(length, 0);
    reader.read_exact(&mut asked.body)?;
    Ok(Some(asked))
}
