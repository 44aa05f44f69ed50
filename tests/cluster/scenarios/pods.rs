//! Faults of the pods of one workload, all since the same time.

use super::{cannot_pull, repeated, replaced, restarts_since};
use crate::homelab::Homelab;
use crate::homelab::model::{Health, Probe, Termination};
use crate::time::{Timestamp, now, shifted};

impl Homelab {
    /// Every pod of the workload exits with an error soon after each start.
    pub fn crash_loops(&mut self, workload: &str, since: Timestamp) {
        self.crash_loops_by(workload, since, "Error", 1);
    }

    /// As `crash_loops`, with a reason and exit code such as `"OOMKilled", 137`.
    pub fn crash_loops_by(
        &mut self,
        workload: &str,
        since: Timestamp,
        reason: &str,
        exit_code: i32,
    ) {
        self.with_pods_of(workload, |workload, pod| {
            let at = shifted(now(), -30).max(since);
            let restarts = restarts_since(since);
            pod.past = Some(Termination {
                reason: reason.to_owned(),
                exit_code,
                at,
            });
            pod.restarts += restarts;
            pod.health = Health::CrashLooping { since };
            let message = format!(
                "Back-off restarting failed container {} in pod {}_{}",
                workload.name, pod.name, workload.namespace
            );
            pod.events
                .push(repeated("BackOff", message, restarts * 4, since));
        });
    }

    /// This number of pods is Ready. The others run, but fail their readiness probe.
    pub fn pods_ready(&mut self, workload: &str, ready: usize, since: Timestamp) {
        let mut left = ready;
        self.with_pods_of(workload, |workload, pod| {
            if left > 0 {
                left -= 1;
                return;
            }
            pod.health = Health::NotReady {
                since,
                container_started: shifted(pod.created, 5),
            };
            let message = match workload.container.probe {
                Some(Probe::Tcp) => format!("dial tcp {}: connect: connection refused", pod.ip),
                Some(Probe::Exec(_)) => "command timed out".to_owned(),
                _ => "HTTP probe failed with statuscode: 503".to_owned(),
            };
            let message = format!("Readiness probe failed: {message}");
            pod.events.push(repeated(
                "Unhealthy",
                message,
                restarts_since(since) * 6,
                since,
            ));
        });
    }

    /// Every pod runs and is not Ready, and events with the cause have expired.
    pub fn quietly_unready(&mut self, workload: &str, since: Timestamp) {
        self.with_pods_of(workload, |_, pod| {
            pod.health = Health::NotReady {
                since,
                container_started: shifted(pod.created, 5),
            };
        });
    }

    /// Every pod was replaced at this time and has not passed its probe yet.
    pub fn starting(&mut self, workload: &str, since: Timestamp) {
        self.with_pods_of(workload, |_, pod| replaced(pod, since));
    }

    /// Vault was restarted and waits for its unseal keys.
    pub fn vault_sealed(&mut self, since: Timestamp) {
        self.with_pods_of("vault", |_, pod| {
            replaced(pod, since);
            let message = "Readiness probe failed: Key                Value\n---                -----\n\
                Seal Type          shamir\nInitialized        true\nSealed             true\n\
                Total Shares       5\nThreshold          3\nUnseal Progress    0/3\nVersion            1.18.1\n";
            pod.events.push(repeated("Unhealthy", message.to_owned(), 30, since));
        });
    }

    /// New pods cannot pull their image; `error` is the message of the registry.
    pub fn image_pull_backoff(&mut self, workload: &str, since: Timestamp, error: &str) {
        self.with_pods_of(workload, |workload, pod| {
            replaced(pod, since);
            cannot_pull(pod, since, &workload.container.image, error);
        });
    }

    /// The container cannot be started: `"CreateContainerConfigError", "secret \"x\" not found"`.
    pub fn containers_wait(
        &mut self,
        workload: &str,
        since: Timestamp,
        reason: &str,
        message: &str,
    ) {
        self.with_pods_of(workload, |_, pod| {
            replaced(pod, since);
            pod.health = Health::Waiting {
                since,
                reason: reason.to_owned(),
                message: message.to_owned(),
            };
            pod.events
                .push(repeated("Failed", format!("Error: {message}"), 20, since));
        });
    }

    /// New pods fit on no node; `message` is that of the scheduler.
    pub fn unschedulable(&mut self, workload: &str, since: Timestamp, message: &str) {
        self.with_pods_of(workload, |_, pod| {
            replaced(pod, since);
            pod.health = Health::Unschedulable {
                since,
                message: message.to_owned(),
            };
            pod.events
                .push(repeated("FailedScheduling", message.to_owned(), 5, since));
        });
    }

    /// The pods use this share of their memory limit.
    pub fn memory_at(&mut self, workload: &str, percent: u32) {
        self.with_pods_of(workload, |_, pod| pod.memory_percent = percent);
    }

    /// The workload's pods are Ready again. Earlier restarts and events remain.
    pub fn recovers(&mut self, workload: &str, since: Timestamp) {
        self.with_pods_of(workload, |_, pod| pod.health = Health::Ready { since });
    }
}
