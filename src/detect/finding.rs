//! What a detector says: one symptom of one object, with the facts that show it.

use serde::Serialize;

use crate::cluster::types::{Pod, Time};

macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $( $(#[$doc:meta])* $word:ident, )* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum $name { $( $(#[$doc])* $word, )* }

        impl $name {
            /// Every word, in the order of the documentation.
            pub const ALL: &[Self] = &[ $( Self::$word, )* ];

            /// The word as reports, silences and documentation spell it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$word => stringify!($word), )* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// The symptom, in Kubernetes' own word where it has one.
    /// `docs/findings.md` says of each what is checked and what to do.
    pub enum Reason {
        /// The container starts and ends over and over; the kubelet waits between tries.
        CrashLoopBackOff,
        /// The container ended with an error and is about to be started again.
        Error,
        /// The container was killed at its memory limit.
        OOMKilled,
        /// The image cannot be pulled; the kubelet waits between tries.
        ImagePullBackOff,
        /// The image could not be pulled just now.
        ErrImagePull,
        /// The image may not be pulled (policy Never) and is not on the node.
        ErrImageNeverPull,
        /// The image's name cannot be parsed.
        InvalidImageName,
        /// Something that the container's configuration names is not there.
        CreateContainerConfigError,
        /// The runtime could not create the container.
        CreateContainerError,
        /// The runtime could not start the container.
        RunContainerError,
        /// The pod waits for volumes, network or its sandbox longer than it should.
        ContainerCreating,
        /// The pod runs and is not ready.
        ContainersNotReady,
        /// The pod serves now, but keeps failing.
        BackOff,
        /// The pod serves now, but its probes keep failing.
        Unhealthy,
        /// No node takes the pod.
        FailedScheduling,
        /// Nobody has tried to place the pod.
        Pending,
        /// The pods could not be created at all.
        FailedCreate,
        /// Replicas are missing and nothing says why.
        MinimumReplicasUnavailable,
        /// The new version does not come up; the old one serves.
        ProgressDeadlineExceeded,
        /// The service is scaled to zero.
        ScaledToZero,
        /// The service has no workload.
        WorkloadMissing,
        /// The service's pods are ready and its Service has no ready endpoint.
        NoReadyEndpoints,
        /// The claim is not bound.
        ProvisioningFailed,
        /// The claim's volume is gone.
        ClaimLost,
        /// The node does not report, or reports that it is not ready.
        NodeNotReady,
        /// The node is short of memory, disk or process ids.
        NodeUnderPressure,
        /// The newest job of its kind failed.
        JobFailed,
        /// The backup's last success is too old.
        BackupOverdue,
        /// The cron job's last success is too old, or its last run failed.
        CronJobFailing,
        /// Memory in use is close to the limit.
        MemoryNearLimit,
        /// CPU in use is close to the limit.
        CpuNearLimit,
        /// An address in the environment names a Service, or a port of it, that is not there.
        ServiceNotFound,
        /// An ingress names a Service, or a port of it, that is not there.
        IngressBackendMissing,
        /// A gateway does not take the route, or is itself not in force.
        RouteInvalid,
        /// The autoscaler cannot scale its target.
        HpaCannotScale,
        /// The cron job was due and did not run.
        CronJobMissed,
        /// The last synchronisation by Argo CD failed.
        ArgoSyncFailed,
        /// Argo CD calls the application degraded.
        ArgoDegraded,
        /// The certificate is past its end.
        CertificateExpired,
        /// The certificate was not renewed when it should have been.
        CertificateOverdue,
        /// The issuer issues no certificates.
        IssuerNotReady,
        /// The secret store gives out no secrets.
        SecretStoreNotReady,
        /// The Secret is not kept up to date from its store.
        ExternalSecretFailed,
        /// Kinds that the verdict needs could not be read.
        MonitoringBlind,
        /// The services file could only be read in part.
        InventoryInvalid,
    }
}

words! {
    /// The diagnosed cause. Named only on evidence that the finding shows.
    #[allow(missing_docs, reason = "`docs/findings.md` explains each")]
    pub enum Cause {
        ImageNotFound, ImagePullUnauthorized, RegistryUnreachable, RegistryRateLimited, InvalidImageName,
        ConfigMapMissing, SecretMissing, ServiceAccountMissing, VolumeMountFailed, VolumePermissionDenied,
        ContainerCommandInvalid,
        OOMKilled, AppCrash, LivenessProbePort, LivenessProbeProtocol, LivenessProbeTiming,
        LivenessProbeFailing, ReadinessProbePort, ReadinessProbeProtocol, ReadinessProbeFailing,
        StartupProbeFailing, PortConflict, DatabaseAuthFailed, DatabaseUnreachable, DatabaseReadOnly,
        DatabaseConnectionsExhausted, DnsResolutionFailed, EnvAddressMismatch, CpuSaturated, NetworkDegraded,
        InsufficientCpu, InsufficientMemory, TooManyPods, NodeSelectorMismatch, NodeAffinityMismatch,
        PodAntiAffinityConflict, UntoleratedTaint, NodeCordoned, VolumeNodeAffinity, SchedulerUnavailable,
        StorageClassMissing, PvcAccessModeMismatch, PvcCapacityMismatch, PvcSelectorMismatch, PvAlreadyBound,
        ProvisionerFailed, VolumeFull,
        CpuQuotaExceeded, MemoryQuotaExceeded, PodQuotaExceeded, ServiceQuotaExceeded, StorageQuotaExceeded,
        AdmissionDenied,
        ServiceSelectorMismatch, ServicePortMismatch, ServiceProtocolMismatch, ServiceNoReadyEndpoints,
        IngressBackendMissing, RouteInvalid,
        NodeNotReady, KubeletUnavailable, ContainerRuntimeUnavailable, KubeProxyUnavailable,
        MemoryPressure, DiskPressure, PidPressure,
        ScaledToZero, WorkloadMissing, RolloutStuck, JobFailed, BackupOverdue, CronJobMissed, HpaCannotScale,
        CertificateExpired, CertificateOverdue, IssuerNotReady, ArgoSyncFailed, ArgoDegraded,
        SecretStoreNotReady, ExternalSecretFailed, VaultSealed, WebhookBackendDown, MonitoringBlind,
        InventoryInvalid,
    }
}

/// An object by kind, namespace and name. The namespace of cluster-wide kinds is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// Kind as in manifests: `Deployment`.
    pub kind: String,
    /// Namespace, or empty.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl ObjectRef {
    /// Names an object.
    #[must_use]
    pub fn new(kind: &str, namespace: &str, name: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }
}

impl std::fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ", self.kind)?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}

/// One fact, as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Where it was read.
    pub kind: FactKind,
    /// The fact in one line.
    pub text: String,
}

