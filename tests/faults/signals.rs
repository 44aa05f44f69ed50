//! SIGTERM, SIGINT and SIGHUP at every stage: the program ends within two seconds without a verdict,
//! and the next cycle sends what is still due.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{PoisonError, RwLockWriteGuard};
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::fake_cluster::CONFIG_MAPS;
use super::fault_proxy::Fault;
use super::harness::{Harness, RunResult, SENTINEL, SERVICES, signal};
use super::homelab::HomelabState;
use super::stub::{Answer, HttpRequest};
use super::table::EXCLUSIVE_CPU;

/// The documented limit.
const LIMIT: Duration = Duration::from_secs(2);

struct Stage {
    name: &'static str,
    /// The state is in a `ConfigMap`.
    in_cluster: bool,
    prepare: fn(&mut Harness),
    /// Returns when the stage is reached.
    reach: fn(&Harness),
    /// The number of messages about the outage after the signal, and after the next cycle.
    notified: [usize; 2],
}

fn exclusive() -> RwLockWriteGuard<'static, ()> {
    EXCLUSIVE_CPU
        .write()
        .unwrap_or_else(PoisonError::into_inner)
}

fn hangs(path: &'static str) -> impl Fn(&HttpRequest, usize) -> Option<Fault> + Send + Sync {
    move |request, _| request.path.starts_with(path).then_some(Fault::Hangs)
}

/// Writes hang from this one on.
fn write_hangs(number: usize) -> impl Fn(&HttpRequest, usize) -> Option<Fault> + Send + Sync {
    let writes = std::sync::atomic::AtomicUsize::new(0);
    move |request, _| {
        let is_write = request.path.starts_with(CONFIG_MAPS) && request.method != "GET";
        let count = || 1 + writes.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        (is_write && count() >= number).then_some(Fault::Hangs)
    }
}

fn writes(harness: &Harness, number: usize) {
    let is_write =
        |request: &&HttpRequest| request.path.starts_with(CONFIG_MAPS) && request.method != "GET";
    harness
        .kube
        .wait_for(|requests| requests.iter().filter(is_write).count() >= number);
}

fn has_path(requests: &[HttpRequest], path: &str) -> bool {
    requests.iter().any(|request| request.path.contains(path))
}

const STAGES: &[Stage] = &[
    Stage {
        name: "sending the start heartbeat",
        in_cluster: false,
        prepare: |harness| harness.heartbeat.inject(hangs("/")),
        reach: |harness| harness.heartbeat.wait_for(|requests| !requests.is_empty()),
        notified: [0, 1],
    },
    Stage {
        name: "waiting for another cycle",
        in_cluster: true,
        prepare: |harness| {
            let until = Utc::now() + TimeDelta::seconds(6);
            let state = json!({ "schema": "k8s-monitor/state/v1",
                "sending": { "cycle": Utc::now(), "until": until } });
            harness.fake_cluster.put(&state.to_string());
        },
        reach: |harness| {
            let reads = |requests: &[HttpRequest]| {
                let reads = requests.iter().filter(|r| r.path.starts_with(CONFIG_MAPS));
                reads.count()
            };
            harness.kube.wait_for(|requests| reads(requests) > 1);
        },
        notified: [0, 1],
    },
    Stage {
        name: "reading the state",
        in_cluster: true,
        prepare: |harness| harness.kube.inject(hangs(CONFIG_MAPS)),
        reach: |harness| {
            harness
                .kube
                .wait_for(|requests| has_path(requests, CONFIG_MAPS))
        },
        notified: [0, 1],
    },
    Stage {
        name: "listing",
        in_cluster: false,
        prepare: |harness| harness.kube.inject(hangs("/api/v1/pods")),
        reach: |harness| {
            harness
                .kube
                .wait_for(|requests| has_path(requests, "/api/v1/pods"))
        },
        notified: [0, 1],
    },
    Stage {
        name: "reading logs",
        in_cluster: false,
        prepare: |harness| harness.kube.inject(hangs("/api/v1/namespaces/mysql/pods")),
        reach: |harness| harness.kube.wait_for(|requests| has_path(requests, "/log")),
        notified: [0, 1],
    },
    Stage {
        name: "waiting for the second snapshot",
        in_cluster: false,
        prepare: |harness| {
            *harness = Harness::at(HomelabState::Outage, TimeDelta::minutes(24));
            harness.config = harness.config.replace("0s", "30s");
            harness.deadline = Duration::from_secs(120);
        },
        reach: |harness| harness.kube.wait_for(|requests| has_path(requests, "/log")),
        notified: [0, 1],
    },
    Stage {
        name: "requests to GitHub",
        in_cluster: false,
        prepare: |harness| harness.github.inject(hangs("/")),
        reach: |harness| harness.github.wait_for(|requests| !requests.is_empty()),
        notified: [0, 1],
    },
    Stage {
        name: "requests to the model",
        in_cluster: true,
        prepare: |harness| {
            harness.args.clear();
            harness.model.inject(hangs("/"));
        },
        reach: |harness| harness.model.wait_for(|requests| !requests.is_empty()),
        notified: [0, 1],
    },
    Stage {
        name: "storing the outbox",
        in_cluster: true,
        prepare: |harness| harness.kube.inject(write_hangs(1)),
        reach: |harness| writes(harness, 1),
        notified: [0, 1],
    },
    Stage {
        name: "sending, not received",
        in_cluster: false,
        prepare: |harness| harness.slack.inject(hangs("/")),
        reach: |harness| harness.slack.wait_for(|requests| !requests.is_empty()),
        notified: [0, 1],
    },
    Stage {
        name: "sending, response lost",
        in_cluster: false,
        prepare: |harness| harness.slack.inject(|_, _| Some(Fault::HangsAfter)),
        reach: |harness| harness.slack.wait_for(|requests| !requests.is_empty()),
        notified: [1, 2],
    },
    Stage {
        name: "waiting for Slack's rate limit",
        in_cluster: true,
        prepare: |harness| {
            harness.deadline = Duration::from_secs(120);
            let limited = Answer {
                headers: vec![("retry-after", "30".into())],
                ..Answer::status(429, "")
            };
            let fault = Fault::Answer(limited);
            harness.slack.inject(move |_, _| Some(fault.clone()));
        },
        reach: |harness| harness.slack.wait_for(|requests| !requests.is_empty()),
        notified: [0, 1],
    },
    Stage {
        name: "marking a message as delivered",
        in_cluster: true,
        prepare: |harness| harness.kube.inject(write_hangs(2)),
        reach: |harness| writes(harness, 2),
        notified: [1, 2],
    },
    Stage {
        name: "storing the final state",
        in_cluster: true,
        prepare: |harness| harness.kube.inject(write_hangs(3)),
        reach: |harness| writes(harness, 3),
        notified: [1, 1],
    },
    Stage {
        name: "sending the final heartbeat",
        in_cluster: false,
        prepare: |harness| {
            let is_end = |request: &HttpRequest| !request.path.ends_with("/start");
            harness
                .heartbeat
                .inject(move |request, _| is_end(request).then_some(Fault::Hangs));
        },
        reach: |harness| harness.heartbeat.wait_for(|requests| requests.len() > 1),
        notified: [1, 1],
    },
    Stage {
        name: "pushing metrics",
        in_cluster: true,
        prepare: |harness| {
            harness.pushgateway.inject(hangs("/"));
        },
        reach: |harness| {
            harness
                .pushgateway
                .wait_for(|requests| !requests.is_empty())
        },
        notified: [1, 1],
    },
];

