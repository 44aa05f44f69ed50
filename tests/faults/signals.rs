//! SIGTERM, SIGINT and SIGHUP in every stage: the program ends within two seconds, no
//! verdict is feigned, and the next cycle says what is still due.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{PoisonError, RwLockWriteGuard};
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::fake_cluster::MAPS;
use super::fault_proxy::Fault;
use super::harness::{Harness, RunResult, SENTINEL, SERVICES, signal};
use super::homelab::Is;
use super::stub::{Answer, Asked};
use super::table::MACHINE;

/// What is promised.
const LIMIT: Duration = Duration::from_secs(2);

struct Stage {
    name: &'static str,
    /// The state is a `ConfigMap`.
    in_cluster: bool,
    prepare: fn(&mut Harness),
    /// Comes back when the stage is reached.
    reach: fn(&Harness),
    /// Messages about the outage that Slack has after the signal, and after the next cycle.
    notified: [usize; 2],
}

fn alone() -> RwLockWriteGuard<'static, ()> {
    MACHINE.write().unwrap_or_else(PoisonError::into_inner)
}

fn hangs(path: &'static str) -> impl Fn(&Asked, usize) -> Option<Fault> + Send + Sync {
    move |asked, _| asked.path.starts_with(path).then_some(Fault::Hangs)
}

/// The write of this number hangs, and all after it.
fn write_hangs(number: usize) -> impl Fn(&Asked, usize) -> Option<Fault> + Send + Sync {
    let writes = std::sync::atomic::AtomicUsize::new(0);
    move |asked, _| {
        let is_write = asked.path.starts_with(MAPS) && asked.method != "GET";
        let count = || 1 + writes.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        (is_write && count() >= number).then_some(Fault::Hangs)
    }
}

fn writes(harness: &Harness, number: usize) {
    let is_write = |asked: &&Asked| asked.path.starts_with(MAPS) && asked.method != "GET";
    harness
        .kube
        .wait_for(|asked| asked.iter().filter(is_write).count() >= number);
}

fn asks(asked: &[Asked], path: &str) -> bool {
    asked.iter().any(|asked| asked.path.contains(path))
}

const STAGES: &[Stage] = &[
    Stage {
        name: "telling the watcher that it starts",
        in_cluster: false,
        prepare: |harness| harness.watcher.inject(hangs("/")),
        reach: |harness| harness.watcher.wait_for(|asked| !asked.is_empty()),
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
            let looks = |asked: &[Asked]| asked.iter().filter(|a| a.path.starts_with(MAPS)).count();
            harness.kube.wait_for(|asked| looks(asked) > 1);
        },
        notified: [0, 1],
    },
    Stage {
        name: "reading the state",
        in_cluster: true,
        prepare: |harness| harness.kube.inject(hangs(MAPS)),
        reach: |harness| harness.kube.wait_for(|asked| asks(asked, MAPS)),
        notified: [0, 1],
    },
    Stage {
        name: "listing",
        in_cluster: false,
        prepare: |harness| harness.kube.inject(hangs("/api/v1/pods")),
        reach: |harness| harness.kube.wait_for(|asked| asks(asked, "/api/v1/pods")),
        notified: [0, 1],
    },
    Stage {
        name: "reading logs",
        in_cluster: false,
        prepare: |harness| harness.kube.inject(hangs("/api/v1/namespaces/mysql/pods")),
        reach: |harness| harness.kube.wait_for(|asked| asks(asked, "/log")),
        notified: [0, 1],
    },
    Stage {
        name: "waiting for the second look",
        in_cluster: false,
        prepare: |harness| {
            *harness = Harness::at(Is::Ill, TimeDelta::minutes(24));
            harness.config = harness.config.replace("0s", "30s");
            harness.deadline = Duration::from_secs(120);
        },
        reach: |harness| harness.kube.wait_for(|asked| asks(asked, "/log")),
        notified: [0, 1],
    },
    Stage {
        name: "asking GitHub",
        in_cluster: false,
        prepare: |harness| harness.github.inject(hangs("/")),
        reach: |harness| harness.github.wait_for(|asked| !asked.is_empty()),
        notified: [0, 1],
    },
    Stage {
        name: "asking the model",
        in_cluster: true,
        prepare: |harness| {
            harness.args.clear();
            harness.model.inject(hangs("/"));
        },
        reach: |harness| harness.model.wait_for(|asked| !asked.is_empty()),
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
        name: "sending, not yet received",
        in_cluster: false,
        prepare: |harness| harness.slack.inject(hangs("/")),
        reach: |harness| harness.slack.wait_for(|asked| !asked.is_empty()),
        notified: [0, 1],
    },
    Stage {
        name: "sending, the answer in flight",
        in_cluster: false,
        prepare: |harness| harness.slack.inject(|_, _| Some(Fault::HangsAfter)),
        reach: |harness| harness.slack.wait_for(|asked| !asked.is_empty()),
        notified: [1, 2],
    },
    Stage {
        name: "waiting for Slack's limit",
        in_cluster: true,
        prepare: |harness| {
            harness.deadline = Duration::from_secs(120);
            let limited = Answer {
                headers: vec![("retry-after", "30".into())],
                ..Answer::status(429, "")
            };
            let fault = Fault::Says(limited);
            harness.slack.inject(move |_, _| Some(fault.clone()));
        },
        reach: |harness| harness.slack.wait_for(|asked| !asked.is_empty()),
        notified: [0, 1],
    },
    Stage {
        name: "marking what was sent",
        in_cluster: true,
        prepare: |harness| harness.kube.inject(write_hangs(2)),
        reach: |harness| writes(harness, 2),
        notified: [1, 2],
    },
    Stage {
        name: "storing the end",
        in_cluster: true,
        prepare: |harness| harness.kube.inject(write_hangs(3)),
        reach: |harness| writes(harness, 3),
        notified: [1, 1],
    },
    Stage {
        name: "telling the watcher of the end",
        in_cluster: false,
        prepare: |harness| {
            let is_end = |asked: &Asked| !asked.path.ends_with("/start");
            harness
                .watcher
                .inject(move |asked, _| is_end(asked).then_some(Fault::Hangs));
        },
        reach: |harness| harness.watcher.wait_for(|asked| asked.len() > 1),
        notified: [1, 1],
    },
    Stage {
        name: "pushing metrics",
        in_cluster: true,
        prepare: |harness| {
            harness.gateway.inject(hangs("/"));
        },
        reach: |harness| harness.gateway.wait_for(|asked| !asked.is_empty()),
        notified: [1, 1],
    },
];

