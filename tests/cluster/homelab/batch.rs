//! CronJobs, with the Jobs and pods of their last runs.

use serde_json::{Value, json};

use super::{names, nodes};
use crate::time::{Timestamp, shifted};

#[derive(Clone)]
pub struct Cron {
    pub namespace: String,
    pub name: String,
    /// In the healthy homelab the last successful run was on schedule.
    pub schedule: String,
    /// Seconds between two runs.
    pub period: i64,
    pub image: &'static str,
    pub is_suspended: bool,
    pub created: Timestamp,
    pub succeeded: Option<Timestamp>,
    pub failed: Option<Timestamp>,
}

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// The CronJobs of the healthy homelab. One succeeded after an old failure, one is
/// suspended, and one has not run yet.
pub fn crons(loaded: Timestamp) -> Vec<Cron> {
    let cron = |namespace: &str, name: &str, image, period, last_run: i64| Cron {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        schedule: schedule(shifted(loaded, -last_run), period),
        period,
        image,
        is_suspended: false,
        created: shifted(loaded, -200 * DAY),
        succeeded: Some(shifted(loaded, -last_run)),
        failed: None,
    };
    let backup = cron(
        "mysql",
        "mysql-backup",
        "mysql:8.4.0-oraclelinux8",
        DAY,
        5 * HOUR,
    );
    let export = cron("n8n", "workflow-export", "n8nio/n8n:latest", DAY, 40 * DAY);
    let report = cron(
        "sandbox",
        "weekly-report",
        "busybox:1.36",
        7 * DAY,
        -3 * DAY,
    );
    vec![
        cron(
            "ecr-auth",
            "ecr-credentials-sync",
            "amazon/aws-cli:2.17.9",
            6 * HOUR,
            2 * HOUR,
        ),
        Cron {
            failed: Some(shifted(loaded, -3 * DAY - 5 * HOUR)),
            ..backup
        },
        Cron {
            is_suspended: true,
            ..export
        },
        Cron {
            created: shifted(loaded, -2 * HOUR),
            succeeded: None,
            ..report
        },
    ]
}

/// The schedule, in UTC, by which a run of one minute finished at this time.
fn schedule(finished: Timestamp, period: i64) -> String {
    let started = started(finished).as_second();
    let (minute, hour) = (started / 60 % 60, started / HOUR % 24);
    match period {
        DAY => format!("{minute} {hour} * * *"),
        // 1970-01-01 was a Thursday.
        _ if period > DAY => format!("{minute} {hour} * * {}", (started / DAY + 4) % 7),
        _ => format!(
            "{minute} {}-23/{} * * *",
            hour % (period / HOUR),
            period / HOUR
        ),
    }
}

/// Runs start at full minutes and take at least one minute.
fn started(finished: Timestamp) -> Timestamp {
    shifted(finished, -60 - finished.as_second() % 60)
}

pub fn objects(cron: &Cron) -> Vec<Value> {
    let mut objects = vec![cron_job(cron)];
    for (finished, is_success) in [(cron.succeeded, true), (cron.failed, false)] {
        if let Some(finished) = finished {
            let job = format!("{}-{}", cron.name, started(finished).as_second() / 60);
            objects.push(self::job(cron, &job, finished, is_success));
            objects.push(pod(cron, &job, finished, is_success));
        }
    }
    objects
}

fn template(cron: &Cron) -> Value {
    json!({ "spec": { "restartPolicy": "Never", "serviceAccountName": "default",
        "containers": [{ "name": cron.name, "image": cron.image }] } })
}

fn cron_job(cron: &Cron) -> Value {
    json!({
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": { "name": cron.name, "namespace": cron.namespace, "creationTimestamp": cron.created.to_string() },
        "spec": {
            "schedule": cron.schedule,
            "suspend": cron.is_suspended,
            "concurrencyPolicy": "Forbid",
            "jobTemplate": { "spec": { "backoffLimit": 0, "template": template(cron) } },
        },
        "status": {
            "lastScheduleTime": cron.succeeded.max(cron.failed).map(|time| started(time).to_string()),
            "lastSuccessfulTime": cron.succeeded.map(|time| time.to_string()),
        },
    })
}

fn job(cron: &Cron, name: &str, finished: Timestamp, is_success: bool) -> Value {
    let (at, started) = (finished.to_string(), started(finished).to_string());
    let condition = |kind: &str, reason: &str, message: &str| {
        json!({ "type": kind, "status": "True", "reason": reason, "message": message,
            "lastProbeTime": at, "lastTransitionTime": at })
    };
    let status = if is_success {
        let message = "Reached expected number of succeeded pods";
        json!({ "startTime": started, "completionTime": at, "succeeded": 1, "ready": 0,
            "uncountedTerminatedPods": {}, "conditions": [
                condition("SuccessCriteriaMet", "CompletionsReached", message),
                condition("Complete", "CompletionsReached", message)] })
    } else {
        let message = "Job has reached the specified backoff limit";
        json!({ "startTime": started, "failed": 1, "ready": 0, "uncountedTerminatedPods": {}, "conditions": [
            condition("FailureTarget", "BackoffLimitExceeded", message),
            condition("Failed", "BackoffLimitExceeded", message)] })
    };
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": { "name": name, "namespace": cron.namespace, "creationTimestamp": started,
            "ownerReferences": [owner("CronJob", &cron.namespace, &cron.name)] },
        "spec": { "backoffLimit": 0, "template": template(cron) },
        "status": status,
    })
}

fn pod(cron: &Cron, job: &str, finished: Timestamp, is_success: bool) -> Value {
    let started = started(finished).to_string();
    let (phase, reason, exit_code) = if is_success {
        ("Succeeded", "Completed", 0)
    } else {
        ("Failed", "Error", 1)
    };
    let mut pod = template(cron);
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"] = json!({
        "name": format!("{job}-{}", names::suffix(job, 5)), "namespace": cron.namespace,
        "creationTimestamp": started, "labels": { "job-name": job, "batch.kubernetes.io/job-name": job },
        "ownerReferences": [owner("Job", &cron.namespace, job)] });
    pod["spec"]["nodeName"] = json!(nodes::NODES[2].name);
    let ended = |kind: &str| {
        let reason = if is_success {
            "PodCompleted"
        } else {
            "PodFailed"
        };
        json!({ "type": kind, "status": "False", "reason": reason, "lastTransitionTime": finished.to_string() })
    };
    pod["status"] = json!({
        "phase": phase, "startTime": started, "qosClass": "BestEffort",
        "conditions": [ended("Ready"), ended("ContainersReady")],
        "containerStatuses": [{ "name": cron.name, "image": cron.image, "imageID": "", "ready": false,
            "started": false, "restartCount": 0, "state": { "terminated": { "reason": reason,
                "exitCode": exit_code, "startedAt": started, "finishedAt": finished.to_string() } } }],
    });
    pod
}

fn owner(kind: &str, namespace: &str, name: &str) -> Value {
    json!({ "apiVersion": "batch/v1", "kind": kind, "name": name, "controller": true,
        "blockOwnerDeletion": true, "uid": format!("{{{{uid {kind} {namespace}/{name}}}}}") })
}