#[test]
fn a_signal_ends_the_program_in_every_stage() {
    let _exclusive = exclusive();
    println!(
        "{:36} {:8} {:>6} {:>8}  notified",
        "stage", "signal", "status", "after"
    );
    std::thread::scope(|scope| {
        for (number, stages) in STAGES.chunks(STAGES.len().div_ceil(4)).enumerate() {
            scope.spawn(move || {
                for (at, stage) in stages.iter().enumerate() {
                    let signals = [("TERM", 143), ("INT", 130), ("HUP", 129)];
                    let (name, status) = signals[(number + at) % signals.len()];
                    let took = interrupt(stage, name, status);
                    let millis = took.as_millis();
                    println!(
                        "{:36} SIG{name:5} {status:>6} {millis:>5} ms  {:?}",
                        stage.name, stage.notified
                    );
                }
            });
        }
    });
}

fn interrupt(stage: &Stage, name: &str, status: i32) -> Duration {
    let mut harness = Harness::new(HomelabState::Outage);
    harness.deadline = Duration::from_secs(8);
    if stage.in_cluster {
        harness.in_cluster();
    }
    (stage.prepare)(&mut harness);
    let child = harness.start();
    (stage.reach)(&harness);
    let began = Instant::now();
    signal(child.id(), name);
    let run = RunResult::of(child, began, Duration::from_secs(20));
    let case = format!("{}: {run:?}", stage.name);
    assert!(run.took < LIMIT, "{case}");
    assert_eq!((run.status, run.stdout.as_str()), (status, ""), "{case}");
    let words = format!("k8s-monitor: ended by SIG{name} without a result");
    let lines = run.stderr.lines().filter(|line| line.starts_with(&words));
    assert_eq!(lines.count(), 1, "{case}");
    assert!(!run.stderr.contains(SENTINEL), "{case}");
    let heartbeats = harness.heartbeat.requests();
    let failures: Vec<_> = heartbeats
        .iter()
        .filter(|a| a.path.ends_with("/fail"))
        .collect();
    assert_eq!(failures.len(), 1, "{case}");
    assert!(
        failures
            .iter()
            .all(|a| a.text().starts_with("ended by SIG"))
    );
    assert_eq!(harness.notified(), stage.notified[0], "{case}");

    // The next run waits for the lock of a run that was killed.
    harness.repair();
    let next = harness.run();
    assert_eq!(next.status, 1, "{}: {next:?}", stage.name);
    assert_eq!(
        harness.notified(),
        stage.notified[1],
        "{}: {next:?}",
        stage.name
    );
    let notes = next.report["notes"].to_string();
    assert!(!notes.contains("cannot be used"), "{}: {notes}", stage.name);
    let last = harness.run();
    assert_eq!(
        (last.status, harness.notified()),
        (1, stage.notified[1]),
        "{}",
        stage.name
    );
    run.took
}

