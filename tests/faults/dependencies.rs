//! Slack, GitHub, the model, the watcher and the gateway, each failing in each
//! way. None of them changes the verdict.

use std::time::Duration;

use serde_json::json;

use super::fault_proxy::{BlackHole, Fault, FaultProxy};
use super::harness::{Dependency, Harness, SENTINEL};
use super::proxy::{Proxy, ProxyBehavior};
use super::stub::{Answer, nobody};
use super::table::{Cell, Expected, Notified, Shows, check_all, then};
use super::tls::{self, Flaw};

/// What a fault means for Slack.
#[derive(Clone, Copy, PartialEq)]
enum Means {
    /// The request was not carried out.
    Lost,
    /// Nobody knows.
    Unsure,
    /// It passes.
    Passes,
    /// It is an answer, only an odd one.
    Odd,
}
use Means::{Lost, Odd, Passes, Unsure};

type Trouble = (&'static str, Means, fn(&mut Harness, Dependency));

fn always(harness: &Harness, dependency: Dependency, fault: Fault) {
    harness
        .fault_proxy(dependency)
        .inject(move |_, _| Some(fault.clone()));
}

fn once(harness: &Harness, dependency: Dependency, fault: Fault) {
    harness
        .fault_proxy(dependency)
        .inject(move |_, nth| (nth == 1).then(|| fault.clone()));
}

fn says(status: u16, body: &str) -> Fault {
    Fault::Says(Answer::status(status, body))
}

fn with(status: u16, name: &'static str, value: &str) -> Fault {
    Fault::Says(Answer {
        headers: vec![(name, value.to_owned())],
        ..Answer::status(status, "")
    })
}

fn proxied(harness: &mut Harness, dependency: Dependency, url: String) {
    harness
        .astray
        .insert(dependency, "https://dependency.invalid".to_owned());
    harness.env.push(("HTTPS_PROXY", url));
}

fn astray(harness: &mut Harness, dependency: Dependency, url: String) {
    harness.astray.insert(dependency, url);
}

/// What can go wrong with any of them.
const FAULTS: &[Trouble] = &[
    ("connection refused", Lost, |w, p| astray(w, p, nobody())),
    ("black hole", Lost, |w, p| {
        let hole = BlackHole::new();
        astray(w, p, format!("http://127.0.0.1:{}", hole.port()));
        w.keeps.push(Box::new(hole));
    }),
    ("name that does not resolve", Lost, |w, p| {
        astray(w, p, "https://dependency.invalid".to_owned());
    }),
    ("TLS, untrusted authority", Lost, |w, p| {
        let (config, _) = tls::server(Flaw::None);
        let fault_proxy = FaultProxy::tls(|_| Answer::status(200, "{\"ok\":true}"), config);
        astray(w, p, fault_proxy.url());
        w.keeps.push(Box::new(fault_proxy));
    }),
    ("plain HTTP where TLS is expected", Lost, |w, p| {
        let url = w.fault_proxy(p).url().replace("http://", "https://");
        astray(w, p, url);
    }),
    ("proxy refuses connections", Lost, |w, p| {
        let proxy = nobody().replace("://", &format!("://user:{SENTINEL}@"));
        proxied(w, p, proxy);
    }),
    ("proxy asks for a password (407)", Lost, |w, p| {
        proxied(w, p, Proxy::new(ProxyBehavior::Says(407)).url(SENTINEL));
    }),
    ("proxy finds nobody (502)", Lost, |w, p| {
        proxied(w, p, Proxy::new(ProxyBehavior::Says(502)).url(SENTINEL));
    }),
    ("proxy hangs", Lost, |w, p| {
        proxied(w, p, Proxy::new(ProxyBehavior::Hangs).url(SENTINEL));
    }),
    ("401", Lost, |w, p| always(w, p, says(401, "{}"))),
    ("403", Lost, |w, p| always(w, p, says(403, "{}"))),
    ("404", Lost, |w, p| always(w, p, says(404, "{}"))),
    ("429 always", Lost, |w, p| always(w, p, says(429, ""))),
    ("429 once", Passes, |w, p| {
        once(w, p, with(429, "retry-after", "1"))
    }),
    ("429, Retry-After past the deadline", Lost, |w, p| {
        always(w, p, with(429, "retry-after", "3600"));
    }),
    ("500 always", Lost, |w, p| always(w, p, says(500, "oops"))),
    ("500 once", Passes, |w, p| once(w, p, says(500, "oops"))),
    ("503 always", Lost, |w, p| {
        always(w, p, says(503, "<html>down"))
    }),
    ("connection closed always", Lost, |w, p| {
        always(w, p, Fault::Closes)
    }),
    ("connection closed once", Passes, |w, p| {
        once(w, p, Fault::Closes)
    }),
    ("never an answer", Lost, |w, p| always(w, p, Fault::Hangs)),
    ("head of the answer byte by byte", Unsure, |w, p| {
        always(w, p, Fault::SlowHead);
    }),
    ("body byte by byte", Unsure, |w, p| {
        always(w, p, Fault::SlowBody)
    }),
    ("body cut always", Unsure, |w, p| always(w, p, Fault::Cut)),
    ("JSON truncated", Unsure, |w, p| {
        always(w, p, Fault::Truncated)
    }),
    ("JSON of another kind", Lost, |w, p| {
        always(w, p, says(200, "[[1]]"))
    }),
    ("HTML", Lost, |w, p| {
        always(w, p, says(200, "<html>log in</html>"))
    }),
    ("another content type", Odd, |w, p| {
        always(w, p, Fault::Typed("image/png"));
    }),
    ("a body without end", Lost, |w, p| {
        always(
            w,
            p,
            Fault::Streams("{\"a\":\"", "x".to_owned(), usize::MAX),
        );
    }),
    ("redirect to another host", Lost, |w, p| {
        let thief = FaultProxy::new(|_| {
            Answer::json(&json!({ "ok": true, "ts": "1.1", "channel": "C0THIEF000" }))
        });
        // Another name for this machine: another host.
        let url = thief.url().replace("127.0.0.1", "localhost");
        always(w, p, with(302, "location", &url));
        w.thief = Some(thief);
    }),
    ("redirect to another port", Lost, |w, p| {
        let thief = FaultProxy::new(|_| Answer::json(&json!([])));
        always(w, p, with(302, "location", &thief.url()));
        w.thief = Some(thief);
    }),
];

/// Faults that last until the deadline.
fn takes_all(fault: &str) -> bool {
    let slow = ["black hole", "never an answer", "hangs", "byte by byte"];
    slow.iter().any(|slow| fault.contains(slow))
}

fn of(
    name: &'static str,
    dependency: Dependency,
    expected: impl Fn(&str, Means) -> Expected,
) -> Vec<Cell> {
    let cells = FAULTS.iter().map(|(fault, means, breaks)| {
        let breaks = *breaks;
        let is_model = dependency == Dependency::Anthropic;
        // These have seconds of their own.
        let is_brief = matches!(dependency, Dependency::Heartbeat | Dependency::Pushgateway);
        Cell::new(name, fault, expected(fault, *means), move |harness| {
            if is_model {
                harness.args.clear();
            }
            if takes_all(fault) && !is_brief {
                harness.deadline = Duration::from_secs(5);
            }
            breaks(harness, dependency);
        })
    });
    cells.collect()
}

pub fn slack() -> Vec<Cell> {
    let mut all = of("Slack", Dependency::Slack, |_, means| match means {
        Lost => then(1, Shows::Note("the message stays queued"), Notified::Later),
        Unsure => then(1, Shows::Note("the message stays queued"), Notified::Unsure),
        Passes | Odd => then(1, Shows::Nothing, Notified::Now),
    });
    for (code, words) in [
        ("invalid_auth", "SLACK_BOT_TOKEN"),
        ("token_revoked", "SLACK_BOT_TOKEN"),
        ("account_inactive", "SLACK_BOT_TOKEN"),
        ("missing_scope", "chat:write"),
        ("channel_not_found", "SLACK_CHANNEL"),
        ("not_in_channel", "/invite"),
        ("is_archived", "unarchive"),
        ("restricted_action", "admin"),
        ("msg_too_long", "defect"),
        ("a_code_of_tomorrow", "docs.slack.dev"),
        ("internal_error", "internal_error"),
        ("fatal_error", "fatal_error"),
        ("service_unavailable", "service_unavailable"),
        ("request_timeout", "request_timeout"),
        ("ratelimited", "wait"),
    ] {
        let then = then(1, Shows::Note(words), Notified::Later);
        let refusal = Answer::json(&json!({ "ok": false, "error": code }));
        let cell = Cell::new("Slack", "ok: false", then, move |harness| {
            always(harness, Dependency::Slack, Fault::Says(refusal.clone()));
        });
        all.push(cell.of(code));
    }
    let blocks = Answer::json(&json!({ "ok": false, "error": "invalid_blocks" }));
    let now = then(1, Shows::Nothing, Notified::Now);
    let cell = Cell::new("Slack", "ok: false, once", now, move |harness| {
        once(harness, Dependency::Slack, Fault::Says(blocks.clone()));
    });
    all.push(cell.of("invalid_blocks"));
    all
}

pub fn github() -> Vec<Cell> {
    of("GitHub", Dependency::GitHub, |fault, means| match means {
        // A limit is not waited for.
        _ if fault == "429 once" => then(1, Shows::Commits("rate limit"), Notified::Now),
        Passes | Odd => then(1, Shows::Nothing, Notified::Now),
        Lost | Unsure => then(1, Shows::Commits("correlation "), Notified::Now),
    })
}

pub fn model() -> Vec<Cell> {
    of("Anthropic", Dependency::Anthropic, |_, means| match means {
        Passes | Odd => then(1, Shows::Nothing, Notified::Now),
        Lost | Unsure => then(1, Shows::Llm(""), Notified::Now),
    })
}

/// It is the status that these two count; one of them tries once.
fn by_status(fault: &str, means: Means, words: &'static str) -> Expected {
    let is_accepted = fault.contains("JSON") || fault == "HTML";
    match means {
        Passes | Odd => then(1, Shows::Nothing, Notified::Now),
        Lost | Unsure if is_accepted => then(1, Shows::Nothing, Notified::Now),
        Lost | Unsure => then(1, Shows::Stderr(words), Notified::Now),
    }
}

pub fn watcher() -> Vec<Cell> {
    of("heartbeat", Dependency::Heartbeat, |fault, means| {
        by_status(fault, means, "the heartbeat was")
    })
}

pub fn gateway() -> Vec<Cell> {
    of("Pushgateway", Dependency::Pushgateway, |fault, means| {
        let means = if fault == "429 once" { Lost } else { means };
        by_status(fault, means, "metrics were")
    })
}

#[test]
fn slack_faults() {
    check_all(&slack());
}

#[test]
fn github_faults() {
    check_all(&github());
}

#[test]
fn model_faults() {
    check_all(&model());
}

#[test]
fn heartbeat_and_pushgateway_faults() {
    check_all(&watcher());
    check_all(&gateway());
}
