//! Deployments, stateful sets, daemon sets and pods without a controller: how
//! many of the desired pods are ready, and the state of the others.

use super::create_failure::CreateFailure;
use super::flapping::node_not_ready;
use super::index::ClusterIndex;
use super::pod_counts::PodCounts;
use super::pod_status::{RECENT, SETTLING, is_ready, pod_refs};
use super::rollout;
use super::workload::Workload;
use crate::cluster::Resource;
use crate::cluster::types::condition;

use crate::inventory::{KnownIssueKind, Service};
use crate::model::{Effect, FactKind, Finding, ObjectRef, Reason, ReasonFlag, Time};

/// The state of one workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkloadState {
    /// Its health.
    pub health: Health,
    /// Ready pods.
    pub ready: u32,
    /// Desired pods.
    pub desired: u32,
    /// Since when it is not healthy.
    pub since: Option<Time>,
    /// Another workload of the service uses it, and the service has no principal.
    pub backs_another: bool,
}

/// The health of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// All desired pods are ready.
    Healthy,
    /// All desired pods are ready, and some fail again and again.
    AtRisk,
    /// Pods are missing that may still start in time.
    Starting,
    /// Some pods are missing.
    Degraded,
    /// No pod is ready.
    Unavailable,
    /// No pods are desired.
    ScaledToZero,
    /// No pods are desired, and another workload of the service serves in its place.
    Replaced,
    /// No pods are desired, by the decision of an autoscaler.
    Idle,
    /// Not enough was read.
    Unknown,
}

impl Health {
    /// Whether pods are desired.
    #[must_use]
    pub fn is_meant_to_run(self) -> bool {
        !matches!(self, Self::ScaledToZero | Self::Replaced | Self::Idle)
    }
}

impl WorkloadState {
    /// Whether at least one of its pods is ready.
    #[must_use]
    pub fn serves(&self) -> bool {
        self.ready > 0
    }
}

/// Checks every workload. The states are in the order of `index.workloads`.
#[must_use]
pub fn detect(index: &ClusterIndex) -> (Vec<WorkloadState>, Vec<Finding>) {
    let mut findings = Vec::new();
    let states = index
        .workloads
        .iter()
        .map(|workload| {
            let (state, finding) = check(index, workload);
            findings.extend(finding);
            state
        })
        .collect();
    (states, findings)
}

/// The state of a workload, and the finding about it.
type StateAndFinding = (WorkloadState, Option<Finding>);

fn check(index: &ClusterIndex, workload: &Workload) -> StateAndFinding {
    if !index.snapshot.is_read(Resource::Pods) {
        return from_status(index, workload);
    }
    let counts = PodCounts::of(index, workload);
    let unjudged = workload.unjudged_pods;
    let expected = || counts.expected().saturating_add(unjudged);
    let desired = workload.desired.unwrap_or_else(expected);
    let context = WorkloadContext {
        index,
        workload,
        service: index.service_of(workload),
        desired,
        missing: desired.saturating_sub(counts.ready),
        counts,
    };
    if workload.is_unjudged || context.may_be_unjudged() {
        (context.state(Health::Unknown, None), None)
    } else if desired == 0 && controller_is_unread(index, workload) {
        // Nothing says for sure how many pods there should be.
        (context.state(Health::Unknown, None), None)
    } else if desired == 0 {
        (context.state(Health::ScaledToZero, None), None)
    } else if context.missing == 0 {
        context.ready()
    } else if context.is_in_time() {
        context.starting()
    } else if rollout::may_miss(index, workload, &context.counts) {
        (context.state(context.healthy(), None), None)
    } else if let Some(due) = rollout::canary_due(workload) {
        if index.now() > due {
            context.stuck_rollout(due)
        } else {
            (context.state(context.healthy(), None), None)
        }
    } else if context.counts.failing.is_empty() {
        context.without_pods()
    } else {
        context.failing()
    }
}

/// A workload whose pods were read.
struct WorkloadContext<'v, 'a> {
    index: &'v ClusterIndex<'a>,
    workload: &'v Workload<'a>,
    service: Option<&'a Service>,
    counts: PodCounts<'a>,
    desired: u32,
    missing: u32,
}

