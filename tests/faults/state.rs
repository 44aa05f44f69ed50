//! A state store that is deleted, locked, full, forbidden or written by another cycle, as a
//! directory and as a `ConfigMap`. Notifications are sent all the same.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::fake_cluster::{CONFIG_MAPS, status};
use super::fault_proxy::Fault;
use super::harness::Harness;
use super::stub::{Answer, HttpRequest};
use super::table::{Expected, FaultCase, Notified, Reported, check_all, expect};

const NEWER: &str = r#"{"schema":"k8s-monitor/state/v9"}"#;
const FORBIDDEN: &str =
    r#"configmaps is forbidden: User "system:serviceaccount:k8s-monitor:k8s-monitor" cannot do it"#;
const EMPTY: &str = r#"{"schema":"k8s-monitor/state/v1"}"#;

fn noted(words: &'static str, notified: Notified) -> Expected {
    expect(1, Reported::Note(words), notified)
}

fn no_effect() -> Expected {
    expect(1, Reported::Nothing, Notified::Now)
}

fn directory(harness: &Harness) -> PathBuf {
    harness.home.path().join("state")
}

/// A file in the state directory, which is created.
fn file(harness: &Harness, name: &str) -> PathBuf {
    fs::create_dir_all(directory(harness)).unwrap();
    directory(harness).join(name)
}

/// Runs the hook at the first request to Slack.
fn at_first_message(harness: &Harness, hook: impl Fn() + Send + Sync + 'static) {
    harness.slack.inject(move |_, nth| {
        if nth == 1 {
            hook();
        }
        None
    });
}

fn locked(harness: &mut Harness, name: &str) {
    harness.deadline = Duration::from_secs(4);
    let lock = File::create(file(harness, name)).unwrap();
    lock.lock().unwrap();
    harness.guards.push(Box::new(lock));
}

fn of_directory() -> Vec<FaultCase> {
    let case = |fault, expected, inject: fn(&mut Harness)| {
        FaultCase::new("directory", fault, expected, inject)
    };
    vec![
        case(
            "locked by another cycle",
            noted("another cycle is running", Notified::Later),
            |harness| {
                locked(harness, "cycle.lock");
            },
        )
        .repaired_by(|harness| harness.guards.clear()),
        case(
            "another run is writing",
            noted("another cycle is running", Notified::Later),
            |harness| {
                locked(harness, "state.lock");
            },
        )
        .repaired_by(|harness| harness.guards.clear()),
        case(
            "written by another run, unchanged",
            no_effect(),
            |harness| {
                let path = file(harness, "state.json");
                at_first_message(harness, move || {
                    let text = fs::read_to_string(&path).unwrap();
                    fs::write(&path, text + "\n").unwrap();
                });
            },
        ),
        case(
            "written by another run",
            noted("another cycle is running", Notified::Twice),
            |harness| {
                let path = file(harness, "state.json");
                at_first_message(harness, move || fs::write(&path, EMPTY).unwrap());
            },
        ),
        case(
            "deleted during the cycle",
            noted("another cycle is running", Notified::Twice),
            |harness| {
                let path = file(harness, "state.json");
                at_first_message(harness, move || fs::remove_file(&path).unwrap());
            },
        ),
        case(
            "not JSON",
            noted("is set aside", Notified::Now),
            |harness| {
                fs::write(file(harness, "state.json"), "{\"schema\":").unwrap();
            },
        ),
        case(
            "of a newer version",
            noted("is set aside", Notified::Now),
            |harness| {
                fs::write(file(harness, "state.json"), NEWER).unwrap();
            },
        ),
        case(
            "the file is a directory",
            noted("cannot read", Notified::Twice),
            |harness| {
                fs::create_dir(file(harness, "state.json")).unwrap();
            },
        )
        .repaired_by(|harness| fs::remove_dir(file(harness, "state.json")).unwrap()),
        case(
            "the directory is a file",
            noted("cannot", Notified::Twice),
            |harness| {
                fs::write(directory(harness), "").unwrap();
            },
        )
        .repaired_by(|harness| fs::remove_file(directory(harness)).unwrap()),
        // Even root cannot create a directory there.
        case(
            "forbidden",
            noted("cannot create", Notified::Twice),
            |harness| {
                harness.state = "dir:/sys/k8s-monitor".to_owned();
            },
        )
        .repaired_by(|harness| harness.state = format!("dir:{}", directory(harness).display())),
        case(
            "no space",
            noted("cannot write", Notified::Twice),
            |harness| {
                harness.shell_setup = "trap '' XFSZ; ulimit -f 0".to_owned();
            },
        ),
    ]
}

fn is_config_map(request: &HttpRequest) -> bool {
    request.path.starts_with(CONFIG_MAPS)
}

fn is_write(request: &HttpRequest) -> bool {
    is_config_map(request) && request.method != "GET"
}

fn inject_into(harness: &mut Harness, is_affected: fn(&HttpRequest) -> bool, fault: Fault) {
    harness
        .kube
        .inject(move |request, _| is_affected(request).then(|| fault.clone()));
}

/// The fault of the first writes, up to this number.
fn first_writes(harness: &Harness, count: usize, fault: Fault) {
    let writes = std::sync::atomic::AtomicUsize::new(0);
    harness.kube.inject(move |request, _| {
        let nth = || writes.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        (is_write(request) && nth() < count).then(|| fault.clone())
    });
}

fn sending(seconds: i64) -> Value {
    json!({ "schema": "k8s-monitor/state/v1", "sending": {
        "cycle": Utc::now(), "until": Utc::now() + TimeDelta::seconds(seconds) } })
}

