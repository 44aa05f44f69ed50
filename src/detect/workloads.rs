//! Deployments, stateful sets, daemon sets and pods on their own: how many
//! pods serve of how many that should, and what the others are at.

use super::create_failure::CreateFailure;
use super::index::ClusterIndex;
use super::pod_counts::PodCounts;
use super::pod_status::SETTLING;
use super::rollout;
use super::workload::Workload;
use crate::cluster::Resource;
use crate::cluster::types::{Pod, condition};
use crate::detect::pod_status::pod_ref;
use crate::inventory::{KnownIssueKind, Service};
use crate::model::{Effect, Finding, PodRef, Reason, Time};

/// The state of one workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkloadState {
    /// In one word.
    pub health: Health,
    /// Pods that serve.
    pub ready: u32,
    /// Pods that should.
    pub desired: u32,
    /// Since when it is not healthy.
    pub since: Option<Time>,
}

/// How a workload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// As many pods serve as should.
    Healthy,
    /// They serve, and keep falling over.
    AtRisk,
    /// What is missing is within its time.
    Starting,
    /// Some are missing.
    Degraded,
    /// None serves.
    Unavailable,
    /// None should.
    ScaledToZero,
    /// Not enough was read to tell.
    Unknown,
}

/// Judges every workload; states stand in the order of `index.workloads`.
#[must_use]
pub fn detect(index: &ClusterIndex) -> (Vec<WorkloadState>, Vec<Finding>) {
    let mut findings = Vec::new();
    let states = index
        .workloads
        .iter()
        .map(|workload| {
            let (state, finding) = judge(index, workload);
            findings.extend(finding);
            state
        })
        .collect();
    (states, findings)
}

/// A state, and what there is to say about it.
type Judgement = (WorkloadState, Option<Finding>);

fn judge(index: &ClusterIndex, workload: &Workload) -> Judgement {
    if !index.snapshot.is_read(Resource::Pods) {
        return from_status(index, workload);
    }
    let counts = PodCounts::of(index, workload);
    let desired = workload.desired.unwrap_or_else(|| counts.expected());
    let case = WorkloadContext {
        index,
        workload,
        service: index.service_of(workload),
        desired,
        missing: desired.saturating_sub(counts.ready),
        counts,
    };
    if desired == 0 {
        (case.state(Health::ScaledToZero, None), None)
    } else if case.missing == 0 {
        case.serving()
    } else if case.is_in_time() {
        case.starting()
    } else if rollout::may_miss(index, workload, &case.counts) {
        (case.state(Health::Healthy, None), None)
    } else if case.counts.failing.is_empty() {
        case.without_pods()
    } else {
        case.failing()
    }
}

