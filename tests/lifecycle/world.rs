//! A cluster, a clock and a Slack to let time pass in.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::TimeDelta;
use k8s_monitor::assess::{Incident, Rule};
use k8s_monitor::cluster::Resource;
use k8s_monitor::config::{Config, Environment};
use k8s_monitor::lifecycle::{self, Due, MessageKind, Observation, Thread, Tracked, Transition};
use k8s_monitor::model::{
    Effect, Finding, IncidentState, ObjectRef, PodRef, Reason, Severity, Tier, Time,
};
use k8s_monitor::state::{State, document};
use serde_json::json;

pub use Severity::{Sev1, Sev2, Sev3, Sev4};

pub fn time(text: &str) -> Time {
    text.parse().expect(text)
}

pub fn config(text: &str) -> Config {
    let loaded = Config::load(Some((Path::new("test.yaml"), text)), &Environment::new());
    loaded.unwrap_or_else(|error| panic!("{error}")).config
}

/// A service at that severity, as of its one deployment's crash loop.
pub fn trouble(service: &str, severity: Severity) -> Incident {
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

fn words(text: &str) -> k8s_monitor::state::Message {
    k8s_monitor::state::Message {
        text: text.to_owned(),
        blocks: json!([]),
    }
}

pub fn pod(service: &str, name: &str) -> PodRef {
    PodRef {
        namespace: service.to_owned(),
        name: format!("{service}-{name}"),
        node: "k3s-1".to_owned(),
    }
}

/// What Slack got.
#[derive(Debug, Clone)]
pub struct Message {
    pub at: Time,
    pub due: Due,
    pub posted: Thread,
}

pub struct World {
    pub state: State,
    pub config: Config,
    pub now: Time,
    /// How far the cluster's clock, which is `now`, is ahead of people's.
    pub skew: TimeDelta,
    pub slack: bool,
    pub unread: Vec<Resource>,
    pub messages: Vec<Message>,
    posts: u32,
}

impl World {
    pub fn new(config: Config, now: &str) -> Self {
        Self {
            state: State::default(),
            config,
            now: time(now),
            skew: TimeDelta::zero(),
            slack: true,
            unread: Vec::new(),
            messages: Vec::new(),
            posts: 0,
        }
    }

    pub fn pass(&mut self, minutes: i64) -> &mut Self {
        self.now += TimeDelta::minutes(minutes);
        self
    }

    /// What is due now; nothing is stored or sent.
    pub fn look(&self, incidents: Vec<Incident>) -> Transition {
        let today = Observation {
            incidents,
            is_read: &|resource| !self.unread.contains(&resource),
            now: self.now,
            here: self.now - self.skew,
            restarts: Some(BTreeMap::new()),
        };
        lifecycle::advance(&self.state, today, &self.config)
    }

    /// A whole cycle, and the clock goes on by an hour.
    pub fn cycle(&mut self, incidents: Vec<Incident>) -> Transition {
        let step = self.store(incidents);
        if self.slack {
            self.send(&step);
        }
        self.pass(60);
        step
    }

    /// The first half of a cycle: what is due lies in the outbox.
    pub fn store(&mut self, incidents: Vec<Incident>) -> Transition {
        let step = self.look(incidents);
        self.state = step.state.clone();
        for due in &step.due {
            let message = lifecycle::Rendered {
                message: words(&due.why),
                edits: Vec::new(),
            };
            lifecycle::enqueue(&mut self.state, due, message, self.now);
        }
        self.save();
        step
    }

    /// The second half: Slack accepts everything.
    pub fn send(&mut self, step: &Transition) {
        let queue: Vec<u64> = self.state.outbox.iter().map(|m| m.id).collect();
        assert_eq!(queue.len(), step.due.len());
        for (id, due) in queue.into_iter().zip(&step.due) {
            let posted = self.post(due);
            lifecycle::delivered(&mut self.state, id, self.now, &posted);
        }
        self.save();
    }

    /// Slack shows a message, and nobody notes that it did.
    pub fn post(&mut self, due: &Due) -> Thread {
        self.posts += 1;
        let posted = Thread {
            channel: format!("C-{}", due.channel.trim_start_matches('#')),
            ts: format!("{}.{:06}", self.now.timestamp(), self.posts),
        };
        self.messages.push(Message {
            at: self.now,
            due: due.clone(),
            posted: posted.clone(),
        });
        posted
    }

    /// Through the document, as between two processes.
    fn save(&mut self) {
        let text = document::render(&self.state).expect("it fits");
        let read = document::parse(&text).expect("it reads itself");
        assert_eq!(read, self.state);
    }

    /// All that was sent: hours since the first cycle, what, where.
    pub fn log(&self, start: &str) -> Vec<(i64, MessageKind, &str)> {
        let start = time(start);
        self.messages
            .iter()
            .map(|m| {
                let hours = (m.at - start).num_hours();
                (hours, m.due.kind, m.due.channel.as_str())
            })
            .collect()
    }

    pub fn kinds(&self) -> Vec<MessageKind> {
        self.messages.iter().map(|m| m.due.kind).collect()
    }

    pub fn last(&self) -> &Message {
        self.messages.last().expect("something was sent")
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
