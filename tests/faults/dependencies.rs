//! Faults of Slack, GitHub, the model, the heartbeat and the Pushgateway. None of them changes the
//! verdict.

use std::time::Duration;

use serde_json::json;

use super::fault_proxy::{BlackHole, Fault, FaultProxy};
use super::harness::{Dependency, Harness, SENTINEL};
use super::proxy::{Proxy, ProxyBehavior};
use super::slack_rules::PERMANENT_ERRORS;
use super::stub::{Answer, unreachable_url};
use super::table::{Expected, FaultCase, Notified, Reported, check_all, expect};
use super::tls::{self, CertificateFault};

/// What a fault does to a request.
#[derive(Clone, Copy, PartialEq)]
enum FaultEffect {
    /// The request is not handled.
    Failed,
    /// The request is handled and its response is lost.
    ResponseLost,
    /// A retry succeeds.
    Transient,
    /// The response is unusual and accepted.
    Accepted,
}
use FaultEffect::{Accepted, Failed, ResponseLost, Transient};

type DependencyFault = (&'static str, FaultEffect, fn(&mut Harness, Dependency));

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

fn answers(status: u16, body: &str) -> Fault {
    Fault::Answer(Answer::status(status, body))
}

fn with(status: u16, name: &'static str, value: &str) -> Fault {
    Fault::Answer(Answer {
        headers: vec![(name, value.to_owned())],
        ..Answer::status(status, "")
    })
}

fn proxied(harness: &mut Harness, dependency: Dependency, url: String) {
    harness
        .url_overrides
        .insert(dependency, "https://dependency.invalid".to_owned());
    harness.env.push(("HTTPS_PROXY", url));
}

fn replace_url(harness: &mut Harness, dependency: Dependency, url: String) {
    harness.url_overrides.insert(dependency, url);
}

/// The faults that every dependency can have.
const FAULTS: &[DependencyFault] = &[
    ("connection refused", Failed, |harness, dependency| {
        replace_url(harness, dependency, unreachable_url())
    }),
    ("black hole", Failed, |harness, dependency| {
        let hole = BlackHole::new();
        replace_url(
            harness,
            dependency,
            format!("http://127.0.0.1:{}", hole.port()),
        );
        harness.guards.push(Box::new(hole));
    }),
    (
        "name that does not resolve",
        Failed,
        |harness, dependency| {
            replace_url(harness, dependency, "https://dependency.invalid".to_owned());
        },
    ),
    ("TLS, untrusted authority", Failed, |harness, dependency| {
        let (config, _) = tls::server(CertificateFault::None);
        let fault_proxy = FaultProxy::tls(|_| Answer::status(200, "{\"ok\":true}"), config);
        replace_url(harness, dependency, fault_proxy.url());
        harness.guards.push(Box::new(fault_proxy));
    }),
    (
        "plain HTTP where TLS is expected",
        Failed,
        |harness, dependency| {
            let url = harness
                .fault_proxy(dependency)
                .url()
                .replace("http://", "https://");
            replace_url(harness, dependency, url);
        },
    ),
    (
        "proxy refuses connections",
        Failed,
        |harness, dependency| {
            let proxy = unreachable_url().replace("://", &format!("://user:{SENTINEL}@"));
            proxied(harness, dependency, proxy);
        },
    ),
    (
        "proxy asks for a password (407)",
        Failed,
        |harness, dependency| {
            proxied(
                harness,
                dependency,
                Proxy::new(ProxyBehavior::Answer(407)).url(SENTINEL),
            );
        },
    ),
    (
        "proxy cannot connect (502)",
        Failed,
        |harness, dependency| {
            proxied(
                harness,
                dependency,
                Proxy::new(ProxyBehavior::Answer(502)).url(SENTINEL),
            );
        },
    ),
    ("proxy hangs", Failed, |harness, dependency| {
        proxied(
            harness,
            dependency,
            Proxy::new(ProxyBehavior::Hangs).url(SENTINEL),
        );
    }),
    ("401", Failed, |harness, dependency| {
        always(harness, dependency, answers(401, "{}"))
    }),
    ("403", Failed, |harness, dependency| {
        always(harness, dependency, answers(403, "{}"))
    }),
    ("404", Failed, |harness, dependency| {
        always(harness, dependency, answers(404, "{}"))
    }),
    ("429 always", Failed, |harness, dependency| {
        always(harness, dependency, answers(429, ""))
    }),
    ("429 once", Transient, |harness, dependency| {
        once(harness, dependency, with(429, "retry-after", "1"))
    }),
    (
        "429, Retry-After past the deadline",
        Failed,
        |harness, dependency| {
            always(harness, dependency, with(429, "retry-after", "3600"));
        },
    ),
    ("500 always", Failed, |harness, dependency| {
        always(harness, dependency, answers(500, "oops"))
    }),
    ("500 once", Transient, |harness, dependency| {
        once(harness, dependency, answers(500, "oops"))
    }),
    ("503 always", Failed, |harness, dependency| {
        always(harness, dependency, answers(503, "<html>down"))
    }),
    ("connection closed always", Failed, |harness, dependency| {
        always(harness, dependency, Fault::Closes)
    }),
    (
        "connection closed once",
        Transient,
        |harness, dependency| once(harness, dependency, Fault::Closes),
    ),
    ("no response", Failed, |harness, dependency| {
        always(harness, dependency, Fault::Hangs)
    }),
    (
        "headers sent byte by byte",
        ResponseLost,
        |harness, dependency| {
            always(harness, dependency, Fault::SlowHeaders);
        },
    ),
    (
        "body sent byte by byte",
        ResponseLost,
        |harness, dependency| always(harness, dependency, Fault::SlowBody),
    ),
    ("body cut always", ResponseLost, |harness, dependency| {
        always(harness, dependency, Fault::Cut)
    }),
    ("JSON truncated", ResponseLost, |harness, dependency| {
        always(harness, dependency, Fault::Truncated)
    }),
    ("JSON of another kind", Failed, |harness, dependency| {
        always(harness, dependency, answers(200, "[[1]]"))
    }),
    ("HTML", Failed, |harness, dependency| {
        always(harness, dependency, answers(200, "<html>log in</html>"))
    }),
    ("another content type", Accepted, |harness, dependency| {
        always(harness, dependency, Fault::Typed("image/png"));
    }),
    ("endless body", Failed, |harness, dependency| {
        always(
            harness,
            dependency,
            Fault::Streams("{\"a\":\"", "x".to_owned(), usize::MAX),
        );
    }),
    ("redirect to another host", Failed, |harness, dependency| {
        let redirect_target = FaultProxy::new(|_| {
            Answer::json(&json!({ "ok": true, "ts": "1.1", "channel": "C0REDIRECT" }))
        });
        // Another name of this machine counts as another host.
        let url = redirect_target.url().replace("127.0.0.1", "localhost");
        always(harness, dependency, with(302, "location", &url));
        harness.redirect_target = Some(redirect_target);
    }),
    ("redirect to another port", Failed, |harness, dependency| {
        let redirect_target = FaultProxy::new(|_| Answer::json(&json!([])));
        always(
            harness,
            dependency,
            with(302, "location", &redirect_target.url()),
        );
        harness.redirect_target = Some(redirect_target);
    }),
];

/// Faults that last until the deadline.
fn lasts_until_deadline(fault: &str) -> bool {
    let slow = ["black hole", "no response", "hangs", "byte by byte"];
    slow.iter().any(|slow| fault.contains(slow))
}

fn of(
    name: &'static str,
    dependency: Dependency,
    expected: impl Fn(&str, FaultEffect) -> Expected,
) -> Vec<FaultCase> {
    let cases = FAULTS.iter().map(|(fault, means, inject)| {
        let inject = *inject;
        let is_model = dependency == Dependency::Anthropic;
        // These have a deadline of five seconds.
        let has_own_deadline =
            matches!(dependency, Dependency::Heartbeat | Dependency::Pushgateway);
        FaultCase::new(name, fault, expected(fault, *means), move |harness| {
            if is_model {
                harness.args.clear();
            }
            if lasts_until_deadline(fault) && !has_own_deadline {
                harness.deadline = Duration::from_secs(5);
            }
            inject(harness, dependency);
        })
    });
    cases.collect()
}

pub fn slack() -> Vec<FaultCase> {
    let mut cases = of("Slack", Dependency::Slack, |_, means| match means {
        Failed => expect(
            1,
            Reported::Note("the message stays queued"),
            Notified::Later,
        ),
        ResponseLost => expect(
            1,
            Reported::Note("the message stays queued"),
            Notified::EachAttempt,
        ),
        Transient | Accepted => expect(1, Reported::Nothing, Notified::Now),
    });
    let transient = [
        ("internal_error", "internal_error"),
        ("fatal_error", "fatal_error"),
        ("service_unavailable", "service_unavailable"),
        ("request_timeout", "request_timeout"),
        ("ratelimited", "wait"),
    ];
    for (code, words) in PERMANENT_ERRORS.iter().copied().chain(transient) {
        let expected = expect(1, Reported::Note(words), Notified::Later);
        let rejection = Answer::json(&json!({ "ok": false, "error": code }));
        let case = FaultCase::new("Slack", "ok: false", expected, move |harness| {
            always(harness, Dependency::Slack, Fault::Answer(rejection.clone()));
        });
        cases.push(case.about(code));
    }
    let blocks = Answer::json(&json!({ "ok": false, "error": "invalid_blocks" }));
    let notified = expect(1, Reported::Nothing, Notified::Now);
    let case = FaultCase::new("Slack", "ok: false, once", notified, move |harness| {
        once(harness, Dependency::Slack, Fault::Answer(blocks.clone()));
    });
    cases.push(case.about("invalid_blocks"));
    cases
}

pub fn github() -> Vec<FaultCase> {
    of("GitHub", Dependency::GitHub, |fault, means| match means {
        // GitHub's rate limit is not waited for.
        _ if fault == "429 once" => expect(1, Reported::Commits("rate limit"), Notified::Now),
        Transient | Accepted => expect(1, Reported::Nothing, Notified::Now),
        Failed | ResponseLost => expect(1, Reported::Commits("correlation "), Notified::Now),
    })
}

pub fn model() -> Vec<FaultCase> {
    of("Anthropic", Dependency::Anthropic, |_, means| match means {
        Transient | Accepted => expect(1, Reported::Nothing, Notified::Now),
        Failed | ResponseLost => expect(1, Reported::Llm(""), Notified::Now),
    })
}

/// For the heartbeat and the Pushgateway, which accept any body with a success status.
fn by_status(fault: &str, means: FaultEffect, words: &'static str) -> Expected {
    let is_accepted = fault.contains("JSON") || fault == "HTML";
    match means {
        Transient | Accepted => expect(1, Reported::Nothing, Notified::Now),
        Failed | ResponseLost if is_accepted => expect(1, Reported::Nothing, Notified::Now),
        Failed | ResponseLost => expect(1, Reported::Stderr(words), Notified::Now),
    }
}

pub fn heartbeat() -> Vec<FaultCase> {
    of("heartbeat", Dependency::Heartbeat, |fault, means| {
        by_status(fault, means, "the heartbeat was")
    })
}

pub fn pushgateway() -> Vec<FaultCase> {
    of("Pushgateway", Dependency::Pushgateway, |fault, means| {
        let means = if fault == "429 once" { Failed } else { means };
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
    check_all(&heartbeat());
    check_all(&pushgateway());
}
