//! The pods of one workload by their state.

use super::failures::{FailedSeries, unreplaced};
use super::index::ClusterIndex;
use super::pod_status::{SETTLING, Symptom, age, grace, started};
use super::pods::{PodState, pod_state, unready};
use super::workload::Workload;
use crate::cluster::types::{Pod, condition};
use crate::model::{ReasonFlag, Time};

/// The pods of a workload by their state.
#[derive(Default)]
pub struct PodCounts<'a> {
    /// How many are ready.
    pub ready: u32,
    /// Ready pods that may not stay ready.
    pub at_risk: Vec<(&'a Pod, Symptom)>,
    /// Not ready, and within the time that a start may take; since when.
    pub starting: Vec<(&'a Pod, Time)>,
    /// Not ready, and they should be.
    pub failing: Vec<(&'a Pod, Symptom)>,
    /// Being deleted.
    pub terminating: Vec<&'a Pod>,
    /// The pods that failed one after the other within the look-back. The next
    /// pod then does not count as starting.
    pub failed: Option<FailedSeries<'a>>,
    /// Since when the workload has been unavailable, by its own condition or else by the last
    /// cycle.
    unavailable: Option<Time>,
}

impl<'a> PodCounts<'a> {
    /// Counts the pods of a workload.
    #[must_use]
    pub fn of(index: &ClusterIndex<'a>, workload: &Workload<'a>) -> Self {
        let service = index.service_of(workload);
        let mut counts = Self::default();
        let failed = workload.pods.iter().copied();
        let failed: Vec<_> = failed.filter(|pod| failed_recently(index, pod)).collect();
        counts.failed = FailedSeries::of(index, &failed);
        for &pod in &workload.pods {
            match pod_state(index, pod, service) {
                PodState::Ready { at_risk } => counts.add_ready(index, pod, at_risk),
                PodState::Starting { since } => counts.starting.push((pod, since)),
                PodState::Failing(symptom) => counts.failing.push((pod, symptom)),
                PodState::Terminating => counts.terminating.push(pod),
                PodState::Ended => {
                    let lost = unreplaced(index, workload, pod);
                    counts.failing.extend(lost.map(|symptom| (pod, symptom)));
                }
            }
        }
        counts.fail_late(index, workload);
        counts
    }

    /// A young pod between two failures is not ready for long.
    fn add_ready(&mut self, index: &ClusterIndex, pod: &'a Pod, at_risk: Option<Symptom>) {
        let now = index.now();
        let is_next = |f: &&FailedSeries| f.goes_on(now) && pod.started() > f.last.started();
        let series = self.failed.as_ref().filter(is_next);
        match series.map(|f| (f.never_lasted(), f.symptom())) {
            Some((true, symptom)) if age(pod, now) < SETTLING => {
                self.failing.push((pod, symptom));
            }
            series => {
                self.ready += 1;
                let at_risk = at_risk.or(series.map(|(_, symptom)| symptom));
                self.at_risk.extend(at_risk.map(|s| (pod, s)));
            }
        }
    }

    /// Whether pods have failed one after the other until a few minutes ago.
    #[must_use]
    pub fn keep_failing(&self, index: &ClusterIndex) -> bool {
        let failed = self.failed.as_ref();
        failed.is_some_and(|f| f.goes_on(index.now()))
    }

    /// How many have not ended and are not being deleted: the desired number
    /// where no controller says it.
    #[must_use]
    pub fn expected(&self) -> u32 {
        let unready = self.starting.len() + self.failing.len();
        self.ready + u32::try_from(unready).unwrap_or(u32::MAX)
    }

    /// The most specific symptom; of equals, the oldest.
    #[must_use]
    pub fn worst(&self) -> Option<&Symptom> {
        let symptoms = self.failing.iter().map(|(_, symptom)| symptom);
        symptoms.min_by_key(|s| (s.reason.has(ReasonFlag::Vague), s.since))
    }

    /// Counts the starting pods as failing that began during an outage which has
    /// lasted for longer than a start may take.
    fn fail_late(&mut self, index: &ClusterIndex, workload: &Workload) {
        let service = index.service_of(workload);
        // Only a deployment says since when it has been down.
        self.unavailable = match condition(workload.conditions, "Available") {
            Some(available) if available.is_false() => available.last_transition_time,
            Some(_) => None,
            None => service.and_then(|s| index.remembered_outage(s)),
        };
        let Some(down) = self.unavailable else {
            return;
        };
        let is_late = |pod: &Pod| {
            let back = index.node_back_since(pod.node());
            let created = pod.metadata.creation_timestamp;
            // The first pod of the outage is judged by its own start, as is the first start
            // after the node was down.
            let follows = |start: Option<Time>, end: Time| {
                start.is_some_and(|t| t >= end && t - end < SETTLING)
            };
            let is_first = follows(created, down)
                || back.is_some_and(|t| t > down && follows(Some(started(index, pod)), t));
            !is_first && index.now() - back.max(Some(down)).unwrap_or(down) >= grace(pod, service)
        };
        let series = self.failed.as_ref().filter(|f| f.goes_on(index.now()));
        for (pod, since) in std::mem::take(&mut self.starting) {
            if self.ready > 0 || !is_late(pod) {
                self.starting.push((pod, since));
                continue;
            }
            let symptom = match series {
                Some(failed) => failed.symptom(),
                None => unready(index, pod, since),
            };
            self.failing.push((pod, symptom));
        }
    }

    /// Since when pods have been starting.
    #[must_use]
    pub fn starting_since(&self) -> Option<Time> {
        let starting = self.starting.iter().map(|(_, t)| *t).min();
        starting.or_else(|| self.terminating_since())
    }

    /// Since when pods that are being deleted have not been ready.
    #[must_use]
    pub fn terminating_since(&self) -> Option<Time> {
        let since = |pod: &&Pod| {
            condition(&pod.status.conditions, "Ready")
                .filter(|c| !c.is_true())
                .and_then(|c| c.last_transition_time)
                .or(pod.metadata.deletion_timestamp)
        };
        self.terminating.iter().filter_map(since).min()
    }

    /// How many pods are being deleted normally, so that their replacements are
    /// expected soon.
    #[must_use]
    pub fn replaced(&self, index: &ClusterIndex) -> usize {
        let is_normal = |pod: &&&Pod| {
            // The deletion timestamp is the time by which the pod is to be gone.
            let due = pod.metadata.deletion_timestamp;
            due.is_some_and(|t| index.now() - t < SETTLING) && !index.is_lost(pod.node())
        };
        self.terminating.iter().filter(is_normal).count()
    }

    /// The pods that cannot be deleted because their node is lost.
    pub fn on_lost_nodes(&self, index: &ClusterIndex) -> impl Iterator<Item = &'a Pod> {
        let terminating = self.terminating.iter().copied();
        terminating.filter(|pod| index.is_lost(pod.node()))
    }

    /// Since when pods are missing. A workload has been unavailable since its
    /// last pod failed, and degraded since its first did.
    #[must_use]
    pub fn down_since(&self, desired: u32) -> Time {
        let times = || {
            let failing = self.failing.iter().map(|(_, s)| s.since);
            failing.chain(self.starting.iter().map(|(_, t)| *t))
        };
        let first = times().min().unwrap_or_default();
        if self.ready > 0 {
            return first;
        }
        let last = times().max().unwrap_or(first);
        // Pods may be replaced during an outage; the workload's condition remains.
        let unavailable = self.unavailable;
        let all_replaced = unavailable.is_some_and(|t| {
            let mut pods = self.failing.iter().map(|(pod, _)| pod);
            pods.all(|pod| pod.metadata.creation_timestamp > Some(t))
        });
        match unavailable {
            Some(t) if desired == 1 || all_replaced => t.min(last),
            _ => last,
        }
    }
}

fn failed_recently(index: &ClusterIndex, pod: &Pod) -> bool {
    let started = pod.started();
    pod.status.phase == "Failed" && started.is_some_and(|t| index.now() - t <= index.look_back)
}
