//! An API server that is unreachable, untrusted or invalid, for all requests or for one kind.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{TimeDelta, Utc};
use k8s_monitor::cluster::Resource;
use k8s_monitor::model::KINDS;
use serde_json::json;

use super::fake_cluster::status;
use super::fault_proxy::{BlackHole, Fault, FaultProxy};
use super::harness::{Dependency, Harness, SENTINEL};
use super::homelab::HomelabState;
use super::proxy::{Proxy, ProxyBehavior};
use super::stub::{Answer, HttpRequest, unreachable_url};
use super::table::{Expected, FaultCase, Notified, Reported, check_all, expect};
use super::tls::{self, CertificateFault};

const PODS: &str = "/api/v1/pods";
const FORBIDDEN: &str =
    r#"it is forbidden: User "system:serviceaccount:k8s-monitor:k8s-monitor" cannot list it"#;

fn case(
    fault: &str,
    expected: Expected,
    inject: impl Fn(&mut Harness) + Send + Sync + 'static,
) -> FaultCase {
    FaultCase::new("Kubernetes", fault, expected, inject)
}

/// No verdict, and the error.
fn no_verdict(status: i32, words: &'static str) -> Expected {
    expect(status, Reported::Stderr(words), Notified::Later)
}

/// A verdict without these kinds.
fn without(kinds: &[(Resource, &'static str)]) -> Expected {
    let kinds = kinds.iter().map(|(kind, reason)| (kind.name(), *reason));
    expect(1, Reported::Unread(kinds.collect()), Notified::Now)
}

/// Pods are unread, which is an incident; the outage of mysql is found when they can be read again.
fn without_pods(reason: &'static str) -> Expected {
    expect(
        1,
        Reported::Unread(vec![("pods".to_owned(), reason)]),
        Notified::Later,
    )
}

fn no_effect() -> Expected {
    expect(1, Reported::Nothing, Notified::Now)
}

fn clock_skew(words: &'static str) -> Expected {
    expect(1, Reported::Note(words), Notified::Now)
}

/// The fault of every request to the API server; the state is in a directory.
fn always(fault: Fault) -> impl Fn(&mut Harness) + Send + Sync {
    move |harness| {
        let fault = fault.clone();
        harness.kube.inject(move |_, _| Some(fault.clone()));
    }
}

/// The fault of the first request to each path.
fn once(fault: Fault) -> impl Fn(&mut Harness) + Send + Sync {
    move |harness| {
        let fault = fault.clone();
        harness
            .kube
            .inject(move |_, nth| (nth == 1).then(|| fault.clone()));
    }
}

/// The fault of every request to one path.
fn at(path: &str, fault: Fault) -> impl Fn(&mut Harness) + Send + Sync + 'static {
    let path = path.to_owned();
    move |harness| {
        let (path, fault) = (path.clone(), fault.clone());
        let is_at_path =
            move |request: &HttpRequest| request.path.split('?').next() == Some(path.as_str());
        harness
            .kube
            .inject(move |request, _| is_at_path(request).then(|| fault.clone()));
    }
}

fn limited(seconds: Option<&str>) -> Fault {
    let headers = seconds.map(|seconds| ("retry-after", seconds.to_owned()));
    Fault::Answer(Answer {
        headers: headers.into_iter().collect(),
        ..status(429, "too many requests")
    })
}

fn answers(code: u16, message: &str) -> Fault {
    Fault::Answer(status(code, message))
}

fn body(text: &str) -> Fault {
    Fault::Answer(Answer {
        headers: vec![("content-type", "application/json".into())],
        ..Answer::status(200, text)
    })
}

fn behind_tls(harness: &mut Harness, certificate_fault: CertificateFault) -> String {
    let (config, authority) = tls::server(certificate_fault);
    let fake_cluster = harness.fake_cluster.clone();
    let fault_proxy = FaultProxy::tls(move |request| fake_cluster.answer(request), config);
    let url = fault_proxy.url();
    harness.guards.push(Box::new(fault_proxy));
    harness.kubeconfig_cluster =
        json!({ "certificate-authority-data": STANDARD.encode(authority) });
    harness
        .url_overrides
        .insert(Dependency::Kubernetes, url.clone());
    url
}

fn through(harness: &mut Harness, url: &str) {
    behind_tls(harness, CertificateFault::None);
    harness.kubeconfig_cluster["proxy-url"] = json!(url);
}

fn connections() -> Vec<FaultCase> {
    let tls = |name, certificate_fault: CertificateFault, expected| {
        case(name, expected, move |harness| {
            drop(behind_tls(harness, certificate_fault))
        })
    };
    let proxied = |name, behavior: ProxyBehavior, expected| {
        case(name, expected, move |harness| {
            let proxy = Proxy::new(behavior);
            through(harness, &proxy.url(SENTINEL));
        })
    };
    let replace_url = |harness: &mut Harness, url: String| {
        harness.url_overrides.insert(Dependency::Kubernetes, url);
    };
    let hole = move |harness: &mut Harness, scheme: &str| {
        let hole = BlackHole::new();
        replace_url(harness, format!("{scheme}://127.0.0.1:{}", hole.port()));
        harness.guards.push(Box::new(hole));
    };
    vec![
        case("none", no_effect(), |_| {}),
        case(
            "connection refused",
            no_verdict(69, "cannot reach"),
            move |harness| replace_url(harness, unreachable_url()),
        ),
        case("black hole", no_verdict(75, "deadline"), move |harness| {
            hole(harness, "http")
        }),
        case(
            "black hole before TLS",
            no_verdict(75, "deadline"),
            move |harness| hole(harness, "https"),
        ),
        case(
            "name that does not resolve",
            no_verdict(69, "cannot reach"),
            move |harness| {
                // A resolver may take seconds.
                harness.deadline = Duration::from_secs(20);
                replace_url(harness, "https://kubernetes.invalid:6443".into());
            },
        ),
        tls("none, over TLS", CertificateFault::None, no_effect()),
        tls(
            "TLS, untrusted authority",
            CertificateFault::Untrusted,
            no_verdict(69, "certificate"),
        ),
        tls(
            "TLS, certificate of another host",
            CertificateFault::WrongHost,
            no_verdict(69, "certificate"),
        ),
        tls(
            "TLS, expired certificate",
            CertificateFault::Expired,
            no_verdict(69, "certificate"),
        ),
        case(
            "plain HTTP where TLS is expected",
            no_verdict(69, "tls handshake"),
            move |harness| {
                replace_url(harness, harness.kube.url().replace("http://", "https://"));
            },
        ),
        case("none, through a proxy", no_effect(), |harness| {
            let proxy = Proxy::new(ProxyBehavior::Tunnel);
            through(harness, &proxy.url(SENTINEL));
            harness.guards.push(Box::new(proxy));
        })
        .repaired_by(|harness| {
            let mut proxies = harness
                .guards
                .iter()
                .filter_map(|it| it.downcast_ref::<Proxy>());
            assert!(
                proxies.any(|proxy| proxy.tunnels() > 0),
                "the proxy was bypassed"
            );
        }),
        case(
            "proxy refuses connections",
            no_verdict(69, "cannot reach"),
            |harness| {
                through(harness, &unreachable_url());
            },
        ),
        proxied(
            "proxy asks for a password (407)",
            ProxyBehavior::Answer(407),
            no_verdict(69, "proxy"),
        ),
        proxied(
            "proxy cannot connect (502)",
            ProxyBehavior::Answer(502),
            no_verdict(69, "cannot reach"),
        ),
        proxied(
            "proxy hangs",
            ProxyBehavior::Hangs,
            no_verdict(75, "deadline"),
        ),
    ]
}

fn all_requests() -> Vec<FaultCase> {
    let unauthorized = no_verdict(69, "renew it in the kubeconfig");
    let not_kubernetes = no_verdict(69, "not like a Kubernetes API server");
    let down = no_verdict(69, "could not serve any request");
    vec![
        case(
            "401 to everything",
            unauthorized,
            always(answers(401, "Unauthorized")),
        ),
        case(
            "403 to everything",
            no_verdict(69, "forbid"),
            always(answers(403, FORBIDDEN)),
        ),
        case(
            "404 to everything",
            not_kubernetes.clone(),
            always(answers(404, "not found")),
        ),
        case("429 once", no_effect(), once(limited(None))),
        case(
            "429 once, Retry-After 1 s",
            no_effect(),
            once(limited(Some("1"))),
        ),
        case("429 always", down.clone(), always(limited(None))),
        case(
            "429 always, Retry-After 1 s",
            down.clone(),
            always(limited(Some("1"))),
        ),
        case(
            "429, Retry-After past the deadline",
            down.clone(),
            always(limited(Some("3600"))),
        ),
        case(
            "429, Retry-After 2^64 - 1 s",
            down.clone(),
            always(limited(Some("18446744073709551615"))),
        ),
        case(
            "500 once",
            without(&[(Resource::PodLogs, "Unavailable")]),
            once(answers(500, "etcdserver: leader changed")),
        ),
        case(
            "500 always",
            down.clone(),
            always(answers(500, "etcdserver: no leader")),
        ),
        case(
            "503 once",
            without(&[
                (Resource::PodMetrics, "Unavailable"),
                (Resource::NodeMetrics, "Unavailable"),
            ]),
            once(answers(503, "shutting down")),
        ),
        case(
            "503 always",
            down.clone(),
            always(answers(503, "shutting down")),
        ),
        case("connection closed once", no_effect(), once(Fault::Closes)),
        case(
            "connection closed always",
            down.clone(),
            always(Fault::Closes),
        ),
        case(
            "no response",
            no_verdict(75, "deadline"),
            always(Fault::Hangs),
        ),
        case(
            "headers sent byte by byte",
            no_verdict(75, "deadline"),
            always(Fault::SlowHeaders),
        ),
        case(
            "body sent byte by byte",
            no_verdict(75, "deadline"),
            always(Fault::SlowBody),
        ),
        case("body cut once", no_effect(), once(Fault::Cut)),
        case("body cut always", down, always(Fault::Cut)),
        case(
            "JSON truncated",
            not_kubernetes.clone(),
            always(Fault::Truncated),
        ),
        case(
            "HTML",
            not_kubernetes.clone(),
            always(body("<html>log in</html>")),
        ),
        case(
            "`items` is not a list",
            not_kubernetes,
            always(body(r#"{"items":{"a":1}}"#)),
        ),
        case(
            "clock a day ahead",
            clock_skew("behind the API server's"),
            |harness| {
                *harness = Harness::at(HomelabState::Outage, TimeDelta::days(1));
            },
        ),
        case(
            "clock a day behind",
            clock_skew("ahead of the API server's"),
            |harness| {
                *harness = Harness::at(HomelabState::Outage, TimeDelta::days(-1));
            },
        ),
        case("one answer dated two hours ago", no_effect(), |harness| {
            let fake_cluster = harness.fake_cluster.clone();
            let is_dated = AtomicBool::new(false);
            harness.kube.inject(move |request, _| {
                if is_dated.swap(true, Ordering::SeqCst) {
                    return None;
                }
                let date = Utc::now() - TimeDelta::hours(2);
                let date = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
                let mut answer = fake_cluster.answer(request);
                answer.headers.retain(|(name, _)| *name != "date");
                answer.headers.push(("date", date));
                Some(Fault::Answer(answer))
            });
        }),
        case("clock in the year 9999", no_effect(), |harness| {
            let date = ("date", "Fri, 31 Dec 9999 12:00:00 GMT".to_owned());
            let fake_cluster = harness.fake_cluster.clone();
            harness.kube.inject(move |request, _| {
                let mut answer = fake_cluster.answer(request);
                answer.headers.retain(|(name, _)| *name != "date");
                answer.headers.push(date.clone());
                Some(Fault::Answer(answer))
            });
        }),
    ]
}

/// A finding that a second snapshot cannot confirm is notified.
fn confirmation() -> Vec<FaultCase> {
    let unconfirmed = |fault: &str, is_affected: fn(&HttpRequest) -> bool, inject: Fault| {
        let expected = expect(1, Reported::Note("are not confirmed"), Notified::Now);
        case(fault, expected, move |harness| {
            *harness = Harness::recent();
            let inject = inject.clone();
            harness.kube.inject(move |request, nth| {
                (nth > 1 && is_affected(request)).then(|| inject.clone())
            });
        })
    };
    let is_pods: fn(&HttpRequest) -> bool = |request| request.path.split('?').next() == Some(PODS);
    vec![
        unconfirmed(
            "503 to the second snapshot",
            |_| true,
            answers(503, "shutting down"),
        ),
        unconfirmed("no response to the second snapshot", |_| true, Fault::Hangs),
        unconfirmed(
            "no pods in the second snapshot",
            is_pods,
            answers(403, FORBIDDEN),
        ),
        case("none, with a second snapshot", no_effect(), |harness| {
            *harness = Harness::recent();
        }),
    ]
}

fn one_kind() -> Vec<FaultCase> {
    use Resource::PodLogs;
    let pods = without_pods;
    let hpas = "/apis/autoscaling/v2/horizontalpodautoscalers";
    let long = |first, again: &str| at(PODS, Fault::Streams(first, again.to_owned(), 100 << 20));
    let endless =
        |first, again: &str| at(PODS, Fault::Streams(first, again.to_owned(), usize::MAX));
    vec![
        case("410 on a later page, once", no_effect(), |harness| {
            harness
                .kube
                .inject(|request, nth| expires(request, nth <= 2));
        }),
        case(
            "410 on a later page, always",
            pods("Unavailable"),
            |harness| {
                harness.kube.inject(|request, _| expires(request, true));
            },
        ),
        case(
            "404 on a core kind",
            pods("Malformed"),
            at(PODS, answers(404, "not found")),
        ),
        case(
            "404 on a kind of newer servers",
            no_effect(),
            at(hpas, answers(404, "not found")),
        ),
        case(
            "no optional groups",
            no_effect(),
            at(
                "/apis",
                body(r#"{"kind":"APIGroupDiscoveryList","items":[]}"#),
            ),
        ),
        case(
            "endless pages, one token",
            pods("Malformed"),
            at(PODS, body(r#"{"metadata":{"continue":"more"},"items":[]}"#)),
        ),
        case("endless pages", pods("Malformed"), |harness| {
            // A thousand pages take some seconds.
            harness.deadline = Duration::from_secs(40);
            harness.kube.inject(|request, nth| {
                let page = json!({ "metadata": { "continue": nth.to_string() }, "items": [] });
                request
                    .path
                    .starts_with(PODS)
                    .then(|| Fault::Answer(Answer::json(&page)))
            });
        }),
        case(
            "an object of 100 MB",
            pods("Malformed"),
            long(r#"{"items":[{"metadata":{"name":""#, "x"),
        ),
        case(
            "endless object",
            pods("Malformed"),
            endless(r#"{"items":[{"metadata":{"name":""#, "x"),
        ),
        case("endless list", pods("Malformed"), {
            // The limit of objects must be reached before the deadline on any machine.
            let endless = endless(r#"{"items":["#, "{},");
            move |harness| {
                harness.deadline = Duration::from_secs(40);
                endless(harness);
            }
        }),
        case(
            "endless nesting",
            pods("Malformed"),
            endless(r#"{"items":[{"spec":"#, "["),
        ),
        case(
            "an object that is null",
            pods("Malformed"),
            at(PODS, body(r#"{"items":[null]}"#)),
        ),
        case(
            "403 on logs",
            without(&[(PodLogs, "Forbidden")]),
            |harness| {
                let is_log = |request: &HttpRequest| {
                    request.path.split('?').next().unwrap().ends_with("/log")
                };
                harness
                    .kube
                    .inject(move |request, _| is_log(request).then(|| answers(403, FORBIDDEN)));
            },
        ),
        case(
            "no response to logs",
            without(&[(PodLogs, "Timeout")]),
            |harness| {
                let is_log = |request: &HttpRequest| {
                    request.path.split('?').next().unwrap().ends_with("/log")
                };
                harness
                    .kube
                    .inject(move |request, _| is_log(request).then_some(Fault::Hangs));
            },
        ),
        case(
            "no response to discovery",
            without(&[&optional("Timeout")[..], &[(PodLogs, "Timeout")]].concat()),
            at("/apis", Fault::Hangs),
        ),
        case(
            "endless discovery",
            without(&optional("Malformed")),
            at(
                "/apis",
                Fault::Streams("{", r#""a":[],"#.into(), usize::MAX),
            ),
        ),
        case(
            "403 on discovery",
            without(&optional("Forbidden")),
            at("/apis", answers(403, FORBIDDEN)),
        ),
    ]
}

fn optional(reason: &'static str) -> Vec<(Resource, &'static str)> {
    let optional = KINDS
        .iter()
        .filter(|row| !row.is_core() && row.resource != Resource::HorizontalPodAutoscalers);
    optional.map(|row| (row.resource, reason)).collect()
}

/// While `active`, the second page of pods has expired.
fn expires(request: &HttpRequest, active: bool) -> Option<Fault> {
    if !request.path.starts_with(PODS) || !active {
        return None;
    }
    Some(if request.path.contains("continue=") {
        answers(410, "the provided continue parameter is too old")
    } else {
        body(r#"{"metadata":{"continue":"2"},"items":[]}"#)
    })
}

/// Each kind with the path of its list.
fn kinds(harness: &Harness) -> Vec<(Resource, String)> {
    let rows = KINDS.iter().filter(|row| row.resource != Resource::PodLogs);
    let found = rows.filter_map(|row| {
        let group = match row.group {
            "" => "/api/v1/".to_owned(),
            group => format!("/apis/{group}/"),
        };
        let ends = format!("/{}", row.plural);
        let path = harness
            .fake_cluster
            .paths()
            .find(|path| path.starts_with(&group) && path.ends_with(&ends));
        path.map(|path| (row.resource, path.to_owned()))
    });
    found.collect()
}

fn each_kind() -> Vec<FaultCase> {
    let kinds = kinds(&Harness::new(HomelabState::Healthy));
    assert_eq!(kinds.len(), KINDS.len() - 1, "{kinds:?}");
    let mut cases = Vec::new();
    for (kind, path) in &kinds {
        let name = kind.name();
        let forbidden = answers(403, FORBIDDEN);
        let expected = match kind {
            Resource::Pods => without_pods("Forbidden"),
            _ => without(&[(*kind, "Forbidden")]),
        };
        let outage = case("403 on one kind", expected, at(path, forbidden.clone()));
        cases.push(outage.about(&name));
        let status = if kind.is_vital() { 2 } else { 0 };
        let reported = Reported::Unread(vec![(name.clone(), "Forbidden")]);
        let expected = expect(status, reported, Notified::Never);
        let healthy = case("403 on one kind, healthy", expected, at(path, forbidden));
        cases.push(healthy.about(&name).healthy());
        if kind.is_vital() || matches!(kind, Resource::Events | Resource::Applications) {
            // No time is left for logs; without pods, none are requested.
            let expected = match kind {
                Resource::Pods => without_pods("Timeout"),
                _ => without(&[(*kind, "Timeout"), (Resource::PodLogs, "Timeout")]),
            };
            let slow = case("no response for one kind", expected, at(path, Fault::Hangs));
            cases.push(slow.about(&name));
        }
        if matches!(
            kind,
            Resource::Jobs | Resource::Services | Resource::Certificates
        ) {
            for (fault, reason, injected) in [
                (
                    "500 on one kind",
                    "Unavailable",
                    answers(500, "etcdserver: request timed out"),
                ),
                ("truncated JSON of one kind", "Malformed", Fault::Truncated),
                ("body cut of one kind", "Unavailable", Fault::Cut),
            ] {
                cases.push(
                    case(fault, without(&[(*kind, reason)]), at(path, injected)).about(&name),
                );
            }
        }
    }
    cases
}

pub fn cases() -> Vec<FaultCase> {
    [
        connections(),
        all_requests(),
        confirmation(),
        one_kind(),
        each_kind(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn api_server_faults() {
    check_all(&cases());
}
