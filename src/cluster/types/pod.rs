//! Pods.

use std::sync::Arc;

use serde_json::Value;

use super::wire::Scalar;
use super::{
    Annotations, Condition, Intern, LabelSelector, Labels, ObjectMeta, SelectorRequirement,
    SharedStr, SmallMap, StrInterner, TextMap, read_as_is, slim,
};
use crate::model::Time;

/// A pod. The fields that differ between replicas are outside of spec and
/// status, so that replicas can share both.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(from = "PodOnTheWire", into = "PodOnTheWire")]
pub struct Pod {
    /// Names, labels and owners.
    pub metadata: ObjectMeta,
    /// `spec.nodeName`; empty while the pod is not scheduled.
    pub node_name: SharedStr,
    /// `status.startTime`: when the kubelet accepted the pod.
    pub start_time: Option<Time>,
    /// `spec`, without the node.
    pub spec: Arc<PodSpec>,
    /// `status`, without the start time.
    pub status: Arc<PodStatus>,
}

impl From<PodOnTheWire> for Pod {
    fn from(pod: PodOnTheWire) -> Self {
        let (mut spec, mut status) = (pod.spec, pod.status);
        Self {
            metadata: pod.metadata,
            node_name: std::mem::take(&mut spec.wire_node_name),
            start_time: status.wire_start_time.take(),
            spec: Arc::new(spec),
            status: Arc::new(status),
        }
    }
}

impl From<Pod> for PodOnTheWire {
    fn from(pod: Pod) -> Self {
        let mut spec = Arc::unwrap_or_clone(pod.spec);
        let mut status = Arc::unwrap_or_clone(pod.status);
        spec.wire_node_name = pod.node_name;
        status.wire_start_time = pod.start_time;
        Self {
            metadata: pod.metadata,
            spec,
            status,
        }
    }
}

