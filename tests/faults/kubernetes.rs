//! An API server that cannot be reached, trusted or understood, as a whole or
//! for one kind.

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
use super::homelab::Is;
use super::proxy::{Proxy, ProxyBehavior};
use super::stub::{Answer, Asked, nobody};
use super::table::{Cell, Notified, Shows, check_all, then};
use super::tls::{self, Flaw};

const PODS: &str = "/api/v1/pods";
const FORBIDDEN: &str =
    r#"it is forbidden: User "system:serviceaccount:k8s-monitor:k8s-monitor" cannot list it"#;

fn cell(
    fault: &str,
    then: super::table::Expected,
    breaks: impl Fn(&mut Harness) + Send + Sync + 'static,
) -> Cell {
    Cell::new("Kubernetes", fault, then, breaks)
}

/// No verdict, and why.
fn none(status: i32, words: &'static str) -> super::table::Expected {
    then(status, Shows::Stderr(words), Notified::Later)
}

/// A verdict that does without these kinds.
fn without(kinds: &[(Resource, &'static str)]) -> super::table::Expected {
    let kinds = kinds.iter().map(|(kind, reason)| (kind.name(), *reason));
    then(1, Shows::Unread(kinds.collect()), Notified::Now)
}

/// Pods are hidden: the outage of mysql is seen when they are back; the blindness at once.
fn without_pods(reason: &'static str) -> super::table::Expected {
    then(
        1,
        Shows::Unread(vec![("pods".to_owned(), reason)]),
        Notified::Later,
    )
}

fn unharmed() -> super::table::Expected {
    then(1, Shows::Nothing, Notified::Now)
}

fn skewed(words: &'static str) -> super::table::Expected {
    then(1, Shows::Note(words), Notified::Now)
}

/// Every request about the cluster; the state is elsewhere.
fn always(fault: Fault) -> impl Fn(&mut Harness) + Send + Sync {
    move |harness| {
        let fault = fault.clone();
        harness.kube.inject(move |_, _| Some(fault.clone()));
    }
}

/// The first request to each path.
fn once(fault: Fault) -> impl Fn(&mut Harness) + Send + Sync {
    move |harness| {
        let fault = fault.clone();
        harness
            .kube
            .inject(move |_, nth| (nth == 1).then(|| fault.clone()));
    }
}

/// Every request to one path.
fn at(path: &str, fault: Fault) -> impl Fn(&mut Harness) + Send + Sync + 'static {
    let path = path.to_owned();
    move |harness| {
        let (path, fault) = (path.clone(), fault.clone());
        let is_it = move |asked: &Asked| asked.path.split('?').next() == Some(path.as_str());
        harness
            .kube
            .inject(move |asked, _| is_it(asked).then(|| fault.clone()));
    }
}

fn limited(seconds: Option<&str>) -> Fault {
    let headers = seconds.map(|seconds| ("retry-after", seconds.to_owned()));
    Fault::Says(Answer {
        headers: headers.into_iter().collect(),
        ..status(429, "too many requests")
    })
}

fn says(code: u16, message: &str) -> Fault {
    Fault::Says(status(code, message))
}

fn body(text: &str) -> Fault {
    Fault::Says(Answer {
        headers: vec![("content-type", "application/json".into())],
        ..Answer::status(200, text)
    })
}

fn behind_tls(harness: &mut Harness, flaw: Flaw) -> String {
    let (config, authority) = tls::server(flaw);
    let fake_cluster = harness.fake_cluster.clone();
    let fault_proxy = FaultProxy::tls(move |asked| fake_cluster.answer(asked), config);
    let url = fault_proxy.url();
    harness.keeps.push(Box::new(fault_proxy));
    harness.cluster = json!({ "certificate-authority-data": STANDARD.encode(authority) });
    harness.astray.insert(Dependency::Kubernetes, url.clone());
    url
}

fn through(harness: &mut Harness, url: &str) {
    behind_tls(harness, Flaw::None);
    harness.cluster["proxy-url"] = json!(url);
}

fn connections() -> Vec<Cell> {
    let tls =
        |name, flaw: Flaw, then| cell(name, then, move |harness| drop(behind_tls(harness, flaw)));
    let proxied = |name, manner: ProxyBehavior, then| {
        cell(name, then, move |harness| {
            let proxy = Proxy::new(manner);
            through(harness, &proxy.url(SENTINEL));
        })
    };
    let astray = |harness: &mut Harness, url: String| {
        harness.astray.insert(Dependency::Kubernetes, url);
    };
    let hole = move |harness: &mut Harness, scheme: &str| {
        let hole = BlackHole::new();
        astray(harness, format!("{scheme}://127.0.0.1:{}", hole.port()));
        harness.keeps.push(Box::new(hole));
    };
    vec![
        cell("nothing wrong", unharmed(), |_| {}),
        cell("connection refused", none(69, "cannot reach"), move |w| {
            astray(w, nobody())
        }),
        cell("black hole", none(75, "deadline"), move |w| hole(w, "http")),
        cell("black hole before TLS", none(75, "deadline"), move |w| {
            hole(w, "https")
        }),
        cell(
            "name that does not resolve",
            none(69, "cannot reach"),
            move |w| {
                // Resolvers take their time to say no.
                w.deadline = Duration::from_secs(20);
                astray(w, "https://kubernetes.invalid:6443".into());
            },
        ),
        tls("TLS, nothing wrong", Flaw::None, unharmed()),
        tls(
            "TLS, untrusted authority",
            Flaw::Untrusted,
            none(69, "certificate"),
        ),
        tls(
            "TLS, certificate of another host",
            Flaw::WrongHost,
            none(69, "certificate"),
        ),
        tls(
            "TLS, expired certificate",
            Flaw::Expired,
            none(69, "certificate"),
        ),
        cell(
            "plain HTTP where TLS is expected",
            none(69, "tls handshake"),
            move |w| {
                astray(w, w.kube.url().replace("http://", "https://"));
            },
        ),
        cell("proxy, nothing wrong", unharmed(), |harness| {
            let proxy = Proxy::new(ProxyBehavior::Good);
            through(harness, &proxy.url(SENTINEL));
            harness.keeps.push(Box::new(proxy));
        })
        .mended_by(|harness| {
            let mut proxies = harness
                .keeps
                .iter()
                .filter_map(|it| it.downcast_ref::<Proxy>());
            assert!(proxies.any(|proxy| proxy.tunnels() > 0), "it was bypassed");
        }),
        cell(
            "proxy refuses connections",
            none(69, "cannot reach"),
            |harness| {
                through(harness, &nobody());
            },
        ),
        proxied(
            "proxy asks for a password (407)",
            ProxyBehavior::Says(407),
            none(69, "proxy"),
        ),
        proxied(
            "proxy finds nobody (502)",
            ProxyBehavior::Says(502),
            none(69, "cannot reach"),
        ),
        proxied("proxy hangs", ProxyBehavior::Hangs, none(75, "deadline")),
    ]
}

fn whole() -> Vec<Cell> {
    let unauthorized = none(69, "renew it in the kubeconfig");
    let foreign = none(69, "not like a Kubernetes API server");
    let down = none(69, "could serve no request");
    vec![
        cell(
            "401 to everything",
            unauthorized,
            always(says(401, "Unauthorized")),
        ),
        cell(
            "403 to everything",
            none(69, "forbid"),
            always(says(403, FORBIDDEN)),
        ),
        cell(
            "404 to everything",
            foreign.clone(),
            always(says(404, "not found")),
        ),
        cell("429 once", unharmed(), once(limited(None))),
        cell(
            "429 once, Retry-After 1 s",
            unharmed(),
            once(limited(Some("1"))),
        ),
        cell("429 always", down.clone(), always(limited(None))),
        cell(
            "429 always, Retry-After 1 s",
            down.clone(),
            always(limited(Some("1"))),
        ),
        cell(
            "429, Retry-After past the deadline",
            down.clone(),
            always(limited(Some("3600"))),
        ),
        cell(
            "429, Retry-After of ages",
            down.clone(),
            always(limited(Some("18446744073709551615"))),
        ),
        cell(
            "500 once",
            without(&[(Resource::PodLogs, "Unavailable")]),
            once(says(500, "etcdserver: leader changed")),
        ),
        cell(
            "500 always",
            down.clone(),
            always(says(500, "etcdserver: no leader")),
        ),
        cell(
            "503 once",
            without(&[
                (Resource::PodMetrics, "Unavailable"),
                (Resource::NodeMetrics, "Unavailable"),
            ]),
            once(says(503, "shutting down")),
        ),
        cell(
            "503 always",
            down.clone(),
            always(says(503, "shutting down")),
        ),
        cell("connection closed once", unharmed(), once(Fault::Closes)),
        cell(
            "connection closed always",
            down.clone(),
            always(Fault::Closes),
        ),
        cell(
            "never an answer",
            none(75, "deadline"),
            always(Fault::Hangs),
        ),
        cell(
            "head of the answer byte by byte",
            none(75, "deadline"),
            always(Fault::SlowHead),
        ),
        cell(
            "body byte by byte",
            none(75, "deadline"),
            always(Fault::SlowBody),
        ),
        cell("body cut once", unharmed(), once(Fault::Cut)),
        cell("body cut always", down, always(Fault::Cut)),
        cell("JSON truncated", foreign.clone(), always(Fault::Truncated)),
        cell("HTML", foreign.clone(), always(body("<html>log in</html>"))),
        cell(
            "items that are no list",
            foreign,
            always(body(r#"{"items":{"a":1}}"#)),
        ),
        cell(
            "clock a day ahead",
            skewed("behind the API server's"),
            |harness| {
                *harness = Harness::at(Is::Ill, TimeDelta::days(1));
            },
        ),
        cell(
            "clock a day behind",
            skewed("ahead of the API server's"),
            |harness| {
                *harness = Harness::at(Is::Ill, TimeDelta::days(-1));
            },
        ),
        cell("one answer dated two hours ago", unharmed(), |harness| {
            let fake_cluster = harness.fake_cluster.clone();
            let is_dated = AtomicBool::new(false);
            harness.kube.inject(move |asked, _| {
                if is_dated.swap(true, Ordering::SeqCst) {
                    return None;
                }
                let early = Utc::now() - TimeDelta::hours(2);
                let early = early.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
                let mut answer = fake_cluster.answer(asked);
                answer.headers.retain(|(name, _)| *name != "date");
                answer.headers.push(("date", early));
                Some(Fault::Says(answer))
            });
        }),
        cell("clock of the year 9999", unharmed(), |harness| {
            let date = ("date", "Fri, 31 Dec 9999 12:00:00 GMT".to_owned());
            let fake_cluster = harness.fake_cluster.clone();
            harness.kube.inject(move |asked, _| {
                let mut answer = fake_cluster.answer(asked);
                answer.headers.retain(|(name, _)| *name != "date");
                answer.headers.push(date.clone());
                Some(Fault::Says(answer))
            });
        }),
    ]
}

/// A finding that is seen once is notified, although it cannot be confirmed.
fn second_look() -> Vec<Cell> {
    let seen = |fault: &str, is_hit: fn(&Asked) -> bool, breaks: Fault| {
        let seen = then(1, Shows::Note("are not confirmed"), Notified::Now);
        cell(fault, seen, move |harness| {
            *harness = Harness::young();
            let breaks = breaks.clone();
            harness
                .kube
                .inject(move |asked, nth| (nth > 1 && is_hit(asked)).then(|| breaks.clone()));
        })
    };
    let is_pods: fn(&Asked) -> bool = |asked| asked.path.split('?').next() == Some(PODS);
    vec![
        seen(
            "503 to the second snapshot",
            |_| true,
            says(503, "shutting down"),
        ),
        seen("no answer to the second snapshot", |_| true, Fault::Hangs),
        seen(
            "no pods in the second snapshot",
            is_pods,
            says(403, FORBIDDEN),
        ),
        cell(
            "nothing wrong in the second snapshot",
            unharmed(),
            |harness| {
                *harness = Harness::young();
            },
        ),
    ]
}

fn one_kind() -> Vec<Cell> {
    use Resource::PodLogs;
    let pods = without_pods;
    let hpas = "/apis/autoscaling/v2/horizontalpodautoscalers";
    let long = |first, again: &str| at(PODS, Fault::Streams(first, again.to_owned(), 100 << 20));
    let endless =
        |first, again: &str| at(PODS, Fault::Streams(first, again.to_owned(), usize::MAX));
    vec![
        cell("410 in the middle, once", unharmed(), |harness| {
            harness.kube.inject(|asked, nth| expires(asked, nth <= 2));
        }),
        cell(
            "410 in the middle, always",
            pods("Unavailable"),
            |harness| {
                harness.kube.inject(|asked, _| expires(asked, true));
            },
        ),
        cell(
            "404 on a core kind",
            pods("Malformed"),
            at(PODS, says(404, "not found")),
        ),
        cell(
            "404 on a kind that some lack",
            unharmed(),
            at(hpas, says(404, "not found")),
        ),
        cell(
            "no optional groups",
            unharmed(),
            at(
                "/apis",
                body(r#"{"kind":"APIGroupDiscoveryList","items":[]}"#),
            ),
        ),
        cell(
            "pages without end",
            pods("Malformed"),
            at(PODS, body(r#"{"metadata":{"continue":"more"},"items":[]}"#)),
        ),
        cell("new pages without end", pods("Malformed"), |harness| {
            // A thousand pages take a while.
            harness.deadline = Duration::from_secs(40);
            harness.kube.inject(|asked, nth| {
                let page = json!({ "metadata": { "continue": nth.to_string() }, "items": [] });
                asked
                    .path
                    .starts_with(PODS)
                    .then(|| Fault::Says(Answer::json(&page)))
            });
        }),
        cell(
            "an object of 100 MB",
            pods("Malformed"),
            long(r#"{"items":[{"metadata":{"name":""#, "x"),
        ),
        cell(
            "an object without end",
            pods("Malformed"),
            endless(r#"{"items":[{"metadata":{"name":""#, "x"),
        ),
        cell("a list without end", pods("Malformed"), {
            // Where the time would end is a matter of the machine's speed.
            let endless = endless(r#"{"items":["#, "{},");
            move |harness| {
                harness.deadline = Duration::from_secs(40);
                endless(harness);
            }
        }),
        cell(
            "JSON nested without end",
            pods("Malformed"),
            endless(r#"{"items":[{"spec":"#, "["),
        ),
        cell(
            "an object that is null",
            pods("Malformed"),
            at(PODS, body(r#"{"items":[null]}"#)),
        ),
        cell(
            "403 on logs",
            without(&[(PodLogs, "Forbidden")]),
            |harness| {
                let is_log =
                    |asked: &Asked| asked.path.split('?').next().unwrap().ends_with("/log");
                harness
                    .kube
                    .inject(move |asked, _| is_log(asked).then(|| says(403, FORBIDDEN)));
            },
        ),
        cell(
            "logs never come",
            without(&[(PodLogs, "Timeout")]),
            |harness| {
                let is_log =
                    |asked: &Asked| asked.path.split('?').next().unwrap().ends_with("/log");
                harness
                    .kube
                    .inject(move |asked, _| is_log(asked).then_some(Fault::Hangs));
            },
        ),
        cell(
            "discovery never answers",
            without(&[&optional("Timeout")[..], &[(PodLogs, "Timeout")]].concat()),
            at("/apis", Fault::Hangs),
        ),
        cell(
            "discovery without end",
            without(&optional("Malformed")),
            at(
                "/apis",
                Fault::Streams("{", r#""a":[],"#.into(), usize::MAX),
            ),
        ),
        cell(
            "403 on discovery",
            without(&optional("Forbidden")),
            at("/apis", says(403, FORBIDDEN)),
        ),
    ]
}

fn optional(reason: &'static str) -> Vec<(Resource, &'static str)> {
    let optional = KINDS
        .iter()
        .filter(|row| !row.is_core() && row.resource != Resource::HorizontalPodAutoscalers);
    optional.map(|row| (row.resource, reason)).collect()
}

/// The second page of pods is gone, as long as this lasts.
fn expires(asked: &Asked, lasts: bool) -> Option<Fault> {
    if !asked.path.starts_with(PODS) || !lasts {
        return None;
    }
    Some(if asked.path.contains("continue=") {
        says(410, "the provided continue parameter is too old")
    } else {
        body(r#"{"metadata":{"continue":"2"},"items":[]}"#)
    })
}

/// Each kind, and where its list is.
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

fn each_kind() -> Vec<Cell> {
    let kinds = kinds(&Harness::new(Is::Well));
    assert_eq!(kinds.len(), KINDS.len() - 1, "{kinds:?}");
    let mut cells = Vec::new();
    for (kind, path) in &kinds {
        let name = kind.name();
        let forbidden = says(403, FORBIDDEN);
        let ill = match kind {
            Resource::Pods => without_pods("Forbidden"),
            _ => without(&[(*kind, "Forbidden")]),
        };
        let ill = cell("403 on one kind", ill, at(path, forbidden.clone()));
        cells.push(ill.of(&name));
        let status = if kind.is_vital() { 2 } else { 0 };
        let shows = Shows::Unread(vec![(name.clone(), "Forbidden")]);
        let well = then(status, shows, Notified::Nobody);
        let well = cell("403 on one kind, all well", well, at(path, forbidden));
        cells.push(well.of(&name).well());
        if kind.is_vital() || matches!(kind, Resource::Events | Resource::Applications) {
            // Nothing is left for logs then, and no pod is known whose logs to read.
            let slow = match kind {
                Resource::Pods => without_pods("Timeout"),
                _ => without(&[(*kind, "Timeout"), (Resource::PodLogs, "Timeout")]),
            };
            let slow = cell("never an answer for one kind", slow, at(path, Fault::Hangs));
            cells.push(slow.of(&name));
        }
        if matches!(
            kind,
            Resource::Jobs | Resource::Services | Resource::Certificates
        ) {
            for (fault, reason, breaks) in [
                (
                    "500 on one kind",
                    "Unavailable",
                    says(500, "etcdserver: request timed out"),
                ),
                ("truncated JSON of one kind", "Malformed", Fault::Truncated),
                ("body cut of one kind", "Unavailable", Fault::Cut),
            ] {
                cells.push(cell(fault, without(&[(*kind, reason)]), at(path, breaks)).of(&name));
            }
        }
    }
    cells
}

pub fn cells() -> Vec<Cell> {
    [
        connections(),
        whole(),
        second_look(),
        one_kind(),
        each_kind(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn api_server_faults() {
    check_all(&cells());
}
