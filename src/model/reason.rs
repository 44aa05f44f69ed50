//! The symptoms that detection reports: one row each.
//!
//! To add one, add its row. The compiler asks for each column.

use super::change::Changes;
use super::change_kind::ChangeKind as K;
use super::finding_row::{
    DependencyKind, Describe, FaultClass, PodLog, ReasonFlag as Flag, ReasonRow, Scope,
    finding_table,
};
use super::named::named_enum;
use super::resource::Resource as R;

/// Changes that can break anything that runs, where the cause is unknown.
#[rustfmt::skip]
const OF_PODS: &[K] = &[
    K::Image, K::Env, K::Config, K::Command, K::SecretReference, K::Secret, K::LivenessProbe,
    K::ReadinessProbe, K::StartupProbe, K::Probe, K::Volume, K::Security, K::MemoryLimit,
    K::ContainerPort, K::Scheduling, K::Removed,
];

const UNKNOWN: Changes = Changes::exact(&[]).plausible(OF_PODS);

finding_table! {
    /// The symptom. It has the name that Kubernetes uses where there is one.
    pub enum Reason: ReasonRow {
        CrashLoopBackOff {
            class: FaultClass::Run, scope: Scope::Object, flags: &[Flag::CountsAtOnce],
            rests_on: &[R::Pods], explained_by: Some(DependencyKind::Runtime),
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::Previous, title: None,
            checked: "A container waits with this reason.",
            matters: "The program ends again and again. The kubelet waits longer each time, up to 5 minutes.",
            not_reported: "Crash loops that ended with a reboot of the node.",
            remedy: "Read the last log lines of the previous run.",
        }
        Error {
            class: FaultClass::Run, scope: Scope::Object, flags: &[Flag::CountsAtOnce],
            rests_on: &[R::Pods], explained_by: Some(DependencyKind::Runtime),
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::Current, title: None,
            checked: "A container ended with an error and has not been ready since.",
            matters: "It is often the start of a crash loop.",
            not_reported: "Containers that ended with success, and containers whose node went down.",
            remedy: "Read the last log lines.",
        }
        OOMKilled {
            class: FaultClass::Run, scope: Scope::Object, flags: &[Flag::CountsAtOnce],
            rests_on: &[R::Pods], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::Previous, title: None,
            checked: "The last run of a container ended because it reached its memory limit.",
            matters: "Data in memory is lost, and it will happen again.",
            not_reported: "An OOM kill before a run that is ready now.",
            remedy: "Raise the memory limit in Git, or fix the memory leak.",
        }
        ImagePullBackOff {
            class: FaultClass::Image, scope: Scope::Object, flags: &[],
            rests_on: &[R::Pods], explained_by: Some(DependencyKind::Images),
            changes: Changes::exact(&[K::Image]).plausible(OF_PODS), describe: Describe::Object, log: PodLog::None, title: None,
            checked: "The kubelet waits before it pulls the image again, for 2 minutes or longer.",
            matters: "The pod cannot start on a node that does not have the image.",
            not_reported: "The first 2 minutes of the pod, because pull secrets may arrive late.",
            remedy: "See the cause.",
        }
        ErrImagePull {
            class: FaultClass::Image, scope: Scope::Object, flags: &[],
            rests_on: &[R::Pods], explained_by: Some(DependencyKind::Images),
            changes: Changes::exact(&[K::Image]).plausible(OF_PODS), describe: Describe::Object, log: PodLog::None, title: None,
            checked: "The last pull of the image failed.",
            matters: "The pod cannot start on a node that does not have the image.",
            not_reported: "The first 2 minutes of the pod.",
            remedy: "See the cause.",
        }
        ErrImageNeverPull {
            class: FaultClass::Image, scope: Scope::Object, flags: &[],
            rests_on: &[R::Pods], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "The pull policy is Never and the node does not have the image.",
            matters: "The pod cannot start on this node.",
            not_reported: "The first 2 minutes of the pod.",
            remedy: "Load the image onto the node, or change the pull policy.",
        }
        InvalidImageName {
            class: FaultClass::Image, scope: Scope::Object, flags: &[],
            rests_on: &[R::Pods], explained_by: None,
            changes: Changes::exact(&[K::Image]).plausible(OF_PODS), describe: Describe::Object, log: PodLog::None, title: None,
            checked: "The kubelet cannot parse the name of the image.",
            matters: "The pod never starts. Retries do not help.",
            not_reported: "The first 2 minutes of the pod.",
            remedy: "Correct the image name in Git.",
        }
        CreateContainerConfigError {
            class: FaultClass::Start, scope: Scope::Object, flags: &[],
            rests_on: &[R::Pods], explained_by: Some(DependencyKind::Secrets),
            changes: Changes::exact(&[K::Config, K::SecretReference, K::Secret]).plausible(OF_PODS), describe: Describe::Object, log: PodLog::None, title: None,
            checked: "The configuration of the container names something that does not exist.",
            matters: "The pod does not start until it exists.",
            not_reported: "The first 2 minutes of the pod.",
            remedy: "Create the Secret or ConfigMap, or correct its name.",
        }
        CreateContainerError {
            class: FaultClass::Start, scope: Scope::Object, flags: &[],
            rests_on: &[R::Pods], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "The container runtime could not create the container.",
            matters: "The pod does not start.",
            not_reported: "The first 2 minutes of the pod.",
            remedy: "Read the message. It names the container name, mount or command that failed.",
        }
        RunContainerError {
            class: FaultClass::Start, scope: Scope::Object, flags: &[],
            rests_on: &[R::Pods], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "The container runtime could not start the container.",
            matters: "The pod does not start.",
            not_reported: "The first 2 minutes of the pod.",
            remedy: "Read the message. The cause is usually the command.",
        }
        ContainerCreating {
            class: FaultClass::Start, scope: Scope::Object, flags: &[Flag::Vague],
            rests_on: &[R::Pods], explained_by: None,
            changes: UNKNOWN, describe: Describe::Pod, log: PodLog::None, title: None,
            checked: "Sandbox, network or volumes of a pod take longer to set up than its grace period.",
            matters: "The pod is scheduled and does not start.",
            not_reported: "Pods within their grace period.",
            remedy: "Describe the pod. Check its volumes and its node.",
        }
        PodInitializing {
            class: FaultClass::Run, scope: Scope::Object, flags: &[Flag::Vague],
            rests_on: &[R::Pods], explained_by: Some(DependencyKind::Runtime),
            changes: UNKNOWN, describe: Describe::Pod, log: PodLog::Current, title: None,
            checked: "An init container runs, or a sidecar does not start, for longer than the grace period of the pod.",
            matters: "The containers after it are not created.",
            not_reported: "Init containers of pods within their grace period.",
            remedy: "Read the log of the init container. It usually waits for another service.",
        }
        ContainersNotReady {
            class: FaultClass::Run, scope: Scope::Object, flags: &[Flag::Vague],
            rests_on: &[R::Pods], explained_by: Some(DependencyKind::Runtime),
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::Current, title: None,
            checked: "A pod runs and is still not ready after its grace period.",
            matters: "It is in no endpoint, so it gets no traffic.",
            not_reported: "Pods within the time that their probes or the services file allow for the start.",
            remedy: "Check the readiness probe, the log, and the services that it depends on.",
        }
        BackOff {
            class: FaultClass::Run, scope: Scope::Object, flags: &[Flag::Flaps],
            rests_on: &[R::Pods, R::Events], explained_by: Some(DependencyKind::Runtime),
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::Previous, title: None,
            checked: "A pod is ready now, but restarted 3 times or more within the look-back, most recently within the last 10 minutes.",
            matters: "It may be down again in the next minute.",
            not_reported: "Restarts that are spread over a long time.",
            remedy: "Read the last log lines of the previous run.",
        }
        Unhealthy {
            class: FaultClass::Run, scope: Scope::Object, flags: &[Flag::Flaps],
            rests_on: &[R::Pods, R::Events], explained_by: Some(DependencyKind::Runtime),
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::Current, title: None,
            checked: "A pod is ready now, but its probe failed 3 times or more within the look-back, most recently within the last 10 minutes.",
            matters: "It may be down again in the next minute.",
            not_reported: "Probe failures during the start.",
            remedy: "Compare the probe with the program.",
        }
        FailedMount {
            class: FaultClass::Start, scope: Scope::Object, flags: &[],
            rests_on: &[R::Pods, R::Events], explained_by: Some(DependencyKind::Secrets),
            changes: Changes::exact(&[K::Config, K::SecretReference, K::Secret]).plausible(OF_PODS), describe: Describe::Pod, log: PodLog::None, title: None,
            checked: "The kubelet cannot refresh a volume of a pod that is ready, because its Secret or ConfigMap is gone: 3 times or more within the look-back, most recently within the last 10 minutes.",
            matters: "The pod runs with the old content. It will not start again.",
            not_reported: "Volumes that the kubelet mounted at last, and refreshes that only came late.",
            remedy: "Create the Secret or ConfigMap again.",
        }
        Evicted {
            class: FaultClass::Run, scope: Scope::Object, flags: &[Flag::CountsAtOnce, Flag::Flaps],
            rests_on: &[R::Pods], explained_by: None,
            changes: UNKNOWN, describe: Describe::Pod, log: PodLog::None, title: None,
            checked: "The kubelet evicted 3 pods or more one after the other within the look-back, most recently within the last 10 minutes, or evicted a pod that no controller replaces.",
            matters: "Each new pod is evicted in turn. A pod that runs between two evictions serves for seconds.",
            not_reported: "Evicted pods whose replacements stay.",
            remedy: "See the cause. `kubectl describe pod` shows the limit that was exceeded.",
        }
        FailedScheduling {
            class: FaultClass::Scheduling, scope: Scope::Object, flags: &[],
            rests_on: &[R::Pods], explained_by: None,
            changes: UNKNOWN, describe: Describe::Pod, log: PodLog::None, title: None,
            checked: "The scheduler found no node for the pod.",
            matters: "The replica does not run.",
            not_reported: "The first 2 minutes of the pod.",
            remedy: "See the cause. `kubectl describe pod` lists why each node was rejected.",
        }
        Pending {
            class: FaultClass::Scheduling, scope: Scope::Object, flags: &[Flag::Vague],
            rests_on: &[R::Pods], explained_by: None,
            changes: UNKNOWN, describe: Describe::Pod, log: PodLog::None, title: None,
            checked: "The scheduler has not tried to place the pod.",
            matters: "The scheduler is down, or the pod names another scheduler.",
            not_reported: "The first 2 minutes of the pod.",
            remedy: "Check the control plane.",
        }
        FailedCreate {
            class: FaultClass::Admission, scope: Scope::Object, flags: &[],
            rests_on: &[R::Pods, R::ReplicaSets, R::Events], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "The API server rejects the pods.",
            matters: "There is no pod, so nothing else shows the problem.",
            not_reported: "Rejections before a pod that was created later.",
            remedy: "See the cause.",
        }
        MinimumReplicasUnavailable {
            class: FaultClass::Presence, scope: Scope::Object, flags: &[],
            rests_on: &[R::Pods, R::ReplicaSets], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "Replicas are missing and no object says why.",
            matters: "Fewer pods serve than should.",
            not_reported: "The first 2 minutes.",
            remedy: "Describe the workload and its ReplicaSet.",
        }
        ProgressDeadlineExceeded {
            class: FaultClass::Rollout, scope: Scope::Object, flags: &[],
            rests_on: &[R::Pods, R::ReplicaSets], explained_by: Some(DependencyKind::Runtime),
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "A rollout passed its deadline while the old replicas serve.",
            matters: "The new version is not live.",
            not_reported: "Paused rollouts.",
            remedy: "Check the new pods. Revert the change in Git.",
        }
        ScaledToZero {
            class: FaultClass::Presence, scope: Scope::Service, flags: &[],
            rests_on: &[R::Deployments, R::StatefulSets, R::DaemonSets], explained_by: None,
            changes: Changes::exact(&[K::Replicas]).plausible(OF_PODS), describe: Describe::Object, log: PodLog::None, title: None,
            checked: "A P0 or P1 service has zero replicas.",
            matters: "Nothing serves.",
            not_reported: "P2 and P3 services, which may be switched off.",
            remedy: "Restore the replicas in Git.",
        }
        WorkloadMissing {
            class: FaultClass::Presence, scope: Scope::Service, flags: &[],
            rests_on: &[R::Pods, R::Deployments, R::StatefulSets, R::DaemonSets, R::CronJobs, R::Services, R::PersistentVolumeClaims], explained_by: None,
            changes: Changes::exact(&[K::Removed]).plausible(OF_PODS), describe: Describe::Object, log: PodLog::None, title: None,
            checked: "A P0 or P1 service has no workload at all.",
            matters: "It was deleted, or never applied.",
            not_reported: "P2 and P3 services, and dumps that do not contain the namespace or the kinds.",
            remedy: "Sync the application in Argo CD.",
        }
        NoReadyEndpoints {
            class: FaultClass::Network, scope: Scope::Object, flags: &[],
            rests_on: &[R::Services, R::EndpointSlices, R::Pods], explained_by: None,
            changes: Changes::exact(&[K::Selector, K::ServicePort]).plausible(OF_PODS), describe: Describe::Object, log: PodLog::None, title: None,
            checked: "Pods are ready, but the Service does not lead to them.",
            matters: "The program runs, but its users cannot reach it.",
            not_reported: "Services whose pods are down.",
            remedy: "Compare the selector, the ports and the protocol of the Service with the pods.",
        }
        ProvisioningFailed {
            class: FaultClass::Storage, scope: Scope::Volume, flags: &[],
            rests_on: &[R::PersistentVolumeClaims, R::StorageClasses], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "A PersistentVolumeClaim is not bound after 2 minutes.",
            matters: "Pods that use it cannot be scheduled.",
            not_reported: "Claims that wait for their first consumer.",
            remedy: "See the cause.",
        }
        ClaimLost {
            class: FaultClass::Storage, scope: Scope::Volume, flags: &[],
            rests_on: &[R::PersistentVolumeClaims], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "The volume of a PersistentVolumeClaim no longer exists.",
            matters: "The data may be lost.",
            not_reported: "",
            remedy: "Restore the volume from its backup.",
        }
        NodeNotReady {
            class: FaultClass::Node, scope: Scope::Node, flags: &[],
            rests_on: &[R::Nodes, R::Leases], explained_by: None,
            changes: Changes::NEVER, describe: Describe::Object, log: PodLog::None, title: Some("node {name} is not ready: {why}"),
            checked: "The Ready condition of a node is not True, or the kubelet has not reported for minutes although it is True.",
            matters: "Everything on the node is down or cannot be managed.",
            not_reported: "Nodes that joined less than 5 minutes ago, and cordoned nodes that are silent for less than 5 minutes while nothing on them is missed.",
            remedy: "Log in to the node. Check k3s and containerd.",
        }
        NodeCertificateExpiring {
            class: FaultClass::Certificate, scope: Scope::Object, flags: &[],
            rests_on: &[R::Nodes, R::Events], explained_by: None,
            changes: Changes::NEVER, describe: Describe::Object, log: PodLog::None, title: Some("node {name}: K3s certificates expire soon"),
            checked: "K3s warns on its node that a certificate expires within 30 days.",
            matters: "When it expires, the node drops out of the cluster.",
            not_reported: "Warnings of certificates with more time left: K3s warns months before, and renews them whenever it starts.",
            remedy: "Restart K3s on that node, which renews its certificates.",
        }
        NodeUnderPressure {
            class: FaultClass::Node, scope: Scope::Node, flags: &[],
            rests_on: &[R::Nodes], explained_by: None,
            changes: Changes::NEVER, describe: Describe::Object, log: PodLog::None, title: Some("node {name} is under pressure: {why}"),
            checked: "MemoryPressure, DiskPressure, PIDPressure or NetworkUnavailable of a node is True.",
            matters: "Pods are evicted or have no network.",
            not_reported: "Other node conditions.",
            remedy: "Free the resource that is short.",
        }
        NodeFlapping {
            class: FaultClass::Node, scope: Scope::Node, flags: &[Flag::Flaps],
            rests_on: &[R::Nodes, R::Pods, R::Events], explained_by: None,
            changes: Changes::NEVER, describe: Describe::Object, log: PodLog::None, title: Some("node {name} flaps: {why}"),
            checked: "A node that is ready now was not ready 3 times or more within the look-back, most recently within the last 10 minutes.",
            matters: "Each time all pods on it lose their traffic.",
            not_reported: "A node that was not ready once and is back.",
            remedy: "Log in to the node. Check its load, its network and the k3s log.",
        }
        ControlPlaneSilent {
            class: FaultClass::Node, scope: Scope::Node, flags: &[],
            rests_on: &[R::Leases, R::Nodes, R::Pods], explained_by: None,
            changes: Changes::NEVER, describe: Describe::Nothing, log: PodLog::None, title: Some("control plane on {name} is silent: {why}"),
            checked: "kube-controller-manager or kube-scheduler has not renewed its lease for 5 minutes, and no object shows any work of a controller or the scheduler since.",
            matters: "Pods that fail are not replaced, and nodes that fail are not noticed.",
            not_reported: "Old leases of a control plane without leader election.",
            remedy: "Log in to the server. Restart k3s.",
        }
        Terminating {
            class: FaultClass::Presence, scope: Scope::Object, flags: &[],
            rests_on: &[R::Pods, R::Namespaces], explained_by: None,
            changes: Changes::NEVER, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "A pod or a namespace should have been gone for 10 minutes and still exists.",
            matters: "Its name cannot be used again, and what waits for its end waits for ever.",
            not_reported: "Pods within their termination grace period, and pods on a node that is not ready.",
            remedy: "See which finalizer remains and who removes it. Remove a finalizer by hand only if its controller is gone.",
        }
        JobFailed {
            class: FaultClass::Job, scope: Scope::Object, flags: &[],
            rests_on: &[R::CronJobs, R::Jobs, R::Pods], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::Current, title: None,
            checked: "The newest Job with its stem, or the newest run of a workflow, failed, whoever owns it.",
            matters: "Its work was not done.",
            not_reported: "Retries that succeeded, older failures, ended pods that nothing owns, and the Jobs of the monitor itself, whose exit status is the result of the cycle.",
            remedy: "Read the log of the Job, then run it again.",
        }
        BackupOverdue {
            class: FaultClass::Backup, scope: Scope::Object, flags: &[],
            rests_on: &[R::CronJobs, R::Jobs], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "The last success of a backup is older than its Backup Max Age (26 hours by default), and older than its own schedule's interval and 2 hours.",
            matters: "Data lost now cannot be restored.",
            not_reported: "Suspended CronJobs, CronJobs that were never due, and the first 10 minutes of a control plane that was away.",
            remedy: "Run the backup by hand. Find out why it failed.",
        }
        CronJobFailing {
            class: FaultClass::Job, scope: Scope::Object, flags: &[],
            rests_on: &[R::CronJobs, R::Jobs], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "Runs start, and the next success is overdue by more than one interval and 10 minutes; or a service that consists of CronJobs waits longer than it tolerates.",
            matters: "The work of the service is not done.",
            not_reported: "Backups, which have their own reason, BackupOverdue; and the first 10 minutes of a control plane that was away.",
            remedy: "Read the log of the last Job.",
        }
        MemoryNearLimit {
            class: FaultClass::Memory, scope: Scope::Object, flags: &[],
            rests_on: &[R::Pods, R::PodMetrics], explained_by: None,
            changes: Changes::exact(&[K::MemoryLimit]).plausible(OF_PODS), describe: Describe::Object, log: PodLog::None, title: None,
            checked: "A container uses 90 % or more of its memory limit.",
            matters: "It is close to an OOM kill.",
            not_reported: "Containers without a limit.",
            remedy: "Raise the limit, or fix the memory leak.",
        }
        CpuNearLimit {
            class: FaultClass::Cpu, scope: Scope::Object, flags: &[],
            rests_on: &[R::Pods, R::PodMetrics], explained_by: None,
            changes: Changes::exact(&[K::CpuLimit]).plausible(OF_PODS), describe: Describe::Object, log: PodLog::None, title: None,
            checked: "A container uses 80 % or more of its CPU limit, in a pod older than 10 minutes.",
            matters: "The kernel throttles the container: it gets slower and its probes may fail.",
            not_reported: "Programs that have just started, and containers without a limit.",
            remedy: "Raise or remove the limit.",
        }
        ServiceNotFound {
            class: FaultClass::Network, scope: Scope::Object, flags: &[],
            rests_on: &[R::Pods, R::Services], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "An environment variable holds the address of a Service, or of a port, that does not exist.",
            matters: "Calls to this address fail.",
            not_reported: "Names that resemble no existing Service (optional parts), addresses outside the cluster, and values from Secrets and ConfigMaps, which are not read.",
            remedy: "Correct the variable, or create the Service.",
        }
        IngressBackendMissing {
            class: FaultClass::Network, scope: Scope::Object, flags: &[],
            rests_on: &[R::Services], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "An Ingress, or an IngressRoute of Traefik, names a Service or a port that does not exist.",
            matters: "Requests for these paths get 404 or 503.",
            not_reported: "Backends that exist and are not ready, ExternalName Services, target ports (which ingress-nginx accepts), and actions (`use-annotation`).",
            remedy: "Correct the Ingress.",
        }
        RouteInvalid {
            class: FaultClass::Network, scope: Scope::Object, flags: &[],
            rests_on: &[R::Gateways], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "No gateway that a route names serves it: it refuses the route, does not exist, or its listener is not programmed. A Gateway or a listener has Accepted=False, ResolvedRefs=False or Programmed=False.",
            matters: "The host is not served, unless another gateway or Ingress serves it.",
            not_reported: "The first 2 minutes, conditions of an older generation, and gateways that the route no longer names.",
            remedy: "Read the message of the condition.",
        }
        LoadBalancerPending {
            class: FaultClass::Network, scope: Scope::Object, flags: &[],
            rests_on: &[R::Services], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "A Service of type LoadBalancer has had no address for 10 minutes, and its pods are ready.",
            matters: "Clients outside the cluster cannot reach it, unless a port of a node, another Service or an Ingress leads to its pods.",
            not_reported: "Young Services, and Services that are being deleted.",
            remedy: "Check the controller that gives out addresses, and the events of the Service.",
        }
        HpaCannotScale {
            class: FaultClass::Scaling, scope: Scope::Object, flags: &[],
            rests_on: &[], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "AbleToScale or ScalingActive of a HorizontalPodAutoscaler is False for 10 minutes.",
            matters: "The replicas do not follow the load.",
            not_reported: "ScalingLimited and ScalingDisabled.",
            remedy: "Check that metrics-server answers and that the pods have resource requests.",
        }
        CronJobMissed {
            class: FaultClass::Job, scope: Scope::Object, flags: &[],
            rests_on: &[R::CronJobs, R::Jobs], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "A run was due more than 10 minutes ago (or its starting deadline), by the schedule in its time zone, and did not start; or a run hangs under concurrencyPolicy Forbid and holds back the others.",
            matters: "A run that never started leaves no Job, pod or event.",
            not_reported: "CronJobs that are suspended or not yet due, a run that takes less than 3 times as long as usual, hours that a change of the clock skips, and the first 10 minutes of a control plane that was away.",
            remedy: "Check the CronJob controller and the events of the CronJob.",
        }
        ArgoSyncFailed {
            class: FaultClass::Sync, scope: Scope::Object, flags: &[],
            rests_on: &[], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "For 5 minutes, the last operation failed and the application is not synced, or the manifests cannot be compared.",
            matters: "The cluster does not run what Git says.",
            not_reported: "OutOfSync alone, a sync in progress, and a failure before a successful sync.",
            remedy: "Read the message. Correct the manifest.",
        }
        ArgoDegraded {
            class: FaultClass::Argo, scope: Scope::Object, flags: &[],
            rests_on: &[], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "The health of an Argo CD application is Degraded for 5 minutes.",
            matters: "Argo CD reports that its resources are not healthy. It joins the incident of its service.",
            not_reported: "Progressing, Suspended and Missing, and the Application of the monitor itself.",
            remedy: "Check the resources that it lists.",
        }
        ResourceDegraded {
            class: FaultClass::Resource, scope: Scope::Object, flags: &[],
            rests_on: &[], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "Conditions, phase, health or error of a custom resource say for 10 minutes that it is broken, or for 60 that it is not made yet.",
            matters: "Its controller cannot do what the resource asks for.",
            not_reported: "What is suspended, paused, being deleted or done, conditions of an older generation, and a failed run after which a later one of its series ended.",
            remedy: "Read the message of the condition, then the log of its controller.",
        }
        CertificateExpired {
            class: FaultClass::Certificate, scope: Scope::Object, flags: &[],
            rests_on: &[], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "notAfter of a certificate is in the past, whatever its Ready condition says.",
            matters: "Browsers and clients reject the host.",
            not_reported: "",
            remedy: "Find out why it was not renewed: issuer, challenge or DNS.",
        }
        CertificateOverdue {
            class: FaultClass::Certificate, scope: Scope::Object, flags: &[],
            rests_on: &[], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "A third of the time from the due renewal to expiry has passed, or fewer than 7 days are left, or it was not issued within an hour.",
            matters: "It will expire.",
            not_reported: "Attempts to renew a certificate that is valid and not due.",
            remedy: "Follow the CertificateRequest, the Order and the Challenge.",
        }
        IssuerNotReady {
            class: FaultClass::Certificate, scope: Scope::Object, flags: &[Flag::StandsAlone],
            rests_on: &[], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "Ready of an Issuer or ClusterIssuer is not True for 5 minutes.",
            matters: "No certificate is issued or renewed.",
            not_reported: "Restarts of cert-manager.",
            remedy: "Read the condition. It names the account, the token or the network.",
        }
        SecretStoreNotReady {
            class: FaultClass::Secrets, scope: Scope::Object, flags: &[Flag::StandsAlone],
            rests_on: &[], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "Ready of a SecretStore or ClusterSecretStore is False for 5 minutes.",
            matters: "Its Secrets are no longer refreshed, and new pods may lack them.",
            not_reported: "A single check that failed.",
            remedy: "Check the provider: Vault may be sealed, or the credentials expired.",
        }
        ExternalSecretFailed {
            class: FaultClass::Secrets, scope: Scope::Object, flags: &[Flag::StandsAlone],
            rests_on: &[], explained_by: None,
            changes: UNKNOWN, describe: Describe::Object, log: PodLog::None, title: None,
            checked: "Ready of an ExternalSecret is False for 5 minutes.",
            matters: "The Secret is old or missing.",
            not_reported: "A refresh that failed moments ago.",
            remedy: "Check the store first, then the name of the key.",
        }
        MonitoringBlind {
            class: FaultClass::Blind, scope: Scope::Object, flags: &[],
            rests_on: &[], explained_by: None,
            changes: Changes::NEVER, describe: Describe::Nothing, log: PodLog::None, title: Some("the monitor cannot see the cluster"),
            checked: "Pods, nodes or workloads could not be read; the cluster lists no node; or pods are said to run on nodes that do not exist.",
            matters: "An outage would not be noticed.",
            not_reported: "API groups that the cluster does not have, kinds that a dump does not contain, and pods whose node was removed or joined less than 2 minutes ago.",
            remedy: "Run `k8s-monitor doctor`.",
        }
        InventoryInvalid {
            class: FaultClass::Inventory, scope: Scope::Object, flags: &[],
            rests_on: &[R::Pods, R::Deployments, R::StatefulSets, R::DaemonSets], explained_by: None,
            changes: Changes::NEVER, describe: Describe::Nothing, log: PodLog::None, title: Some("the services file has errors"),
            checked: "The services file has errors, or names no namespace for a service whose name is not that of workloads in exactly one.",
            matters: "The services in its invalid parts are not monitored.",
            not_reported: "Warnings.",
            remedy: "Run `k8s-monitor services lint`.",
        }
    }
}

impl Reason {
    /// Whether this holds for it.
    #[must_use]
    pub fn has(self, flag: Flag) -> bool {
        self.row().flags.contains(&flag)
    }
}
