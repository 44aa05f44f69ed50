//! A memory that is lost, locked, full, forbidden or another's, in either
//! place. It keeps no alarm back.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::front::Fault;
use super::lab::{MAPS, status};
use super::stub::{Answer, Asked};
use super::table::{Cell, Shows, Then, Told, hold, then};
use super::world::World;

const NEWER: &str = r#"{"schema":"k8s-monitor/state/v9"}"#;
const FORBIDDEN: &str =
    r#"configmaps is forbidden: User "system:serviceaccount:k8s-monitor:k8s-monitor" cannot do it"#;
const FRESH: &str = r#"{"schema":"k8s-monitor/state/v1"}"#;

fn noted(words: &'static str, told: Told) -> Then {
    then(1, Shows::Note(words), told)
}

fn unharmed() -> Then {
    then(1, Shows::Nothing, Told::Now)
}

fn directory(world: &World) -> PathBuf {
    world.home.path().join("state")
}

/// A file of the state, in a directory that is there.
fn file(world: &World, name: &str) -> PathBuf {
    fs::create_dir_all(directory(world)).unwrap();
    directory(world).join(name)
}

/// Something happens when Slack is asked for the first time.
fn meanwhile(world: &World, happens: impl Fn() + Send + Sync + 'static) {
    world.slack.break_by(move |_, nth| {
        if nth == 1 {
            happens();
        }
        None
    });
}

fn locked(world: &mut World, name: &str) {
    world.deadline = Duration::from_secs(4);
    let lock = File::create(file(world, name)).unwrap();
    lock.lock().unwrap();
    world.keeps.push(Box::new(lock));
}

fn of_directory() -> Vec<Cell> {
    let cell = |fault, then, breaks: fn(&mut World)| Cell::new("directory", fault, then, breaks);
    vec![
        cell(
            "another cycle holds it",
            noted("another cycle is running", Told::Later),
            |world| {
                locked(world, "cycle.lock");
            },
        )
        .mended_by(|world| world.keeps.clear()),
        cell(
            "another run is writing",
            noted("another cycle is running", Told::Later),
            |world| {
                locked(world, "state.lock");
            },
        )
        .mended_by(|world| world.keeps.clear()),
        cell("written by another run, the same", unharmed(), |world| {
            let path = file(world, "state.json");
            meanwhile(world, move || {
                let text = fs::read_to_string(&path).unwrap();
                fs::write(&path, text + "\n").unwrap();
            });
        }),
        cell(
            "written by another run",
            noted("another cycle is running", Told::Twice),
            |world| {
                let path = file(world, "state.json");
                meanwhile(world, move || fs::write(&path, FRESH).unwrap());
            },
        ),
        cell(
            "gone in the middle",
            noted("another cycle is running", Told::Twice),
            |world| {
                let path = file(world, "state.json");
                meanwhile(world, move || fs::remove_file(&path).unwrap());
            },
        ),
        cell("not JSON", noted("is set aside", Told::Now), |world| {
            fs::write(file(world, "state.json"), "{\"schema\":").unwrap();
        }),
        cell(
            "of a newer version",
            noted("is set aside", Told::Now),
            |world| {
                fs::write(file(world, "state.json"), NEWER).unwrap();
            },
        ),
        cell(
            "a directory in the file's place",
            noted("cannot read", Told::Twice),
            |world| {
                fs::create_dir(file(world, "state.json")).unwrap();
            },
        )
        .mended_by(|world| fs::remove_dir(file(world, "state.json")).unwrap()),
        cell(
            "a file in the directory's place",
            noted("cannot", Told::Twice),
            |world| {
                fs::write(directory(world), "").unwrap();
            },
        )
        .mended_by(|world| fs::remove_file(directory(world)).unwrap()),
        // Not even root may make a directory there.
        cell("forbidden", noted("cannot create", Told::Twice), |world| {
            world.state = "dir:/sys/k8s-monitor".to_owned();
        })
        .mended_by(|world| world.state = format!("dir:{}", directory(world).display())),
        cell("no space", noted("cannot write", Told::Twice), |world| {
            world.limits = "trap '' XFSZ; ulimit -f 0".to_owned();
        }),
    ]
}

fn is_map(asked: &Asked) -> bool {
    asked.path.starts_with(MAPS)
}

fn is_write(asked: &Asked) -> bool {
    is_map(asked) && asked.method != "GET"
}