/// A workload whose pods are known.
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
        }
    }

    fn draft(&self, reason: Reason, since: Time, effect: Effect) -> Finding {
        let mut finding = Finding::new(reason, self.workload.reference(), since, effect);
        finding.service = self.service.map(|s| s.name.clone());
        finding
    }

    /// Enough pods serve. What may still be wrong: they flap, or a newer
    /// version does not come up.
    fn serving(&self) -> Judgement {
        if let Some((_, symptom)) = self.counts.at_risk.iter().min_by_key(|(_, s)| s.since) {
            let mut finding = self.draft(symptom.reason, symptom.since, Effect::AtRisk);
            finding.extent = "serves now, but not for long".to_owned();
            finding.message.clone_from(&symptom.message);
            finding.pods = refs(self.counts.at_risk.iter().map(|(pod, _)| *pod));
            let state = self.state(Health::AtRisk, Some(symptom.since));
            return (state, Some(finding));
        }
        if let Some(since) = rollout::overdue(self.index, self.workload, &self.counts) {
            let mut finding = self.draft(Reason::ProgressDeadlineExceeded, since, Effect::Impaired);
            finding.extent = "the new version does not come up, the old one serves".to_owned();
            let worst = self.counts.worst();
            finding.message = worst.map_or_else(String::new, |s| s.message.clone());
            finding.pods = refs(self.counts.failing.iter().map(|(pod, _)| *pod));
            return (self.state(Health::Healthy, None), Some(finding));
        }
        let health =
            if self.workload.desired.is_none() && keeper_is_unread(self.index, self.workload) {
                Health::Unknown
            } else {
                Health::Healthy
            };
        (self.state(health, None), None)
    }

    /// Whether all that is missing may still come by itself.
    fn is_in_time(&self) -> bool {
        let coming = self.counts.starting.len() + self.counts.replaced(self.index);
        self.counts.failing.is_empty()
            && self.counts.repeated_failures().is_none()
            && coming >= self.missing as usize
    }

    /// A start that the services file says is slow gets a finding, so that
    /// the report can say how long to wait.
    fn starting(&self) -> Judgement {
        let since = self.counts.starting_since().unwrap_or(self.index.now());
        let slow = |k: &KnownIssueKind| matches!(k, KnownIssueKind::SlowStartup { .. });
        let finding = self.service.and_then(|s| s.known_issue(slow)).map(|issue| {
            let mut finding = self.draft(Reason::ContainersNotReady, since, Effect::Starting);
            finding.message = "still within its documented start".to_owned();
            finding.known_issue = Some(issue.text.clone());
            finding.pods = refs(self.counts.starting.iter().map(|(pod, _)| *pod));
            finding
        });
        (self.state(Health::Starting, Some(since)), finding)
    }

    fn how_bad(&self) -> (Health, Effect) {
        if self.counts.ready == 0 {
            (Health::Unavailable, Effect::Unavailable)
        } else {
            (Health::Degraded, Effect::Degraded)
        }
    }

    /// Pods are there and should serve.
    fn failing(&self) -> Judgement {
        let (health, effect) = self.how_bad();
        let since = self.counts.down_since(self.workload, self.desired);
        let (reason, message) = self
            .counts
            .worst()
            .map_or((Reason::ContainersNotReady, ""), |s| {
                (s.reason, s.message.as_str())
            });
        let mut finding = self.draft(reason, since, effect);
        let (missing, desired) = (self.missing, self.desired);
        finding.extent = format!("{missing} of {desired} pods not ready");
        finding.message = message.to_owned();
        let failing = self.counts.failing.iter().map(|(pod, _)| *pod);
        finding.pods = refs(failing.chain(self.counts.on_lost_nodes(self.index)));
        (self.state(health, Some(since)), Some(finding))
    }

    /// Pods should exist and do not.
    fn without_pods(&self) -> Judgement {
        let (health, effect) = self.how_bad();
        let lack = format!("{} of {} pods", self.missing, self.desired);
        let refusal = CreateFailure::of(self.index, self.workload);
        let since = self.missing_since(refusal.as_ref());
        if since.is_some_and(|t| self.index.now() - t < SETTLING)
            && self.counts.terminating.is_empty()
        {
            return (self.state(Health::Starting, since), None);
        }
        // Nobody says since when: as of now, and the next look confirms it.
        let since = since.unwrap_or(self.index.now());
        let (reason, what, why) = self.absence(refusal.as_ref());
        let mut finding = self.draft(reason, since, effect);
        finding.extent = format!("{lack} {what}");
        finding.message = why;
        if let Some(refusal) = refusal {
            finding.fact(refusal.kind, refusal.message);
        }
        let starting = self.counts.starting.iter().map(|(pod, _)| *pod);
        let others = self.counts.terminating.iter().chain(&self.counts.failed);
        finding.pods = refs(starting.chain(others.copied()));
        (self.state(health, Some(since)), Some(finding))
    }

    /// What became of the pods that are missing, and why.
    fn absence(&self, refusal: Option<&CreateFailure>) -> (Reason, &'static str, String) {
        if let Some(refusal) = refusal {
            let why = refusal.message.clone();
            return (Reason::FailedCreate, "could not be created", why);
        }
        if let Some((count, last)) = self.counts.repeated_failures() {
            let how = [last.status.reason.as_str(), last.status.message.as_str()];
            let how = how.join(" ");
            let why = format!("{count} failed one after the other, the last: {how}");
            return (Reason::Error, "not ready", why);
        }
        let reason = Reason::MinimumReplicasUnavailable;
        if self.counts.terminating.is_empty() {
            return (reason, "do not exist", String::new());
        }
        let why = "the old ones are being deleted and do not go".to_owned();
        (reason, "not ready", why)
    }

    /// Since when pods are missing, as far as any object says.
    fn missing_since(&self, refusal: Option<&CreateFailure>) -> Option<Time> {
        let created = self.workload.meta.creation_timestamp;
        let all_gone = condition(self.workload.conditions, "Available")
            .filter(|c| c.is_false() && self.counts.ready == 0)
            .and_then(|c| c.last_transition_time);
        refusal
            .and_then(|r| r.since)
            .or(all_gone)
            .or(self.counts.terminating_since())
            .or(self.counts.failed_since())
            .or(created.filter(|t| self.index.now() - *t < SETTLING))
            .max(created.filter(|_| refusal.is_some()))
    }
}

/// A pod whose keeper was not read: all its pods may serve and others be missing.
fn keeper_is_unread(index: &ClusterIndex, workload: &Workload) -> bool {
    let resource = match workload.kind {
        "Deployment" => Resource::Deployments,
        "StatefulSet" => Resource::StatefulSets,
        "DaemonSet" => Resource::DaemonSets,
        "ReplicaSet" => Resource::ReplicaSets,
        _ => return false,
    };
    !index.snapshot.is_read(resource)
}

fn refs<'p>(pods: impl Iterator<Item = &'p Pod>) -> Vec<PodRef> {
    pods.map(pod_ref).collect()
}

/// Pods could not be read: a workload's own word can prove an outage, never health.
fn from_status(index: &ClusterIndex, workload: &Workload) -> (WorkloadState, Option<Finding>) {
    let desired = workload.desired.unwrap_or(0);
    let ready = workload.reported_ready;
    let state = |health, since| WorkloadState {
        health,
        ready,
        desired,
        since,
    };
    if workload.desired == Some(0) {
        return (state(Health::ScaledToZero, None), None);
    }
    let down = condition(workload.conditions, "Available")
        .filter(|c| c.is_false() && ready == 0)
        .and_then(|c| c.last_transition_time)
        .filter(|t| index.now() - *t >= SETTLING);
    let Some(since) = down else {
        return (state(Health::Unknown, None), None);
    };
    let mut finding = Finding::new(
        Reason::MinimumReplicasUnavailable,
        workload.reference(),
        since,
        Effect::Unavailable,
    );
    finding.service = index.service_of(workload).map(|s| s.name.clone());
    finding.message =
        format!("0 of {desired} pods ready by the workload's own status; pods could not be read");
    (state(Health::Unavailable, Some(since)), Some(finding))
}
