//! The symptoms that detection knows.

use super::named_enum;

named_enum! {
    /// The symptom, in Kubernetes' own word where it has one.
    /// `docs/findings.md` says of each what is checked and what to do.
    pub enum Reason {
        /// The container starts and ends over and over; the kubelet waits between tries.
        CrashLoopBackOff = "CrashLoopBackOff",
        /// The container ended with an error and is about to be started again.
        Error = "Error",
        /// The container was killed at its memory limit.
        OOMKilled = "OOMKilled",
        /// The image cannot be pulled; the kubelet waits between tries.
        ImagePullBackOff = "ImagePullBackOff",
        /// The image could not be pulled just now.
        ErrImagePull = "ErrImagePull",
        /// The image may not be pulled (policy Never) and is not on the node.
        ErrImageNeverPull = "ErrImageNeverPull",
        /// The image's name cannot be parsed.
        InvalidImageName = "InvalidImageName",
        /// Something that the container's configuration names is not there.
        CreateContainerConfigError = "CreateContainerConfigError",
        /// The runtime could not create the container.
        CreateContainerError = "CreateContainerError",
        /// The runtime could not start the container.
        RunContainerError = "RunContainerError",
        /// The pod waits for volumes, network or its sandbox longer than it should.
        ContainerCreating = "ContainerCreating",
        /// The pod runs and is not ready.
        ContainersNotReady = "ContainersNotReady",
        /// The pod serves now, but keeps failing.
        BackOff = "BackOff",
        /// The pod serves now, but its probes keep failing.
        Unhealthy = "Unhealthy",
        /// No node takes the pod.
        FailedScheduling = "FailedScheduling",
        /// Nobody has tried to place the pod.
        Pending = "Pending",
        /// The pods could not be created at all.
        FailedCreate = "FailedCreate",
        /// Replicas are missing and nothing says why.
        MinimumReplicasUnavailable = "MinimumReplicasUnavailable",
        /// The new version does not come up; the old one serves.
        ProgressDeadlineExceeded = "ProgressDeadlineExceeded",
        /// The service is scaled to zero.
        ScaledToZero = "ScaledToZero",
        /// The service has no workload.
        WorkloadMissing = "WorkloadMissing",
        /// The service's pods are ready and its Service has no ready endpoint.
        NoReadyEndpoints = "NoReadyEndpoints",
        /// The claim is not bound.
        ProvisioningFailed = "ProvisioningFailed",
        /// The claim's volume is gone.
        ClaimLost = "ClaimLost",
        /// The node does not report, or reports that it is not ready.
        NodeNotReady = "NodeNotReady",
        /// The node is short of memory, disk or process ids.
        NodeUnderPressure = "NodeUnderPressure",
        /// The newest job of its kind failed.
        JobFailed = "JobFailed",
        /// The backup's last success is too old.
        BackupOverdue = "BackupOverdue",
        /// The cron job's last success is too old, or its last run failed.
        CronJobFailing = "CronJobFailing",
        /// Memory in use is close to the limit.
        MemoryNearLimit = "MemoryNearLimit",
        /// CPU in use is close to the limit.
        CpuNearLimit = "CpuNearLimit",
        /// An address in the environment names a Service, or a port of it, that is not there.
        ServiceNotFound = "ServiceNotFound",
        /// An ingress names a Service, or a port of it, that is not there.
        IngressBackendMissing = "IngressBackendMissing",
        /// A gateway does not take the route, or is itself not in force.
        RouteInvalid = "RouteInvalid",
        /// The autoscaler cannot scale its target.
        HpaCannotScale = "HpaCannotScale",
        /// The cron job was due and did not run.
        CronJobMissed = "CronJobMissed",
        /// The last synchronisation by Argo CD failed.
        ArgoSyncFailed = "ArgoSyncFailed",
        /// Argo CD calls the application degraded.
        ArgoDegraded = "ArgoDegraded",
        /// The certificate is past its end.
        CertificateExpired = "CertificateExpired",
        /// The certificate was not renewed when it should have been.
        CertificateOverdue = "CertificateOverdue",
        /// The issuer issues no certificates.
        IssuerNotReady = "IssuerNotReady",
        /// The secret store gives out no secrets.
        SecretStoreNotReady = "SecretStoreNotReady",
        /// The Secret is not kept up to date from its store.
        ExternalSecretFailed = "ExternalSecretFailed",
        /// Kinds that the verdict needs could not be read.
        MonitoringBlind = "MonitoringBlind",
        /// The services file could only be read in part.
        InventoryInvalid = "InventoryInvalid",
    }
}
