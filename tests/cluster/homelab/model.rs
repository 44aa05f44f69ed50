//! A model of the workloads in the homelab, from which the API objects are derived.
//!
//! A scenario changes these few fields. The Deployment, its ReplicaSets, pods, endpoints
//! and events are then derived again, so that they are always consistent.

use crate::time::{Timestamp, shifted};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Controller {
    Deployment,
    StatefulSet,
    DaemonSet,
}

#[derive(Clone)]
pub struct Workload {
    pub controller: Controller,
    pub namespace: String,
    pub name: String,
    pub labels: Vec<(&'static str, String)>,
    pub container: Container,
    pub desired: usize,
    /// Oldest first; the last is the current one. A `StatefulSet` or `DaemonSet` has only one.
    pub revisions: Vec<Revision>,
    pub created: Timestamp,
    /// A number that determines addresses and spreads pods over the nodes.
    pub slot: usize,
    pub storage: Option<Storage>,
    pub hosts: Vec<&'static str>,
    pub load_balancer: bool,
    /// The name of its Service, if it is not that of the workload.
    pub service_name: Option<&'static str>,
    /// Set when the `ResourceQuota` allows no new pod.
    pub refused: Option<Refusal>,
    pub selector_is_wrong: bool,
    pub is_deleted: bool,
    /// Since when the rollout has made no progress.
    pub stuck_since: Option<Timestamp>,
    /// Since when the desired number of replicas is unchanged.
    pub scaled: Timestamp,
    pub evicted: Option<Timestamp>,
}

#[derive(Clone)]
pub struct Container {
    pub image: String,
    pub ports: Vec<(&'static str, u16)>,
    pub probe: Option<Probe>,
    /// Seconds before the first readiness and liveness probe.
    pub probe_delays: (u32, u32),
    /// Request and limit, in millicores and in MiB.
    pub cpu: (u32, u32),
    pub memory: (u32, u32),
}

#[derive(Clone)]
pub enum Probe {
    Http(&'static str),
    Tcp,
    Exec(&'static [&'static str]),
}

#[derive(Clone)]
pub struct Storage {
    pub volume: &'static str,
    pub size: &'static str,
    pub mount: &'static str,
}

#[derive(Clone)]
pub struct Refusal {
    pub since: Timestamp,
    pub message: String,
}

#[derive(Clone)]
pub struct Revision {
    pub number: usize,
    pub image: String,
    pub created: Timestamp,
    pub pods: Vec<Pod>,
}

#[derive(Clone)]
pub struct Pod {
    pub name: String,
    pub node: usize,
    pub ip: String,
    pub created: Timestamp,
    pub health: Health,
    pub past: Option<Termination>,
    pub restarts: u32,
    pub memory_percent: u32,
    pub events: Vec<Occurrence>,
}

/// The current state of a pod with its one container.
#[derive(Clone, PartialEq, Debug)]
pub enum Health {
    Ready {
        since: Timestamp,
    },
    /// Running, but its probe does not pass.
    NotReady {
        since: Timestamp,
        container_started: Timestamp,
    },
    /// Waiting for a restart; `Pod::past` has the termination.
    CrashLooping {
        since: Timestamp,
    },
    /// Waiting with a reason of the kubelet, such as `ImagePullBackOff`.
    Waiting {
        since: Timestamp,
        reason: String,
        message: String,
    },
    Unschedulable {
        since: Timestamp,
        message: String,
    },
    /// Its node is lost; the last known state was Ready.
    Lost {
        since: Timestamp,
    },
}

/// The last termination of a container.
#[derive(Clone, PartialEq, Debug)]
pub struct Termination {
    pub reason: String,
    pub exit_code: i32,
    pub at: Timestamp,
}

/// A Warning event, with a count of repetitions as the kubelet sets it.
#[derive(Clone)]
pub struct Occurrence {
    pub reason: &'static str,
    pub message: String,
    pub count: u32,
    pub first: Timestamp,
    pub last: Timestamp,
}

impl Pod {
    pub fn is_ready(&self) -> bool {
        matches!(self.health, Health::Ready { .. })
    }

