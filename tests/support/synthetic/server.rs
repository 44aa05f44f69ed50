//! Serves a synthetic cluster over HTTP: paginated lists as an API server sends
//! them, generated for each response.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::{KINDS, Kind, SyntheticCluster};

/// A server that runs until the process ends.
pub struct Server {
    port: u16,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    requests: AtomicUsize,
    bytes: AtomicUsize,
}

impl Server {
    /// Serves a cluster on a free port.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    #[must_use]
    pub fn start(cluster: SyntheticCluster) -> Self {
        Self::with(move |target| answer(cluster, target))
    }

    /// Serves these answers, by the target of a request, on a free port.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    #[must_use]
    pub fn with(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let answer: Arc<Answer> = Arc::new(answer);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (counts, answer) = (Arc::clone(&shared), Arc::clone(&answer));
                // A client may disconnect at any time.
                thread::spawn(move || serve(&*answer, stream, &counts));
            }
        });
        Self { port, counts }
    }

    /// The address of the server.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Requests and bytes of response bodies since the last call.
    pub fn traffic(&self) -> (usize, usize) {
        let taken = |count: &AtomicUsize| count.swap(0, Ordering::SeqCst);
        (taken(&self.counts.requests), taken(&self.counts.bytes))
    }
}

type Answer = dyn Fn(&str) -> String + Send + Sync;

fn serve(answer: &Answer, mut stream: TcpStream, counts: &Counts) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        while line.trim_end() != "" {
            line.clear();
            reader.read_line(&mut line)?;
        }
        let body = answer(&target);
        counts.requests.fetch_add(1, Ordering::SeqCst);
        counts.bytes.fetch_add(body.len(), Ordering::SeqCst);
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length";
        write!(stream, "{head}: {}\r\n\r\n", body.len())?;
        stream.write_all(body.as_bytes())?;
    }
}

fn answer(cluster: SyntheticCluster, target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if path.ends_with("/log") {
        return "cannot open the configuration\n".repeat(20);
    }
    let value = |key: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(k, _)| *k == key)?;
        value.parse::<usize>().ok()
    };
    if path == "/apis" {
        return groups(cluster).to_string();
    }
    match KINDS.iter().find(|(_, list)| *list == path) {
        // The metrics server does not paginate.
        Some((Kind::PodMetrics, _)) => page(cluster, Kind::PodMetrics, 0, usize::MAX),
        Some((kind, _)) => page(
            cluster,
            *kind,
            value("continue").unwrap_or(0),
            value("limit").unwrap_or(usize::MAX),
        ),
        // All other lists are empty.
        None => r#"{"kind":"List","metadata":{},"items":[]}"#.to_owned(),
    }
}

/// Aggregated discovery.
fn groups(cluster: SyntheticCluster) -> Value {
    let metrics = json!({"metadata": {"name": "metrics.k8s.io"}, "versions": [{
        "version": "v1beta1",
        "resources": [{"resource": "pods", "scope": "Namespaced", "verbs": ["get", "list"]}],
    }]});
    let items = cluster.metrics.then_some(metrics);
    json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "items": items.as_slice(),
    })
}

fn page(cluster: SyntheticCluster, kind: Kind, from: usize, limit: usize) -> String {
    let count = cluster.count(kind);
    let to = count.min(from.saturating_add(limit));
    let rest = match count - to {
        0 => String::new(),
        rest => format!(r#","continue":"{to}","remainingItemCount":{rest}"#),
    };
    let head = format!(
        r#"{{"kind":"{kind:?}List","apiVersion":"v1","metadata":{{"resourceVersion":"7"{rest}}},"items":["#
    );
    let objects: Vec<_> = (from..to).map(|at| cluster.object(kind, at)).collect();
    head + &objects.join(",") + "]}"
}
