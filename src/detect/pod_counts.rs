//! The pods of one workload, by what they are at.

use super::index::ClusterIndex;
use super::pods::{self, PodState, SETTLING, Symptom};
use super::workload::Workload;
use crate::cluster::types::{Pod, condition};
use crate::model::{Reason, Time};

/// So many pods that failed for good are no accident.
const IN_A_ROW: usize = 3;

/// The pods of a workload by what they are at.
#[derive(Default)]
pub struct PodCounts<'a> {
    /// How many serve.
    pub ready: u32,
    /// Of those that serve, the ones that may not for long.
    pub at_risk: Vec<(&'a Pod, Symptom)>,
    /// Not ready, and within their time; since when.
    pub starting: Vec<(&'a Pod, Time)>,
    /// Not ready, and they should be.
    pub failing: Vec<(&'a Pod, Symptom)>,
    /// Being deleted.
    pub leaving: Vec<&'a Pod>,
    /// Ended with an error within the look-back: evicted, preempted, lost.
    pub failed: Vec<&'a Pod>,
}

impl<'a> PodCounts<'a> {
    /// Judges every pod of a workload.
    #[must_use]
    pub fn of(view: &ClusterIndex<'a>, workload: &Workload<'a>) -> Self {
        let service = view.service_of(workload);
        let mut tally = Self::default();
        for &pod in &workload.pods {
            match pods::judge(view, pod, service) {
                PodState::Ready { at_risk } => {
                    tally.ready += 1;
                    tally.at_risk.extend(at_risk.map(|s| (pod, s)));
                }
                PodState::Starting { since } => tally.starting.push((pod, since)),
                PodState::Failing(symptom) => tally.failing.push((pod, symptom)),
                PodState::Leaving => tally.leaving.push(pod),
                PodState::Ended if is_fresh_failure(view, pod) => tally.failed.push(pod),
                PodState::Ended => {}
            }
        }
        tally
    }

    /// How many have not ended and are to stay: what is wanted where no keeper tells.
    #[must_use]
    pub fn open(&self) -> u32 {
        let open = self.starting.len() + self.failing.len();
        self.ready + u32::try_from(open).unwrap_or(u32::MAX)
    }

    /// The symptom that says most; of equals, the oldest.
    #[must_use]
    pub fn worst(&self) -> Option<&Symptom> {
        let vague = |r: Reason| {
            matches!(
                r,
                Reason::ContainersNotReady | Reason::ContainerCreating | Reason::Pending
            )
        };
        let symptoms = self.failing.iter().map(|(_, symptom)| symptom);
        symptoms.min_by_key(|s| (vague(s.reason), s.since))
    }

    /// Since when the pods that start do.
    #[must_use]
    pub fn starting_since(&self) -> Option<Time> {
        let starting = self.starting.iter().map(|(_, t)| *t).min();
        starting.or_else(|| self.leaving_since())
    }

    /// Since when the pods that are being deleted do not serve.
    #[must_use]
    pub fn leaving_since(&self) -> Option<Time> {
        let since = |pod: &&Pod| {
            condition(&pod.status.conditions, "Ready")
                .filter(|c| !c.is_true())
                .and_then(|c| c.last_transition_time)
                .or(pod.metadata.deletion_timestamp)
        };
        self.leaving.iter().filter_map(since).min()
    }

    /// Pods that failed for good, one after the other: the next one in its
    /// first minutes is no start. How many, and the last of them.
    #[must_use]
    pub fn failed_in_a_row(&self) -> Option<(usize, &'a Pod)> {
        let last = self.failed.iter().max_by_key(|p| p.started())?;
        (self.failed.len() >= IN_A_ROW).then_some((self.failed.len(), last))
    }

    /// Since when pods fail for good.
    #[must_use]
    pub fn failed_since(&self) -> Option<Time> {
        let first = self.failed.iter().filter_map(|p| p.started()).min();
        first.filter(|_| self.failed.len() >= IN_A_ROW)
    }

    /// How many pods are on their way out in good order, so that their
    /// successors can be awaited.
    #[must_use]
    pub fn replaced(&self, view: &ClusterIndex) -> usize {
        let in_order = |pod: &&&Pod| {
            // The API server writes the moment at which the pod is to be gone.
            let due = pod.metadata.deletion_timestamp;
            due.is_some_and(|t| view.now() - t < SETTLING) && !view.is_lost(pod.node())
        };
        self.leaving.iter().filter(in_order).count()
    }

    /// The pods that cannot go because their node is lost.
    pub fn stranded(&self, view: &ClusterIndex) -> impl Iterator<Item = &'a Pod> {
        let leaving = self.leaving.iter().copied();
        leaving.filter(|pod| view.is_lost(pod.node()))
    }

    /// Since when: unavailable since the last pod went, degraded since the first did.
    #[must_use]
    pub fn down_since(&self, workload: &Workload, desired: u32) -> Time {
        let times = || {
            let failing = self.failing.iter().map(|(_, s)| s.since);
            failing.chain(self.starting.iter().map(|(_, t)| *t))
        };
        let first = times().min().unwrap_or_default();
        if self.ready > 0 {
            return first;
        }
        let last = times().max().unwrap_or(first);
        // Pods are replaced while the outage goes on; the workload remembers.
        let unavailable = condition(workload.conditions, "Available")
            .filter(|c| c.is_false())
            .and_then(|c| c.last_transition_time);
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

fn is_fresh_failure(view: &ClusterIndex, pod: &Pod) -> bool {
    let started = pod.started();
    pod.status.phase == "Failed" && started.is_some_and(|t| view.now() - t <= view.look_back)
}