slim! {
    /// A pod in the form that Kubernetes writes.
    pub struct PodOnTheWire {
        pub metadata: ObjectMeta,
        pub spec: PodSpec,
        pub status: PodStatus,
    }

    /// `spec.template` of a workload.
    pub struct PodTemplate {
        pub metadata: TemplateMeta,
        pub spec: Arc<PodSpec>,
    }

    /// `metadata` of a template.
    pub struct TemplateMeta {
        pub labels: Labels,
        pub annotations: Annotations,
    }

    /// `spec` of a pod.
    pub struct PodSpec {
        /// Only on the wire: see [`Pod::node_name`].
        #[serde(rename = "nodeName")]
        pub wire_node_name: SharedStr,
        pub host_network: bool,
        pub restart_policy: SharedStr,
        pub termination_grace_period_seconds: Option<i64>,
        pub service_account_name: SharedStr,
        pub scheduler_name: SharedStr,
        pub containers: Box<[Container]>,
        pub init_containers: Box<[Container]>,
        pub volumes: Box<[Volume]>,
        pub image_pull_secrets: Box<[LocalReference]>,
        pub node_selector: TextMap,
        pub affinity: Option<Box<Affinity>>,
        pub tolerations: Box<[Toleration]>,
        pub topology_spread_constraints: Box<[TopologySpread]>,
        pub scheduling_gates: Box<[SchedulingGate]>,
        pub dns_policy: SharedStr,
        pub dns_config: Option<DnsConfig>,
    }

    /// A gate that keeps the scheduler from placing a pod.
    pub struct SchedulingGate {
        pub name: SharedStr,
    }

    /// `dnsConfig` of a pod.
    pub struct DnsConfig {
        pub nameservers: Box<[SharedStr]>,
    }

    /// A container of a pod.
    pub struct Container {
        pub name: SharedStr,
        pub image: SharedStr,
        pub restart_policy: SharedStr,
        pub command: Box<[SharedStr]>,
        pub args: Arc<[SharedStr]>,
        pub ports: Arc<[ContainerPort]>,
        pub env: Box<[EnvVar]>,
        pub env_from: Box<[EnvFrom]>,
        pub resources: Arc<Resources>,
        pub volume_mounts: Box<[VolumeMount]>,
        pub startup_probe: Option<Arc<Probe>>,
        pub readiness_probe: Option<Arc<Probe>>,
        pub liveness_probe: Option<Arc<Probe>>,
        pub lifecycle: Option<Box<Lifecycle>>,
    }

    /// What runs after the start of a container.
    pub struct Lifecycle {
        pub post_start: Option<Hook>,
    }

    /// A hook. Only commands are kept.
    pub struct Hook {
        pub exec: Option<ExecAction>,
    }

    /// A declared port of a container.
    pub struct ContainerPort {
        pub name: SharedStr,
        pub container_port: i32,
        pub protocol: SharedStr,
        pub host_port: Option<i32>,
    }

    /// An environment variable: its literal value or the names of its source.
    pub struct EnvVar {
        pub name: SharedStr,
        pub value: SharedStr,
        pub value_from: Option<Arc<EnvSource>>,
    }

    /// The source of an environment variable.
    pub struct EnvSource {
        pub config_map_key_ref: Option<KeyReference>,
        pub secret_key_ref: Option<KeyReference>,
    }

    /// A key in a `ConfigMap` or Secret.
    pub struct KeyReference {
        pub name: SharedStr,
        pub key: SharedStr,
        pub optional: bool,
    }

    /// A `ConfigMap` or Secret whose keys all become environment variables.
    pub struct EnvFrom {
        pub config_map_ref: Option<KeyReference>,
        pub secret_ref: Option<KeyReference>,
    }

    /// Requests and limits, as quantities.
    pub struct Resources {
        pub requests: SmallMap<Quantity>,
        pub limits: SmallMap<Quantity>,
    }

    /// Where a volume is mounted.
    pub struct VolumeMount {
        pub name: SharedStr,
        pub mount_path: SharedStr,
        pub read_only: bool,
    }

    /// A startup, readiness or liveness probe.
    pub struct Probe {
        pub http_get: Option<HttpGet>,
        pub tcp_socket: Option<PortAction>,
        pub grpc: Option<PortAction>,
        pub exec: Option<ExecAction>,
        pub initial_delay_seconds: Option<i64>,
        pub period_seconds: Option<i64>,
        pub timeout_seconds: Option<i64>,
        pub failure_threshold: Option<i64>,
        pub success_threshold: Option<i64>,
    }

    /// An HTTP probe.
    pub struct HttpGet {
        pub path: SharedStr,
        pub port: Value,
        pub scheme: SharedStr,
    }

    /// A TCP or gRPC probe.
    pub struct PortAction {
        pub port: Value,
        pub service: SharedStr,
    }

    /// A probe that runs a command.
    pub struct ExecAction {
        pub command: Box<[SharedStr]>,
    }

    /// A volume. Only sources that can be missing are kept.
    pub struct Volume {
        pub name: SharedStr,
        pub persistent_volume_claim: Option<ClaimReference>,
        pub config_map: Option<VolumeConfigMap>,
        pub secret: Option<VolumeSecret>,
        pub projected: Option<Box<ProjectedVolume>>,
        pub host_path: Option<HostPath>,
    }

    /// Several objects mounted as one volume.
    pub struct ProjectedVolume {
        pub sources: Box<[ProjectedSource]>,
    }

    /// One object of a projected volume.
    pub struct ProjectedSource {
        pub config_map: Option<ProjectedObject>,
        pub secret: Option<ProjectedObject>,
    }

    /// A `ConfigMap` or Secret of a projected volume.
    pub struct ProjectedObject {
        pub name: SharedStr,
        pub items: Box<[KeyToPath]>,
        pub optional: bool,
    }

    /// A key that is mounted.
    pub struct KeyToPath {
        pub key: SharedStr,
    }

    /// A folder or file of the node.
    pub struct HostPath {
        pub path: SharedStr,
    }

    /// A claim used as a volume.
    pub struct ClaimReference {
        pub claim_name: SharedStr,
    }

    /// A `ConfigMap` mounted as a volume.
    pub struct VolumeConfigMap {
        pub name: SharedStr,
        pub optional: bool,
    }

    /// A Secret mounted as a volume.
    pub struct VolumeSecret {
        pub secret_name: SharedStr,
        pub optional: bool,
    }

    /// A reference by name in the same namespace.
    pub struct LocalReference {
        pub name: SharedStr,
    }

    /// Affinity rules that the scheduler must follow. Preferences are not kept.
    pub struct Affinity {
        pub node_affinity: NodeAffinity,
        pub pod_affinity: PodAffinity,
        pub pod_anti_affinity: PodAffinity,
    }

    /// Required node affinity.
    pub struct NodeAffinity {
        pub required_during_scheduling_ignored_during_execution: Option<NodeSelector>,
    }

    /// Terms, of which one must match.
    pub struct NodeSelector {
        pub node_selector_terms: Vec<NodeSelectorTerm>,
    }

    /// Requirements that must all match.
    pub struct NodeSelectorTerm {
        pub match_expressions: Vec<SelectorRequirement>,
        pub match_fields: Vec<SelectorRequirement>,
    }

    /// Required pod affinity or anti-affinity.
    pub struct PodAffinity {
        pub required_during_scheduling_ignored_during_execution: Vec<PodAffinityTerm>,
    }

    /// The pods, and the topology domain that counts.
    pub struct PodAffinityTerm {
        pub label_selector: Option<LabelSelector>,
        pub topology_key: SharedStr,
        pub namespaces: Vec<SharedStr>,
    }

    /// A taint that a pod tolerates.
    pub struct Toleration {
        pub key: SharedStr,
        pub operator: SharedStr,
        pub value: SharedStr,
        pub effect: SharedStr,
    }

    /// A topology spread constraint.
    pub struct TopologySpread {
        pub max_skew: i32,
        pub topology_key: SharedStr,
        pub when_unsatisfiable: SharedStr,
        pub label_selector: Option<LabelSelector>,
    }

    /// `status` of a pod.
    pub struct PodStatus {
        pub phase: SharedStr,
        pub reason: SharedStr,
        pub message: SharedStr,
        /// Only on the wire: see [`Pod::start_time`].
        #[serde(rename = "startTime")]
        pub wire_start_time: Option<Time>,
        #[serde(rename = "podIP")]
        pub pod_ip: SharedStr,
        pub conditions: Vec<Condition>,
        pub init_container_statuses: Vec<ContainerStatus>,
        pub container_statuses: Vec<ContainerStatus>,
    }

    /// The state of one container.
    pub struct ContainerStatus {
        pub name: SharedStr,
        pub image: SharedStr,
        pub ready: bool,
        pub started: Option<bool>,
        pub restart_count: u32,
        pub state: ContainerState,
        pub last_state: ContainerState,
    }

    /// Waiting, running or terminated. None of them counts as waiting.
    pub struct ContainerState {
        pub waiting: Option<Waiting>,
        pub running: Option<Running>,
        pub terminated: Option<Box<Terminated>>,
    }

    /// Why a container is waiting.
    pub struct Waiting {
        pub reason: SharedStr,
        pub message: SharedStr,
    }

    /// Since when a container runs.
    pub struct Running {
        pub started_at: Option<Time>,
    }

    /// How the last run ended.
    pub struct Terminated {
        pub exit_code: i32,
        pub signal: Option<i32>,
        pub reason: SharedStr,
        pub message: SharedStr,
        pub started_at: Option<Time>,
        pub finished_at: Option<Time>,
    }
}

