//! A finding with the objects that it is about: the input of a rule.

use std::cell::OnceCell;
use std::collections::HashSet;

use super::log_tail::{Line, tail};
use crate::cluster::ContainerLog;
use crate::cluster::types::{Container, ContainerStatus, Event, Pod, PodSpec, Terminated};
use crate::detect::pod_status::{abnormal_end, is_of_earlier_life};
use crate::detect::{ClusterIndex, Workload, runs_on};
use crate::inventory::Service;
use crate::model::{Finding, ObjectRef, Reason};

/// A finding with the objects that it is about.
pub struct RuleContext<'a> {
    /// The cluster.
    pub index: &'a ClusterIndex<'a>,
    /// The finding.
    pub finding: &'a Finding,
    /// The workload that it is about.
    pub workload: Option<&'a Workload<'a>>,
    /// The pods that show it.
    pub pods: Vec<&'a Pod>,
    /// Its service.
    pub service: Option<&'a Service>,
    /// The objects that findings of this cycle are about.
    with_findings: &'a HashSet<ObjectRef>,
    /// Read when first needed, because many rules ask for it.
    log_tails: OnceCell<Vec<Vec<Line<'a>>>>,
}

impl<'a> RuleContext<'a> {
    /// Looks up the objects of a finding.
    #[must_use]
    pub fn new(
        index: &'a ClusterIndex<'a>,
        with_findings: &'a HashSet<ObjectRef>,
        finding: &'a Finding,
    ) -> Self {
        let resource = &finding.resource;
        let workload = index.workload(&resource.kind, &resource.namespace, &resource.name);
        let names: HashSet<&str> = finding.pods.iter().map(|p| p.name.as_str()).collect();
        let pods = workload.map_or(&[][..], |w| &w.pods).iter().copied();
        let pods = pods.filter(|pod| names.contains(pod.metadata.name.as_str()));
        let of_runs = finding.pods.iter();
        let of_runs = of_runs.filter_map(|pod| index.runs.named(&pod.namespace, &pod.name));
        Self {
            index,
            finding,
            workload,
            pods: pods.chain(of_runs).collect(),
            service: finding
                .service
                .as_ref()
                .and_then(|name| index.service(name)),
            with_findings,
            log_tails: OnceCell::new(),
        }
    }

    /// Whether a finding of this cycle is about the object.
    #[must_use]
    pub fn has_finding(&self, object: &ObjectRef) -> bool {
        self.with_findings.contains(object)
    }

    /// The tails of the failing containers' logs, read when first needed.
    pub fn log_tails(&self) -> &[Vec<Line<'a>>] {
        let logs = || self.failing_logs().into_iter();
        self.log_tails.get_or_init(|| logs().map(tail).collect())
    }

    /// The logs of the failing containers: of each the current run, then the previous.
    fn failing_logs(&self) -> Vec<&'a ContainerLog> {
        let mut found: Vec<&ContainerLog> = Vec::new();
        for (pod, status) in self.failing() {
            let mut logs: Vec<_> = self.index.logs(pod).to_vec();
            logs.retain(|log| log.container == status.name || log.container.is_empty());
            logs.sort_by_key(|log| log.previous);
            for log in logs {
                if !found.iter().any(|known| std::ptr::eq(*known, log)) {
                    found.push(log);
                }
            }
        }
        found
    }

    /// Whether the finding shows one of these symptoms.
    #[must_use]
    pub fn is(&self, reasons: &[Reason]) -> bool {
        reasons.contains(&self.finding.reason)
    }

    /// The API server's message, where it refused to create an object.
    #[must_use]
    pub fn refusal(&self) -> Option<&'a str> {
        let of_rollout = self.is(&[Reason::ProgressDeadlineExceeded]) && self.pods.is_empty();
        (of_rollout || self.is(&[Reason::FailedCreate, Reason::ArgoSyncFailed]))
            .then_some(self.finding.message.as_str())
    }

    /// The namespace of the finding's object.
    #[must_use]
    pub fn namespace(&self) -> &'a str {
        &self.finding.resource.namespace
    }

    /// The containers that are not ready.
    pub fn unready(&self) -> impl Iterator<Item = (&'a Pod, &'a ContainerStatus)> {
        self.pods
            .iter()
            .flat_map(|pod| pod.all_statuses().map(move |c| (*pod, c)))
            .filter(|(pod, c)| !c.ready && !has_succeeded(pod, c))
    }

    /// The containers that fail or failed recently: not ready, or restarted after
    /// an error.
    pub fn failing(&self) -> impl Iterator<Item = (&'a Pod, &'a ContainerStatus)> {
        self.pods
            .iter()
            .flat_map(|pod| pod.all_statuses().map(move |c| (*pod, c)))
            .filter(|(pod, c)| {
                !has_succeeded(pod, c) && (!c.ready || abnormal_end(self.index, pod, c).is_some())
            })
    }

    /// How the newest runs of the failing containers ended, if with an error. The end before
    /// a run that has been ready, or has gone on for long, does not explain what fails now.
    pub fn ends(&self) -> impl Iterator<Item = (&'a Pod, &'a ContainerStatus, &'a Terminated)> {
        self.failing().filter_map(|(pod, c)| {
            let end = abnormal_end(self.index, pod, c)?;
            (!is_of_earlier_life(self.index, pod, c)).then_some((pod, c, end))
        })
    }

    /// The reasons and messages of waiting containers, with their pod.
    pub fn waiting(&self) -> impl Iterator<Item = (&'a Pod, &'a str, &'a str)> {
        self.unready().filter_map(|(pod, c)| {
            let waiting = c.state.waiting.as_ref()?;
            Some((pod, waiting.reason.as_str(), waiting.message.as_str()))
        })
    }

    /// Warning events about the pods of the finding.
    pub fn events(&self) -> impl Iterator<Item = &'a Event> {
        let index = self.index;
        self.pods.iter().flat_map(move |pod| index.pod_events(pod))
    }

    /// Warning events about the pods with one of these reasons, newest first.
    #[must_use]
    pub fn events_of(&self, reasons: &[&str]) -> Vec<&'a Event> {
        let mut events: Vec<_> = self
            .events()
            .filter(|e| reasons.contains(&e.reason.as_str()))
            .collect();
        events.sort_by_key(|e| std::cmp::Reverse(e.last()));
        events
    }

    /// The specification of the finding's pods, else of the workload.
    #[must_use]
    pub fn spec(&self) -> Option<&'a PodSpec> {
        match self.pods.first() {
            Some(pod) => Some(&pod.spec),
            None => self.workload.and_then(Workload::pod_spec),
        }
    }
}

/// A container of a pod's specification by name.
#[must_use]
pub fn container<'a>(pod: &'a Pod, name: &str) -> Option<&'a Container> {
    let spec = &pod.spec;
    spec.containers
        .iter()
        .chain(&spec.init_containers)
        .find(|c| c.name == name)
}

/// Whether a container that is to end has ended with success: it is then not ready and not
/// failing.
fn has_succeeded(pod: &Pod, status: &ContainerStatus) -> bool {
    let ended_well = status
        .state
        .terminated
        .as_ref()
        .is_some_and(|t| t.exit_code == 0 && t.reason == "Completed");
    let restarts =
        matches!(pod.spec.restart_policy.as_str(), "" | "Always") && runs_on(pod, &status.name);
    ended_well && status.last_state.terminated.is_none() && !restarts
}