impl WorkloadContext<'_, '_> {
    fn state(&self, health: Health, since: Option<Time>) -> WorkloadState {
        WorkloadState {
            health,
            ready: self.counts.ready,
            desired: self.desired,
            since,
            backs_another: false,
        }
    }

    fn finding(&self, reason: Reason, since: Time, effect: Effect) -> Finding {
        self.index
            .workload_finding(reason, self.workload, since, effect)
    }

    /// Whether the missing pods may be those of which only a name is known, or not even that.
    fn may_be_unjudged(&self) -> bool {
        let unjudged = &self.index.unjudged;
        let namespace = &self.workload.meta.namespace;
        let own = self.workload.unjudged_pods;
        let known = self.counts.starting.len() + self.counts.failing.len();
        let most = match known {
            0 => own.saturating_add(unjudged.unattributed(Resource::Pods, namespace)),
            _ => own,
        };
        (1..=most).contains(&self.missing)
    }

    /// Enough pods are ready. They may still flap, or a newer version may fail
    /// to start.
    fn ready(&self) -> StateAndFinding {
        let at_risk = self.counts.at_risk.iter();
        if let Some((pod, symptom)) = at_risk.min_by_key(|(_, s)| (s.reason, s.since)) {
            let mut finding = self.finding(symptom.reason, symptom.since, Effect::AtRisk);
            finding.extent = "ready now but unstable".to_owned();
            finding.message.clone_from(&symptom.message);
            let failed = self.counts.failed.as_ref().map(|f| f.last);
            let at_risk = self.counts.at_risk.iter().map(|(pod, _)| *pod);
            finding.pods = pod_refs(at_risk.chain(failed));
            if symptom.reason == Reason::NodeFlapping {
                let node = ObjectRef::new("Node", "", pod.node());
                finding.group_key = Some(node.to_string());
            }
            let state = self.state(Health::AtRisk, Some(symptom.since));
            return (state, Some(finding));
        }
        if let Some(since) = rollout::overdue(self.index, self.workload, &self.counts) {
            return self.stuck_rollout(since);
        }
        let due = rollout::canary_due(self.workload).filter(|_| !self.counts.failing.is_empty());
        if let Some(due) = due.filter(|due| self.index.now() > *due) {
            return self.stuck_rollout(due);
        }
        let is_unread = controller_is_unread(self.index, self.workload);
        let health = if is_unread || self.is_silent() {
            Health::Unknown
        } else {
            self.healthy()
        };
        (self.state(health, None), None)
    }

    /// Healthy, unless it needs a pod whose node does not exist.
    fn healthy(&self) -> Health {
        let pods = self.workload.pods.iter();
        let nowhere = pods.filter(|pod| is_ready(pod) && self.index.missing_nodes.has(pod));
        let nowhere = u32::try_from(nowhere.count()).unwrap_or(u32::MAX);
        let surplus = self.counts.ready.saturating_sub(self.desired);
        if nowhere > surplus {
            Health::Unknown
        } else {
            Health::Healthy
        }
    }

    /// Whether nobody has reported for minutes that any of its pods still runs.
    fn is_silent(&self) -> bool {
        let pods = self.workload.pods.iter();
        let mut ready = pods.filter(|pod| is_ready(pod)).peekable();
        ready.peek().is_some() && ready.all(|p| self.index.silent_since(p.node()).is_some())
    }

    /// The old version serves, and the new one is past its deadline.
    fn stuck_rollout(&self, since: Time) -> StateAndFinding {
        let mut finding = self.finding(Reason::ProgressDeadlineExceeded, since, Effect::Impaired);
        finding.extent = "the new version does not start, the old one is running".to_owned();
        finding.pods = pod_refs(self.counts.failing.iter().map(|(pod, _)| *pod));
        // Without a new pod, the controller says why it could not create one.
        let failure = CreateFailure::of(self.index, self.workload);
        match (self.counts.worst(), failure) {
            (Some(symptom), _) => finding.message.clone_from(&symptom.message),
            (None, Some(failure)) => {
                finding.message.clone_from(&failure.message);
                finding.fact(failure.kind, failure.message);
            }
            (None, None) => {}
        }
        (self.state(Health::Healthy, None), Some(finding))
    }