/// The text of a resource quantity: a string, or a number in hand-written
/// YAML. [`crate::cluster::quantity`] parses it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(from = "Scalar", into = "SharedStr")]
pub struct Quantity(pub SharedStr);

read_as_is! { Quantity }

impl From<Scalar> for Quantity {
    fn from(Scalar(value): Scalar) -> Self {
        match value {
            Value::String(s) => Self(s.into()),
            other => Self(other.to_string().into()),
        }
    }
}

impl Intern for Quantity {
    fn share(&mut self, interner: &mut StrInterner) {
        self.0.share(interner);
    }
}

impl From<Quantity> for SharedStr {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

/// The affinity of a pod without one.
static NO_AFFINITY: Affinity = Affinity {
    node_affinity: NodeAffinity {
        required_during_scheduling_ignored_during_execution: None,
    },
    pod_affinity: PodAffinity {
        required_during_scheduling_ignored_during_execution: Vec::new(),
    },
    pod_anti_affinity: PodAffinity {
        required_during_scheduling_ignored_during_execution: Vec::new(),
    },
};

impl PodSpec {
    /// The affinity of the pod; empty when it has none.
    #[must_use]
    pub fn affinity(&self) -> &Affinity {
        self.affinity.as_deref().unwrap_or(&NO_AFFINITY)
    }
}

impl Pod {
    /// The node that the pod was scheduled to; empty while it is not scheduled.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.node_name
    }

    /// The deployment of a pod whose controller is a replica set: the replica
    /// set's name without the hash of the pod template.
    #[must_use]
    pub fn deployment_by_hash(&self) -> Option<&str> {
        let owner = self.metadata.controller()?;
        let hash = self.metadata.label("pod-template-hash")?;
        owner.name.strip_suffix(hash)?.strip_suffix('-')
    }

    /// Whether the pod has terminated, with success or failure.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.status.phase.as_str(), "Succeeded" | "Failed")
    }

    /// Whether a pod that should run for ever was ended from outside: evicted,
    /// rejected, or its node shut down. The kubelet does not start it again.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        let should_run = matches!(self.spec.restart_policy.as_str(), "" | "Always");
        self.status.phase == "Failed" && should_run && !self.status.reason.is_empty()
    }

    /// Container statuses, init containers first.
    pub fn all_statuses(&self) -> impl Iterator<Item = &ContainerStatus> {
        self.status
            .init_container_statuses
            .iter()
            .chain(&self.status.container_statuses)
    }

    /// When the kubelet accepted the pod, else when it was created.
    #[must_use]
    pub fn started(&self) -> Option<Time> {
        self.start_time.or(self.metadata.creation_timestamp)
    }
}