#[test]
fn a_sending_mark_is_removed_when_there_is_time() {
    let _exclusive = exclusive();
    let mut harness = Harness::new(HomelabState::Outage);
    harness.in_cluster();
    harness.deadline = Duration::from_secs(120);
    let answer = Answer {
        headers: vec![("retry-after", "60".into())],
        ..Answer::status(429, "")
    };
    let fault = Fault::Answer(answer);
    harness.slack.inject(move |_, _| Some(fault.clone()));
    let child = harness.start();
    harness.slack.wait_for(|requests| !requests.is_empty());
    signal(child.id(), "TERM");
    assert_eq!(RunResult::of(child, Instant::now(), LIMIT).status, 143);
    let state = harness.fake_cluster.state().unwrap();
    assert_eq!(state["sending"], Value::Null, "{state:#}");
    assert_eq!(state["outbox"].as_array().unwrap().len(), 1);
}

#[test]
fn a_signal_ends_the_other_commands_as_well() {
    let _exclusive = exclusive();
    let out = "never-written.tar.gz";
    let commands: [&[&str]; 3] = [
        &["check", "--service", "mysql"],
        &["snapshot", "-o", out],
        &["doctor"],
    ];
    for words in commands {
        let harness = Harness::new(HomelabState::Outage);
        harness.kube.inject(|_, _| Some(Fault::Hangs));
        let mut command = harness.command_of(words);
        let child = command.current_dir(harness.home.path()).spawn().unwrap();
        harness.kube.wait_for(|requests| !requests.is_empty());
        signal(child.id(), "TERM");
        let run = RunResult::of(child, Instant::now(), LIMIT);
        assert_eq!((run.status, run.stdout.as_str()), (143, ""), "{run:?}");
        assert!(!harness.home.path().join(out).exists());
        assert!(
            harness.heartbeat.requests().is_empty(),
            "only cycles send heartbeats"
        );
    }
}

/// As `nohup` does, so that a program outlives its terminal.
#[test]
fn an_ignored_sighup_stays_ignored() {
    let _exclusive = exclusive();
    let mut harness = Harness::new(HomelabState::Outage);
    harness.shell_setup = "trap '' HUP".to_owned();
    harness.deadline = Duration::from_secs(2);
    harness.kube.inject(hangs("/"));
    let child = harness.start();
    harness.kube.wait_for(|requests| !requests.is_empty());
    signal(child.id(), "HUP");
    let run = RunResult::of(child, Instant::now(), Duration::from_secs(20));
    assert_eq!(run.status, 75, "{run:?}");
}

#[test]
fn an_unread_output_pipe_does_not_delay_termination() {
    let _exclusive = exclusive();
    let harness = Harness::new(HomelabState::Outage);
    let (reader, mut writer) = std::io::pipe().unwrap();
    // The rest of the pipe's 64 KiB is smaller than a report.
    writer.write_all(&vec![b' '; 60 << 10]).unwrap();
    let mut child = harness.command().stdout(writer).spawn().unwrap();
    harness.heartbeat.wait_for(|requests| requests.len() > 1);
    let began = Instant::now();
    signal(child.id(), "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(began.elapsed() < LIMIT);
    drop(reader);
}

/// Operations without a deadline are terminated some seconds after that of the run. A pipe, which may
/// never answer, is not even opened.
#[test]
fn a_blocked_operation_is_terminated() {
    let home = tempfile::tempdir().unwrap();
    let user = json!({ "exec": { "apiVersion": "client.authentication.k8s.io/v1",
        "command": "sleep", "args": ["60"], "interactiveMode": "Never" } });
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "it",
        "clusters": [{ "name": "it", "cluster": { "server": "http://127.0.0.1:9" } }],
        "users": [{ "name": "it", "user": user }],
        "contexts": [{ "name": "it", "context": { "cluster": "it", "user": "it" } }],
    });
    let plugin = home.path().join("kubeconfig");
    fs::write(&plugin, kubeconfig.to_string()).unwrap();
    let pipe = home.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let services = Path::new(SERVICES);
    std::thread::scope(|scope| {
        let ends = [
            (services, 75, "ended by its deadline"),
            (&pipe, 65, "it is a pipe"),
        ];
        for (services, status, says) in ends {
            let kubeconfig = &plugin;
            scope.spawn(move || {
                let began = Instant::now();
                let child = Command::new(env!("CARGO_BIN_EXE_k8s-monitor"))
                    .args(["run", "--deadline", "1s", "--state", "none", "--services"])
                    .arg(services)
                    .arg("--kubeconfig")
                    .arg(kubeconfig)
                    .env_clear()
                    .env("PATH", "/usr/bin:/bin")
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap();
                let run = RunResult::of(child, began, Duration::from_secs(20));
                assert_eq!((run.status, run.stdout.as_str()), (status, ""), "{run:?}");
                assert!(run.stderr.contains(says), "{run:?}");
            });
        }
    });
}