    /// Whether all missing pods may still start by themselves.
    fn is_in_time(&self) -> bool {
        let coming = self.counts.starting.len() + self.counts.replaced(self.index);
        let others_are_due = !self.workload.is_ordered || coming == 0;
        self.counts.failing.is_empty()
            && !self.counts.keep_failing(self.index)
            && (coming >= self.missing as usize || !others_are_due)
    }

    /// A start that the services file describes as slow gets a finding, so that
    /// the report can say how long to wait.
    fn starting(&self) -> StateAndFinding {
        let since = self.counts.starting_since().unwrap_or(self.index.now());
        let slow = |k: &KnownIssueKind| matches!(k, KnownIssueKind::SlowStartup { .. });
        let finding = self.service.and_then(|s| s.known_issue(slow)).map(|issue| {
            let mut finding = self.finding(Reason::ContainersNotReady, since, Effect::Starting);
            finding.message = "still within its documented startup time".to_owned();
            finding.known_issue = Some(issue.text.clone());
            finding.pods = pod_refs(self.counts.starting.iter().map(|(pod, _)| *pod));
            finding
        });
        (self.state(Health::Starting, Some(since)), finding)
    }

    fn health_and_effect(&self) -> (Health, Effect) {
        if self.counts.ready + self.workload.unjudged_pods == 0 {
            (Health::Unavailable, Effect::Unavailable)
        } else {
            (Health::Degraded, Effect::Degraded)
        }
    }

    /// Pods exist and are not ready.
    fn failing(&self) -> StateAndFinding {
        let (health, effect) = self.health_and_effect();
        let since = self.counts.down_since(self.desired);
        let (reason, message) = self
            .counts
            .worst()
            .map_or((Reason::ContainersNotReady, ""), |s| {
                (s.reason, s.message.as_str())
            });
        let mut finding = self.finding(reason, since, effect);
        let (missing, desired) = (self.missing, self.desired);
        finding.extent = format!("{missing} of {desired} pods not ready");
        finding.message = message.to_owned();
        let failing = self.counts.failing.iter().map(|(pod, _)| *pod);
        let lost = self.counts.on_lost_nodes(self.index);
        let failed = self.counts.failed.as_ref().map(|f| f.last);
        finding.pods = pod_refs(failing.chain(lost).chain(failed));
        let mut failing = self.counts.failing.iter();
        if reason.has(ReasonFlag::Vague)
            && let Some((pod, _)) =
                failing.find(|(pod, _)| node_not_ready(self.index, pod).is_some())
        {
            finding.group_key = Some(ObjectRef::new("Node", "", pod.node()).to_string());
        }
        (self.state(health, Some(since)), Some(finding))
    }

    /// Pods do not exist.
    fn without_pods(&self) -> StateAndFinding {
        let (health, effect) = self.health_and_effect();
        let missing = format!("{} of {} pods", self.missing, self.desired);
        let failure = CreateFailure::of(self.index, self.workload);
        let since = self.missing_since(failure.as_ref());
        let owner = self.workload.owner.as_ref();
        // An operator may take minutes to make a further instance.
        let settling = match owner {
            Some(_) if self.counts.ready > 0 => RECENT,
            _ => SETTLING,
        };
        if since.is_some_and(|t| self.index.now() - t < settling)
            && self.counts.terminating.is_empty()
        {
            return (self.state(Health::Starting, since), None);
        }
        // If no object has the time, the outage counts from now and the next
        // cycle confirms it.
        let since = since.unwrap_or(self.index.now());
        let (reason, what, why) = self.missing_reason(failure.as_ref());
        let mut finding = self.finding(reason, since, effect);
        finding.extent = format!("{missing} {what}");
        finding.message = why;
        if let Some(failure) = failure {
            finding.fact(failure.kind, failure.message);
        }
        if let Some(owner) = owner {
            let object = self.workload.reference();
            finding.fact(FactKind::Object, format!("{object}: {}", owner.said_by));
            if !owner.phase.is_empty() {
                finding.fact(FactKind::Object, format!("{object}: phase {}", owner.phase));
            }
        }
        let starting = self.counts.starting.iter().map(|(pod, _)| *pod);
        let failed = self.counts.failed.as_ref().map(|f| f.last);
        let others = self.counts.terminating.iter().copied().chain(failed);
        finding.pods = pod_refs(starting.chain(others));
        (self.state(health, Some(since)), Some(finding))
    }

