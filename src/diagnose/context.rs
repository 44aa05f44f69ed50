//! A finding with the objects around it, as a rule looks at it.

use std::cell::OnceCell;
use std::collections::HashSet;

use super::index::DiagnosisIndex;
use super::logs::{self, Line};
use crate::cluster::types::{Container, ContainerStatus, Event, Pod, PodSpec, Terminated};
use crate::detect::pods::abnormal_end;
use crate::detect::{ClusterIndex, Workload};
use crate::inventory::Service;
use crate::model::{Finding, Reason};

/// A finding and the objects around it.
pub struct RuleContext<'a> {
    /// Everything, by name.
    pub scene: &'a DiagnosisIndex<'a>,
    /// Everything.
    pub view: &'a ClusterIndex<'a>,
    /// The finding.
    pub finding: &'a Finding,
    /// The workload that it is about.
    pub workload: Option<&'a Workload<'a>>,
    /// The pods that show it.
    pub pods: Vec<&'a Pod>,
    /// Its service.
    pub service: Option<&'a Service>,
    /// Read at the first question, and asked by many rules.
    tails: OnceCell<Vec<Vec<Line<'a>>>>,
}

impl<'a> RuleContext<'a> {
    /// Gathers what belongs to a finding.
    #[must_use]
    pub fn new(scene: &'a DiagnosisIndex<'a>, finding: &'a Finding) -> Self {
        let view = scene.view;
        let workload = scene.workload(&finding.resource);
        let shown: HashSet<&str> = finding.pods.iter().map(|p| p.name.as_str()).collect();
        let pods = workload.map_or(&[][..], |w| &w.pods);
        Self {
            scene,
            view,
            finding,
            workload,
            pods: pods
                .iter()
                .filter(|pod| shown.contains(pod.metadata.name.as_str()))
                .copied()
                .collect(),
            service: finding.service.as_ref().and_then(|name| view.service(name)),
            tails: OnceCell::new(),
        }
    }

    /// The last lines of the failing containers' logs.
    pub fn tails(&self) -> &[Vec<Line<'a>>] {
        self.tails.get_or_init(|| logs::tails(self))
    }

    /// Whether the finding shows one of these symptoms.
    #[must_use]
    pub fn is(&self, reasons: &[Reason]) -> bool {
        reasons.contains(&self.finding.reason)
    }

    /// Namespace of what the finding is about.
    #[must_use]
    pub fn namespace(&self) -> &'a str {
        &self.finding.resource.namespace
    }

    /// Statuses of the containers that are not ready.
    pub fn unready(&self) -> impl Iterator<Item = (&'a Pod, &'a ContainerStatus)> {
        self.pods
            .iter()
            .flat_map(|pod| pod.all_statuses().map(move |c| (*pod, c)))
            .filter(|(_, c)| !c.ready && !has_succeeded(c))
    }

    /// Containers that fail now or did until a moment ago: not ready, or
    /// restarted after an error.
    pub fn failing(&self) -> impl Iterator<Item = (&'a Pod, &'a ContainerStatus)> {
        self.pods
            .iter()
            .flat_map(|pod| pod.all_statuses().map(move |c| (*pod, c)))
            .filter(|(pod, c)| {
                !has_succeeded(c) && (!c.ready || abnormal_end(self.view, pod, c).is_some())
            })
    }

    /// How the failing containers' newest runs ended in error.
    pub fn ends(&self) -> impl Iterator<Item = (&'a Pod, &'a ContainerStatus, &'a Terminated)> {
        self.failing()
            .filter_map(|(pod, c)| Some((pod, c, abnormal_end(self.view, pod, c)?)))
    }

    /// Reasons and messages of the containers that wait, with their pod.
    pub fn waiting(&self) -> impl Iterator<Item = (&'a Pod, &'a str, &'a str)> {
        self.unready().filter_map(|(pod, c)| {
            let waiting = c.state.waiting.as_ref()?;
            Some((pod, waiting.reason.as_str(), waiting.message.as_str()))
        })
    }

    /// Warning events about the pods of the finding.
    pub fn events(&self) -> impl Iterator<Item = &'a Event> {
        let view = self.view;
        self.pods.iter().flat_map(move |pod| view.pod_events(pod))
    }

    /// Events of the pods with one of these reasons, newest first.
    #[must_use]
    pub fn events_of(&self, reasons: &[&str]) -> Vec<&'a Event> {
        let mut events: Vec<_> = self
            .events()
            .filter(|e| reasons.contains(&e.reason.as_str()))
            .collect();
        events.sort_by_key(|e| std::cmp::Reverse(e.last()));
        events
    }

    /// The specification of the pods that show it, else of the workload.
    #[must_use]
    pub fn spec(&self) -> Option<&'a PodSpec> {
        match self.pods.first() {
            Some(pod) => Some(&pod.spec),
            None => self.workload.and_then(Workload::pod_spec),
        }
    }
}

/// The container of a status, as it was asked for.
#[must_use]
pub fn container<'a>(pod: &'a Pod, name: &str) -> Option<&'a Container> {
    let spec = &pod.spec;
    spec.containers
        .iter()
        .chain(&spec.init_containers)
        .find(|c| c.name == name)
}

/// Init containers that did their work are not ready and not failing.
fn has_succeeded(status: &ContainerStatus) -> bool {
    status
        .state
        .terminated
        .as_ref()
        .is_some_and(|t| t.exit_code == 0 && t.reason == "Completed")
        && status.last_state.terminated.is_none()
}
