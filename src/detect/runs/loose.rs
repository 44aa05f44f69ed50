//! Runs without a cron job: jobs of people, charts and custom resources, and the pods that
//! workflows and pipelines make themselves.

use std::collections::BTreeMap;

use super::job::{failed_at, is_complete, stem};
use super::series::JobIndex;
use super::trouble::{self, Patience, Trouble};
use crate::cluster::Resource;
use crate::cluster::types::{Job, Pod};
use crate::detect::index::ClusterIndex;
use crate::detect::pod_status::{end_text, pod_refs};
use crate::inventory::Service;
use crate::model::{Effect, FactKind, Finding, ObjectRef, Reason, Time};

/// The finding about a job that cannot end or has failed.
pub fn job(index: &ClusterIndex, jobs: &JobIndex, job: &Job) -> Option<Finding> {
    if is_complete(job) || jobs.is_superseded(job) {
        return None;
    }
    let meta = &job.metadata;
    let at = index.matcher.of_run(stem(&meta.name), meta);
    let service = at.map(|at| &index.monitored[at]);
    let effect = effect(index, at);
    let reference = ObjectRef::new("Job", &meta.namespace, &meta.name);
    if failed_at(job).is_some() {
        return super::failed_job(index, job, reference, service, effect);
    }
    let trouble = trouble::of_job(index, job, service, Patience::Usual)?;
    Some(in_trouble(reference, service, effect, trouble))
}

/// If a service has nothing but runs, a failure of them is its own.
fn effect(index: &ClusterIndex, service: Option<usize>) -> Effect {
    match service {
        Some(at) if index.workloads_of(at).is_empty() => Effect::Degraded,
        _ => Effect::Impaired,
    }
}

fn in_trouble(
    resource: ObjectRef,
    service: Option<&Service>,
    effect: Effect,
    trouble: Trouble,
) -> Finding {
    let symptom = trouble.symptom;
    let mut finding = Finding::new(symptom.reason, resource, symptom.since, effect);
    finding.service = service.map(|s| s.name.clone());
    finding.message = symptom.message;
    finding.pods = pod_refs(trouble.pods.into_iter());
    finding
}

/// The findings about runs whose object is of no kind that is read. Of the runs with the same
/// stem only the newest that has ended counts.
pub fn pods(index: &ClusterIndex) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut newest: BTreeMap<_, (Option<Time>, Run)> = BTreeMap::new();
    for run in Run::all(index) {
        if let Some(trouble) = trouble::of_pods(index, run.pods, run.service(), Patience::Usual) {
            let effect = effect(index, run.at);
            findings.push(in_trouble(run.reference(), run.service(), effect, trouble));
        } else if run.has_ended() && run.owner.0 != "Job" {
            let began = run.pods.iter().filter_map(|pod| pod.started()).max();
            let key = (run.owner.0, run.owner.1, stem(run.owner.2));
            let last = newest.entry(key).or_insert((began, run));
            if last.0 < began {
                *last = (began, run);
            }
        }
    }
    findings.extend(
        newest
            .into_values()
            .filter_map(|(_, run)| run.failed(index)),
    );
    findings
}

/// The pods of one object that is no known job.
#[derive(Clone, Copy)]
struct Run<'v, 'a> {
    owner: (&'a str, &'a str, &'a str),
    pods: &'v [&'a Pod],
    at: Option<usize>,
    monitored: &'a [Service],
}

impl<'v, 'a> Run<'v, 'a> {
    fn all(index: &'v ClusterIndex<'a>) -> Vec<Self> {
        let are_jobs_read = index.snapshot.is_read(Resource::Jobs);
        let owners = index.runs.owners().into_iter();
        owners
            .filter(|(kind, ..)| *kind != "Job" || !are_jobs_read)
            .filter_map(|owner| {
                let pods = index.runs.of(owner.0, owner.1, owner.2);
                let meta = &pods.first()?.metadata;
                Some(Self {
                    owner,
                    pods,
                    at: index.matcher.of_run(stem(owner.2), meta),
                    monitored: index.monitored,
                })
            })
            .collect()
    }

    fn service(&self) -> Option<&'a Service> {
        self.at.map(|at| &self.monitored[at])
    }

    fn reference(&self) -> ObjectRef {
        ObjectRef::new(self.owner.0, self.owner.1, self.owner.2)
    }

    fn has_ended(&self) -> bool {
        self.pods.iter().all(|pod| pod.has_ended())
    }

    /// The finding about a run that has ended, with a pod that failed and was not repeated. Who
    /// starts a pod by hand sees how it ends.
    fn failed(&self, index: &ClusterIndex) -> Option<Finding> {
        if self.owner.0 == "Pod" {
            return None;
        }
        let pods = self.pods.iter().copied();
        let last_success = pods
            .clone()
            .filter(|pod| pod.status.phase == "Succeeded")
            .filter_map(Pod::started)
            .max();
        let failed: Vec<_> = pods
            .filter(|pod| pod.status.phase == "Failed" && last_success <= ended_at(pod))
            .collect();
        let last = failed.iter().copied().max_by_key(|pod| ended_at(pod))?;
        let since = failed.iter().filter_map(|pod| ended_at(pod)).min();
        let mut finding = Finding::new(
            Reason::JobFailed,
            self.reference(),
            since.unwrap_or(index.now()),
            effect(index, self.at),
        );
        finding.service = self.service().map(|s| s.name.clone());
        finding.message = format!("pod {} failed{}", last.metadata.name, how(last));
        finding.fact(FactKind::Object, finding.message.clone());
        finding.pods = pod_refs(failed.into_iter());
        Some(finding)
    }
}

fn ended_at(pod: &Pod) -> Option<Time> {
    let ends = pod
        .all_statuses()
        .filter_map(|c| c.state.terminated.as_deref());
    let finished = ends.filter_map(|end| end.finished_at).max();
    finished.or_else(|| pod.started())
}

/// How the container of a failed pod ended, else why the kubelet says that it failed.
fn how(pod: &Pod) -> String {
    let ended = pod.all_statuses().find_map(|c| {
        let end = c
            .state
            .terminated
            .as_deref()
            .filter(|end| end.exit_code != 0)?;
        Some(format!(": container {} {}", c.name, end_text(end)))
    });
    ended.unwrap_or_else(|| match pod.status.reason.as_str() {
        "" => String::new(),
        reason => format!(": {reason}: {}", pod.status.message),
    })
}
