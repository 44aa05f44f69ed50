//! Nodes, namespaces and leases.

use super::{Condition, ObjectMeta, Quantity, SharedStr, SmallMap, slim};
use crate::model::Time;

slim! {
    /// A node.
    pub struct Node {
        pub metadata: ObjectMeta,
        pub spec: NodeSpec,
        pub status: NodeStatus,
    }

    /// `spec` of a node.
    pub struct NodeSpec {
        pub unschedulable: bool,
        pub taints: Vec<Taint>,
    }

    /// A taint.
    pub struct Taint {
        pub key: SharedStr,
        pub value: SharedStr,
        pub effect: SharedStr,
        pub time_added: Option<Time>,
    }

    /// `status` of a node.
    pub struct NodeStatus {
        pub conditions: Vec<Condition>,
        pub capacity: SmallMap<Quantity>,
        pub allocatable: SmallMap<Quantity>,
        pub node_info: NodeInfo,
    }

    /// Versions of the software on the node.
    pub struct NodeInfo {
        pub kubelet_version: SharedStr,
        pub container_runtime_version: SharedStr,
    }

    /// A namespace.
    pub struct Namespace {
        pub metadata: ObjectMeta,
        pub status: NamespaceStatus,
    }

    /// `status` of a namespace.
    pub struct NamespaceStatus {
        pub phase: SharedStr,
        pub conditions: Vec<Condition>,
    }

    /// A lease: the heartbeat of a control-plane component.
    pub struct Lease {
        pub metadata: ObjectMeta,
        pub spec: LeaseSpec,
    }

    /// The holder, since when it is, and the last renewal.
    pub struct LeaseSpec {
        pub holder_identity: SharedStr,
        pub lease_duration_seconds: Option<i64>,
        pub acquire_time: Option<Time>,
        pub renew_time: Option<Time>,
    }
}
