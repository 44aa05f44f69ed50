//! What a commit can change in a manifest.

use super::named_enum;

named_enum! {
    /// What a commit changes in a manifest. The texts are those of the state's cache.
    #[allow(missing_docs, reason = "the names say it")]
    pub enum ChangeKind {
        Image = "image",
        MemoryLimit = "memory-limit",
        MemoryRequest = "memory-request",
        CpuLimit = "cpu-limit",
        CpuRequest = "cpu-request",
        LivenessProbe = "liveness-probe",
        ReadinessProbe = "readiness-probe",
        StartupProbe = "startup-probe",
        /// A probe of unknown type: the patch does not show the key above it.
        Probe = "probe",
        Replicas = "replicas",
        Env = "env",
        /// A ConfigMap, a reference to one, or a file that is not a manifest.
        Config = "config",
        Volume = "volume",
        Storage = "storage",
        ServicePort = "service-port",
        ContainerPort = "container-port",
        Selector = "selector",
        Ingress = "ingress",
        /// The version of a Helm chart.
        Chart = "chart",
        /// The repository, path or revision that Argo CD follows.
        Source = "source",
        /// The name of a Secret, or the source of its value.
        SecretReference = "secret-reference",
        /// The contents of a Secret, which are never quoted.
        Secret = "secret",
        Command = "command",
        Security = "security",
        Scheduling = "scheduling",
        ServiceAccount = "service-account",
        Schedule = "schedule",
        Quota = "quota",
        Autoscaler = "autoscaler",
        Policy = "policy",
        Certificate = "certificate",
        /// A new object.
        Added = "added",
        /// A deleted object.
        Removed = "removed",
        /// Any other key of a manifest.
        Other = "other",
        /// Labels and annotations without an effect.
        Metadata = "metadata",
        /// A file without a patch: too large or binary.
        Unread = "unread",
    }
}
