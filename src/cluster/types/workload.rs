//! Deployments, stateful sets, daemon sets and replica sets.

use serde_json::Value;

use super::{Condition, LabelSelector, ObjectMeta, PodTemplate, SharedStr, slim};

slim! {
    /// A deployment.
    pub struct Deployment {
        pub metadata: ObjectMeta,
        pub spec: DeploymentSpec,
        pub status: DeploymentStatus,
    }

    /// `spec` of a deployment.
    pub struct DeploymentSpec {
        pub replicas: Option<u32>,
        pub template: PodTemplate,
        pub progress_deadline_seconds: Option<i64>,
        pub paused: bool,
    }

    /// `status` of a deployment.
    pub struct DeploymentStatus {
        pub replicas: u32,
        pub ready_replicas: u32,
        pub updated_replicas: u32,
        pub available_replicas: u32,
        pub unavailable_replicas: u32,
        pub conditions: Vec<Condition>,
    }

    /// A stateful set.
    pub struct StatefulSet {
        pub metadata: ObjectMeta,
        pub spec: StatefulSetSpec,
        pub status: StatefulSetStatus,
    }

    /// `spec` of a stateful set.
    pub struct StatefulSetSpec {
        pub replicas: Option<u32>,
        pub service_name: SharedStr,
        pub pod_management_policy: SharedStr,
        pub template: PodTemplate,
        pub volume_claim_templates: Vec<ClaimTemplate>,
    }

    /// A claim that is created for each replica.
    pub struct ClaimTemplate {
        pub metadata: ObjectMeta,
    }

    /// `status` of a stateful set.
    pub struct StatefulSetStatus {
        pub replicas: u32,
        pub ready_replicas: u32,
        pub updated_replicas: u32,
        pub current_revision: SharedStr,
        pub update_revision: SharedStr,
        pub conditions: Vec<Condition>,
    }

    /// A daemon set.
    pub struct DaemonSet {
        pub metadata: ObjectMeta,
        pub spec: DaemonSetSpec,
        pub status: DaemonSetStatus,
    }

    /// `spec` of a daemon set.
    pub struct DaemonSetSpec {
        pub template: PodTemplate,
    }

    /// `status` of a daemon set.
    pub struct DaemonSetStatus {
        pub desired_number_scheduled: u32,
        pub current_number_scheduled: u32,
        pub number_ready: u32,
        pub number_misscheduled: u32,
        pub updated_number_scheduled: u32,
        pub conditions: Vec<Condition>,
    }

    /// A replica set.
    pub struct ReplicaSet {
        pub metadata: ObjectMeta,
        pub spec: ReplicaSetSpec,
        pub status: ReplicaSetStatus,
    }

    /// `spec` of a replica set.
    pub struct ReplicaSetSpec {
        pub replicas: Option<u32>,
        pub template: Option<Box<PodTemplate>>,
    }

    /// `status` of a replica set.
    pub struct ReplicaSetStatus {
        pub replicas: u32,
        pub ready_replicas: u32,
        pub conditions: Vec<Condition>,
    }

    /// A horizontal pod autoscaler, autoscaling/v2.
    pub struct HorizontalPodAutoscaler {
        pub metadata: ObjectMeta,
        pub spec: AutoscalerSpec,
        pub status: AutoscalerStatus,
    }

    /// `spec` of an autoscaler: its target and bounds.
    pub struct AutoscalerSpec {
        pub scale_target_ref: TargetReference,
        pub min_replicas: Option<u32>,
        pub max_replicas: u32,
    }

    /// A workload by kind and name in the same namespace.
    pub struct TargetReference {
        pub kind: SharedStr,
        pub name: SharedStr,
    }

    /// `status` of an autoscaler.
    pub struct AutoscalerStatus {
        pub current_replicas: u32,
        pub desired_replicas: u32,
        pub conditions: Vec<Condition>,
    }

    /// A pod disruption budget.
    pub struct PodDisruptionBudget {
        pub metadata: ObjectMeta,
        pub spec: DisruptionSpec,
        pub status: DisruptionStatus,
    }

    /// `spec` of a disruption budget.
    pub struct DisruptionSpec {
        pub selector: Option<LabelSelector>,
        pub min_available: Option<Value>,
        pub max_unavailable: Option<Value>,
    }

    /// `status` of a disruption budget.
    pub struct DisruptionStatus {
        pub current_healthy: u32,
        pub desired_healthy: u32,
        pub expected_pods: u32,
        pub disruptions_allowed: u32,
    }
}