/// Messages of earlier cycles, which are sent before those of this one.
fn queued(count: usize) -> Value {
    let message = |id| {
        json!({ "id": id, "created": "2026-01-01T00:00:00Z", "kind": "new",
            "incidentIds": [format!("INC-2026-01-01-00{id}")], "channel": "#critical-alerts",
            "place": { "is": "channel" },
            "message": { "text": "a resolution that was not notified", "blocks": [] } })
    };
    json!({ "schema": "k8s-monitor/state/v1",
        "outbox": (1..=count).map(message).collect::<Vec<_>>() })
}

fn of_config_map() -> Vec<FaultCase> {
    let case = |fault, expected, inject: fn(&mut Harness)| {
        FaultCase::new("ConfigMap", fault, expected, move |harness| {
            harness.in_cluster();
            inject(harness);
        })
    };
    vec![
        case("none", no_effect(), |_| {}),
        case("409 once", no_effect(), |harness| {
            first_writes(
                harness,
                1,
                Fault::Answer(status(409, "the object has been modified")),
            );
        }),
        case(
            "409 always",
            noted("another cycle is running", Notified::Later),
            |harness| {
                inject_into(
                    harness,
                    is_write,
                    Fault::Answer(status(409, "the object has been modified")),
                );
            },
        ),
        case(
            "written by another run",
            noted("another cycle is running", Notified::Twice),
            |harness| {
                let fake_cluster = harness.fake_cluster.clone();
                at_first_message(harness, move || fake_cluster.put(EMPTY));
            },
        ),
        case(
            "deleted during the cycle",
            noted("another cycle is running", Notified::Twice),
            |harness| {
                let fake_cluster = harness.fake_cluster.clone();
                at_first_message(harness, move || fake_cluster.delete_state());
            },
        ),
        case(
            "403 on reading",
            noted("may not get it", Notified::Twice),
            |harness| {
                inject_into(
                    harness,
                    is_config_map,
                    Fault::Answer(status(403, FORBIDDEN)),
                );
            },
        ),
        case(
            "403 on writing",
            noted("may not", Notified::Twice),
            |harness| {
                inject_into(harness, is_write, Fault::Answer(status(403, FORBIDDEN)));
            },
        ),
        case(
            "no namespace",
            noted("no namespace", Notified::Twice),
            |harness| {
                inject_into(
                    harness,
                    is_write,
                    Fault::Answer(status(404, "namespaces \"k8s-monitor\" not found")),
                );
            },
        ),
        case(
            "too large (413)",
            noted("413", Notified::Twice),
            |harness| {
                inject_into(
                    harness,
                    is_write,
                    Fault::Answer(status(413, "Request entity too large")),
                );
            },
        ),
        case(
            "quota used up (403)",
            noted("quota", Notified::Twice),
            |harness| {
                inject_into(
                    harness,
                    is_write,
                    Fault::Answer(status(403, "exceeded quota: configmaps")),
                );
            },
        ),
        case("500 once", no_effect(), |harness| {
            first_writes(
                harness,
                1,
                Fault::Answer(status(500, "etcdserver: leader changed")),
            );
        }),
        case(
            "500 always",
            noted("the next cycle tries again", Notified::Twice),
            |harness| {
                inject_into(
                    harness,
                    is_config_map,
                    Fault::Answer(status(500, "etcdserver: no leader")),
                );
            },
        ),
        case(
            "500 to writes",
            noted("the next cycle tries again", Notified::Twice),
            |harness| {
                inject_into(
                    harness,
                    is_write,
                    Fault::Answer(status(500, "etcdserver: mvcc: database space exceeded")),
                );
            },
        ),
        case(
            "no response",
            noted("the next cycle tries again", Notified::Twice),
            |harness| {
                inject_into(harness, is_config_map, Fault::Hangs);
            },
        ),
        case(
            "no response to writes",
            noted("the next cycle tries again", Notified::Twice),
            |harness| {
                inject_into(harness, is_write, Fault::Hangs);
            },
        ),
        case(
            "no response to writes, queued messages",
            noted("the next cycle tries again", Notified::Twice),
            |harness| {
                harness.fake_cluster.put(&queued(3).to_string());
                inject_into(harness, is_write, Fault::Hangs);
            },
        ),
        case(
            "HTML",
            noted("cannot store the state", Notified::Twice),
            |harness| {
                inject_into(
                    harness,
                    is_config_map,
                    Fault::Answer(Answer::status(200, "<html>")),
                );
            },
        ),
        case(
            "body cut always",
            noted("the next cycle tries again", Notified::Twice),
            |harness| {
                inject_into(harness, is_config_map, Fault::Cut);
            },
        ),
        case(
            "not JSON",
            noted("is set aside", Notified::Now),
            |harness| harness.fake_cluster.put("{\"schema\":"),
        ),
        case(
            "of a newer version",
            noted("is set aside", Notified::Now),
            |harness| harness.fake_cluster.put(NEWER),
        ),
        case("`sending` of a killed cycle", no_effect(), |harness| {
            harness.fake_cluster.put(&sending(3).to_string());
        }),
        case("`sending` for hours", no_effect(), |harness| {
            harness.fake_cluster.put(&sending(6 * 3600).to_string());
        }),
        case(
            "another cycle is sending",
            noted("another cycle is running", Notified::Later),
            |harness| {
                harness.deadline = Duration::from_secs(4);
                harness.fake_cluster.put(&sending(60).to_string());
            },
        )
        .repaired_by(|harness| harness.fake_cluster.put(EMPTY)),
    ]
}

pub fn cases() -> Vec<FaultCase> {
    [of_directory(), of_config_map()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn state_store_faults() {
    check_all(&cases());
}
