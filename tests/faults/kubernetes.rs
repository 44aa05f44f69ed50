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

use super::front::{BlackHole, Fault, Front};
use super::homelab::Is;
use super::lab::status;
use super::proxy::{Manner, Proxy};
use super::stub::{Answer, Asked, nobody};
use super::table::{Cell, Shows, Told, hold, then};
use super::tls::{self, Flaw};
use super::world::{Peer, SENTINEL, World};

const PODS: &str = "/api/v1/pods";
const FORBIDDEN: &str =
    r#"it is forbidden: User "system:serviceaccount:k8s-monitor:k8s-monitor" cannot list it"#;

fn cell(
    fault: &str,
    then: super::table::Then,
    breaks: impl Fn(&mut World) + Send + Sync + 'static,
) -> Cell {
    Cell::new("Kubernetes", fault, then, breaks)
}

/// No verdict, and why.
fn none(status: i32, words: &'static str) -> super::table::Then {
    then(status, Shows::Stderr(words), Told::Later)
}

/// A verdict that does without these kinds.
fn without(kinds: &[(Resource, &'static str)]) -> super::table::Then {
    let kinds = kinds.iter().map(|(kind, reason)| (kind.name(), *reason));
    then(1, Shows::Unread(kinds.collect()), Told::Now)
}

/// Pods are hidden: the outage of mysql is seen when they are back; the blindness at once.
fn without_pods(reason: &'static str) -> super::table::Then {
    then(
        1,
        Shows::Unread(vec![("pods".to_owned(), reason)]),
        Told::Later,
    )
}

fn unharmed() -> super::table::Then {
    then(1, Shows::Nothing, Told::Now)
}

fn skewed(words: &'static str) -> super::table::Then {
    then(1, Shows::Note(words), Told::Now)
}

/// Every request about the cluster; the state is elsewhere.
fn always(fault: Fault) -> impl Fn(&mut World) + Send + Sync {
    move |world| {
        let fault = fault.clone();
        world.kube.break_by(move |_, _| Some(fault.clone()));
    }
}

/// The first request to each path.
fn once(fault: Fault) -> impl Fn(&mut World) + Send + Sync {
    move |world| {
        let fault = fault.clone();
        world
            .kube
            .break_by(move |_, nth| (nth == 1).then(|| fault.clone()));
    }
}

/// Every request to one path.
fn at(path: &str, fault: Fault) -> impl Fn(&mut World) + Send + Sync + 'static {
    let path = path.to_owned();
    move |world| {
        let (path, fault) = (path.clone(), fault.clone());
        let is_it = move |asked: &Asked| asked.path.split('?').next() == Some(path.as_str());
        world
            .kube
            .break_by(move |asked, _| is_it(asked).then(|| fault.clone()));
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

fn behind_tls(world: &mut World, flaw: Flaw) -> String {
    let (config, authority) = tls::server(flaw);
    let lab = world.lab.clone();
    let front = Front::tls(move |asked| lab.answer(asked), config);
    let url = front.url();
    world.keeps.push(Box::new(front));
    world.cluster = json!({ "certificate-authority-data": STANDARD.encode(authority) });
    world.astray.insert(Peer::Kubernetes, url.clone());
    url
}

fn through(world: &mut World, url: &str) {
    behind_tls(world, Flaw::None);
    world.cluster["proxy-url"] = json!(url);
}

fn connections() -> Vec<Cell> {
    let tls = |name, flaw: Flaw, then| cell(name, then, move |world| drop(behind_tls(world, flaw)));
    let proxied = |name, manner: Manner, then| {
        cell(name, then, move |world| {
            let proxy = Proxy::new(manner);
            through(world, &proxy.url(SENTINEL));
        })
    };
    let astray = |world: &mut World, url: String| {
        world.astray.insert(Peer::Kubernetes, url);
    };
    let hole = move |world: &mut World, scheme: &str| {
        let hole = BlackHole::new();
        astray(world, format!("{scheme}://127.0.0.1:{}", hole.port()));
        world.keeps.push(Box::new(hole));
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
        cell("proxy, nothing wrong", unharmed(), |world| {
            let proxy = Proxy::new(Manner::Good);
            through(world, &proxy.url(SENTINEL));
            world.keeps.push(Box::new(proxy));
        })
        .mended_by(|world| {
            let mut proxies = world
                .keeps
                .iter()
                .filter_map(|it| it.downcast_ref::<Proxy>());
            assert!(proxies.any(|proxy| proxy.tunnels() > 0), "it was bypassed");
        }),
        cell(
            "proxy refuses connections",
            none(69, "cannot reach"),
            |world| {
                through(world, &nobody());
            },
        ),
        proxied(
            "proxy asks for a password (407)",
            Manner::Says(407),
            none(69, "proxy"),
        ),
        proxied(
            "proxy finds nobody (502)",
            Manner::Says(502),
            none(69, "cannot reach"),
        ),
        proxied("proxy hangs", Manner::Hangs, none(75, "deadline")),
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
            |world| {
                *world = World::at(Is::Ill, TimeDelta::days(1));
            },
        ),
        cell(
            "clock a day behind",
            skewed("ahead of the API server's"),
            |world| {
                *world = World::at(Is::Ill, TimeDelta::days(-1));
            },
        ),
        cell("one answer dated two hours ago", unharmed(), |world| {
            let lab = world.lab.clone();
            let is_dated = AtomicBool::new(false);
            world.kube.break_by(move |asked, _| {
                if is_dated.swap(true, Ordering::SeqCst) {
                    return None;
                }
                let early = Utc::now() - TimeDelta::hours(2);
                let early = early.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
                let mut answer = lab.answer(asked);
                answer.headers.retain(|(name, _)| *name != "date");
                answer.headers.push(("date", early));
                Some(Fault::Says(answer))
            });
        }),
        cell("clock of the year 9999", unharmed(), |world| {
            let date = ("date", "Fri, 31 Dec 9999 12:00:00 GMT".to_owned());
            let lab = world.lab.clone();
            world.kube.break_by(move |asked, _| {
                let mut answer = lab.answer(asked);
                answer.headers.retain(|(name, _)| *name != "date");
                answer.headers.push(date.clone());
                Some(Fault::Says(answer))
            });
        }),
    ]
}

/// What is seen once is told, though it cannot be confirmed.
fn second_look() -> Vec<Cell> {
    let seen = |fault: &str, is_hit: fn(&Asked) -> bool, breaks: Fault| {
        let seen = then(1, Shows::Note("are not confirmed"), Told::Now);
        cell(fault, seen, move |world| {
            *world = World::young();
            let breaks = breaks.clone();
            world
                .kube
                .break_by(move |asked, nth| (nth > 1 && is_hit(asked)).then(|| breaks.clone()));
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
            |world| {
                *world = World::young();
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
        cell("410 in the middle, once", unharmed(), |world| {
            world.kube.break_by(|asked, nth| expires(asked, nth <= 2));
        }),
        cell("410 in the middle, always", pods("Unavailable"), |world| {
            world.kube.break_by(|asked, _| expires(asked, true));
        }),
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
        cell("new pages without end", pods("Malformed"), |world| {
            // A thousand pages take a while.
            world.deadline = Duration::from_secs(40);
            world.kube.break_by(|asked, nth| {
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
            move |world| {
                world.deadline = Duration::from_secs(40);
                endless(world);
            }
        }),
        cell(
            "JSON nested without end",
            pods("Malformed"),
            endless(r#"{"items":[{"spec":"#, "["),
        ),
        cell(
            "a wrong type in an object",
            pods("Malformed"),
            at(PODS, body(r#"{"items":[{"metadata":{"name":["x"]}}]}"#)),
        ),
        cell(
            "an object that is null",
            pods("Malformed"),
            at(PODS, body(r#"{"items":[null]}"#)),
        ),
        cell("403 on logs", without(&[(PodLogs, "Forbidden")]), |world| {
            let is_log = |asked: &Asked| asked.path.split('?').next().unwrap().ends_with("/log");
            world
                .kube
                .break_by(move |asked, _| is_log(asked).then(|| says(403, FORBIDDEN)));
        }),
        cell(
            "logs never come",
            without(&[(PodLogs, "Timeout")]),
            |world| {
                let is_log =
                    |asked: &Asked| asked.path.split('?').next().unwrap().ends_with("/log");
                world
                    .kube
                    .break_by(move |asked, _| is_log(asked).then_some(Fault::Hangs));
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
fn kinds(world: &World) -> Vec<(Resource, String)> {
    let rows = KINDS.iter().filter(|row| row.resource != Resource::PodLogs);
    let found = rows.filter_map(|row| {
        let group = match row.group {
            "" => "/api/v1/".to_owned(),
            group => format!("/apis/{group}/"),
        };
        let ends = format!("/{}", row.plural);
        let path = world
            .lab
            .paths()
            .find(|path| path.starts_with(&group) && path.ends_with(&ends));
        path.map(|path| (row.resource, path.to_owned()))
    });
    found.collect()
}

fn each_kind() -> Vec<Cell> {
    let kinds = kinds(&World::new(Is::Well));
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
        let well = then(status, shows, Told::Nobody);
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
fn an_api_server_that_fails() {
    hold(&cells());
}
