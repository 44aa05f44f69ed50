//! A Pushgateway: groups by their labels, replaced by PUT, added to by POST; what the
//! real one refuses, it refuses.

use std::collections::BTreeMap;
use std::panic;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::metrics_text::{Samples, read};
use super::stub::{Answer, Fault, Stub};

/// The labels of a group, `job` among them.
type Group = BTreeMap<String, String>;

/// What was pushed.
#[derive(Default)]
pub struct Pushed(BTreeMap<Group, Samples>);

impl Pushed {
    /// The status of the answer.
    pub fn take(&mut self, method: &str, path: &str, body: &str) -> u16 {
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
        // The parser panics at what one of both formats does not allow.
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

/// It serves until its owner ends.
pub struct Gateway {
    pushed: Arc<Mutex<Pushed>>,
    stub: Stub,
}

impl Gateway {
    pub fn start() -> Self {
        let pushed = Arc::<Mutex<Pushed>>::default();
        let taker = pushed.clone();
        let stub = Stub::new(move |asked| {
            let kind = asked.header("content-type");
            if !kind.starts_with("text/plain; version=0.0.4") {
                return Answer::status(400, "content type");
            }
            let text = asked.text();
            let status = taker
                .lock()
                .unwrap()
                .take(&asked.method, &asked.path, &text);
            Answer::status(status, "")
        });
        Self { pushed, stub }
    }

    pub fn url(&self) -> String {
        self.stub.url()
    }

    /// Of the next request.
    pub fn break_with(&self, fault: Fault) {
        self.stub.break_with([fault]);
    }

    pub fn group(&self, job: &str, cluster: &str) -> Option<Samples> {
        self.pushed.lock().unwrap().group(job, cluster).cloned()
    }

    pub fn groups(&self) -> usize {
        self.pushed.lock().unwrap().0.len()
    }
}
