//! Scenarios: faults of the homelab, one at a time.

mod cluster;
mod pods;
mod workloads;

use crate::homelab::Homelab;
use crate::homelab::model::{Health, Occurrence, Pod, Workload};
use crate::time::{Timestamp, now, shifted};

impl Homelab {
    fn with_pods_of(&mut self, workload: &str, mut change: impl FnMut(&Workload, &mut Pod)) {
        self.change(|state| {
            let before = state.workload(workload).clone();
            for pod in state.workload_mut(workload).pods_mut() {
                change(&before, pod);
            }
        });
    }
}

/// Replaces a pod by a new one that runs and is not Ready yet.
fn replaced(pod: &mut Pod, since: Timestamp) {
    pod.created = since;
    pod.restarts = 0;
    pod.past = None;
    pod.events.clear();
    pod.health = Health::NotReady {
        since,
        container_started: shifted(since, 2),
    };
}

fn cannot_pull(pod: &mut Pod, since: Timestamp, image: &str, error: &str) {
    let failure = format!("Failed to pull image \"{image}\": {error}");
    let message = format!("Back-off pulling image \"{image}\": ErrImagePull: {error}");
    pod.events.push(repeated("Failed", failure, 5, since));
    pod.events.push(repeated(
        "Failed",
        "Error: ImagePullBackOff".to_owned(),
        40,
        since,
    ));
    pod.health = Health::Waiting {
        since,
        reason: "ImagePullBackOff".to_owned(),
        message,
    };
}

fn without_pods(workload: &mut Workload) {
    for revision in &mut workload.revisions {
        revision.pods.clear();
    }
}

/// The number of restarts. The back-off doubles from ten seconds to five minutes: six
/// restarts in the first five minutes, then one every five minutes.
fn restarts_since(since: Timestamp) -> u32 {
    let minutes = (now().as_second() - since.as_second()) / 60;
    u32::try_from(minutes / 5 + minutes.clamp(1, 5)).unwrap_or(1)
}

fn repeated(reason: &'static str, message: String, count: u32, first: Timestamp) -> Occurrence {
    Occurrence {
        reason,
        message,
        count,
        first,
        last: shifted(now(), -20).max(first),
    }
}

fn once(reason: &'static str, message: String, at: Timestamp) -> Occurrence {
    Occurrence {
        reason,
        message,
        count: 1,
        first: at,
        last: at,
    }
}
