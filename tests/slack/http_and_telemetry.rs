//! The HTTP client, the heartbeat and the Pushgateway.

use std::time::Duration;

use k8s_monitor::config::{Config, Environment};
use k8s_monitor::model::secret::Secret;
use k8s_monitor::net::{Http, HttpError, Peer, Request, Retry};
use k8s_monitor::telemetry::{heartbeat, metrics};

use super::clock::FakeClock;
use super::stub::{Answer, Fault, Stub, unreachable_url};
use super::workspace::http;

fn accepting() -> Stub {
    Stub::new(|_| Answer::status(200, "fine"))
}

fn get(http: &Http, clock: &FakeClock, url: &str) -> Result<String, HttpError> {
    let request = Request::get(Peer::Github, url);
    let answer = http.send(&request, &Retry::READ, clock.after(Duration::from_secs(30)))?;
    Ok(format!(
        "{} {}",
        answer.status,
        String::from_utf8_lossy(&answer.body)
    ))
}

#[test]
fn an_error_status_is_a_response_with_its_body() {
    let (stub, clock) = (accepting(), FakeClock::new());
    let http = http(&clock);
    stub.inject([Fault::Answer(Answer::status(404, "none"))]);
    assert_eq!(get(&http, &clock, &stub.url()).unwrap(), "404 none");
    assert_eq!(get(&http, &clock, &stub.url()).unwrap(), "200 fine");
    assert_eq!(
        (http.attempts(Peer::Github), http.attempts(Peer::Slack)),
        (2, 0)
    );
}

#[test]
fn reads_are_retried_with_exponential_backoff() {
    let (stub, clock) = (accepting(), FakeClock::new());
    let http = http(&clock);
    stub.inject([Fault::Cut, Fault::Answer(Answer::status(502, ""))]);
    assert_eq!(get(&http, &clock, &stub.url()).unwrap(), "200 fine");
    let seconds = |s: &[u64]| {
        s.iter()
            .map(|s| Duration::from_secs(*s))
            .collect::<Vec<_>>()
    };
    assert_eq!(clock.waits(), seconds(&[1, 2]));
    stub.inject(vec![Fault::Answer(Answer::status(502, "still")); 3]);
    assert_eq!(get(&http, &clock, &stub.url()).unwrap(), "502 still");
}

#[test]
fn no_retry_waits_past_the_deadline() {
    let (stub, clock) = (accepting(), FakeClock::new());
    let http = http(&clock);
    stub.inject([Fault::Answer(Answer::status(500, "first"))]);
    let request = Request::get(Peer::Github, "");
    let url = stub.url();
    let request = Request {
        url: &url,
        ..request
    };
    let answer = http
        .send(
            &request,
            &Retry::READ,
            clock.after(Duration::from_millis(900)),
        )
        .unwrap();
    assert_eq!(answer.body, b"first");
    assert!(clock.waits().is_empty());
    let late = http.send(&request, &Retry::READ, clock.after(Duration::ZERO));
    assert!(matches!(late, Err(HttpError::NoTime { .. })), "{late:?}");
    assert_eq!(stub.requests().len(), 1);
}

#[test]
fn errors_show_only_the_host_of_a_url() {
    let clock = FakeClock::new();
    let http = http(&clock);
    let unreachable = format!("{}/ping/s3cr3t-uuid?key=s3cr3t", unreachable_url());
    for (url, wanted) in [
        (unreachable.as_str(), "cannot reach 127.0.0.1"),
        ("not an address s3cr3t", "write it like https://"),
        ("ftp://host/s3cr3t", "write it like https://"),
        ("http://s3cr3t.invalid/s3cr3t-path", "cannot reach"),
    ] {
        let error = get(&http, &clock, url).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
        let shown = error.replace("s3cr3t.invalid", "");
        assert!(!shown.contains("s3cr3t"), "{error}");
    }
}

#[test]
fn a_redirect_of_a_post_is_not_followed() {
    let (stub, clock) = (accepting(), FakeClock::new());
    let http = http(&clock);
    let redirect = Answer {
        headers: vec![("location", format!("{}/elsewhere", stub.url()))],
        ..Answer::status(307, "")
    };
    stub.inject([Fault::Answer(redirect.clone()), Fault::Answer(redirect)]);
    let url = stub.url();
    let request = Request::post(Peer::Anthropic, &url, "text/plain", b"secret".to_vec());
    let deadline = clock.after(Duration::from_secs(9));
    assert_eq!(
        http.send(&request, &Retry::READ, deadline).unwrap().status,
        307
    );
    // A redirect of a GET is followed: GitHub sends one for a repository that was renamed.
    assert_eq!(get(&http, &clock, &url).unwrap(), "200 fine");
}

