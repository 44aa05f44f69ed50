//! A client with its cache, connected to the GitHub stub.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8s_monitor::assess::{Incident, Rule};
use k8s_monitor::cluster::Snapshot;
use k8s_monitor::config::{Config, Environment};
use k8s_monitor::correlate::github::GitHub;
use k8s_monitor::correlate::{CorrelateInput, IncidentCorrelation, correlate};
use k8s_monitor::inventory::{self, Inventory};
use k8s_monitor::model::{Cause, Effect, Finding, ObjectRef, Reason, Severity, Tier};
use k8s_monitor::net::{Http, Peer};
use k8s_monitor::state::Cached;

use super::clock::FakeClock;
use super::history::{History, onset};
use super::server::{Server, ServerOptions};
use super::stub::Stub;

pub struct Harness {
    pub stub: Stub,
    pub clock: FakeClock,
    pub http: Http,
    pub cache: BTreeMap<String, Cached>,
    pub timeout: Duration,
    violations: Arc<Mutex<Vec<String>>>,
    config: Config,
    inventory: Inventory,
}

impl Harness {
    pub fn of(history: &History) -> Self {
        Self::with(history, ServerOptions::default())
    }

    pub fn with(history: &History, options: ServerOptions) -> Self {
        let token = options.token.clone();
        let server = Server::new(history.path(), options);
        let (base, violations) = (server.base.clone(), server.violations.clone());
        let stub = Stub::new(move |request| server.answer(request));
        *base.lock().unwrap() = stub.url();
        let mut env = Environment::new();
        env.insert("GITHUB_API_URL".into(), stub.url());
        env.extend(token.map(|token| ("GITHUB_TOKEN".into(), token)));
        let config = Config::load(None, &env).unwrap().config;
        let clock = FakeClock::new();
        Self {
            http: Http::with_clock(&config, Box::new(clock.clone())),
            stub,
            clock,
            cache: BTreeMap::new(),
            timeout: Duration::from_mins(1),
            violations,
            config,
            inventory: inventory::parse(include_bytes!("../../docs/reference/services.txt")),
        }
    }

    /// Correlates an incident of mysql in one cycle.
    pub fn correlate(&mut self, cause: Cause) -> IncidentCorrelation {
        let mut answers = self.correlate_all(&[incident("mysql", cause, Severity::Sev1)]);
        answers.remove(0).unwrap()
    }

    pub fn correlate_all(&mut self, incidents: &[Incident]) -> Vec<Option<IncidentCorrelation>> {
        let snapshot = Snapshot::default();
        let input = CorrelateInput {
            monitored: &self.inventory.services,
            repository: self.inventory.repository.as_deref(),
            snapshot: &snapshot,
            config: &self.config,
        };
        let before = self.requests();
        let deadline = self.clock.after(self.timeout);
        let mut github = GitHub::new(&self.config, &self.http, &mut self.cache, onset(), deadline);
        let incidents: Vec<&Incident> = incidents.iter().collect();
        let answers = correlate(&incidents, &input, &mut github);
        let requests = self.requests() - before;
        assert!(requests <= 12, "{requests} requests: {:#?}", self.paths());
        let is_late = k8s_monitor::net::Clock::now(&self.clock) > deadline;
        assert!(!is_late, "it waited beyond the deadline");
        assert_eq!(*self.violations.lock().unwrap(), Vec::<String>::new());
        answers
    }

    pub fn requests(&self) -> u32 {
        self.http.attempts(Peer::Github)
    }

    pub fn paths(&self) -> Vec<String> {
        self.stub
            .requests()
            .into_iter()
            .map(|request| request.path)
            .collect()
    }
}

pub fn incident(service: &str, cause: Cause, severity: Severity) -> Incident {
    let mut finding = Finding::new(
        Reason::CrashLoopBackOff,
        ObjectRef::new("StatefulSet", service, service),
        onset(),
        Effect::Unavailable,
    );
    finding.cause = Some(cause);
    finding.service = Some(service.to_owned());
    finding.message = "the container does not run".to_owned();
    Incident {
        fingerprint: service.to_owned(),
        title: format!("{service} is unavailable"),
        service: Some(service.to_owned()),
        tier: Some(Tier::P0),
        severity,
        rule: Rule::ALL[0],
        since: onset(),
        affects: vec!["chores-tracker-backend".to_owned()],
        findings: vec![finding],
    }
}