    /// What happened to the missing pods, and why.
    fn missing_reason(&self, failure: Option<&CreateFailure>) -> (Reason, &'static str, String) {
        if let Some(failure) = failure {
            let why = failure.message.clone();
            return (Reason::FailedCreate, "could not be created", why);
        }
        if let Some(failed) = &self.counts.failed {
            let symptom = failed.symptom();
            return (symptom.reason, "not ready", symptom.message);
        }
        let reason = Reason::MinimumReplicasUnavailable;
        if self.counts.terminating.is_empty() {
            return (reason, "do not exist", String::new());
        }
        let why = "the old pods are stuck in deletion".to_owned();
        (reason, "not ready", why)
    }

    /// Since when pods are missing, where an object has the time.
    fn missing_since(&self, failure: Option<&CreateFailure>) -> Option<Time> {
        let created = self.workload.meta.creation_timestamp;
        let all_gone = condition(self.workload.conditions, "Available")
            .filter(|c| c.is_false() && self.counts.ready == 0)
            .and_then(|c| c.last_transition_time);
        failure
            .and_then(|r| r.since)
            .or(all_gone)
            .or(self.counts.terminating_since())
            .or(self.counts.failed.as_ref().map(|f| f.since))
            .or(self.workload.owner.as_ref().and_then(|o| o.unready_since))
            .or(created.filter(|t| self.index.now() - *t < SETTLING))
            .max(created.filter(|_| failure.is_some()))
    }
}

/// Whether the controller of a workload's pods was not read. The pods that exist
/// may all be ready while others are missing.
fn controller_is_unread(index: &ClusterIndex, workload: &Workload) -> bool {
    if workload.template.is_some() {
        return false;
    }
    let resource = match workload.kind {
        "Deployment" => Resource::Deployments,
        "StatefulSet" => Resource::StatefulSets,
        "DaemonSet" => Resource::DaemonSets,
        "ReplicaSet" => Resource::ReplicaSets,
        _ => return false,
    };
    !index.snapshot.is_read(resource)
}

/// The state where pods could not be read. A workload's own status can show an
/// outage but not health.
fn from_status(index: &ClusterIndex, workload: &Workload) -> (WorkloadState, Option<Finding>) {
    let desired = workload.desired.unwrap_or(0);
    let ready = workload.reported_ready;
    let state = |health, since| WorkloadState {
        health,
        ready,
        desired,
        since,
        backs_another: false,
    };
    if workload.is_unjudged {
        return (state(Health::Unknown, None), None);
    }
    if workload.desired == Some(0) {
        return (state(Health::ScaledToZero, None), None);
    }
    let down = condition(workload.conditions, "Available")
        .filter(|c| c.is_false() && ready == 0)
        .and_then(|c| c.last_transition_time)
        .filter(|t| index.now() - *t >= SETTLING);
    let Some(since) = down else {
        return (
            state(Health::Unknown, None),
            stuck_by_status(index, workload),
        );
    };
    let reason = Reason::MinimumReplicasUnavailable;
    let mut finding = index.workload_finding(reason, workload, since, Effect::Unavailable);
    finding.message =
        format!("0 of {desired} pods ready by the workload's own status; pods could not be read");
    (state(Health::Unavailable, Some(since)), Some(finding))
}

/// A rollout that its controller calls stuck, where pods could not be read.
fn stuck_by_status(index: &ClusterIndex, workload: &Workload) -> Option<Finding> {
    let stuck = condition(workload.conditions, "Progressing")
        .filter(|c| c.is_false() && c.reason == "ProgressDeadlineExceeded")?;
    let since = stuck.last_transition_time.unwrap_or(index.now());
    let reason = Reason::ProgressDeadlineExceeded;
    let mut finding = index.workload_finding(reason, workload, since, Effect::Impaired);
    finding.message = format!("{}; pods could not be read", stuck.message);
    Some(finding)
}
