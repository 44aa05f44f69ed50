//! Selects the containers whose logs are read. Pure.
//!
//! Each log is a request. Logs are therefore read only of containers that fail,
//! that have a log and whose kubelet answers, and not of every replica of a
//! failing workload.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;

use super::Objects;
use super::{
    types::Condition, types::ContainerStatus, types::Job, types::Node, types::Pod,
    types::Terminated, types::condition,
};
use crate::model::Time;

/// Pods of one workload. Replicas mostly fail for the same cause.
const PODS_A_WORKLOAD: usize = 2;
/// Containers in all, which limits the requests.
pub const MAX_CONTAINERS: usize = 30;
/// A container may take this long to become ready before its log is read.
const STARTUP_GRACE: TimeDelta = TimeDelta::minutes(2);
/// The log of the previous run is read up to this long after a restart.
const RECENT: TimeDelta = TimeDelta::hours(1);

/// A container and the runs whose logs to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogTarget {
    /// Namespace of the pod.
    pub namespace: String,
    /// Name of the pod.
    pub pod: String,
    /// Name of the container.
    pub container: String,
    /// Whether to read the log of the previous run.
    pub previous: bool,
    /// Whether to read the log of the current run, or of the last when none is running.
    pub current: bool,
}

/// The priority of a log, the highest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    Crashed,
    NotReady,
    Restarted,
}

/// The containers whose logs help, by priority: at most two pods of each workload.
/// A second pod comes after the first pods of all other workloads. The reader takes
/// the first [`MAX_CONTAINERS`].
#[must_use]
pub fn failing_containers(objects: &Objects, now: Time) -> Vec<LogTarget> {
    let not_ready = not_ready_nodes(&objects.nodes);
    let finished = finished_jobs(&objects.jobs);
    let mut pods: Vec<(Urgency, &Pod, Vec<LogTarget>)> = objects
        .pods
        .iter()
        .filter(|pod| {
            may_have_logs(pod) && !not_ready.contains(pod.node()) && !is_of(pod, &finished)
        })
        .filter_map(|pod| of_pod(pod, now).map(|(urgency, targets)| (urgency, pod, targets)))
        .collect();
    pods.sort_by_key(|(urgency, ..)| *urgency);

    let mut seen: HashMap<_, usize> = HashMap::new();
    let mut ranked: Vec<(usize, Vec<LogTarget>)> = pods
        .into_iter()
        .map(|(_, pod, targets)| {
            let count = seen.entry(workload(pod)).or_default();
            *count += 1;
            (*count, targets)
        })
        .filter(|(count, _)| *count <= PODS_A_WORKLOAD)
        .collect();
    ranked.sort_by_key(|(count, _)| *count);
    ranked
        .into_iter()
        .flat_map(|(_, targets)| targets)
        .collect()
}

/// Nodes that are not ready. A request for a log would wait for their kubelet until it times out.
fn not_ready_nodes(nodes: &[Node]) -> HashSet<&str> {
    nodes
        .iter()
        .filter(|node| !condition(&node.status.conditions, "Ready").is_some_and(Condition::is_true))
        .map(|node| node.metadata.name.as_str())
        .collect()
}

/// Jobs that succeeded, or whose cron job has succeeded since. The logs of
/// their failed attempts are not read.
fn finished_jobs(jobs: &[Job]) -> HashSet<(&str, &str)> {
    let is_complete =
        |job: &&Job| condition(&job.status.conditions, "Complete").is_some_and(Condition::is_true);
    let started = |job: &Job| job.status.start_time.or(job.metadata.creation_timestamp);
    let mut last_success: HashMap<_, Option<Time>> = HashMap::new();
    for job in jobs.iter().filter(is_complete) {
        if let Some(owner) = job.metadata.controller() {
            let last = last_success
                .entry((&*job.metadata.namespace, &*owner.kind, &*owner.name))
                .or_default();
            *last = (*last).max(started(job));
        }
    }
    let is_superseded = |job: &&Job| {
        job.metadata
            .controller()
            .and_then(|owner| {
                last_success.get(&(&*job.metadata.namespace, &*owner.kind, &*owner.name))
            })
            .is_some_and(|success| *success > started(job))
    };
    jobs.iter()
        .filter(|job| is_complete(job) || is_superseded(job))
        .map(|job| (&*job.metadata.namespace, &*job.metadata.name))
        .collect()
}

