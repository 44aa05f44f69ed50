//! A stub API server. By default it answers as Kubernetes does for an empty
//! cluster. A test can replace any response. Requests that a read-only monitor must
//! not send fail the test.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use chrono::{DateTime, Utc};
use k8s_monitor::cluster::api::{
    Cluster, ConnectOptions, FetchError, ProxyVariables, SnapshotRequest, connect,
};
use k8s_monitor::cluster::{Read, Resource, Snapshot, UnreadReason};
use serde_json::{Value, json};

/// The token in every kubeconfig. No message may contain it.
pub const TOKEN: &str = "s3cr3t-t0ken";

/// A response of the stub.
pub enum Reply {
    /// A status and a JSON body.
    Json(u16, Value),
    /// A status, one more header and a raw body.
    Raw(u16, &'static str, Vec<u8>),
    /// A body that is shorter than its `Content-Length`, then the connection closes.
    Cut(Vec<u8>),
    /// The connection closes without a response.
    Close,
    /// No byte until the test ends.
    Silence,
    /// Headers and half a body, then no byte until the test ends.
    HalfBody,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    pub path: String,
    pub query: HashMap<String, String>,
    pub accept: String,
    /// 1 for the first request to this path, whatever its query.
    pub nth: usize,
}

type Script = dyn Fn(&Request) -> Option<Reply> + Send + Sync;

struct State {
    script: Box<Script>,
    seen: Mutex<Vec<Request>>,
    faults: Mutex<Vec<String>>,
    over: (Mutex<bool>, Condvar),
    closing: AtomicBool,
}

/// A running stub. It stops when dropped.
pub struct Stub {
    state: Arc<State>,
    port: u16,
}

impl Stub {
    /// Starts a server that answers by the script, else as an empty cluster.
    pub fn new(script: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            script: Box::new(script),
            seen: Mutex::default(),
            faults: Mutex::default(),
            over: (Mutex::new(false), Condvar::new()),
            closing: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.closing.load(Ordering::SeqCst) {
                    break;
                }
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    // A client may disconnect at any time.
                    let _ = stream.and_then(|stream| serve(&shared, stream));
                });
            }
        });
        Self { state, port }
    }

    /// Starts a server with a script for one path.
    pub fn at(
        path: &'static str,
        reply: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        Self::new(move |request| (request.path == path).then(|| reply(request)).flatten())
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn cluster(&self) -> Cluster {
        cluster_at(&self.url())
    }

    /// Reads the stub within 20 s, and checks the number of requests.
    pub fn snapshot(&self) -> Snapshot {
        let snapshot = self.try_snapshot(Duration::from_secs(20)).unwrap();
        assert_eq!(snapshot.requests as usize, self.requests().len());
        snapshot
    }

    pub fn try_snapshot(&self, deadline: Duration) -> Result<Snapshot, FetchError> {
        self.cluster().snapshot(&request(deadline))
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.seen.lock().unwrap().clone()
    }

    /// The number of requests to a path.
    pub fn request_count(&self, path: &str) -> usize {
        self.requests()
            .iter()
            .filter(|request| request.path == path)
            .count()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.state.closing.store(true, Ordering::SeqCst);
        *self.state.over.0.lock().unwrap() = true;
        self.state.over.1.notify_all();
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if !thread::panicking() {
            let faults = self.state.faults.lock().unwrap();
            assert!(
                faults.is_empty(),
                "requests that must not be sent: {faults:#?}"
            );
        }
    }
}

/// A client without a proxy.
pub fn cluster_at(server: &str) -> Cluster {
    let options = ConnectOptions {
        kubeconfig: Some(kubeconfig(server)),
        context: None,
    };
    connect(&options, &ProxyVariables::default()).unwrap()
}

/// A kubeconfig with a token and the context `homelab`.
pub fn kubeconfig(server: &str) -> PathBuf {
    write_kubeconfig(
        &json!({
            "current-context": "homelab",
            "contexts": [{"name": "homelab", "context": {"cluster": "k3s", "user": "monitor"}}],
            "clusters": [{"name": "k3s", "cluster": {"server": server}}],
            "users": [{"name": "monitor", "user": {"token": TOKEN}}],
        })
        .to_string(),
    )
}

/// Writes a new file for each call.
pub fn write_kubeconfig(text: &str) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::SeqCst);
    let name = format!("kubeconfig-{}-{count}", std::process::id());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// The time of every snapshot.
pub fn now() -> DateTime<Utc> {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

pub fn request(deadline: Duration) -> SnapshotRequest<'static> {
    SnapshotRequest {
        resources: Vec::new(),
        log_order: None,
        now: now(),
        deadline,
        look_back: Duration::from_hours(1),
    }
}

/// Why a kind was not read. Panics if it was.
pub fn unread(snapshot: &Snapshot, resource: Resource) -> (UnreadReason, String) {
    match &snapshot.reads[&resource] {
        Read::Unread(unread) => {
            assert!(!unread.message.contains(TOKEN), "{}", unread.message);
            (unread.reason, unread.message.clone())
        }
        other => panic!("{resource:?} is {other:?}"),
    }
}

/// Asserts that all kinds but these are read or absent.
pub fn assert_only_unread(snapshot: &Snapshot, expected: &[Resource]) {
    let unread: Vec<_> = snapshot.unread().map(|(resource, _)| resource).collect();
    assert_eq!(unread, expected);
}

