//! Runs the cases: for each dependency and fault, one run with the fault and one after the repair,
//! and the expected result.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::fault_proxy::FaultProxy;
use super::harness::{Harness, RunResult, SENTINEL};
use super::homelab::HomelabState;
use super::workspace;

/// How long a run may exceed its deadline; heartbeat pings may take another five seconds.
const MARGIN: Duration = Duration::from_millis(1_500);
const HEARTBEAT_MARGIN: Duration = Duration::from_secs(5);
/// Most cases wait for timeouts.
const CONCURRENCY: usize = 6;

pub type Injection = Box<dyn Fn(&mut Harness) + Send + Sync>;

/// A dependency with one fault, and the expected result.
pub struct FaultCase {
    pub dependency: &'static str,
    pub fault: String,
    /// The subject of the fault, if several cases have the same fault.
    pub subject: String,
    pub homelab: HomelabState,
    pub inject: Injection,
    /// Further repairs after the run with the fault.
    pub on_repair: Injection,
    pub expected: Expected,
}

/// The expected result of a run.
#[derive(Debug, Clone)]
pub struct Expected {
    pub status: i32,
    pub reported: Reported,
    pub notified: Notified,
}

/// Where the fault is reported.
#[derive(Debug, Clone)]
pub enum Reported {
    /// Nowhere: it had no effect.
    Nothing,
    /// These kinds and reasons, and no others, under `visibility.unread`.
    Unread(Vec<(String, &'static str)>),
    /// In a note of the report.
    Note(&'static str),
    /// In the note on the model.
    Llm(&'static str),
    /// In the note on commits.
    Commits(&'static str),
    /// Only on stderr.
    Stderr(&'static str),
}

/// When the outage is notified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notified {
    /// In the run with the fault.
    Now,
    /// In the next run.
    Later,
    /// In both runs, because the first one could not store that it did.
    Twice,
    /// Once per attempt, because Slack's responses are lost.
    EachAttempt,
    /// There is no outage.
    Never,
}

pub fn expect(status: i32, reported: Reported, notified: Notified) -> Expected {
    Expected {
        status,
        reported,
        notified,
    }
}

impl Expected {
    /// Short if the fault lasts until the deadline, else long enough for a slow machine.
    fn deadline(&self) -> Duration {
        let is_late =
            |kinds: &[(String, &str)]| kinds.iter().any(|(_, reason)| *reason == "Timeout");
        Duration::from_secs(match &self.reported {
            Reported::Unread(kinds) if is_late(kinds) => 10,
            _ if self.status == 75 => 4,
            _ => 12,
        })
    }
}

impl FaultCase {
    pub fn new(
        dependency: &'static str,
        fault: &str,
        expected: Expected,
        inject: impl Fn(&mut Harness) + Send + Sync + 'static,
    ) -> Self {
        Self {
            dependency,
            fault: fault.to_owned(),
            subject: String::new(),
            homelab: HomelabState::Outage,
            inject: Box::new(inject),
            on_repair: Box::new(|_| {}),
            expected,
        }
    }

    /// One of several cases of this fault.
    pub fn about(mut self, subject: &str) -> Self {
        self.subject = subject.to_owned();
        self
    }

    pub fn healthy(mut self) -> Self {
        self.homelab = HomelabState::Healthy;
        self
    }

    pub fn repaired_by(mut self, on_repair: impl Fn(&mut Harness) + Send + Sync + 'static) -> Self {
        self.on_repair = Box::new(on_repair);
        self
    }

    fn run(&self) -> Duration {
        let mut harness = Harness::new(self.homelab);
        harness.deadline = self.expected.deadline();
        (self.inject)(&mut harness);
        let run = harness.run();
        self.check(&harness, &run);
        if self.is_stateless() {
            return run.took;
        }
        harness.repair();
        (self.on_repair)(&mut harness);
        let next = harness.run();
        let without_fault = i32::from(self.homelab == HomelabState::Outage);
        assert_eq!(next.status, without_fault, "the next run: {next:?}");
        let (first, all) = (harness.notified_before.get(), harness.notified());
        let expected = match self.expected.notified {
            Notified::Now | Notified::Later => all == 1,
            Notified::Twice => all == 2,
            Notified::EachAttempt => first >= 1 && all == first + 1,
            Notified::Never => all == 0,
        };
        assert!(
            expected,
            "notified {all} times after the next run: {next:?}"
        );
        run.took
    }

    /// Whether the fault cannot affect the next run.
    fn is_stateless(&self) -> bool {
        let stateless = ["GitHub", "Anthropic", "heartbeat", "Pushgateway"];
        let is_one_of_many = !self.subject.is_empty() && self.expected.notified == Notified::Now;
        self.expected.notified == Notified::Never
            || is_one_of_many
            || stateless.contains(&self.dependency)
    }

    fn check(&self, harness: &Harness, run: &RunResult) {
        let margin = if self.dependency == "heartbeat" {
            HEARTBEAT_MARGIN
        } else {
            Duration::ZERO
        };
        assert!(
            run.took < harness.deadline + MARGIN + margin,
            "too late: {run:?}"
        );
        for secret in [SENTINEL, workspace::TOKEN] {
            assert!(
                !run.stdout.contains(secret) && !run.stderr.contains(secret),
                "{run:?}"
            );
        }
        for request in harness
            .redirect_target
            .iter()
            .flat_map(FaultProxy::requests)
        {
            let shown = format!("{:?} {}", request.headers, request.text());
            let has_secret = [SENTINEL, workspace::TOKEN]
                .iter()
                .any(|secret| shown.contains(secret));
            assert!(
                !has_secret && request.method == "GET",
                "a secret was sent: {request:?}"
            );
        }
        assert_eq!(run.status, self.expected.status, "{run:?}");
        let notified = harness.notified();
        harness.notified_before.set(notified);
        let expected = match self.expected.notified {
            Notified::Now | Notified::Twice => notified == 1,
            Notified::Later | Notified::Never => notified == 0,
            Notified::EachAttempt => notified >= 1,
        };
        assert!(expected, "notified {notified} times: {run:?}");
        if run.status > 3 {
            assert_eq!(run.stdout, "", "no verdict, no report");
            let Reported::Stderr(words) = self.expected.reported else {
                panic!("a run without a report writes to stderr")
            };
            assert!(run.stderr.contains(words), "{words:?} is missing: {run:?}");
            return;
        }
        assert_eq!(run.report["exitCode"], json!(run.status), "{run:?}");
        self.check_report(run);
    }

    fn check_report(&self, run: &RunResult) {
        let report = &run.report;
        let mut unread = BTreeMap::new();
        for kind in report["visibility"]["unread"].as_array().unwrap() {
            unread.insert(text(&kind["resource"]), text(&kind["reason"]));
        }
        let mut expected = BTreeMap::new();
        let has = |text: String, words: &str| {
            assert!(
                text.contains(words) && text.len() > 4,
                "{words:?} is missing: {text}\n{run:?}"
            );
        };
        match &self.expected.reported {
            Reported::Nothing => {}
            Reported::Unread(kinds) => {
                let kinds = kinds
                    .iter()
                    .map(|(kind, reason)| (kind.clone(), (*reason).to_owned()));
                expected.extend(kinds);
            }
            Reported::Note(words) => has(report["notes"].to_string(), words),
            Reported::Llm(words) => has(report["llm"]["note"].to_string(), words),
            Reported::Commits(words) => {
                has(
                    report["incidents"][0]["correlation"]["note"].to_string(),
                    words,
                );
            }
            Reported::Stderr(words) => has(run.stderr.clone(), words),
        }
        assert_eq!(unread, expected, "{run:?}");
        if expected.is_empty() {
            assert_eq!(
                decided(report),
                *BASELINES[usize::from(self.homelab == HomelabState::Healthy)],
                "{run:?}"
            );
        }
        if self.homelab == HomelabState::Healthy {
            check_healthy(report, &expected);
        }
        let sent = report["delivery"]["sent"].as_u64().unwrap();
        let waiting = report["delivery"]["queued"].as_u64().unwrap()
            + report["delivery"]["failed"].as_u64().unwrap();
        match self.expected.notified {
            Notified::Now | Notified::Twice => assert!(sent >= 1 && waiting == 0, "{run:?}"),
            // Messages that another cycle sends are not counted.
            Notified::Later | Notified::EachAttempt | Notified::Never => {}
        }
    }
}

/// Unread objects are neither missing nor healthy.
fn check_healthy(report: &Value, unread: &BTreeMap<String, String>) {
    let incidents = report["incidents"].as_array().unwrap();
    for incident in incidents {
        assert_eq!(incident["rule"], "MONITORING_BLIND", "{incident:#}");
    }
    if unread.contains_key("pods") {
        let services = report["services"].as_array().unwrap();
        // A service of CronJobs has no replicas.
        let is_wrong = |it: &&Value| it["status"] == "healthy" && !it["desired"].is_null();
        assert_eq!(
            services.iter().find(is_wrong),
            None,
            "unread pods are not healthy"
        );
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The decisions of the rules.
fn decided(report: &Value) -> Vec<Value> {
    let incidents = report["incidents"].as_array().unwrap().iter();
    let of = |i: &Value| {
        ["severity", "rule", "title", "affects", "fingerprint"].map(|key| i[key].clone())
    };
    incidents.map(|i| json!(of(i))).collect()
}

/// The decisions without a fault: during the outage, and in the healthy homelab.
static BASELINES: [std::sync::LazyLock<Vec<Value>>; 2] = [
    std::sync::LazyLock::new(|| baseline(HomelabState::Outage)),
    std::sync::LazyLock::new(|| baseline(HomelabState::Healthy)),
];

fn baseline(state: HomelabState) -> Vec<Value> {
    let run = Harness::new(state).run();
    assert_eq!(
        run.status,
        i32::from(state == HomelabState::Outage),
        "{run:?}"
    );
    decided(&run.report)
}

/// Tests that measure milliseconds run alone.
pub static EXCLUSIVE_CPU: RwLock<()> = RwLock::new(());

/// Runs the cases concurrently and prints a line for each.
pub fn check_all(cases: &[FaultCase]) {
    let _shared = EXCLUSIVE_CPU.read().unwrap_or_else(PoisonError::into_inner);
    let began = Instant::now();
    let filter = std::env::var("FAULT").unwrap_or_default();
    let waiting = Mutex::new(cases.iter());
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..CONCURRENCY {
            scope.spawn(|| {
                loop {
                    let Some(case) = waiting.lock().unwrap().next() else {
                        return;
                    };
                    let name = format!("{}: {} {}", case.dependency, case.fault, case.subject);
                    if !name.contains(&filter) {
                        continue;
                    }
                    match catch_unwind(AssertUnwindSafe(|| case.run())) {
                        Ok(took) => println!("{}", line(case, took)),
                        Err(why) => {
                            let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
                            failed.lock().unwrap().push(format!("{name}: {why}"));
                        }
                    }
                }
            });
        }
    });
    println!("{} cases in {:?}", cases.len(), began.elapsed());
    let failed = failed.into_inner().unwrap();
    assert!(
        failed.is_empty(),
        "{} cases fail:\n{}",
        failed.len(),
        failed.join("\n\n")
    );
}

fn line(case: &FaultCase, took: Duration) -> String {
    let mut line = format!(
        "{:12} {:34} {:32}",
        case.dependency, case.fault, case.subject
    );
    let expected = &case.expected;
    write!(
        line,
        " {:>3} {:>5} ms  {:8}",
        expected.status,
        took.as_millis(),
        format!("{:?}", expected.notified)
    )
    .unwrap();
    line + &format!("{:?}", expected.reported)
}