/// Where a fact was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactKind {
    /// A field of an object.
    Object,
    /// A warning event.
    Event,
    /// A line of a container's log.
    Log,
    /// A measured value.
    Metric,
    /// The services file.
    Inventory,
}

impl FactKind {
    /// The word in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Event => "event",
            Self::Log => "log",
            Self::Metric => "metric",
            Self::Inventory => "inventory",
        }
    }
}

/// What a finding means for the service that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It serves all the same.
    Impaired,
    /// It may go down soon: flapping, short of memory, without a fresh backup.
    AtRisk,
    /// Not up yet, and within its time.
    Starting,
    /// A part of it is down.
    Degraded,
    /// Its pods are ready and nobody reaches them.
    CutOff,
    /// All of it, or the part that counts, is down.
    Unavailable,
}

/// One symptom of one object.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The symptom.
    pub reason: Reason,
    /// The cause, once diagnosed.
    pub cause: Option<Cause>,
    /// The object that shows it; of a workload's pods, the workload.
    pub resource: ObjectRef,
    /// Since when, by the objects' own timestamps.
    pub since: Time,
    /// How much of it is concerned: `1 of 2 pods not ready`; empty where that goes without saying.
    pub extent: String,
    /// What is wrong, in one clause.
    pub message: String,
    /// The facts that show reason and cause.
    pub evidence: Vec<Fact>,
    /// The sentence of the services file that says this is to be expected.
    pub known_issue: Option<String>,
    /// The service that it belongs to; none for nodes and the monitor's own troubles.
    pub service: Option<String>,
    /// What it means for the service.
    pub effect: Effect,
    /// The pods that show it.
    pub pods: Vec<PodRef>,
    /// Findings with the same key have one cause outside of their own objects;
    /// of an object, the key is its kind and name.
    pub shared: Option<String>,
    /// A service that the evidence shows this one to need.
    pub leans_on: Option<String>,
}

/// A pod and where it runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodRef {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Node; empty when not scheduled.
    pub node: String,
}

impl PodRef {
    /// Names a pod.
    #[must_use]
    pub fn of(pod: &Pod) -> Self {
        Self {
            namespace: pod.metadata.namespace.to_string(),
            name: pod.metadata.name.to_string(),
            node: pod.node().to_owned(),
        }
    }
}

impl Finding {
    /// A finding without evidence; the fields that vary less have their usual values.
    #[must_use]
    pub fn new(reason: Reason, resource: ObjectRef, since: Time, effect: Effect) -> Self {
        Self {
            reason,
            cause: None,
            resource,
            since,
            extent: String::new(),
            message: String::new(),
            evidence: Vec::new(),
            known_issue: None,
            service: None,
            effect,
            pods: Vec::new(),
            shared: None,
            leans_on: None,
        }
    }

    /// Extent and message as one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match (self.extent.as_str(), self.message.as_str()) {
            ("", message) => message.to_owned(),
            (extent, "") => extent.to_owned(),
            (extent, message) => format!("{extent}: {message}"),
        }
    }

    /// Adds a fact, once.
    pub fn fact(&mut self, kind: FactKind, text: impl Into<String>) {
        let fact = Fact {
            kind,
            text: text.into(),
        };
        if !self.evidence.contains(&fact) {
            self.evidence.push(fact);
        }
    }
}
