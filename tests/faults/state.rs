//! A memory that is lost, locked, full, forbidden or another's, in either
//! place. It keeps no alarm back.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::fake_cluster::{MAPS, status};
use super::fault_proxy::Fault;
use super::harness::Harness;
use super::stub::{Answer, Asked};
use super::table::{Cell, Expected, Notified, Shows, check_all, then};

const NEWER: &str = r#"{"schema":"k8s-monitor/state/v9"}"#;
const FORBIDDEN: &str =
    r#"configmaps is forbidden: User "system:serviceaccount:k8s-monitor:k8s-monitor" cannot do it"#;
const FRESH: &str = r#"{"schema":"k8s-monitor/state/v1"}"#;

fn noted(words: &'static str, notified: Notified) -> Expected {
    then(1, Shows::Note(words), notified)
}

fn unharmed() -> Expected {
    then(1, Shows::Nothing, Notified::Now)
}

fn directory(harness: &Harness) -> PathBuf {
    harness.home.path().join("state")
}

/// A file of the state, in a directory that is there.
fn file(harness: &Harness, name: &str) -> PathBuf {
    fs::create_dir_all(directory(harness)).unwrap();
    directory(harness).join(name)
}

/// Something happens when Slack is asked for the first time.
fn meanwhile(harness: &Harness, happens: impl Fn() + Send + Sync + 'static) {
    harness.slack.inject(move |_, nth| {
        if nth == 1 {
            happens();
        }
        None
    });
}

fn locked(harness: &mut Harness, name: &str) {
    harness.deadline = Duration::from_secs(4);
    let lock = File::create(file(harness, name)).unwrap();
    lock.lock().unwrap();
    harness.keeps.push(Box::new(lock));
}

fn of_directory() -> Vec<Cell> {
    let cell = |fault, then, breaks: fn(&mut Harness)| Cell::new("directory", fault, then, breaks);
    vec![
        cell(
            "another cycle holds it",
            noted("another cycle is running", Notified::Later),
            |harness| {
                locked(harness, "cycle.lock");
            },
        )
        .mended_by(|harness| harness.keeps.clear()),
        cell(
            "another run is writing",
            noted("another cycle is running", Notified::Later),
            |harness| {
                locked(harness, "state.lock");
            },
        )
        .mended_by(|harness| harness.keeps.clear()),
        cell("written by another run, the same", unharmed(), |harness| {
            let path = file(harness, "state.json");
            meanwhile(harness, move || {
                let text = fs::read_to_string(&path).unwrap();
                fs::write(&path, text + "\n").unwrap();
            });
        }),
        cell(
            "written by another run",
            noted("another cycle is running", Notified::Twice),
            |harness| {
                let path = file(harness, "state.json");
                meanwhile(harness, move || fs::write(&path, FRESH).unwrap());
            },
        ),
        cell(
            "gone in the middle",
            noted("another cycle is running", Notified::Twice),
            |harness| {
                let path = file(harness, "state.json");
                meanwhile(harness, move || fs::remove_file(&path).unwrap());
            },
        ),
        cell(
            "not JSON",
            noted("is set aside", Notified::Now),
            |harness| {
                fs::write(file(harness, "state.json"), "{\"schema\":").unwrap();
            },
        ),
        cell(
            "of a newer version",
            noted("is set aside", Notified::Now),
            |harness| {
                fs::write(file(harness, "state.json"), NEWER).unwrap();
            },
        ),
        cell(
            "a directory in the file's place",
            noted("cannot read", Notified::Twice),
            |harness| {
                fs::create_dir(file(harness, "state.json")).unwrap();
            },
        )
        .mended_by(|harness| fs::remove_dir(file(harness, "state.json")).unwrap()),
        cell(
            "a file in the directory's place",
            noted("cannot", Notified::Twice),
            |harness| {
                fs::write(directory(harness), "").unwrap();
            },
        )
        .mended_by(|harness| fs::remove_file(directory(harness)).unwrap()),
        // Not even root may make a directory there.
        cell(
            "forbidden",
            noted("cannot create", Notified::Twice),
            |harness| {
                harness.state = "dir:/sys/k8s-monitor".to_owned();
            },
        )
        .mended_by(|harness| harness.state = format!("dir:{}", directory(harness).display())),
        cell(
            "no space",
            noted("cannot write", Notified::Twice),
            |harness| {
                harness.limits = "trap '' XFSZ; ulimit -f 0".to_owned();
            },
        ),
    ]
}

fn is_map(asked: &Asked) -> bool {
    asked.path.starts_with(MAPS)
}

fn is_write(asked: &Asked) -> bool {
    is_map(asked) && asked.method != "GET"
}

fn breaks(harness: &mut Harness, is_hit: fn(&Asked) -> bool, fault: Fault) {
    harness
        .kube
        .inject(move |asked, _| is_hit(asked).then(|| fault.clone()));
}

/// Writes of this fault, for as many as that.
fn first_writes(harness: &Harness, count: usize, fault: Fault) {
    let writes = std::sync::atomic::AtomicUsize::new(0);
    harness.kube.inject(move |asked, _| {
        let nth = || writes.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        (is_write(asked) && nth() < count).then(|| fault.clone())
    });
}

fn sending(seconds: i64) -> Value {
    json!({ "schema": "k8s-monitor/state/v1", "sending": {
        "cycle": Utc::now(), "until": Utc::now() + TimeDelta::seconds(seconds) } })
}

