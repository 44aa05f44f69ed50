//! A case of a table test: one YAML file of several documents. The first has the
//! description and the expected result, the others are Kubernetes objects.

use std::collections::BTreeMap;
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};
use std::time::Duration;

use k8s_monitor::assess::{EvaluateInput, Outages, Verdict, evaluate};
use k8s_monitor::cluster::{
    ContainerLog, Objects, Read, Resource, Snapshot, Source, Unread, UnreadReason,
};
use k8s_monitor::detect::RestartCounts;
use k8s_monitor::inventory::{self, Inventory};
use k8s_monitor::model::KINDS;
use k8s_monitor::model::Time;
use serde::Deserialize;
use serde_json::Value;

use super::expect::Expect;
use super::objects;

/// The first document of a case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    /// The description, as a sentence.
    case: String,
    now: Time,
    /// Text of a services file; without it nothing is listed.
    services: Option<String>,
    /// Kinds that could not be read, and why.
    #[serde(default)]
    unread: BTreeMap<String, String>,
    /// Kinds that the cluster does not have.
    #[serde(default)]
    absent: Vec<String>,
    /// Restart counts of the last cycle.
    #[serde(default)]
    restarts: RestartCounts,
    /// Since when services have been down, by the last cycle.
    #[serde(default)]
    outages: Outages,
    /// Output by `namespace/pod/container`.
    #[serde(default)]
    logs: BTreeMap<String, String>,
    /// Whether the documents have all nodes. Else those that pods name exist as well.
    #[serde(default)]
    all_nodes: bool,
    /// A dump instead of a live cluster.
    #[serde(default)]
    dump: bool,
    expect: Expect,
}

/// A case, ready to be evaluated.
#[derive(Debug, Clone)]
pub struct Case {
    pub sentence: String,
    /// The objects as the file has them.
    pub documents: Vec<Value>,
    pub snapshot: Snapshot,
    pub inventory: Inventory,
    pub restarts: RestartCounts,
    pub outages: Outages,
    pub expect: Expect,
}

impl Case {
    /// Whether every service has a namespace. One without is looked for in all of them.
    pub fn names_every_namespace(&self) -> bool {
        let mut services = self.inventory.services.iter();
        services.all(|service| service.namespace.is_some())
    }

    /// Reads a case from its file.
    ///
    /// # Errors
    ///
    /// With the location of the error.
    pub fn load(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|e| e.to_string())?;
        let mut documents = serde_yaml::from_multiple::<Value>(&text)
            .map_err(|e| e.to_string())?
            .into_iter();
        let first = documents.next().ok_or("the file is empty")?;
        let header: Header =
            serde_json::from_value(first).map_err(|e| format!("first document: {e}"))?;
        let mut snapshot = Snapshot {
            now: header.now,
            cluster: "homelab".to_owned(),
            source: if header.dump {
                Source::Dump
            } else {
                Source::Live
            },
            objects: Objects::default(),
            logs: header.logs.iter().map(|(k, text)| log(k, text)).collect(),
            reads: reads(&header)?,
            ..Snapshot::default()
        };
        let mut documents: Vec<_> = documents.collect();
        if !header.all_nodes && snapshot.is_read(Resource::Nodes) {
            objects::add_nodes(&mut documents);
        }
        snapshot.objects = match snapshot.source {
            Source::Dump => objects::collect(&documents)?,
            _ => objects::compacted(&documents, header.now)?,
        };
        Ok(Self {
            sentence: header.case,
            documents,
            snapshot,
            inventory: header
                .services
                .map_or_else(Inventory::default, |text| inventory::parse(text.as_bytes())),
            restarts: header.restarts,
            outages: header.outages,
            expect: header.expect,
        })
    }

    /// The result; one hour between cycles.
    #[must_use]
    pub fn evaluate(&self) -> Verdict {
        evaluate(&self.snapshot, &self.grounds())
    }

    /// The result with these objects instead of its own.
    ///
    /// # Errors
    ///
    /// When one of them is of a kind that is not read.
    pub fn evaluate_objects(&self, documents: &[Value]) -> Result<Verdict, String> {
        let mut snapshot = self.snapshot.clone();
        snapshot.objects = objects::collect(documents)?;
        Ok(evaluate(&snapshot, &self.grounds()))
    }

    /// The input of the evaluation besides the snapshot.
    #[must_use]
    pub fn grounds(&self) -> EvaluateInput<'_> {
        EvaluateInput {
            inventory: &self.inventory,
            look_back: Duration::from_hours(1),
            restarts: &self.restarts,
            outages: &self.outages,
            unlisted: Some(k8s_monitor::model::Tier::P3),
        }
    }
}

fn reads(header: &Header) -> Result<BTreeMap<Resource, Read>, String> {
    let mut reads: BTreeMap<_, _> = KINDS
        .iter()
        .map(|row| (row.resource, Read::Complete))
        .collect();
    for (name, reason) in &header.unread {
        let reason = match reason.as_str() {
            "Forbidden" => UnreadReason::Forbidden,
            "Timeout" => UnreadReason::Timeout,
            "Unavailable" => UnreadReason::Unavailable,
            "Malformed" => UnreadReason::Malformed,
            "NotInSnapshot" => UnreadReason::NotInSnapshot,
            other => return Err(format!("`{other}` is no reason why a kind is not read")),
        };
        let message = format!("{name} could not be listed");
        reads.insert(resource(name)?, Read::Unread(Unread { reason, message }));
    }
    for name in &header.absent {
        reads.insert(resource(name)?, Read::Absent);
    }
    Ok(reads)
}

fn resource(name: &str) -> Result<Resource, String> {
    let row = KINDS.iter().find(|row| row.resource.name() == name);
    row.map(|row| row.resource)
        .ok_or_else(|| format!("`{name}` is no resource that is read"))
}

fn log(key: &str, text: &str) -> ContainerLog {
    let mut parts = key.split('/').map(str::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    ContainerLog {
        namespace: part(),
        pod: part(),
        container: part(),
        previous: false,
        text: text.to_owned(),
    }
}

/// The files below a folder of `tests/fixtures`, sorted.
#[must_use]
pub fn files(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(folder);
    let entries = fs::read_dir(&root).unwrap_or_else(|e| panic!("{}: {e}", root.display()));
    let mut files: Vec<_> = entries.map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

/// Evaluates every case of a folder and reports all differences together.
///
/// # Panics
///
/// When a case differs from what it expects, or cannot be read.
pub fn run(folder: &str) {
    let files = files(folder);
    let failures: Vec<_> = files.iter().filter_map(|path| failure(path)).collect();
    assert!(
        failures.is_empty(),
        "{} of {} cases of {folder} differ\n\n{}",
        failures.len(),
        files.len(),
        failures.join("\n")
    );
}

fn failure(path: &Path) -> Option<String> {
    let shown = path
        .strip_prefix(env!("CARGO_MANIFEST_DIR"))
        .unwrap_or(path)
        .display();
    let case = match Case::load(path) {
        Ok(case) => case,
        Err(error) => return Some(format!("{shown}\n    cannot be read: {error}\n")),
    };
    // A panic counts as a difference and must not hide those of other cases.
    let Ok(verdict) = panic::catch_unwind(|| case.evaluate()) else {
        return Some(format!("{shown}\n  {}\n    panicked\n", case.sentence));
    };
    let differences = case.expect.differences(&verdict);
    (!differences.is_empty())
        .then(|| format!("{shown}\n  {}\n{}\n", case.sentence, differences.join("\n")))
}