    /// Since when the pod has been in its current state.
    pub fn since(&self) -> Timestamp {
        match &self.health {
            Health::Ready { since }
            | Health::NotReady { since, .. }
            | Health::CrashLooping { since }
            | Health::Waiting { since, .. }
            | Health::Unschedulable { since, .. }
            | Health::Lost { since } => *since,
        }
    }

    pub fn is_scheduled(&self) -> bool {
        !matches!(self.health, Health::Unschedulable { .. })
    }
}

impl Workload {
    pub fn pods(&self) -> impl Iterator<Item = &Pod> {
        self.revisions.iter().flat_map(|revision| &revision.pods)
    }

    pub fn pods_mut(&mut self) -> impl Iterator<Item = &mut Pod> {
        self.revisions
            .iter_mut()
            .flat_map(|revision| &mut revision.pods)
    }

    pub fn ready(&self) -> usize {
        self.pods().filter(|pod| pod.is_ready()).count()
    }

    /// Since when fewer pods than desired have been ready; None while all are.
    pub fn lacking_since(&self) -> Option<Timestamp> {
        let unready = self
            .pods()
            .filter(|pod| !pod.is_ready())
            .map(Pod::since)
            .min();
        unready
            .or(self.refused.as_ref().map(|refusal| refusal.since))
            .filter(|_| self.ready() < self.desired)
    }

    pub fn current(&self) -> &Revision {
        self.revisions
            .last()
            .expect("a workload without a revision")
    }

    /// Adds the revisions and pods of a workload that has been healthy for a while.
    pub fn start(&mut self, now: Timestamp, slot: usize) {
        const DAY: i64 = 86400;
        self.slot = slot;
        self.created = shifted(now, -200 * DAY);
        self.scaled = self.created;
        let rolled_out = shifted(now, -(6 + i64::try_from(slot).unwrap()) * DAY - 4321);
        if self.controller == Controller::Deployment {
            let image = format!("{}-previous", self.container.image);
            let created = shifted(rolled_out, -30 * DAY);
            self.revisions.push(Revision {
                number: 1,
                image,
                created,
                pods: Vec::new(),
            });
        }
        let (number, image) = (self.revisions.len() + 1, self.container.image.clone());
        let mut revision = Revision {
            number,
            image,
            created: rolled_out,
            pods: Vec::new(),
        };
        revision.pods = (0..self.desired)
            .map(|index| self.ready_pod(&revision, index, rolled_out))
            .collect();
        self.revisions.push(revision);
    }

    /// A pod of this workload that was created at this time and became Ready soon after.
    pub fn ready_pod(&self, revision: &Revision, index: usize, created: Timestamp) -> Pod {
        let node = if self.controller == Controller::DaemonSet {
            index
        } else {
            (self.slot + index) % 3
        };
        let name = match self.controller {
            Controller::Deployment => {
                let set = super::names::replica_set(&self.name, revision);
                format!(
                    "{set}-{}",
                    super::names::suffix(&format!("{set}{index}"), 5)
                )
            }
            Controller::StatefulSet => format!("{}-{index}", self.name),
            Controller::DaemonSet => {
                format!(
                    "{}-{}",
                    self.name,
                    super::names::suffix(&format!("{}{index}", self.name), 5)
                )
            }
        };
        let host = self.slot * 4 + index % 4 + 2 + 130 * (revision.number / 3);
        Pod {
            name,
            node,
            ip: format!("10.42.{node}.{}", host % 254),
            created,
            health: Health::Ready {
                since: shifted(created, 20 + i64::from(self.container.probe_delays.0)),
            },
            past: None,
            restarts: 0,
            memory_percent: 40,
            events: Vec::new(),
        }
    }
}
