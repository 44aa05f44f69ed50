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

use super::front::Fault;
use super::homelab::Is;
use super::lab::MAPS;
use super::stub::{Answer, Asked};
use super::table::MACHINE;
use super::world::{Ran, SENTINEL, SERVICES, World, signal};

/// What is promised.
const LIMIT: Duration = Duration::from_secs(2);

struct Stage {
    name: &'static str,
    /// The state is a `ConfigMap`.
    in_cluster: bool,
    prepare: fn(&mut World),
    /// Comes back when the stage is reached.
    reach: fn(&World),
    /// Messages about the outage that Slack has after the signal, and after the next cycle.
    told: [usize; 2],
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

fn writes(world: &World, number: usize) {
    let is_write = |asked: &&Asked| asked.path.starts_with(MAPS) && asked.method != "GET";
    world
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
        prepare: |world| world.watcher.break_by(hangs("/")),
        reach: |world| world.watcher.wait_for(|asked| !asked.is_empty()),
        told: [0, 1],
    },
    Stage {
        name: "waiting for another cycle",
        in_cluster: true,
        prepare: |world| {
            let until = Utc::now() + TimeDelta::seconds(6);
            let state = json!({ "schema": "k8s-monitor/state/v1",
                "sending": { "cycle": Utc::now(), "until": until } });
            world.lab.put(&state.to_string());
        },
        reach: |world| {
            let looks = |asked: &[Asked]| asked.iter().filter(|a| a.path.starts_with(MAPS)).count();
            world.kube.wait_for(|asked| looks(asked) > 1);
        },
        told: [0, 1],
    },
    Stage {
        name: "reading the state",
        in_cluster: true,
        prepare: |world| world.kube.break_by(hangs(MAPS)),
        reach: |world| world.kube.wait_for(|asked| asks(asked, MAPS)),
        told: [0, 1],
    },
    Stage {
        name: "listing",
        in_cluster: false,
        prepare: |world| world.kube.break_by(hangs("/api/v1/pods")),
        reach: |world| world.kube.wait_for(|asked| asks(asked, "/api/v1/pods")),
        told: [0, 1],
    },
    Stage {
        name: "reading logs",
        in_cluster: false,
        prepare: |world| world.kube.break_by(hangs("/api/v1/namespaces/mysql/pods")),
        reach: |world| world.kube.wait_for(|asked| asks(asked, "/log")),
        told: [0, 1],
    },
    Stage {
        name: "waiting for the second look",
        in_cluster: false,
        prepare: |world| {
            *world = World::at(Is::Ill, TimeDelta::minutes(24));
            world.config = world.config.replace("0s", "30s");
            world.deadline = Duration::from_secs(120);
        },
        reach: |world| world.kube.wait_for(|asked| asks(asked, "/log")),
        told: [0, 1],
    },
    Stage {
        name: "asking GitHub",
        in_cluster: false,
        prepare: |world| world.github.break_by(hangs("/")),
        reach: |world| world.github.wait_for(|asked| !asked.is_empty()),
        told: [0, 1],
    },
    Stage {
        name: "asking the model",
        in_cluster: true,
        prepare: |world| {
            world.args.clear();
            world.model.break_by(hangs("/"));
        },
        reach: |world| world.model.wait_for(|asked| !asked.is_empty()),
        told: [0, 1],
    },
    Stage {
        name: "storing the outbox",
        in_cluster: true,
        prepare: |world| world.kube.break_by(write_hangs(1)),
        reach: |world| writes(world, 1),
        told: [0, 1],
    },
    Stage {
        name: "sending, not yet received",
        in_cluster: false,
        prepare: |world| world.slack.break_by(hangs("/")),
        reach: |world| world.slack.wait_for(|asked| !asked.is_empty()),
        told: [0, 1],
    },
    Stage {
        name: "sending, the answer in flight",
        in_cluster: false,
        prepare: |world| world.slack.break_by(|_, _| Some(Fault::HangsAfter)),
        reach: |world| world.slack.wait_for(|asked| !asked.is_empty()),
        told: [1, 2],
    },
    Stage {
        name: "waiting for Slack's limit",
        in_cluster: true,
        prepare: |world| {
            world.deadline = Duration::from_secs(120);
            let limited = Answer {
                headers: vec![("retry-after", "30".into())],
                ..Answer::status(429, "")
            };
            let fault = Fault::Says(limited);
            world.slack.break_by(move |_, _| Some(fault.clone()));
        },
        reach: |world| world.slack.wait_for(|asked| !asked.is_empty()),
        told: [0, 1],
    },
    Stage {
        name: "marking what was sent",
        in_cluster: true,
        prepare: |world| world.kube.break_by(write_hangs(2)),
        reach: |world| writes(world, 2),
        told: [1, 2],
    },
    Stage {
        name: "storing the end",
        in_cluster: true,
        prepare: |world| world.kube.break_by(write_hangs(3)),
        reach: |world| writes(world, 3),
        told: [1, 1],
    },
    Stage {
        name: "telling the watcher of the end",
        in_cluster: false,
        prepare: |world| {
            let is_end = |asked: &Asked| !asked.path.ends_with("/start");
            world
                .watcher
                .break_by(move |asked, _| is_end(asked).then_some(Fault::Hangs));
        },
        reach: |world| world.watcher.wait_for(|asked| asked.len() > 1),
        told: [1, 1],
    },
    Stage {
        name: "pushing metrics",
        in_cluster: true,
        prepare: |world| {
            world.gateway.break_by(hangs("/"));
        },
        reach: |world| world.gateway.wait_for(|asked| !asked.is_empty()),
        told: [1, 1],
    },
];

