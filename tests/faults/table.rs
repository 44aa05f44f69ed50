//! The driver: each cell is one dependency that fails in one way, one run of
//! the program meanwhile, one when all is well again, and what must come of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::fault_proxy::FaultProxy;
use super::harness::{Harness, RunResult, SENTINEL};
use super::homelab::Is;
use super::workspace;

/// Beyond the deadline: the watcher's five seconds are apart.
const MARGIN: Duration = Duration::from_millis(1_500);
const WATCHER: Duration = Duration::from_secs(5);
/// Most cells wait.
const AT_ONCE: usize = 6;

pub type Break = Box<dyn Fn(&mut Harness) + Send + Sync>;

/// One dependency that fails in one way.
pub struct Cell {
    pub dependency: &'static str,
    pub fault: String,
    /// What the fault is about, if more cells have it.
    pub of: String,
    pub is: Is,
    pub breaks: Break,
    /// What else ends when the fault does.
    pub mends: Break,
    pub then: Expected,
}

/// What must come of a run.
#[derive(Debug, Clone)]
pub struct Expected {
    pub status: i32,
    pub shows: Shows,
    pub notified: Notified,
}

/// Where the fault must be seen.
#[derive(Debug, Clone)]
pub enum Shows {
    /// Nowhere: it harmed nothing.
    Nothing,
    /// Under `visibility.unread`, with these reasons, and nothing else there.
    Unread(Vec<(String, &'static str)>),
    /// In one of the report's notes.
    Note(&'static str),
    /// In the note on the model.
    Llm(&'static str),
    /// In the note on commits.
    Commits(&'static str),
    /// On stderr alone.
    Stderr(&'static str),
}

/// When people hear of the outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notified {
    /// In the run that the fault hits.
    Now,
    /// In the next one.
    Later,
    /// In this one, and again in the next: nobody could know or remember.
    Twice,
    /// Slack's answer is lost each time: once for each try.
    Unsure,
    /// There is nothing to tell.
    Nobody,
}

pub fn then(status: i32, shows: Shows, notified: Notified) -> Expected {
    Expected {
        status,
        shows,
        notified,
    }
}

impl Expected {
    /// Short where the fault takes all of it; where it does not, a machine may be slow.
    fn deadline(&self) -> Duration {
        let is_late =
            |kinds: &[(String, &str)]| kinds.iter().any(|(_, reason)| *reason == "Timeout");
        Duration::from_secs(match &self.shows {
            Shows::Unread(kinds) if is_late(kinds) => 10,
            _ if self.status == 75 => 4,
            _ => 12,
        })
    }
}

impl Cell {
    pub fn new(
        dependency: &'static str,
        fault: &str,
        then: Expected,
        breaks: impl Fn(&mut Harness) + Send + Sync + 'static,
    ) -> Self {
        Self {
            dependency,
            fault: fault.to_owned(),
            of: String::new(),
            is: Is::Ill,
            breaks: Box::new(breaks),
            mends: Box::new(|_| {}),
            then,
        }
    }

    /// One of several cells of this fault.
    pub fn of(mut self, what: &str) -> Self {
        self.of = what.to_owned();
        self
    }

    pub fn well(mut self) -> Self {
        self.is = Is::Well;
        self
    }

    pub fn mended_by(mut self, mends: impl Fn(&mut Harness) + Send + Sync + 'static) -> Self {
        self.mends = Box::new(mends);
        self
    }

    fn run(&self) -> Duration {
        let mut harness = Harness::new(self.is);
        harness.deadline = self.then.deadline();
        (self.breaks)(&mut harness);
        let ran = harness.run();
        self.check(&harness, &ran);
        if self.is_over() {
            return ran.took;
        }
        harness.repair();
        (self.mends)(&mut harness);
        let next = harness.run();
        let well = i32::from(self.is == Is::Ill);
        assert_eq!(next.status, well, "the next run: {next:?}");
        let (now, all) = (harness.told_before.get(), harness.notified());
        let expected = match self.then.notified {
            Notified::Now | Notified::Later => all == 1,
            Notified::Twice => all == 2,
            Notified::Unsure => now >= 1 && all == now + 1,
            Notified::Nobody => all == 0,
        };
        assert!(
            expected,
            "notified {all} times after the next run: {next:?}"
        );
        ran.took
    }

    /// Whether there is nothing that a next run could do twice or make up for.
    fn is_over(&self) -> bool {
        let holds_nothing = ["GitHub", "Anthropic", "heartbeat", "Pushgateway"];
        let is_one_of_many = !self.of.is_empty() && self.then.notified == Notified::Now;
        self.then.notified == Notified::Nobody
            || is_one_of_many
            || holds_nothing.contains(&self.dependency)
    }

    fn check(&self, harness: &Harness, ran: &RunResult) {
        let margin = if self.dependency == "heartbeat" {
            WATCHER
        } else {
            Duration::ZERO
        };
        assert!(
            ran.took < harness.deadline + MARGIN + margin,
            "too late: {ran:?}"
        );
        for secret in [SENTINEL, workspace::TOKEN] {
            assert!(
                !ran.stdout.contains(secret) && !ran.stderr.contains(secret),
                "{ran:?}"
            );
        }
        for asked in harness.thief.iter().flat_map(FaultProxy::asked) {
            let shown = format!("{:?} {}", asked.headers, asked.text());
            let is_stolen = [SENTINEL, workspace::TOKEN]
                .iter()
                .any(|secret| shown.contains(secret));
            assert!(
                !is_stolen && asked.method == "GET",
                "it was given away: {asked:?}"
            );
        }
        assert_eq!(ran.status, self.then.status, "{ran:?}");
        let notified = harness.notified();
        harness.told_before.set(notified);
        let expected = match self.then.notified {
            Notified::Now | Notified::Twice => notified == 1,
            Notified::Later | Notified::Nobody => notified == 0,
            Notified::Unsure => notified >= 1,
        };
        assert!(expected, "notified {notified} times: {ran:?}");
        if ran.status > 3 {
            assert_eq!(ran.stdout, "", "no verdict, no report");
            let Shows::Stderr(words) = self.then.shows else {
                panic!("where else?")
            };
            assert!(ran.stderr.contains(words), "{words:?} is missing: {ran:?}");
            return;
        }
        assert_eq!(ran.report["exitCode"], json!(ran.status), "{ran:?}");
        self.check_report(ran);
    }

    fn check_report(&self, ran: &RunResult) {
        let report = &ran.report;
        let mut unread = BTreeMap::new();
        for kind in report["visibility"]["unread"].as_array().unwrap() {
            unread.insert(text(&kind["resource"]), text(&kind["reason"]));
        }
        let mut expected = BTreeMap::new();
        let has = |place: String, words: &str| {
            assert!(
                place.contains(words) && place.len() > 4,
                "{words:?} is missing: {place}\n{ran:?}"
            );
        };
        match &self.then.shows {
            Shows::Nothing => {}
            Shows::Unread(kinds) => {
                let kinds = kinds
                    .iter()
                    .map(|(kind, reason)| (kind.clone(), (*reason).to_owned()));
                expected.extend(kinds);
            }
            Shows::Note(words) => has(report["notes"].to_string(), words),
            Shows::Llm(words) => has(report["llm"]["note"].to_string(), words),
            Shows::Commits(words) => {
                has(
                    report["incidents"][0]["correlation"]["note"].to_string(),
                    words,
                );
            }
            Shows::Stderr(words) => has(ran.stderr.clone(), words),
        }
        assert_eq!(unread, expected, "{ran:?}");
        if expected.is_empty() {
            assert_eq!(
                decided(report),
                *BASELINES[usize::from(self.is == Is::Well)],
                "{ran:?}"
            );
        }
        if self.is == Is::Well {
            check_well(report, &expected);
        }
        let sent = report["delivery"]["sent"].as_u64().unwrap();
        let waiting = report["delivery"]["queued"].as_u64().unwrap()
            + report["delivery"]["failed"].as_u64().unwrap();
        match self.then.notified {
            Notified::Now | Notified::Twice => assert!(sent >= 1 && waiting == 0, "{ran:?}"),
            // What another cycle is to send is not this one's to count.
            Notified::Later | Notified::Unsure | Notified::Nobody => {}
        }
    }
}

/// What is hidden is neither missing nor healthy.
fn check_well(report: &Value, unread: &BTreeMap<String, String>) {
    let incidents = report["incidents"].as_array().unwrap();
    for incident in incidents {
        assert_eq!(incident["rule"], "MONITORING_BLIND", "{incident:#}");
    }
    if unread.contains_key("pods") {
        let services = report["services"].as_array().unwrap();
        // A service of CronJobs has no replicas.
        let is_wrong = |it: &&Value| it["status"] == "healthy" && !it["desired"].is_null();
        assert_eq!(services.iter().find(is_wrong), None, "nobody knows");
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What the rules decide.
fn decided(report: &Value) -> Vec<Value> {
    let incidents = report["incidents"].as_array().unwrap().iter();
    let of = |i: &Value| {
        ["severity", "rule", "title", "affects", "fingerprint"].map(|key| i[key].clone())
    };
    incidents.map(|i| json!(of(i))).collect()
}

/// The same without a fault: ill, and well.
static BASELINES: [std::sync::LazyLock<Vec<Value>>; 2] = [
    std::sync::LazyLock::new(|| baseline(Is::Ill)),
    std::sync::LazyLock::new(|| baseline(Is::Well)),
];

fn baseline(is: Is) -> Vec<Value> {
    let ran = Harness::new(is).run();
    assert_eq!(ran.status, i32::from(is == Is::Ill), "{ran:?}");
    decided(&ran.report)
}

/// Whoever counts milliseconds wants the machine for itself.
pub static MACHINE: RwLock<()> = RwLock::new(());

/// Runs all, a few at a time, and prints a line for each.
pub fn check_all(cells: &[Cell]) {
    let _shared = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    let began = Instant::now();
    let filter = std::env::var("FAULT").unwrap_or_default();
    let waiting = Mutex::new(cells.iter());
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(cell) = waiting.lock().unwrap().next() else {
                        return;
                    };
                    let name = format!("{}: {} {}", cell.dependency, cell.fault, cell.of);
                    if !name.contains(&filter) {
                        continue;
                    }
                    match catch_unwind(AssertUnwindSafe(|| cell.run())) {
                        Ok(took) => println!("{}", line(cell, took)),
                        Err(why) => {
                            let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
                            failed.lock().unwrap().push(format!("{name}: {why}"));
                        }
                    }
                }
            });
        }
    });
    println!("{} cells in {:?}", cells.len(), began.elapsed());
    let failed = failed.into_inner().unwrap();
    assert!(
        failed.is_empty(),
        "{} cells fail:\n{}",
        failed.len(),
        failed.join("\n\n")
    );
}

fn line(cell: &Cell, took: Duration) -> String {
    let mut line = format!("{:12} {:34} {:32}", cell.dependency, cell.fault, cell.of);
    let then = &cell.then;
    write!(
        line,
        " {:>3} {:>5} ms  {:8}",
        then.status,
        took.as_millis(),
        format!("{:?}", then.notified)
    )
    .unwrap();
    line + &format!("{:?}", then.shows)
}