fn is_of(pod: &Pod, jobs: &HashSet<(&str, &str)>) -> bool {
    pod.metadata.controller().is_some_and(|owner| {
        owner.kind == "Job" && jobs.contains(&(&*pod.metadata.namespace, &*owner.name))
    })
}

fn may_have_logs(pod: &Pod) -> bool {
    !pod.node().is_empty()
        && pod.status.phase != "Succeeded"
        && pod.status.reason != "Evicted"
        && pod.metadata.deletion_timestamp.is_none()
}

fn of_pod(pod: &Pod, now: Time) -> Option<(Urgency, Vec<LogTarget>)> {
    let mut most_urgent: Option<Urgency> = None;
    let mut targets = Vec::new();
    for status in pod.all_statuses() {
        let Some((urgency, current, previous)) = of_container(status, now) else {
            continue;
        };
        most_urgent = Some(most_urgent.map_or(urgency, |most| most.min(urgency)));
        targets.push(LogTarget {
            namespace: pod.metadata.namespace.to_string(),
            pod: pod.metadata.name.to_string(),
            container: status.name.to_string(),
            previous,
            current,
        });
    }
    most_urgent.map(|urgency| (urgency, targets))
}

/// The priority of a container, and whether to read its current and its previous run.
fn of_container(status: &ContainerStatus, now: Time) -> Option<(Urgency, bool, bool)> {
    let last = status.last_state.terminated.as_deref();
    if let Some(waiting) = &status.state.waiting {
        // With any other reason the container has not started.
        let crashed = matches!(waiting.reason.as_str(), "CrashLoopBackOff" | "Error");
        // The next run may have started by the time the log is read. The failed run
        // is then the previous one.
        let known = last.is_some();
        let started = last.is_none_or(has_log);
        return (crashed && started).then_some((Urgency::Crashed, !known, known));
    }
    if let Some(terminated) = status.state.terminated.as_deref() {
        let crashed = terminated.exit_code != 0 && has_log(terminated);
        return crashed.then_some((Urgency::Crashed, true, false));
    }
    let running = status.state.running.as_ref()?;
    let restarted = last.is_some_and(|last| {
        has_log(last)
            && last
                .finished_at
                .is_some_and(|finished| now - finished <= RECENT)
    });
    let overdue = running
        .started_at
        .is_none_or(|started| now - started >= STARTUP_GRACE);
    if !status.ready && overdue {
        return Some((Urgency::NotReady, true, restarted));
    }
    restarted.then_some((Urgency::Restarted, !status.ready, true))
}

/// Whether a terminated run has a log. It has none if it never started or the kubelet lost it.
fn has_log(terminated: &Terminated) -> bool {
    !matches!(
        terminated.reason.as_str(),
        "StartError" | "ContainerCannotRun" | "ContainerStatusUnknown"
    )
}

