//! Since when objects that are healthy now have been healthy. Incidents that are over ended then, and
//! not when a later cycle no longer finds them.

use chrono::TimeDelta;

use super::index::ClusterIndex;
use crate::cluster::types::condition;
use crate::model::{ObjectRef, Time};

/// Older recoveries end no incident that is still open.
const RECENT: TimeDelta = TimeDelta::days(8);

/// The times of workloads and nodes, where the cluster has them. A workload may have two: when its
/// condition changed, and when the last of its pods became ready.
#[must_use]
pub fn recoveries(index: &ClusterIndex) -> Vec<(ObjectRef, Time)> {
    let since = |conditions, kind| {
        condition(conditions, kind)
            .filter(|c| c.is_true())
            .and_then(|c| c.last_transition_time)
            .filter(|at| index.now() - *at < RECENT)
    };
    let workloads = index.workloads.iter().flat_map(|workload| {
        let ready = workload
            .pods
            .iter()
            .map(|pod| since(&pod.status.conditions, "Ready"));
        let last_ready = ready.flatten().max();
        let available = since(workload.conditions, "Available");
        let times = available.into_iter().chain(last_ready);
        times
            .map(|at| (workload.reference(), at))
            .collect::<Vec<_>>()
    });
    let nodes = index.snapshot.objects.nodes.iter().filter_map(|node| {
        let at = since(&node.status.conditions, "Ready")?;
        Some((ObjectRef::new("Node", "", &node.metadata.name), at))
    });
    workloads.chain(nodes).collect()
}