/// Messages of earlier cycles, which go out before those of this one.
fn waiting(count: usize) -> Value {
    let message = |id| {
        json!({ "id": id, "created": "2026-01-01T00:00:00Z", "kind": "new",
            "incidentIds": [format!("INC-2026-01-01-00{id}")], "channel": "#critical-alerts",
            "place": { "is": "channel" },
            "message": { "text": "an end that was not notified", "blocks": [] } })
    };
    json!({ "schema": "k8s-monitor/state/v1",
        "outbox": (1..=count).map(message).collect::<Vec<_>>() })
}

fn of_config_map() -> Vec<Cell> {
    let cell = |fault, then, breaks: fn(&mut Harness)| {
        Cell::new("ConfigMap", fault, then, move |harness| {
            harness.in_cluster();
            breaks(harness);
        })
    };
    vec![
        cell("nothing wrong", unharmed(), |_| {}),
        cell("409 once", unharmed(), |w| {
            first_writes(
                w,
                1,
                Fault::Says(status(409, "the object has been modified")),
            );
        }),
        cell(
            "409 always",
            noted("another cycle is running", Notified::Later),
            |w| {
                breaks(
                    w,
                    is_write,
                    Fault::Says(status(409, "the object has been modified")),
                );
            },
        ),
        cell(
            "written by another run",
            noted("another cycle is running", Notified::Twice),
            |w| {
                let fake_cluster = w.fake_cluster.clone();
                meanwhile(w, move || fake_cluster.put(FRESH));
            },
        ),
        cell(
            "gone in the middle",
            noted("another cycle is running", Notified::Twice),
            |w| {
                let fake_cluster = w.fake_cluster.clone();
                meanwhile(w, move || fake_cluster.forget());
            },
        ),
        cell(
            "403 on reading",
            noted("may not get it", Notified::Twice),
            |w| {
                breaks(w, is_map, Fault::Says(status(403, FORBIDDEN)));
            },
        ),
        cell("403 on writing", noted("may not", Notified::Twice), |w| {
            breaks(w, is_write, Fault::Says(status(403, FORBIDDEN)));
        }),
        cell(
            "no namespace",
            noted("no namespace", Notified::Twice),
            |w| {
                breaks(
                    w,
                    is_write,
                    Fault::Says(status(404, "namespaces \"k8s-monitor\" not found")),
                );
            },
        ),
        cell("too large (413)", noted("413", Notified::Twice), |w| {
            breaks(
                w,
                is_write,
                Fault::Says(status(413, "Request entity too large")),
            );
        }),
        cell(
            "quota used up (403)",
            noted("quota", Notified::Twice),
            |w| {
                breaks(
                    w,
                    is_write,
                    Fault::Says(status(403, "exceeded quota: configmaps")),
                );
            },
        ),
        cell("500 once", unharmed(), |w| {
            first_writes(w, 1, Fault::Says(status(500, "etcdserver: leader changed")));
        }),
        cell(
            "500 always",
            noted("the next cycle tries again", Notified::Twice),
            |w| {
                breaks(w, is_map, Fault::Says(status(500, "etcdserver: no leader")));
            },
        ),
        cell(
            "writes answered by 500",
            noted("the next cycle tries again", Notified::Twice),
            |w| {
                breaks(
                    w,
                    is_write,
                    Fault::Says(status(500, "etcdserver: mvcc: database space exceeded")),
                );
            },
        ),
        cell(
            "never an answer",
            noted("the next cycle tries again", Notified::Twice),
            |w| {
                breaks(w, is_map, Fault::Hangs);
            },
        ),
        cell(
            "writes never answered",
            noted("the next cycle tries again", Notified::Twice),
            |w| {
                breaks(w, is_write, Fault::Hangs);
            },
        ),
        cell(
            "writes never answered, others wait",
            noted("the next cycle tries again", Notified::Twice),
            |w| {
                w.fake_cluster.put(&waiting(3).to_string());
                breaks(w, is_write, Fault::Hangs);
            },
        ),
        cell(
            "HTML",
            noted("cannot keep the state", Notified::Twice),
            |w| {
                breaks(w, is_map, Fault::Says(Answer::status(200, "<html>")));
            },
        ),
        cell(
            "body cut always",
            noted("the next cycle tries again", Notified::Twice),
            |w| {
                breaks(w, is_map, Fault::Cut);
            },
        ),
        cell("not JSON", noted("is set aside", Notified::Now), |w| {
            w.fake_cluster.put("{\"schema\":")
        }),
        cell(
            "of a newer version",
            noted("is set aside", Notified::Now),
            |w| w.fake_cluster.put(NEWER),
        ),
        cell("mark of a cycle that was killed", unharmed(), |w| {
            w.fake_cluster.put(&sending(3).to_string());
        }),
        cell("mark of a cycle that is over in hours", unharmed(), |w| {
            w.fake_cluster.put(&sending(6 * 3600).to_string());
        }),
        cell(
            "another cycle is sending",
            noted("another cycle is running", Notified::Later),
            |w| {
                w.deadline = Duration::from_secs(4);
                w.fake_cluster.put(&sending(60).to_string());
            },
        )
        .mended_by(|w| w.fake_cluster.put(FRESH)),
    ]
}

pub fn cells() -> Vec<Cell> {
    [of_directory(), of_config_map()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn state_store_faults() {
    check_all(&cells());
}