/// The workload of a pod: the deployment of its replica set, the cron job of
/// its job, else its controller.
fn workload(pod: &Pod) -> (&str, &str, &str) {
    let Some(owner) = pod.metadata.controller() else {
        return (&pod.metadata.namespace, "Pod", &pod.metadata.name);
    };
    let name = match owner.kind.as_str() {
        "ReplicaSet" => pod.deployment_by_hash(),
        "Job" => owner
            .name
            .rsplit_once('-')
            .filter(|(_, run)| run.bytes().all(|byte| byte.is_ascii_digit()))
            .map(|(name, _)| name),
        _ => None,
    };
    (
        &pod.metadata.namespace,
        &owner.kind,
        name.unwrap_or(&owner.name),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn now() -> Time {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    /// A pod of the deployment `owner` on the node `n1` with one container in this state.
    fn pod(owner: &str, name: &str, status: &Value) -> Pod {
        let mut container = json!({"name": "app", "restartCount": 1});
        for (key, value) in status.as_object().unwrap() {
            container[key] = value.clone();
        }
        from(json!({
            "metadata": {"name": name, "namespace": "shop", "labels": {"pod-template-hash": "5c"},
                "ownerReferences": [{"kind": "ReplicaSet", "name": format!("{owner}-5c"), "controller": true}]},
            "spec": {"nodeName": "n1"},
            "status": {"phase": "Running", "containerStatuses": [container]},
        }))
    }

    fn from<T: serde::de::DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).unwrap()
    }

    fn selected(objects: &Objects) -> Vec<(String, bool, bool)> {
        let targets = failing_containers(objects, now()).into_iter();
        targets
            .map(|target| (target.pod, target.current, target.previous))
            .collect()
    }

    fn read_of(status: &Value) -> Option<(bool, bool)> {
        let pods = vec![pod("web", "web-1", status)];
        let targets = selected(&Objects {
            pods,
            ..Objects::default()
        });
        targets
            .first()
            .map(|(_, current, previous)| (*current, *previous))
    }

    fn ended(at: &str, code: i32, reason: &str) -> Value {
        json!({"terminated": {"exitCode": code, "reason": reason,
            "finishedAt": format!("2026-11-20T{at}:00Z")}})
    }

    fn running(at: &str) -> Value {
        json!({"running": {"startedAt": format!("2026-11-20T{at}:00Z")}})
    }

    #[test]
    fn the_run_that_failed_is_read() {
        let cases = [
            // state, lastState, ready -> current, previous
            (
                json!({"waiting": {"reason": "CrashLoopBackOff"}}),
                ended("11:00", 1, "Error"),
                false,
                Some((false, true)),
            ),
            (
                json!({"waiting": {"reason": "CrashLoopBackOff"}}),
                json!({}),
                false,
                Some((true, false)),
            ),
            (
                json!({"waiting": {"reason": "CrashLoopBackOff"}}),
                ended("11:00", 128, "StartError"),
                false,
                None,
            ),
            (
                json!({"waiting": {"reason": "ContainerCreating"}}),
                json!({}),
                false,
                None,
            ),
            (
                json!({"waiting": {"reason": "ImagePullBackOff"}}),
                ended("11:00", 1, "Error"),
                false,
                None,
            ),
            (
                json!({"waiting": {"reason": "CreateContainerConfigError"}}),
                json!({}),
                false,
                None,
            ),
            (json!({}), json!({}), false, None),
            (
                ended("11:59", 1, "Error"),
                json!({}),
                false,
                Some((true, false)),
            ),
            (ended("11:59", 0, "Completed"), json!({}), false, None),
            (
                ended("11:59", 128, "ContainerCannotRun"),
                json!({}),
                false,
                None,
            ),
            (running("11:59"), json!({}), false, None),
            (running("11:58"), json!({}), false, Some((true, false))),
            (
                running("11:50"),
                ended("11:49", 1, "Error"),
                false,
                Some((true, true)),
            ),
            (
                running("11:59"),
                ended("11:58", 1, "Error"),
                false,
                Some((true, true)),
            ),
            (
                running("11:50"),
                ended("11:49", 1, "Error"),
                true,
                Some((false, true)),
            ),
            (running("11:50"), ended("10:49", 1, "Error"), true, None),
            (running("11:50"), json!({}), true, None),
        ];
        for (state, last, ready, expected) in cases {
            let status = json!({"state": state, "lastState": last, "ready": ready});
            assert_eq!(read_of(&status), expected, "{status}");
        }
    }

    #[test]
    fn pods_without_an_answering_kubelet_are_left_out() {
        let crash = ended("11:59", 1, "Error");
        let failing = pod("web", "web-1", &json!({"state": crash}));
        let mut unscheduled = serde_json::to_value(&failing).unwrap();
        unscheduled["spec"] = json!({});
        let unscheduled: Pod = from(unscheduled);
        let mut terminating = failing.clone();
        terminating.metadata.deletion_timestamp = Some(now());
        let mut done = failing.clone();
        std::sync::Arc::make_mut(&mut done.status).phase = "Succeeded".into();
        let pods = vec![unscheduled, terminating, done];
        assert!(
            selected(&Objects {
                pods,
                ..Objects::default()
            })
            .is_empty()
        );

        let node = |status: &str| -> Vec<Node> {
            vec![from(json!({"metadata": {"name": "n1"},
                "status": {"conditions": [{"type": "Ready", "status": status}]}}))]
        };
        let on = |nodes| Objects {
            pods: vec![failing.clone()],
            nodes,
            ..Objects::default()
        };
        assert!(selected(&on(node("Unknown"))).is_empty());
        assert_eq!(selected(&on(node("True"))).len(), 1);
    }

    #[test]
    fn failed_attempts_of_a_job_that_succeeded_are_left_out() {
        let mut failed = pod("x", "sync-1", &json!({"state": ended("11:59", 1, "Error")}));
        failed.metadata.owner_references =
            from(json!([{"kind": "Job", "name": "sync", "controller": true}]));
        let job = |conditions: Value| -> Vec<Job> {
            vec![from(
                json!({"metadata": {"name": "sync", "namespace": "shop"},
                "status": {"conditions": conditions}}),
            )]
        };
        let with = |jobs| Objects {
            pods: vec![failed.clone()],
            jobs,
            ..Objects::default()
        };
        assert!(selected(&with(job(json!([{"type": "Complete", "status": "True"}])))).is_empty());
        assert_eq!(selected(&with(job(json!([])))).len(), 1);
    }

    #[test]
    fn the_first_pods_of_all_workloads_come_before_second_ones() {
        let crash = json!({"state": ended("11:59", 1, "Error")});
        let unready = json!({"state": running("11:00")});
        let mut pods = vec![
            pod("slow", "slow-1", &unready),
            pod("web", "web-1", &unready),
            pod("web", "web-2", &crash),
            pod("web", "web-3", &crash),
            pod("api", "api-1", &crash),
        ];
        let names = |pods: &[Pod]| -> Vec<String> {
            let objects = Objects {
                pods: pods.to_vec(),
                ..Objects::default()
            };
            selected(&objects)
                .into_iter()
                .map(|(name, ..)| name)
                .collect()
        };
        assert_eq!(names(&pods), ["web-2", "api-1", "slow-1", "web-3"]);

        pods.extend((0..50).map(|n| pod(&format!("w{n}"), &format!("w{n}-1"), &crash)));
        assert_eq!(names(&pods).len(), 54, "the reader limits them");
    }

    #[test]
    fn runs_of_one_cron_job_are_one_workload() {
        let of = |kind: &str, name: &str| {
            let mut pod = pod("x", "p", &json!({}));
            pod.metadata.owner_references =
                from(json!([{"kind": kind, "name": name, "controller": true}]));
            let (_, kind, name) = workload(&pod);
            format!("{kind}/{name}")
        };
        assert_eq!(of("Job", "backup-29384756"), "Job/backup");
        assert_eq!(of("Job", "migrate-db"), "Job/migrate-db");
        assert_eq!(of("ReplicaSet", "web-5c"), "ReplicaSet/web");
        assert_eq!(of("ReplicaSet", "web-7d"), "ReplicaSet/web-7d");
        assert_eq!(of("StatefulSet", "db"), "StatefulSet/db");
    }
}
