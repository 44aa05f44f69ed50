//! The monitor's own `CronJob`: whether it gives a cycle enough time. Pure.

use std::time::Duration;

use crate::cluster::types::{CronJob, ObjectMeta, SharedStr};
use crate::cluster::{Resource, Snapshot};
use crate::detect::is_ours;
use crate::model::duration::parse_duration;
use crate::model::{Program, Refusal, ShellCommand};

use super::line::Check;

/// Time that a Job needs besides the cycle: to pull the image, to start and to end.
const MARGIN: Duration = Duration::from_secs(30);

/// The monitor's own `CronJob` against the deadline of a cycle.
#[must_use]
pub fn checks(snapshot: &Snapshot, deadline: Duration) -> Vec<Check> {
    const NAME: &str = "cron job";
    if !snapshot.is_read(Resource::CronJobs) {
        let message = "cronjobs could not be read, so the monitor's own one is unknown";
        return vec![Check::warn(NAME, message, "grant list on cronjobs")];
    }
    let jobs = snapshot.objects.cron_jobs.iter();
    let ours: Vec<_> = jobs.filter(|job| is_ours(&job.metadata)).collect();
    if ours.is_empty() {
        let message = "the monitor has no CronJob in this cluster: it runs only by hand";
        return vec![Check::off(
            NAME,
            message,
            "kubectl apply --server-side -k deploy",
        )];
    }
    ours.iter()
        .map(|job| one_cron_job(NAME, job, deadline))
        .collect()
}

fn resume(job: &ObjectMeta) -> Result<ShellCommand, Refusal> {
    let command = Program::Kubectl.command().words("patch cronjob");
    let command = command.name(&job.name).namespace(&job.namespace);
    let patch = r#"{"spec":{"suspend":false}}"#;
    command.words("-p").literal(patch).build()
}

fn one_cron_job(name: &str, job: &CronJob, deadline: Duration) -> Check {
    let place = format!("{}/{}", job.metadata.namespace, job.metadata.name);
    let deadline = deadline_of(job).unwrap_or(deadline);
    let wanted = (deadline + MARGIN).as_secs();
    if job.spec.suspend {
        let message = format!("{place} is suspended: no cycles run");
        let remedy = resume(&job.metadata).map_or_else(
            |refusal| format!("set its spec.suspend to false (no command: {refusal})"),
            |command| command.to_string(),
        );
        return Check::warn(name, &message, &remedy);
    }
    let limit = job.spec.job_template.spec.active_deadline_seconds;
    match limit.map(|seconds| u64::try_from(seconds).unwrap_or(0)) {
        None => Check::warn(
            name,
            &format!(
                "{place} has no activeDeadlineSeconds: a run that hangs blocks all later runs"
            ),
            &format!("set activeDeadlineSeconds of its jobTemplate to {wanted} or more"),
        ),
        Some(limit) if limit <= deadline.as_secs() => Check::red(
            name,
            &format!(
                "{place} is killed after {limit} s, but a cycle may take {} s: it may be killed \
                 before it sends notifications",
                deadline.as_secs()
            ),
            &format!(
                "set activeDeadlineSeconds of its jobTemplate to {wanted} or more, or a shorter \
                 --deadline"
            ),
        ),
        Some(limit) => Check::ok(
            name,
            &format!(
                "{place} ({}): its deadline of {limit} s is longer than the cycle's {} s",
                job.spec.schedule,
                deadline.as_secs()
            ),
        ),
    }
}

/// `--deadline` among the arguments of its container.
fn deadline_of(job: &CronJob) -> Option<Duration> {
    let containers = &job.spec.job_template.spec.template.spec.containers;
    let arguments: Vec<&str> = containers
        .iter()
        .flat_map(|c| c.command.iter().chain(&*c.args))
        .map(SharedStr::as_str)
        .collect();
    let joined = arguments
        .iter()
        .find_map(|word| word.strip_prefix("--deadline="));
    let separate = || {
        let at = arguments.iter().position(|word| *word == "--deadline")?;
        arguments.get(at + 1).copied()
    };
    parse_duration(joined.or_else(separate)?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster::Read;
    use crate::doctor::line::Status::{Off, Ok as Green, Red, Warn};

    fn snapshot(reads: &[(Resource, Read)]) -> Snapshot {
        Snapshot {
            reads: reads.iter().cloned().collect(),
            ..Snapshot::default()
        }
    }

    #[test]
    fn the_job_must_not_end_before_the_cycle() {
        let job = |limit: Option<i64>, suspend: bool, arguments: &[&str]| {
            let container = json!({ "name": "monitor", "args": arguments });
            let spec = json!({
                "activeDeadlineSeconds": limit,
                "template": { "spec": { "containers": [container] } },
            });
            let job = json!({
                "metadata": { "namespace": "k8s-monitor", "name": "k8s-monitor" },
                "spec": { "schedule": "0 * * * *", "suspend": suspend, "jobTemplate": { "spec": spec } },
            });
            let mut snapshot = snapshot(&[(Resource::CronJobs, Read::Complete)]);
            snapshot.objects.cron_jobs = vec![serde_json::from_value(job).unwrap()];
            snapshot
        };
        for (snapshot, status, words) in [
            (job(Some(300), false, &["run"]), Green, "300 s is longer"),
            (job(Some(120), false, &["run"]), Red, "before it sends"),
            (job(None, false, &["run"]), Warn, "no activeDeadlineSeconds"),
            (job(Some(300), true, &["run"]), Warn, "suspended"),
            (
                job(Some(300), false, &["run", "--deadline", "10m"]),
                Red,
                "600 s",
            ),
            (
                job(Some(90), false, &["run", "--deadline=1m"]),
                Green,
                "60 s",
            ),
            (
                snapshot(&[(Resource::CronJobs, Read::Complete)]),
                Off,
                "no CronJob",
            ),
            (snapshot(&[]), Warn, "could not be read"),
        ] {
            let checks = checks(&snapshot, Duration::from_secs(120));
            assert_eq!(checks.len(), 1);
            assert_eq!(checks[0].status, status, "{checks:?}");
            assert!(checks[0].message.contains(words), "{checks:?}");
        }
    }
}
