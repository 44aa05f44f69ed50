//! Since when the control plane is back: what was due while it was away, it starts in its first
//! minutes.

use crate::cluster::types::Node;
use crate::detect::index::ClusterIndex;
use crate::model::Time;

const CONTROLLERS: &str = "kube-controller-manager";
const ROLES: &[&str] = &[
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
];

/// Since when the controllers work without a break, as far as their lease or their nodes show it.
#[must_use]
pub fn back_since(index: &ClusterIndex) -> Option<Time> {
    let objects = &index.snapshot.objects;
    let leases = objects.leases.iter();
    let acquired = leases
        .filter(|lease| lease.metadata.name == CONTROLLERS)
        .filter_map(|lease| lease.spec.acquire_time)
        .max();
    let has_role = |node: &&Node| ROLES.iter().any(|role| node.metadata.label(role).is_some());
    let mut nodes: Vec<_> = objects.nodes.iter().filter(has_role).collect();
    if nodes.is_empty() {
        nodes.extend(&objects.nodes);
    }
    // One node is enough for the controllers.
    let ready_again = nodes
        .iter()
        .map(|node| index.node_back_since(&node.metadata.name))
        .min()
        .flatten();
    acquired.max(ready_again)
}
