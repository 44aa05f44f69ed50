//! A Pushgateway as strict as the real one: PUT replaces a group of metrics, POST adds to it.

use std::collections::BTreeMap;
use std::panic;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::metrics_text::{Samples, read};
use super::stub::{Answer, Fault, Stub};

/// The labels of a group, including `job`.
type Group = BTreeMap<String, String>;

/// The pushed groups.
#[derive(Default)]
pub struct Pushed(BTreeMap<Group, Samples>);

impl Pushed {
    /// Handles a push; returns the status of the response.
    pub fn push(&mut self, method: &str, path: &str, body: &str) -> u16 {
        if !["PUT", "POST"].contains(&method) {
            return 405;
        }
        let Some(path) = path.strip_prefix("/metrics/job/") else {
            return 404;
        };
        let parts: Vec<_> = ["job"].into_iter().chain(path.split('/')).collect();
        let Some(group) = labels(&parts) else {
            return 400;
        };
        // The parser panics if either format forbids the text.
        let Ok(samples) = panic::catch_unwind(|| read(body)) else {
            return 400;
        };
        let foreign = |series: &String| {
            let mut own = group.iter();
            own.any(|(name, value)| {
                let label = format!("{name}=\"");
                series.contains(&label) && !series.contains(&format!("{label}{value}\""))
            })
        };
        if samples.keys().any(foreign) {
            return 400;
        }
        let kept = self.0.entry(group).or_default();
        let name = |series: &str| series.split('{').next().map(str::to_owned);
        kept.retain(|series, _| {
            method == "POST" && !samples.keys().any(|new| name(new) == name(series))
        });
        kept.extend(samples);
        200
    }

    pub fn group(&self, job: &str, cluster: &str) -> Option<&Samples> {
        let labels = [("job", job), ("cluster", cluster)];
        let group = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.0.get(&group.into())
    }
}

fn labels(parts: &[&str]) -> Option<Group> {
    let pairs = parts.chunks(2).map(|pair| {
        let [name, value] = pair else { return None };
        match name.strip_suffix("@base64") {
            None => Some(((*name).to_owned(), (*value).to_owned())),
            Some(name) => {
                let bytes = URL_SAFE_NO_PAD.decode(value.trim_end_matches('=')).ok()?;
                Some((name.to_owned(), String::from_utf8(bytes).ok()?))
            }
        }
    });
    pairs.collect()
}

/// A running Pushgateway. It stops when dropped.
pub struct Gateway {
    pushed: Arc<Mutex<Pushed>>,
    stub: Stub,
}

impl Gateway {
    pub fn start() -> Self {
        let pushed = Arc::<Mutex<Pushed>>::default();
        let taker = pushed.clone();
        let stub = Stub::new(move |request| {
            let kind = request.header("content-type");
            if !kind.starts_with("text/plain; version=0.0.4") {
                return Answer::status(400, "content type");
            }
            let text = request.text();
            let status = taker
                .lock()
                .unwrap()
                .push(&request.method, &request.path, &text);
            Answer::status(status, "")
        });
        Self { pushed, stub }
    }

    pub fn url(&self) -> String {
        self.stub.url()
    }

    /// The fault of the next request.
    pub fn inject(&self, fault: Fault) {
        self.stub.inject([fault]);
    }

    pub fn group(&self, job: &str, cluster: &str) -> Option<Samples> {
        self.pushed.lock().unwrap().group(job, cluster).cloned()
    }

    pub fn groups(&self) -> usize {
        self.pushed.lock().unwrap().0.len()
    }
}