#[test]
fn an_unreachable_proxy_fails_the_requests_through_it() {
    let clock = FakeClock::new();
    let mut config = Config::load(None, &Environment::new()).unwrap().config;
    let proxy = unreachable_url().replace("http://", "http://user:s3cr3t@");
    config.https_proxy = Secret::new(&proxy);
    let http = Http::with_clock(&config, Box::new(clock.clone()));
    let error = get(&http, &clock, "https://slack.invalid").unwrap_err();
    assert!(error.is_unsent(), "{error:?}");
    assert!(!error.to_string().contains("s3cr3t"), "{error}");
    let stub = accepting();
    assert_eq!(get(&http, &clock, &stub.url()).unwrap(), "200 fine");
}

#[test]
fn the_heartbeat_has_the_format_of_healthchecks() {
    let (stub, clock) = (accepting(), FakeClock::new());
    let http = http(&clock);
    let url = Secret::new(&format!("{}/ping/uuid", stub.url())).unwrap();
    heartbeat::start(&url, &http, "cycle 1");
    heartbeat::success(&url, &http, "SEV-4:\nall well");
    heartbeat::fail(&url, &http, "exit 75 password=hunter2hunter2");
    let requests = stub.requests();
    let paths: Vec<_> = requests
        .iter()
        .map(|request| request.path.as_str())
        .collect();
    assert_eq!(paths, ["/ping/uuid/start", "/ping/uuid", "/ping/uuid/fail"]);
    assert!(requests.iter().all(|request| request.method == "POST"));
    assert_eq!(requests[1].text(), "SEV-4: all well");
    assert!(!requests[2].text().contains("hunter2"));
    assert_eq!(http.attempts(Peer::Heartbeat), 3);
}

#[test]
fn a_failing_heartbeat_ends_within_five_seconds() {
    let clock = FakeClock::new();
    let http = http(&clock);
    let url = Secret::new(&unreachable_url()).unwrap();
    heartbeat::start(&url, &http, "x");
    heartbeat::fail(&url, &http, "x");
    assert!(clock.waits().iter().sum::<Duration>() < Duration::from_secs(5));
}

#[test]
fn metrics_are_pushed_to_the_group_of_the_cluster() {
    let (stub, clock) = (accepting(), FakeClock::new());
    let http = http(&clock);
    let gateway = stub.url().replace("http://", "http://user:s3cr3t@");
    let gateway = Secret::new(&gateway).unwrap();
    let deadline = clock.after(Duration::from_secs(60));
    let push = |text| metrics::push(&http, &gateway, "homelab", text, deadline);
    push("# EOF\n").expect("accepted");
    let request = &stub.requests()[0];
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("PUT", "/metrics/job/k8s-monitor/cluster@base64/aG9tZWxhYg")
    );
    assert_eq!(request.text(), "# EOF\n");
    assert!(
        request
            .header("content-type")
            .starts_with("text/plain; version=0.0.4")
    );
    assert!(request.header("authorization").starts_with("Basic "));

    // A transient error is retried.
    stub.inject([Fault::Cut]);
    push("# EOF\n").expect("accepted at the second attempt");

    let rejection = "pushed metrics are\ninvalid: password=hunter2hunter2";
    stub.inject([Fault::Answer(Answer::status(400, rejection))]);
    let error = push("nonsense").unwrap_err().to_string();
    assert!(
        error.contains("status 400: pushed metrics are invalid"),
        "{error}"
    );
    assert!(
        !error.contains("hunter2") && !error.contains("s3cr3t"),
        "{error}"
    );
    assert_eq!(http.attempts(Peer::Pushgateway), 4);
}

#[test]
fn an_unreachable_pushgateway_fails_within_five_seconds() {
    let clock = FakeClock::new();
    let http = http(&clock);
    let gateway = Secret::new(&unreachable_url()).unwrap();
    let deadline = clock.after(Duration::from_secs(600));
    let error = metrics::push(&http, &gateway, "homelab", "# EOF\n", deadline).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("not pushed: cannot reach 127.0.0.1"),
        "{error}"
    );
    assert!(clock.waits().iter().sum::<Duration>() < Duration::from_secs(5));
}