fn breaks(world: &mut World, is_hit: fn(&Asked) -> bool, fault: Fault) {
    world
        .kube
        .break_by(move |asked, _| is_hit(asked).then(|| fault.clone()));
}

/// Writes of this fault, for as many as that.
fn first_writes(world: &World, count: usize, fault: Fault) {
    let writes = std::sync::atomic::AtomicUsize::new(0);
    world.kube.break_by(move |asked, _| {
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
            "message": { "text": "an end that was not told", "blocks": [] } })
    };
    json!({ "schema": "k8s-monitor/state/v1",
        "outbox": (1..=count).map(message).collect::<Vec<_>>() })
}

fn of_config_map() -> Vec<Cell> {
    let cell = |fault, then, breaks: fn(&mut World)| {
        Cell::new("ConfigMap", fault, then, move |world| {
            world.in_cluster();
            breaks(world);
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
            noted("another cycle is running", Told::Later),
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
            noted("another cycle is running", Told::Twice),
            |w| {
                let lab = w.lab.clone();
                meanwhile(w, move || lab.put(FRESH));
            },
        ),
        cell(
            "gone in the middle",
            noted("another cycle is running", Told::Twice),
            |w| {
                let lab = w.lab.clone();
                meanwhile(w, move || lab.forget());
            },
        ),
        cell(
            "403 on reading",
            noted("may not get it", Told::Twice),
            |w| {
                breaks(w, is_map, Fault::Says(status(403, FORBIDDEN)));
            },
        ),
        cell("403 on writing", noted("may not", Told::Twice), |w| {
            breaks(w, is_write, Fault::Says(status(403, FORBIDDEN)));
        }),
        cell("no namespace", noted("no namespace", Told::Twice), |w| {
            breaks(
                w,
                is_write,
                Fault::Says(status(404, "namespaces \"k8s-monitor\" not found")),
            );
        }),
        cell("too large (413)", noted("413", Told::Twice), |w| {
            breaks(
                w,
                is_write,
                Fault::Says(status(413, "Request entity too large")),
            );
        }),
        cell("quota used up (403)", noted("quota", Told::Twice), |w| {
            breaks(
                w,
                is_write,
                Fault::Says(status(403, "exceeded quota: configmaps")),
            );
        }),
        cell("500 once", unharmed(), |w| {
            first_writes(w, 1, Fault::Says(status(500, "etcdserver: leader changed")));
        }),
        cell(
            "500 always",
            noted("the next cycle tries again", Told::Twice),
            |w| {
                breaks(w, is_map, Fault::Says(status(500, "etcdserver: no leader")));
            },
        ),
        cell(
            "writes answered by 500",
            noted("the next cycle tries again", Told::Twice),
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
            noted("the next cycle tries again", Told::Twice),
            |w| {
                breaks(w, is_map, Fault::Hangs);
            },
        ),
        cell(
            "writes never answered",
            noted("the next cycle tries again", Told::Twice),
            |w| {
                breaks(w, is_write, Fault::Hangs);
            },
        ),
        cell(
            "writes never answered, others wait",
            noted("the next cycle tries again", Told::Twice),
            |w| {
                w.lab.put(&waiting(3).to_string());
                breaks(w, is_write, Fault::Hangs);
            },
        ),
        cell("HTML", noted("cannot keep the state", Told::Twice), |w| {
            breaks(w, is_map, Fault::Says(Answer::status(200, "<html>")));
        }),
        cell(
            "body cut always",
            noted("the next cycle tries again", Told::Twice),
            |w| {
                breaks(w, is_map, Fault::Cut);
            },
        ),
        cell("not JSON", noted("is set aside", Told::Now), |w| {
            w.lab.put("{\"schema\":")
        }),
        cell(
            "of a newer version",
            noted("is set aside", Told::Now),
            |w| w.lab.put(NEWER),
        ),
        cell("mark of a cycle that was killed", unharmed(), |w| {
            w.lab.put(&sending(3).to_string());
        }),
        cell("mark of a cycle that is over in hours", unharmed(), |w| {
            w.lab.put(&sending(6 * 3600).to_string());
        }),
        cell(
            "another cycle is sending",
            noted("another cycle is running", Told::Later),
            |w| {
                w.deadline = Duration::from_secs(4);
                w.lab.put(&sending(60).to_string());
            },
        )
        .mended_by(|w| w.lab.put(FRESH)),
    ]
}

pub fn cells() -> Vec<Cell> {
    [of_directory(), of_config_map()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn a_memory_that_fails() {
    hold(&cells());
}