#[test]
fn a_signal_ends_the_program_in_every_stage() {
    let _alone = alone();
    println!(
        "{:36} {:8} {:>6} {:>8}  told",
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
                        stage.name, stage.told
                    );
                }
            });
        }
    });
}

fn end(stage: &Stage, name: &str, status: i32) -> Duration {
    let mut world = World::new(Is::Ill);
    world.deadline = Duration::from_secs(8);
    if stage.in_cluster {
        world.in_cluster();
    }
    (stage.prepare)(&mut world);
    let child = world.start();
    (stage.reach)(&world);
    let began = Instant::now();
    signal(child.id(), name);
    let ran = Ran::of(child, began, Duration::from_secs(20));
    let case = format!("{}: {ran:?}", stage.name);
    assert!(ran.took < LIMIT, "{case}");
    assert_eq!((ran.status, ran.stdout.as_str()), (status, ""), "{case}");
    let words = format!("k8s-monitor: ended by SIG{name} without a result");
    let lines = ran.stderr.lines().filter(|line| line.starts_with(&words));
    assert_eq!(lines.count(), 1, "{case}");
    assert!(!ran.stderr.contains(SENTINEL), "{case}");
    let watched = world.watcher.asked();
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
    assert_eq!(world.told(), stage.told[0], "{case}");

    // Whoever was killed without a word is waited for.
    world.mend();
    let next = world.run();
    assert_eq!(next.status, 1, "{}: {next:?}", stage.name);
    assert_eq!(world.told(), stage.told[1], "{}: {next:?}", stage.name);
    let notes = next.report["notes"].to_string();
    assert!(!notes.contains("cannot be used"), "{}: {notes}", stage.name);
    let last = world.run();
    assert_eq!(
        (last.status, world.told()),
        (1, stage.told[1]),
        "{}",
        stage.name
    );
    ran.took
}

#[test]
fn a_mark_of_sending_is_taken_out_when_there_is_time() {
    let _alone = alone();
    let mut world = World::new(Is::Ill);
    world.in_cluster();
    world.deadline = Duration::from_secs(120);
    let answer = Answer {
        headers: vec![("retry-after", "60".into())],
        ..Answer::status(429, "")
    };
    let fault = Fault::Says(answer);
    world.slack.break_by(move |_, _| Some(fault.clone()));
    let child = world.start();
    world.slack.wait_for(|asked| !asked.is_empty());
    signal(child.id(), "TERM");
    assert_eq!(Ran::of(child, Instant::now(), LIMIT).status, 143);
    let state = world.lab.state().unwrap();
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
        let world = World::new(Is::Ill);
        world.kube.break_by(|_, _| Some(Fault::Hangs));
        let mut command = world.command_of(words);
        let child = command.current_dir(world.home.path()).spawn().unwrap();
        world.kube.wait_for(|asked| !asked.is_empty());
        signal(child.id(), "TERM");
        let ran = Ran::of(child, Instant::now(), LIMIT);
        assert_eq!((ran.status, ran.stdout.as_str()), (143, ""), "{ran:?}");
        assert!(!world.home.path().join(out).exists());
        assert!(world.watcher.asked().is_empty(), "that was no cycle");
    }
}

/// `nohup`, and whatever else lets a program outlive its terminal.
#[test]
fn a_hang_up_that_is_ignored_stays_so() {
    let _alone = alone();
    let mut world = World::new(Is::Ill);
    world.limits = "trap '' HUP".to_owned();
    world.deadline = Duration::from_secs(2);
    world.kube.break_by(hangs("/"));
    let child = world.start();
    world.kube.wait_for(|asked| !asked.is_empty());
    signal(child.id(), "HUP");
    let ran = Ran::of(child, Instant::now(), Duration::from_secs(20));
    assert_eq!(ran.status, 75, "{ran:?}");
}

#[test]
fn a_result_that_nobody_reads_holds_no_end_up() {
    let _alone = alone();
    let world = World::new(Is::Ill);
    let (reader, mut writer) = std::io::pipe().unwrap();
    // What is left of the pipe's 64 KiB is less than a report.
    writer.write_all(&vec![b' '; 60 << 10]).unwrap();
    let mut child = world.command().stdout(writer).spawn().unwrap();
    world.watcher.wait_for(|asked| asked.len() > 1);
    let began = Instant::now();
    signal(child.id(), "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(began.elapsed() < LIMIT);
    drop(reader);
}

/// What knows no deadline of its own is given up some seconds after the run's.
#[test]
fn what_waits_without_end_is_ended_all_the_same() {
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
        for (services, kubeconfig) in [(services, &plugin), (&pipe, &plugin)] {
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
                let ran = Ran::of(child, began, Duration::from_secs(20));
                assert_eq!((ran.status, ran.stdout.as_str()), (75, ""), "{ran:?}");
                assert!(ran.stderr.contains("ended by its deadline"), "{ran:?}");
            });
        }
    });
}
