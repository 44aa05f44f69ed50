//! Runs cycles of the lifecycle with a clock that the test sets, and with a receiver that accepts
//! messages or does not.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::TimeDelta;
use k8s_monitor::assess::{Incident, Rule};
use k8s_monitor::cluster::Resource;
use k8s_monitor::config::{Config, Environment};
use k8s_monitor::lifecycle::{self, Due, Observation, Tracked, Transition};
use k8s_monitor::model::{
    Effect, Finding, IncidentState, KindRef, ObjectRef, PodRef, Reason, Severity, Tier, Time,
};
use k8s_monitor::state::{Message, MessageHandle, MessageKind, State, document};

pub use Severity::{Sev1, Sev2, Sev3, Sev4};

pub fn time(text: &str) -> Time {
    text.parse().expect(text)
}

pub fn config(text: &str) -> Config {
    let loaded = Config::load(Some((Path::new("test.yaml"), text)), &Environment::new());
    loaded.unwrap_or_else(|error| panic!("{error}")).config
}

/// An incident of a service: the crash loop of its deployment.
pub fn incident_of(service: &str, severity: Severity) -> Incident {
    let resource = ObjectRef::new("Deployment", service, service);
    let since = time("2026-11-01T23:50:00Z");
    let mut finding = Finding::new(
        Reason::CrashLoopBackOff,
        resource,
        since,
        Effect::Unavailable,
    );
    finding.service = Some(service.to_owned());
    finding.message = format!("{service} keeps crashing");
    finding.pods = vec![pod(service, "a")];
    let rule = match severity {
        Sev1 => Rule::P0Unavailable,
        Sev2 => Rule::P0Degraded,
        Sev3 => Rule::P1Degraded,
        Sev4 => Rule::Support,
    };
    Incident {
        fingerprint: format!("homelab/deployment/{service}/{service}/run"),
        title: format!("{service} is unavailable: CrashLoopBackOff"),
        service: Some(service.to_owned()),
        tier: Some(Tier::P0),
        severity,
        rule,
        since,
        affects: Vec::new(),
        findings: vec![finding],
    }
}

pub fn pod(service: &str, name: &str) -> PodRef {
    PodRef {
        namespace: service.to_owned(),
        name: format!("{service}-{name}"),
        node: "k3s-1".to_owned(),
    }
}

/// A message that was delivered.
#[derive(Debug, Clone)]
pub struct Delivered {
    pub at: Time,
    pub due: Due,
    pub posted: MessageHandle,
}

pub struct Harness {
    pub state: State,
    pub config: Config,
    pub now: Time,
    /// By how much the cluster's clock, which is `now`, is ahead of this machine's.
    pub skew: TimeDelta,
    pub slack: bool,
    pub unread: Vec<Resource>,
    /// Names of custom kinds.
    pub unread_custom: Vec<String>,
    pub messages: Vec<Delivered>,
    posts: u32,
    /// What the cluster says of when objects became healthy.
    pub recoveries: Vec<(ObjectRef, Time)>,
}

impl Harness {
    pub fn new(config: Config, now: &str) -> Self {
        Self {
            state: State::default(),
            config,
            now: time(now),
            skew: TimeDelta::zero(),
            slack: true,
            unread: Vec::new(),
            unread_custom: Vec::new(),
            messages: Vec::new(),
            posts: 0,
            recoveries: Vec::new(),
        }
    }

    pub fn pass(&mut self, minutes: i64) -> &mut Self {
        self.now += TimeDelta::minutes(minutes);
        self
    }

    /// The transition at `now`, without storing or sending.
    pub fn advance(&self, incidents: Vec<Incident>) -> Transition {
        let today = Observation {
            incidents,
            is_read: &|kind, _| match kind {
                KindRef::Listed(resource) => !self.unread.contains(&resource),
                custom @ KindRef::Custom { .. } => !self.unread_custom.contains(&custom.name()),
            },
            now: self.now,
            local_now: self.now - self.skew,
            restarts: Some(BTreeMap::new()),
            recoveries: self.recoveries.clone(),
        };
        lifecycle::advance(&self.state, today, &self.config)
    }

    /// A whole cycle. The clock advances by an hour.
    pub fn cycle(&mut self, incidents: Vec<Incident>) -> Transition {
        let step = self.store(incidents);
        if self.slack {
            self.send(&step);
        }
        self.pass(60);
        step
    }

    /// The first half of a cycle: due messages are stored in the outbox.
    pub fn store(&mut self, incidents: Vec<Incident>) -> Transition {
        let step = self.advance(incidents);
        self.state = step.state.clone();
        for due in &step.due {
            let message = lifecycle::Rendered {
                message: Message::line(due.why.clone()),
                edits: Vec::new(),
            };
            lifecycle::enqueue(&mut self.state, due, message, self.now);
        }
        self.save();
        step
    }

    /// The second half: every message is accepted.
    pub fn send(&mut self, step: &Transition) {
        let queue: Vec<u64> = self.state.outbox.iter().map(|m| m.id).collect();
        assert_eq!(queue.len(), step.due.len());
        for (id, due) in queue.into_iter().zip(&step.due) {
            let posted = self.post(due);
            lifecycle::delivered(&mut self.state, id, self.now, &posted);
        }
        self.save();
    }

    /// Accepts a message without marking it as delivered.
    pub fn post(&mut self, due: &Due) -> MessageHandle {
        self.posts += 1;
        let posted = MessageHandle {
            channel: format!("C-{}", due.destination.channel.trim_start_matches('#')),
            id: format!("{}.{:06}", self.now.timestamp(), self.posts),
        };
        self.messages.push(Delivered {
            at: self.now,
            due: due.clone(),
            posted: posted.clone(),
        });
        posted
    }

    /// Writes the state as a document and reads it again, as two processes do.
    fn save(&mut self) {
        let text = document::render(&self.state).expect("it fits");
        let read = document::parse(&text).expect("its own document is valid");
        assert_eq!(read, self.state);
    }

    /// All delivered messages: hours since the first cycle, kind, channel.
    pub fn log(&self, start: &str) -> Vec<(i64, MessageKind, &str)> {
        let start = time(start);
        self.messages
            .iter()
            .map(|m| {
                let hours = (m.at - start).num_hours();
                (hours, m.due.kind, m.due.destination.channel.as_str())
            })
            .collect()
    }

    pub fn kinds(&self) -> Vec<MessageKind> {
        self.messages.iter().map(|m| m.due.kind).collect()
    }

    pub fn last(&self) -> &Delivered {
        self.messages.last().expect("a message was sent")
    }
}

pub fn tracked<'a>(step: &'a Transition, service: &str) -> &'a Tracked {
    let found = step
        .tracked
        .iter()
        .find(|t| t.incident.service.as_deref() == Some(service));
    found.unwrap_or_else(|| panic!("{service} is not listed"))
}

pub fn life(step: &Transition, service: &str) -> IncidentState {
    tracked(step, service).state
}