/// A list of objects.
pub fn page(items: impl IntoIterator<Item = Value>, token: &str) -> Reply {
    let items: Vec<Value> = items.into_iter().collect();
    Reply::Json(
        200,
        json!({"kind": "List", "metadata": {"continue": token, "resourceVersion": "7"}, "items": items}),
    )
}

/// A Kubernetes `Status`.
pub fn status(code: u16, message: &str) -> Reply {
    Reply::Json(
        code,
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}),
    )
}

/// A scheduled pod with one container.
pub fn pod(name: &str, container: &Value) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": "web"}},
        "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]},
        "status": {"phase": "Running", "containerStatuses": [container]},
    })
}

/// A container that crashed at 11:59.
pub fn crashed() -> Value {
    json!({
        "name": "app", "restartCount": 4,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 1, "finishedAt": "2026-11-20T11:59:00Z"}},
    })
}

fn serve(state: &State, mut stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(request) = read_request(state, &mut reader)? {
        let reply = (state.script)(&request).unwrap_or_else(|| empty_cluster(&request));
        let (code, header, body) = match reply {
            Reply::Json(code, body) => (code, "X-Stub: 1", body.to_string().into_bytes()),
            Reply::Raw(code, header, body) => (code, header, body),
            Reply::Cut(body) => {
                let length = body.len() + 100;
                write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"
                )?;
                stream.write_all(&body)?;
                return stream.shutdown(Shutdown::Both);
            }
            Reply::Close => return stream.shutdown(Shutdown::Both),
            Reply::Silence => {
                wait(state);
                return Ok(());
            }
            Reply::HalfBody => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"items\":")?;
                wait(state);
                return Ok(());
            }
        };
        let length = body.len();
        let head = format!("HTTP/1.1 {code} Stub\r\n{header}\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(&[head.into_bytes(), body].concat())?;
    }
    Ok(())
}

fn wait(state: &State) {
    let mut over = state.over.0.lock().unwrap();
    while !*over {
        over = state.over.1.wait(over).unwrap();
    }
}

fn read_request(state: &State, reader: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut seen = state.seen.lock().unwrap();
    let request = Request {
        path: path.to_owned(),
        query: query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        accept: headers.get("accept").cloned().unwrap_or_default(),
        nth: 1 + seen.iter().filter(|request| request.path == path).count(),
    };
    seen.push(request.clone());
    if let Some(fault) = fault(method, &request, &headers) {
        state
            .faults
            .lock()
            .unwrap()
            .push(format!("{}: {fault}", line.trim_end()));
    }
    Ok(Some(request))
}

/// Why a read-only monitor must not send the request.
fn fault(method: &str, request: &Request, headers: &HashMap<String, String>) -> Option<String> {
    if method != "GET" {
        return Some("not a read".into());
    }
    if headers.get("authorization").map(String::as_str) != Some(&format!("Bearer {TOKEN}")) {
        return Some("without the token".into());
    }
    if !headers
        .get("user-agent")
        .is_some_and(|agent| agent.starts_with("k8s-monitor/"))
    {
        return Some("without a name".into());
    }
    if !request.accept.contains("application/json") {
        return Some(format!("accepts {:?}", request.accept));
    }
    if request.path.split('/').any(|part| part == "secrets") {
        return Some("asks for Secrets".into());
    }
    if is_list(&request.path) && request.query.get("limit").map(String::as_str) != Some("500") {
        return Some("not paged".into());
    }
    None
}

fn is_list(path: &str) -> bool {
    if path.starts_with("/api/v1/") {
        return !path.ends_with("/log");
    }
    path.matches('/').count() > 3
}

/// The response of an API server with every optional API and no objects.
fn empty_cluster(request: &Request) -> Reply {
    if request.path == "/apis" {
        return Reply::Json(200, aggregated(&optional_groups()));
    }
    if request.path.ends_with("/log") {
        return Reply::Raw(200, "Content-Type: text/plain", b"line\n".to_vec());
    }
    Reply::Json(
        200,
        json!({"kind": "List", "metadata": {"resourceVersion": "7"}, "items": null}),
    )
}

/// The optional groups in their newest version, with their plurals.
pub fn optional_groups() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    vec![
        (
            "argoproj.io",
            "v1alpha1",
            vec!["applications", "appprojects"],
        ),
        (
            "cert-manager.io",
            "v1",
            vec!["certificates", "issuers", "clusterissuers"],
        ),
        (
            "external-secrets.io",
            "v1",
            vec!["externalsecrets", "secretstores", "clustersecretstores"],
        ),
        (
            "gateway.networking.k8s.io",
            "v1",
            vec!["gateways", "httproutes", "grpcroutes", "tlsroutes"],
        ),
        ("traefik.io", "v1alpha1", vec!["ingressroutes"]),
        ("metrics.k8s.io", "v1beta1", vec!["pods", "nodes"]),
    ]
}

/// Aggregated discovery.
pub fn aggregated(groups: &[(&str, &str, Vec<&str>)]) -> Value {
    let items: Vec<_> = groups
        .iter()
        .map(|(group, version, plurals)| {
            let resources: Vec<_> = plurals
                .iter()
                .map(|plural| json!({"resource": plural, "scope": "Namespaced", "verbs": ["list"]}))
                .collect();
            let version =
                json!({"version": version, "freshness": "Current", "resources": resources});
            json!({"metadata": {"name": group}, "versions": [version]})
        })
        .collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items})
}