#[test]
fn a_signal_ends_the_program_in_every_stage() {
    let _alone = alone();
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
                    let took = end(stage, name, status);
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

fn end(stage: &Stage, name: &str, status: i32) -> Duration {
    let mut harness = Harness::new(Is::Ill);
    harness.deadline = Duration::from_secs(8);
    if stage.in_cluster {
        harness.in_cluster();
    }
    (stage.prepare)(&mut harness);
    let child = harness.start();
    (stage.reach)(&harness);
    let began = Instant::now();
    signal(child.id(), name);
    let ran = RunResult::of(child, began, Duration::from_secs(20));
    let case = format!("{}: {ran:?}", stage.name);
    assert!(ran.took < LIMIT, "{case}");
    assert_eq!((ran.status, ran.stdout.as_str()), (status, ""), "{case}");
    let words = format!("k8s-monitor: ended by SIG{name} without a result");
    let lines = ran.stderr.lines().filter(|line| line.starts_with(&words));
    assert_eq!(lines.count(), 1, "{case}");
    assert!(!ran.stderr.contains(SENTINEL), "{case}");
    let watched = harness.watcher.asked();
    let failures: Vec<_> = watched
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

    // Whoever was killed without a word is waited for.
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
    ran.took
}

#[test]
fn a_sending_mark_is_removed_when_there_is_time() {
    let _alone = alone();
    let mut harness = Harness::new(Is::Ill);
    harness.in_cluster();
    harness.deadline = Duration::from_secs(120);
    let answer = Answer {
        headers: vec![("retry-after", "60".into())],
        ..Answer::status(429, "")
    };
    let fault = Fault::Says(answer);
    harness.slack.inject(move |_, _| Some(fault.clone()));
    let child = harness.start();
    harness.slack.wait_for(|asked| !asked.is_empty());
    signal(child.id(), "TERM");
    assert_eq!(RunResult::of(child, Instant::now(), LIMIT).status, 143);
    let state = harness.fake_cluster.state().unwrap();
    assert_eq!(state["sending"], Value::Null, "{state:#}");
    assert_eq!(state["outbox"].as_array().unwrap().len(), 1);
}

#[test]
fn a_signal_ends_the_other_commands_as_well() {
    let _alone = alone();
    let out = "never-written.tar.gz";
    let commands: [&[&str]; 3] = [
        &["check", "--service", "mysql"],
        &["snapshot", "-o", out],
        &["doctor"],
    ];
    for words in commands {
        let harness = Harness::new(Is::Ill);
        harness.kube.inject(|_, _| Some(Fault::Hangs));
        let mut command = harness.command_of(words);
        let child = command.current_dir(harness.home.path()).spawn().unwrap();
        harness.kube.wait_for(|asked| !asked.is_empty());
        signal(child.id(), "TERM");
        let ran = RunResult::of(child, Instant::now(), LIMIT);
        assert_eq!((ran.status, ran.stdout.as_str()), (143, ""), "{ran:?}");
        assert!(!harness.home.path().join(out).exists());
        assert!(harness.watcher.asked().is_empty(), "that was no cycle");
    }
}

/// `nohup`, and whatever else lets a program outlive its terminal.
#[test]
fn an_ignored_sighup_stays_ignored() {
    let _alone = alone();
    let mut harness = Harness::new(Is::Ill);
    harness.limits = "trap '' HUP".to_owned();
    harness.deadline = Duration::from_secs(2);
    harness.kube.inject(hangs("/"));
    let child = harness.start();
    harness.kube.wait_for(|asked| !asked.is_empty());
    signal(child.id(), "HUP");
    let ran = RunResult::of(child, Instant::now(), Duration::from_secs(20));
    assert_eq!(ran.status, 75, "{ran:?}");
}

#[test]
fn an_unread_output_pipe_does_not_delay_termination() {
    let _alone = alone();
    let harness = Harness::new(Is::Ill);
    let (reader, mut writer) = std::io::pipe().unwrap();
    // What is left of the pipe's 64 KiB is less than a report.
    writer.write_all(&vec![b' '; 60 << 10]).unwrap();
    let mut child = harness.command().stdout(writer).spawn().unwrap();
    harness.watcher.wait_for(|asked| asked.len() > 1);
    let began = Instant::now();
    signal(child.id(), "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(began.elapsed() < LIMIT);
    drop(reader);
}

/// What knows no deadline of its own is given up some seconds after the run's. A pipe, which may never
/// answer, is not even opened.
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
        let ends = [(services, 75, "ended by its deadline"), (&pipe, 65, "it is a pipe")];
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
                let ran = RunResult::of(child, began, Duration::from_secs(20));
                assert_eq!((ran.status, ran.stdout.as_str()), (status, ""), "{ran:?}");
                assert!(ran.stderr.contains(says), "{ran:?}");
            });
        }
    });
}
