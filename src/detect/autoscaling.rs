//! Autoscalers that cannot scale. One at its minimum or maximum works normally.

use chrono::TimeDelta;

use super::index::ClusterIndex;
use super::text::condition_text;
use crate::cluster::types::{HorizontalPodAutoscaler, condition};
use crate::model::{Effect, FactKind, Finding, ObjectRef, Reason};

/// Metrics are missing for a while after pods or the metrics server restart.
const GRACE: TimeDelta = TimeDelta::minutes(10);

/// Checks every autoscaler.
pub fn detect<'a>(index: &'a ClusterIndex) -> impl Iterator<Item = Finding> + 'a {
    index
        .snapshot
        .objects
        .autoscalers
        .iter()
        .filter_map(|a| check(index, a))
}

fn check(index: &ClusterIndex, scaler: &HorizontalPodAutoscaler) -> Option<Finding> {
    let meta = &scaler.metadata;
    let failed = ["AbleToScale", "ScalingActive"]
        .iter()
        .filter_map(|kind| condition(&scaler.status.conditions, kind))
        // `ScalingDisabled`: its target was scaled to zero by hand.
        .find(|c| c.is_false() && c.reason != "ScalingDisabled")?;
    let since = failed.last_transition_time.or(meta.creation_timestamp)?;
    if index.now() - since < GRACE {
        return None;
    }
    let target = &scaler.spec.scale_target_ref;
    let reference = ObjectRef::new("HorizontalPodAutoscaler", &meta.namespace, &meta.name);
    let mut finding = Finding::new(Reason::HpaCannotScale, reference, since, Effect::Impaired);
    let scaled = index.workload(&target.kind, &meta.namespace, &target.name);
    let service = scaled.and_then(|w| index.service_of(w));
    finding.service = service.map(|s| s.name.clone());
    finding.message = format!(
        "{} {} cannot be scaled: {}",
        target.kind, target.name, failed.message
    );
    finding.fact(FactKind::Object, condition_text(failed));
    Some(finding)
}
