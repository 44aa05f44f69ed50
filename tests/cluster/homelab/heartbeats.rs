//! The Leases of control-plane components and kubelets.

use serde_json::{Value, json};

use super::nodes;
use crate::time::{Timestamp, shifted};

const LEADERS: [&str; 3] = [
    "kube-scheduler",
    "kube-controller-manager",
    "k3s-cloud-controller-manager",
];

/// A leader renews every two seconds, a kubelet every ten until its node is lost.
pub fn objects(lost_since: &[Option<Timestamp>; 3], now: Timestamp) -> Vec<Value> {
    let leaders = LEADERS.iter().map(|leader| {
        let holder = format!("{}_{leader}", nodes::NODES[0].name);
        lease("kube-system", leader, &holder, 15, shifted(now, -2))
    });
    let kubelets = nodes::NODES.iter().zip(lost_since).map(|(node, lost)| {
        let renewed = lost.map_or(shifted(now, -8), |since| shifted(since, -40));
        lease("kube-node-lease", node.name, node.name, 40, renewed)
    });
    leaders.chain(kubelets).collect()
}

fn lease(namespace: &str, name: &str, holder: &str, seconds: u32, renewed: Timestamp) -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": { "name": name, "namespace": namespace },
        "spec": { "holderIdentity": holder, "leaseDurationSeconds": seconds, "renewTime": format!("{renewed:.6}") },
    })
}
