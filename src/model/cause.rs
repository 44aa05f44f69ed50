//! The causes that diagnosis can prove: one row each.
//!
//! To add one, add its row. The compiler asks for each column.

use super::change::{Changes, Direction as D};
use super::change_kind::ChangeKind as K;
use super::command::Program;
use super::finding_row::StepWord::{Namespace, Node, Pod, Words};
use super::finding_row::{
    AppliesTo, CauseFlag as Flag, CauseRow, DependencyKind, FaultClass, Step, finding_table,
};
use super::named::named_enum;

const NODE_LABELS: Step = Step::new(
    "Compare the labels of the nodes",
    Program::Kubectl,
    &[Words("get nodes --show-labels")],
);
const NODE_TAINTS: Step = Step::new(
    "List taints and cordons",
    Program::Kubectl,
    &[Words(
        "get nodes -o custom-columns=NAME:.metadata.name,CORDONED:.spec.unschedulable,TAINTS:.spec.taints",
    )],
);
const NODE_REQUESTS: Step = Step::new(
    "Check what is already requested on the nodes",
    Program::Kubectl,
    &[Words("describe nodes")],
);
const NODE_LOG: Step = Step {
    title: "Read the k3s log of the node",
    program: Program::Ssh,
    words: &[Node, Words("sudo journalctl -u k3s* -n 50 --no-pager")],
    applies_to: AppliesTo::Nodes,
};
const VOLUMES: Step = Step::new(
    "Compare claims, volumes and storage classes",
    Program::Kubectl,
    &[Words("get pvc,pv,storageclass"), Namespace],
);
const CONFIGURATION: Step = Step::new(
    "List the Secrets and ConfigMaps that exist",
    Program::Kubectl,
    &[Words("get secrets,configmaps"), Namespace],
);
const SERVICES: Step = Step::new(
    "List the Services and their ports",
    Program::Kubectl,
    &[Words("get services"), Namespace],
);
const RENEWAL: Step = Step::new(
    "Follow the renewal",
    Program::Kubectl,
    &[
        Words("get certificaterequests,orders,challenges"),
        Namespace,
    ],
);
const USAGE: Step = Step::new(
    "Check what the containers use",
    Program::Kubectl,
    &[Words("top pods"), Namespace, Words("--containers")],
);

const UNSEAL: Step = Step {
    title: "Unseal it, once for each key share",
    program: Program::Kubectl,
    words: &[Words("exec -it"), Pod, Words("-- vault operator unseal")],
    applies_to: AppliesTo::Service("vault"),
};
const DOCTOR: Step = Step::new(
    "Check why it could not be read",
    Program::Monitor,
    &[Words("doctor")],
);
const LINT: Step = Step::new(
    "List the errors with their lines",
    Program::Monitor,
    &[Words("services lint")],
);

const MORE_MEMORY: &[(K, D)] = &[(K::MemoryLimit, D::Raised), (K::MemoryLimit, D::Removed)];
const MORE_CPU: &[(K, D)] = &[(K::CpuLimit, D::Raised), (K::CpuLimit, D::Removed)];

finding_table! {
    /// The diagnosed cause. It is named only where the finding shows the evidence for it.
    pub enum Cause: CauseRow {
        ImageNotFound {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Image, K::Chart]).plausible(&[K::Source]),
            proof: "The registry answers not found, manifest unknown or name unknown, or a mirror of Docker Hub forbids one tag of an official image, which needs no login.",
            not_when: "An image whose own name contains these words.",
            remedy: "Correct the image name or tag in Git.",
        }
        ImagePullUnauthorized {
            class: None, explained_by: Some(DependencyKind::Images), flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Image, K::SecretReference, K::Secret, K::ServiceAccount]),
            proof: "The registry answers 401, 403, denied or no credentials. The missing pull secret is shown with it.",
            not_when: "A 403 from a mirror for an official image.",
            remedy: "Renew the pull secret (registry tokens expire), or name it in the pod.",
        }
        ImagePlatformMismatch {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Image]).plausible(&[K::Scheduling]),
            proof: "The runtime finds the image, and no build of it for the architecture or operating system of the node.",
            not_when: "A tag that does not exist.",
            remedy: "Use an image that is built for the node, or select nodes with its architecture (`kubernetes.io/arch`).",
        }
        RegistryUnreachable {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Image]),
            proof: "DNS, connection, TLS or 5xx errors on the way to the registry. There is one incident per registry.",
            not_when: "An answer of the registry about the image. The registry is that of the image that failed, also of the sandbox image.",
            remedy: "Check DNS and outgoing connections of the node, then the registry.",
        }
        RegistryRateLimited {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Image]),
            proof: "The registry answers `toomanyrequests`.",
            not_when: "",
            remedy: "Log in to the registry, use a mirror, or wait.",
        }
        InvalidImageName {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Image, K::Chart]),
            proof: "The kubelet cannot parse the image name.",
            not_when: "",
            remedy: "Correct the name. The usual errors are capital letters and spaces.",
        }
        ConfigMapMissing {
            class: Some(FaultClass::Start), explained_by: None, flags: &[],
            inspect: Some(CONFIGURATION), fix: None,
            changes: Changes::exact(&[K::Config]).plausible(&[K::Source, K::Env, K::Volume]),
            proof: "The kubelet names the ConfigMap or the key that is missing, for the environment or a volume. The name of a volume is not that of its ConfigMap.",
            not_when: "The first 2 minutes of the pod.",
            remedy: "Create the ConfigMap, or correct its name.",
        }
        SecretMissing {
            class: Some(FaultClass::Start), explained_by: Some(DependencyKind::Secrets), flags: &[],
            inspect: Some(CONFIGURATION), fix: None,
            changes: Changes::exact(&[K::SecretReference, K::Secret]).plausible(&[K::Source, K::Env, K::Volume]),
            proof: "The kubelet names the Secret or the key that is missing. If an ExternalSecret that creates it fails, that is the root.",
            not_when: "The first 2 minutes of the pod.",
            remedy: "Create the Secret, or check its ExternalSecret.",
        }
        ServiceAccountMissing {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::ServiceAccount, K::Removed]),
            proof: "The API server rejects the pods and names the ServiceAccount.",
            not_when: "Old events of rejections that are over.",
            remedy: "Create the ServiceAccount in the namespace.",
        }
        VolumeMountFailed {
            class: Some(FaultClass::Start), explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Volume, K::Storage, K::Config, K::SecretReference]).plausible(&[K::Source]),
            proof: "FailedMount or FailedAttachVolume events of a pod that waits, the message of the runtime about a mount, a subPath or a folder of the node, or a claim that does not exist, is being deleted or is lost.",
            not_when: "A short delay of the caches in the kubelet.",
            remedy: "Check where the volume is attached, and check the storage system.",
        }
        CsiDriverUnavailable {
            class: Some(FaultClass::Start), explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Chart]).plausible(&[K::Source, K::Image]),
            proof: "The kubelet does not find the driver among those that registered on the node, or the attacher of the driver does not answer. The workload of the driver that fails is the root.",
            not_when: "Errors that the driver itself reports.",
            remedy: "Bring the pods of the storage driver back.",
        }
        VolumePermissionDenied {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Security, K::Volume]).plausible(&[K::Image, K::Storage]),
            proof: "The mount is denied, or the program is denied access to a file and the pod has a volume.",
            not_when: "Denied sockets, ports, database tables and commands.",
            remedy: "Set `fsGroup` or `runAsUser`, or change the owner of the files on the volume.",
        }
        ContainerCommandInvalid {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Command, K::Image]).plausible(&[K::Config, K::Volume, K::Security]),
            proof: "The message of the container runtime, exit code 126 or 127, or `exec format error`.",
            not_when: "Missing mounts, paths of the node, subPaths and security profiles.",
            remedy: "Correct the command. Check that the image is built for the architecture of the node.",
        }
        OOMKilled {
            class: None, explained_by: None, flags: &[],
            inspect: Some(USAGE), fix: None,
            changes: Changes::exact(&[K::MemoryLimit])
                .plausible(&[K::Image, K::Env, K::Config, K::Command])
                .but_not(MORE_MEMORY),
            proof: "The last termination has the reason OOMKilled, or the runtime killed the container while it was created. The limit is shown with it.",
            not_when: "Exit code 137 alone, and an end before a run that was ready since.",
            remedy: "Raise the memory limit, or fix the memory leak.",
        }
        EphemeralStorageExceeded {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Storage, K::Volume]).plausible(&[K::Image, K::Env, K::Config, K::Command]),
            proof: "The kubelet evicts the pod because a container, an emptyDir volume or the whole pod exceeds its limit of local storage. The limit is shown with it.",
            not_when: "Evictions because the node is short of disk.",
            remedy: "Raise the limit, write less to the container's own file system, or use a volume.",
        }
        AppCrash {
            class: None, explained_by: Some(DependencyKind::Runtime), flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Config, K::Env, K::Image, K::Command, K::Chart])
                .plausible(&[K::Secret, K::SecretReference, K::Volume, K::Security, K::MemoryLimit, K::Policy]),
            proof: "The program ended with an exit code of its own, or with success where it should keep running. The last error line of the log is quoted.",
            not_when: "Exit codes 137 and 143, which come from a signal.",
            remedy: "Read the log. Revert the last change.",
        }
        LivenessProbePort {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::LivenessProbe, K::Probe, K::ContainerPort])
                .plausible(&[K::Image, K::Config, K::Env, K::Command, K::CpuLimit, K::Secret, K::SecretReference, K::Policy]),
            proof: "Nothing answers on the port of the probe, and the container declares other ports, another probe succeeds on another port, or the log says on which port the program listens.",
            not_when: "A program that is down, and probes that a service mesh rewrites.",
            remedy: "Correct the port of the probe.",
        }
        LivenessProbeProtocol {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::LivenessProbe, K::Probe])
                .plausible(&[K::Image, K::Config, K::Env, K::Command, K::CpuLimit, K::Secret, K::SecretReference, K::Policy, K::ContainerPort]),
            proof: "The answer has another protocol: the probe uses HTTP and gRPC or TLS answers, HTTPS and HTTP answers, or gRPC and HTTP answers.",
            not_when: "An HTTP error status.",
            remedy: "Change the type or the scheme of the probe.",
        }
        LivenessProbeTiming {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::LivenessProbe, K::Probe])
                .plausible(&[K::Image, K::Config, K::Env, K::Command, K::CpuLimit, K::Secret, K::SecretReference, K::Policy, K::ContainerPort])
                .but_not(MORE_CPU),
            proof: "The container is killed (137, 143) in less than 20 s, within what initial delay, period and threshold allow, and has no startup probe; or the timeout is 1 s and the answer comes later. A run that was ready came up.",
            not_when: "A program that ends by itself.",
            remedy: "Add a startup probe, or allow more time.",
        }
        LivenessProbeFailing {
            class: None, explained_by: Some(DependencyKind::Runtime), flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::LivenessProbe, K::Probe])
                .plausible(&[K::Image, K::Config, K::Env, K::Command, K::CpuLimit, K::Secret, K::SecretReference, K::Policy, K::ContainerPort])
                .but_not(MORE_CPU),
            proof: "The liveness probe fails again and again, and the kubelet kills the container for it. An older event counts while the same kills go on; after an hour, the exits alone, if they fit what the probe allows.",
            not_when: "A program that ends by itself.",
            remedy: "Request the probe endpoint by hand. Read the log.",
        }
        ReadinessProbePort {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::ReadinessProbe, K::Probe, K::ContainerPort])
                .plausible(&[K::Image, K::Config, K::Env, K::Command, K::CpuLimit, K::Secret, K::SecretReference, K::Policy]),
            proof: "Nothing answers on the port of the probe while the container runs, and the container declares other ports, another probe succeeds on another port, or the log says on which port the program listens.",
            not_when: "A program that is down, and probes that a service mesh rewrites.",
            remedy: "Correct the port of the probe.",
        }
        ReadinessProbeProtocol {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::ReadinessProbe, K::Probe])
                .plausible(&[K::Image, K::Config, K::Env, K::Command, K::CpuLimit, K::Secret, K::SecretReference, K::Policy, K::ContainerPort]),
            proof: "The answer has another protocol while the container runs: the probe uses HTTP and gRPC or TLS answers, HTTPS and HTTP answers, or gRPC and HTTP answers.",
            not_when: "An HTTP error status.",
            remedy: "Change the type or the scheme of the probe.",
        }
        ReadinessProbeFailing {
            class: None, explained_by: Some(DependencyKind::Runtime), flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::ReadinessProbe, K::Probe])
                .plausible(&[K::Image, K::Config, K::Env, K::Command, K::CpuLimit, K::Secret, K::SecretReference, K::Policy, K::ContainerPort])
                .but_not(MORE_CPU),
            proof: "The container runs and its readiness probe fails.",
            not_when: "Failures during the start.",
            remedy: "Request the probe endpoint by hand. Check the services that the program depends on.",
        }
        StartupProbeFailing {
            class: None, explained_by: Some(DependencyKind::Runtime), flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::StartupProbe, K::Probe])
                .plausible(&[K::Image, K::Config, K::Env, K::Command, K::CpuLimit, K::Secret, K::SecretReference, K::Policy, K::ContainerPort])
                .but_not(MORE_CPU),
            proof: "The startup probe fails again and again. An older event counts while the same kills go on; after an hour, the exits alone, if they fit what the probe allows.",
            not_when: "A program that ends by itself.",
            remedy: "Raise the failure threshold, or find out why the start is slow.",
        }
        ReadinessGateFailing {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Policy]).plausible(&[K::Image, K::Config]),
            proof: "The containers are ready, and the Ready condition has the reason ReadinessGatesNotReady. The gate is shown with it.",
            not_when: "A container that is not ready.",
            remedy: "Find the controller that sets the condition of the gate, such as a load balancer's.",
        }
        PostStartHookFailing {
            class: Some(FaultClass::Run), explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Command, K::Image]).plausible(&[K::Config, K::Env, K::Secret, K::SecretReference]),
            proof: "The kubelet kills the container because its postStart hook fails (event FailedPostStartHook).",
            not_when: "A hook that failed before the container was ready.",
            remedy: "Run the command of the hook by hand. Correct it, or remove the hook.",
        }
        PortConflict {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::ContainerPort])
                .plausible(&[K::Image, K::Command, K::ServicePort, K::Selector, K::Secret, K::SecretReference]),
            proof: "The log says that the address is in use, or another container of the pod declares, is configured for, or reports the same port; or the scheduler finds the host port in use.",
            not_when: "Retries of the same program.",
            remedy: "Give one of them another port.",
        }
        DatabaseAuthFailed {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Secret, K::SecretReference, K::Env, K::Config])
                .plausible(&[K::Image, K::Command, K::ServicePort, K::Selector]),
            proof: "MySQL, PostgreSQL, Redis or MongoDB rejects the login.",
            not_when: "Log lines of a database about its own start.",
            remedy: "Compare the Secret with the user in the database.",
        }
        DatabaseUnreachable {
            class: None, explained_by: Some(DependencyKind::Runtime), flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Env, K::Config, K::Policy])
                .plausible(&[K::Image, K::Command, K::ServicePort, K::Selector, K::Secret, K::SecretReference]),
            proof: "A connection to a database is refused, times out or is lost.",
            not_when: "Refused connections before the log line that says that the database is up.",
            remedy: "Check that the database is up, then the host and the port.",
        }
        DatabaseReadOnly {
            class: None, explained_by: Some(DependencyKind::Runtime), flags: &[Flag::RefusesClients],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Config, K::Command, K::Volume])
                .plausible(&[K::Image, K::ServicePort, K::Selector, K::Secret, K::SecretReference]),
            proof: "Clients get the error that the database is read-only. The database is the root where an address, the environment or the services file shows which one it is.",
            not_when: "",
            remedy: "Find out why: the disk is full, a failover took place, or a read-only flag is still set.",
        }
        DatabaseConnectionsExhausted {
            class: None, explained_by: Some(DependencyKind::Runtime), flags: &[Flag::RefusesClients],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Replicas, K::Config, K::Env])
                .plausible(&[K::Image, K::Command, K::ServicePort, K::Selector, K::Secret, K::SecretReference]).but_not(&[(K::Replicas, D::Lowered)]),
            proof: "Clients, or the probe of the database itself, get the error that there are too many connections. The database is the root.",
            not_when: "Connection limits of HTTP servers.",
            remedy: "Raise the limit, or find the client that leaks connections.",
        }
        DnsResolutionFailed {
            class: None, explained_by: Some(DependencyKind::Runtime), flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Env, K::Config, K::Policy]),
            proof: "The program cannot resolve a name, or its pod uses name servers that no healthy pod uses.",
            not_when: "A wrong host name in the environment.",
            remedy: "Check CoreDNS, `dnsPolicy` and the network policies.",
        }
        EnvAddressMismatch {
            class: None, explained_by: None, flags: &[],
            inspect: Some(SERVICES), fix: None,
            changes: Changes::exact(&[K::Env, K::Config, K::ServicePort])
                .plausible(&[K::Image, K::Command, K::Selector, K::Secret, K::SecretReference]),
            proof: "A plain environment value names a Service or a port that does not exist, and it resembles an existing one, the name of the variable points to one, or the log of the program reports an error about it.",
            not_when: "Addresses of optional parts.",
            remedy: "Correct the variable.",
        }
        CpuSaturated {
            class: None, explained_by: None, flags: &[],
            inspect: Some(USAGE), fix: None,
            changes: Changes::exact(&[K::CpuLimit, K::Replicas]).plausible(&[K::Image, K::Config])
                .but_not(&[(K::CpuLimit, D::Raised), (K::CpuLimit, D::Removed), (K::Replicas, D::Raised)]),
            proof: "Metrics show 80 % or more of the CPU limit in use.",
            not_when: "The start of a program.",
            remedy: "Raise or remove the CPU limit.",
        }
        NetworkDegraded {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Env, K::Config, K::Policy]),
            proof: "The network plugin cannot connect a pod, or a node reports NetworkUnavailable.",
            not_when: "Latency and packet loss, which the Kubernetes API does not show.",
            remedy: "Check the CNI pod on that node.",
        }
        InsufficientCpu {
            class: None, explained_by: None, flags: &[],
            inspect: Some(NODE_REQUESTS), fix: None,
            changes: Changes::exact(&[K::CpuRequest, K::CpuLimit, K::Replicas])
                .but_not(&[(K::CpuRequest, D::Lowered), (K::CpuRequest, D::Removed), (K::Replicas, D::Lowered)]),
            proof: "The scheduler counts the nodes with too little CPU. The request and what is free are shown with it.",
            not_when: "A lack of memory, where no node has that much memory in total.",
            remedy: "Lower the requests, or add a node.",
        }
        InsufficientMemory {
            class: None, explained_by: None, flags: &[],
            inspect: Some(NODE_REQUESTS), fix: None,
            changes: Changes::exact(&[K::MemoryRequest, K::MemoryLimit, K::Replicas])
                .but_not(&[(K::MemoryRequest, D::Lowered), (K::MemoryRequest, D::Removed), (K::Replicas, D::Lowered)]),
            proof: "The scheduler counts the nodes with too little memory. The request and what is free are shown with it.",
            not_when: "A lack of CPU, where no node has that much CPU in total.",
            remedy: "Lower the requests, or add a node.",
        }
        TooManyPods {
            class: None, explained_by: None, flags: &[],
            inspect: Some(NODE_REQUESTS), fix: None,
            changes: Changes::exact(&[K::Replicas, K::Autoscaler]).but_not(&[(K::Replicas, D::Lowered)]),
            proof: "The scheduler counts the nodes with too many pods.",
            not_when: "",
            remedy: "Raise the pod limit of the kubelet, or add a node.",
        }
        NodeSelectorMismatch {
            class: None, explained_by: None, flags: &[],
            inspect: Some(NODE_LABELS), fix: None,
            changes: Changes::exact(&[K::Scheduling]),
            proof: "No node has the label. The labels of the nodes prove it.",
            not_when: "Nodes that have the label and are excluded for another reason.",
            remedy: "Correct the node selector, or label a node.",
        }
        NodeAffinityMismatch {
            class: None, explained_by: None, flags: &[],
            inspect: Some(NODE_LABELS), fix: None,
            changes: Changes::exact(&[K::Scheduling]),
            proof: "None of the intended nodes matches the required affinity.",
            not_when: "A control-plane node that matches by accident.",
            remedy: "Correct the affinity, or label a node.",
        }
        PodAntiAffinityConflict {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Scheduling, K::Replicas]).but_not(&[(K::Replicas, D::Lowered)]),
            proof: "The scheduler counts the nodes that the anti-affinity excludes. The terms are shown with it.",
            not_when: "",
            remedy: "Use fewer replicas, more nodes, or preferred anti-affinity instead of required.",
        }
        UntoleratedTaint {
            class: None, explained_by: None, flags: &[],
            inspect: Some(NODE_TAINTS), fix: None,
            changes: Changes::exact(&[K::Scheduling]),
            proof: "Most of the nodes that the pod may use have a taint that it does not tolerate.",
            not_when: "Cordons, nodes that are down, and the control plane.",
            remedy: "Add a toleration, or remove the taint.",
        }
        NodeCordoned {
            class: None, explained_by: None, flags: &[],
            inspect: Some(NODE_TAINTS), fix: None,
            changes: Changes::NEVER,
            proof: "Most of the nodes that the pod may use are cordoned.",
            not_when: "Cordons of nodes that the pod may not use anyway.",
            remedy: "Run `kubectl uncordon` when the maintenance is done.",
        }
        TopologySpreadConflict {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Scheduling, K::Replicas]).but_not(&[(K::Replicas, D::Lowered)]),
            proof: "The scheduler counts the nodes that the topology spread constraints exclude. The constraints are shown with it.",
            not_when: "Nodes that are excluded for another reason by most of the clauses.",
            remedy: "Add a node of the topology that lacks pods, raise `maxSkew`, or use `ScheduleAnyway`.",
        }
        VolumeNodeAffinity {
            class: None, explained_by: None, flags: &[],
            inspect: Some(VOLUMES), fix: None,
            changes: Changes::exact(&[K::Scheduling, K::Storage, K::Volume]),
            proof: "The scheduler speaks of the volume, and it is only available on nodes that do not accept the pod.",
            not_when: "A taint or a cordon that alone keeps the pod from the node of its volume.",
            remedy: "Bring the node back, or move the data.",
        }
        SchedulingGated {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Scheduling]),
            proof: "The PodScheduled condition has the reason SchedulingGated. The gates are shown with it.",
            not_when: "Pods without a gate.",
            remedy: "Find the controller that removes the gate, such as a queue, and why it waits.",
        }
        SchedulerUnavailable {
            class: None, explained_by: None, flags: &[],
            inspect: Some(NODE_LOG), fix: None,
            changes: Changes::NEVER,
            proof: "The pod has no PodScheduled condition and the lease of the scheduler is not renewed, or the pod names a scheduler that does not run. The control-plane node is the root.",
            not_when: "Pods younger than 2 minutes.",
            remedy: "Restart k3s on that node.",
        }
        StorageClassMissing {
            class: None, explained_by: None, flags: &[],
            inspect: Some(VOLUMES), fix: None,
            changes: Changes::exact(&[K::Storage, K::Volume]),
            proof: "The storage class of the claim does not exist and no volume has it; the claim names none and there is no default; or the class has no provisioner and the free volume has another class.",
            not_when: "Volumes created by hand with a class of that name.",
            remedy: "Correct the storage class.",
        }
        PvcAccessModeMismatch {
            class: None, explained_by: None, flags: &[],
            inspect: Some(VOLUMES), fix: None,
            changes: Changes::exact(&[K::Storage, K::Volume]),
            proof: "The closest free volume does not have the access mode.",
            not_when: "Classes with a provisioner.",
            remedy: "Request an access mode that the volume has.",
        }
        PvcCapacityMismatch {
            class: None, explained_by: None, flags: &[],
            inspect: Some(VOLUMES), fix: None,
            changes: Changes::exact(&[K::Storage, K::Volume]),
            proof: "The closest free volume is smaller than the claim.",
            not_when: "Classes with a provisioner.",
            remedy: "Request less, or create a larger volume.",
        }
        PvcSelectorMismatch {
            class: None, explained_by: None, flags: &[],
            inspect: Some(VOLUMES), fix: None,
            changes: Changes::exact(&[K::Storage, K::Volume]),
            proof: "The closest free volume has other labels.",
            not_when: "Classes with a provisioner.",
            remedy: "Correct the selector of the claim or the labels of the volume.",
        }
        PvAlreadyBound {
            class: None, explained_by: None, flags: &[],
            inspect: Some(VOLUMES), fix: None,
            changes: Changes::exact(&[K::Storage, K::Volume]),
            proof: "The volume that matches belongs to another claim, or is Released.",
            not_when: "Classes with a provisioner.",
            remedy: "Release the volume, or create another one.",
        }
        ProvisionerFailed {
            class: None, explained_by: None, flags: &[],
            inspect: Some(VOLUMES), fix: None,
            changes: Changes::exact(&[K::Storage, K::Volume]),
            proof: "An event of the provisioner, or a class with a provisioner that created no volume.",
            not_when: "Classes without a provisioner.",
            remedy: "Read the log of the provisioner.",
        }
        VolumeFull {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Storage, K::Volume]),
            proof: "The program gets the error that no space is left.",
            not_when: "Exhausted inotify watches, which give the same error.",
            remedy: "Grow the volume, or delete data.",
        }
        CpuQuotaExceeded {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::CpuRequest, K::CpuLimit, K::Replicas, K::Quota])
                .but_not(&[(K::CpuRequest, D::Lowered), (K::CpuRequest, D::Removed), (K::Replicas, D::Lowered)]),
            proof: "The API server rejects the pod and names the quota for CPU. Used, hard and the largest users are shown with it. The quota is the root.",
            not_when: "Rejections that are over.",
            remedy: "Raise the quota, or lower the requests.",
        }
        MemoryQuotaExceeded {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::MemoryRequest, K::MemoryLimit, K::Replicas, K::Quota])
                .but_not(&[(K::MemoryRequest, D::Lowered), (K::MemoryRequest, D::Removed), (K::Replicas, D::Lowered)]),
            proof: "The API server rejects the pod and names the quota for memory. Used, hard and the largest users are shown with it. The quota is the root.",
            not_when: "Rejections that are over.",
            remedy: "Raise the quota, or lower the requests.",
        }
        PodQuotaExceeded {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Replicas, K::Autoscaler, K::Quota]).but_not(&[(K::Replicas, D::Lowered)]),
            proof: "The API server rejects the pod and names the quota for pods. Used, hard and the largest users are shown with it. The quota is the root.",
            not_when: "Rejections that are over.",
            remedy: "Raise the quota, or lower the number of replicas.",
        }
        ServiceQuotaExceeded {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Quota, K::ServicePort, K::Selector]),
            proof: "The API server rejects the Service and names the quota; or a running workload that others call has no Service and the quota for Services is used up.",
            not_when: "A used-up quota where no Service is missing.",
            remedy: "Raise the quota, or delete Services that are not used.",
        }
        StorageQuotaExceeded {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Quota, K::Storage]),
            proof: "The API server rejects the claim and names the quota; or a claim was never created in a namespace whose quota has no space left for it.",
            not_when: "A claim that is only missing.",
            remedy: "Raise the quota, or request less storage.",
        }
        AdmissionDenied {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Security, K::Policy, K::Quota])
                .plausible(&[K::Image, K::MemoryLimit, K::CpuLimit, K::Volume, K::ServiceAccount]),
            proof: "An admission webhook or policy rejects the object.",
            not_when: "A webhook that does not answer.",
            remedy: "Read the policy. Correct the manifest.",
        }
        NamespaceTerminating {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Removed]),
            proof: "The API server refuses new objects because the namespace is being deleted, or the namespace was deleted 10 minutes ago and still exists.",
            not_when: "",
            remedy: "Find out who deleted the namespace. It is empty when its last finalizer is removed; then let Git create it again.",
        }
        ServiceSelectorMismatch {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Selector]).plausible(&[K::Ingress, K::ServicePort]),
            proof: "The Service selects no pod while the pods of its workload are ready. The label that differs is shown.",
            not_when: "Pods that are down.",
            remedy: "Correct the selector or the labels.",
        }
        ServicePortMismatch {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::ServicePort, K::ContainerPort]),
            proof: "A named target port is no port of a container; or no container declares the target of any port, and no endpoint is ready, or command, arguments, environment or log name another port.",
            not_when: "Ports that the container does not declare, without such a second fact.",
            remedy: "Correct `targetPort`.",
        }
        ServiceProtocolMismatch {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::ServicePort, K::ContainerPort]),
            proof: "Every port of the Service forwards a protocol that the container does not declare, and no endpoint is ready, or a probe reaches the port over TCP where the Service forwards UDP.",
            not_when: "",
            remedy: "Correct the protocol of the port.",
        }
        ServiceNoReadyEndpoints {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Selector, K::ServicePort, K::ContainerPort, K::ReadinessProbe, K::Removed]),
            proof: "Pods are ready and no endpoint is ready, or a Service that others call does not exist.",
            not_when: "EndpointSlices that follow within seconds.",
            remedy: "Check the EndpointSlices and their controller.",
        }
        IngressBackendMissing {
            class: None, explained_by: None, flags: &[],
            inspect: Some(SERVICES), fix: None,
            changes: Changes::exact(&[K::Ingress, K::ServicePort, K::Removed]),
            proof: "The Ingress names a Service, or a port, that does not exist.",
            not_when: "Backends that exist and are not ready, ExternalName Services, and ports that ingress-nginx finds by their target.",
            remedy: "Correct the Ingress.",
        }
        RouteInvalid {
            class: None, explained_by: None, flags: &[],
            inspect: Some(SERVICES), fix: None,
            changes: Changes::exact(&[K::Ingress, K::ServicePort]),
            proof: "A condition of the Gateway, its listener or the route at its present generation, or a gateway that the route names and that does not exist.",
            not_when: "The first 2 minutes.",
            remedy: "Correct the route.",
        }
        LoadBalancerPending {
            class: None, explained_by: None, flags: &[],
            inspect: Some(SERVICES), fix: None,
            changes: Changes::exact(&[K::ServicePort]).plausible(&[K::Chart]),
            proof: "A Service of type LoadBalancer has no address in its status. An event of its controller, and K3s's pods for it, are shown with it.",
            not_when: "The first 10 minutes, Services that are being deleted, and Services whose pods are down.",
            remedy: "Check the controller that gives out addresses: ServiceLB of K3s, MetalLB or the cloud's.",
        }
        NodeCertificateExpiring {
            class: Some(FaultClass::Certificate), explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::NEVER,
            proof: "The event CertificateExpirationWarning of K3s on the node, with the time at which the certificate expires.",
            not_when: "More than 30 days left.",
            remedy: "Restart K3s on that node, which renews its certificates.",
        }
        NodeNotReady {
            class: None, explained_by: None, flags: &[],
            inspect: Some(NODE_LOG), fix: None,
            changes: Changes::NEVER,
            proof: "The kubelet reports not ready for another reason, or a pod can only run on such a node.",
            not_when: "A node that joins.",
            remedy: "Read the condition of the node.",
        }
        KubeletUnavailable {
            class: None, explained_by: None, flags: &[],
            inspect: Some(NODE_LOG), fix: None,
            changes: Changes::NEVER,
            proof: "The Ready condition is Unknown: the kubelet does not report.",
            not_when: "",
            remedy: "Log in to the node and run `systemctl status k3s` or `systemctl status k3s-agent`.",
        }
        ControlPlaneUnavailable {
            class: None, explained_by: None, flags: &[],
            inspect: Some(NODE_LOG), fix: None,
            changes: Changes::NEVER,
            proof: "The leases of kube-controller-manager or kube-scheduler are not renewed.",
            not_when: "Controllers that work without a lease.",
            remedy: "Restart k3s on that node.",
        }
        ContainerRuntimeUnavailable {
            class: None, explained_by: None, flags: &[],
            inspect: Some(NODE_LOG), fix: None,
            changes: Changes::NEVER,
            proof: "The kubelet reports that the container runtime does not answer.",
            not_when: "Network plugins, which report through the runtime.",
            remedy: "Restart k3s on the node.",
        }
        KubeProxyUnavailable {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::NEVER,
            proof: "The pods of kube-proxy fail.",
            not_when: "K3s, where kube-proxy is part of the agent.",
            remedy: "Check the kube-proxy pod on that node.",
        }
        MemoryPressure {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::NEVER,
            proof: "The MemoryPressure condition of the node.",
            not_when: "",
            remedy: "Move or limit what uses the most memory.",
        }
        DiskPressure {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::NEVER,
            proof: "The DiskPressure condition of the node.",
            not_when: "",
            remedy: "Prune images, delete data, or grow the disk.",
        }
        PidPressure {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::NEVER,
            proof: "The PIDPressure condition of the node.",
            not_when: "",
            remedy: "Find the program that starts too many processes.",
        }
        ScaledToZero {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Replicas, K::Autoscaler]).but_not(&[(K::Replicas, D::Raised)]),
            proof: "The principal workload of a P0 or P1 service has zero replicas.",
            not_when: "P2 and P3 services, which may be switched off.",
            remedy: "Restore the replicas in Git.",
        }
        WorkloadMissing {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Source, K::Removed]),
            proof: "Pods and workloads were read and none belongs to the service.",
            not_when: "P2 and P3 services, and dumps that do not contain the namespace or the kinds.",
            remedy: "Sync the application in Argo CD.",
        }
        RolloutStuck {
            class: None, explained_by: Some(DependencyKind::Runtime), flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[])
                .plausible(&[K::Image, K::Config, K::Env, K::Command, K::ReadinessProbe, K::LivenessProbe, K::StartupProbe, K::Probe, K::Scheduling, K::MemoryRequest, K::CpuRequest, K::Volume, K::Security, K::SecretReference, K::ContainerPort]),
            proof: "The rollout passed its deadline and its pods show no more specific symptom.",
            not_when: "Paused rollouts.",
            remedy: "Check the new pods. Revert the change.",
        }
        JobFailed {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Command, K::Image])
                .plausible(&[K::Env, K::Config, K::SecretReference, K::Secret, K::Volume]),
            proof: "The Failed condition of the Job, a failed pod of a workflow without a later success, or a run that ended and left no success.",
            not_when: "Retries that succeeded, and older failures.",
            remedy: "Read the log of the Job.",
        }
        BackupOverdue {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Schedule, K::Command, K::Image])
                .plausible(&[K::Env, K::Config, K::SecretReference, K::Secret, K::Volume]),
            proof: "The time of the last success, compared with Backup Max Age and the schedule.",
            not_when: "Suspended CronJobs, and CronJobs that were never due.",
            remedy: "Run the backup by hand.",
        }
        BackupFailing {
            class: Some(FaultClass::Backup), explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Schedule, K::Command, K::Image])
                .plausible(&[K::Env, K::Config, K::SecretReference, K::Secret, K::Volume]),
            proof: "A database, a backup or its target says by its condition or phase that backups fail.",
            not_when: "A failed backup after which a later one succeeded.",
            remedy: "Read the message. Check the credentials and the space of the backup target.",
        }
        CronJobMissed {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Schedule]),
            proof: "The schedule, compared with the time of the last start, or with the last success while a run hangs.",
            not_when: "CronJobs that are suspended or not yet due.",
            remedy: "Check the CronJob controller.",
        }
        HpaCannotScale {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Autoscaler, K::CpuRequest, K::MemoryRequest]),
            proof: "A condition of the HorizontalPodAutoscaler.",
            not_when: "Autoscalers at their minimum or maximum.",
            remedy: "Check metrics-server.",
        }
        CertificateExpired {
            class: Some(FaultClass::Certificate), explained_by: None, flags: &[],
            inspect: Some(RENEWAL), fix: None,
            changes: Changes::exact(&[K::Certificate]).plausible(&[K::Ingress, K::SecretReference, K::Secret]),
            proof: "notAfter of the certificate is in the past.",
            not_when: "",
            remedy: "Check the issuer and the challenge.",
        }
        CertificateOverdue {
            class: Some(FaultClass::Certificate), explained_by: None, flags: &[],
            inspect: Some(RENEWAL), fix: None,
            changes: Changes::exact(&[K::Certificate]).plausible(&[K::Ingress, K::SecretReference, K::Secret]),
            proof: "The renewal time and notAfter of the certificate. If its issuer is not ready, the issuer is the root.",
            not_when: "Attempts to renew a valid certificate before a third of the time to its expiry has passed.",
            remedy: "Follow the renewal.",
        }
        IssuerNotReady {
            class: Some(FaultClass::Certificate), explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Certificate]).plausible(&[K::Ingress, K::SecretReference, K::Secret]),
            proof: "The Ready condition of the issuer.",
            not_when: "Restarts of cert-manager.",
            remedy: "Read the condition of the issuer.",
        }
        ArgoSyncFailed {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::Source, K::Chart]).or_any(),
            proof: "The last operation of the application failed, or its manifests cannot be compared.",
            not_when: "OutOfSync alone, and a sync in progress.",
            remedy: "Read the message of the application.",
        }
        ArgoDegraded {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[]).or_any(),
            proof: "The health of the application is Degraded.",
            not_when: "Progressing, Suspended and Missing.",
            remedy: "Check the resources of the application.",
        }
        SecretStoreNotReady {
            class: None, explained_by: Some(DependencyKind::Secrets), flags: &[Flag::FollowsRoot],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::SecretReference]).plausible(&[K::Secret, K::ServiceAccount, K::Policy]),
            proof: "The Ready condition of the store. If a Vault behind it is sealed or fails, Vault is the root.",
            not_when: "A single check that failed.",
            remedy: "Check the provider of the store.",
        }
        ExternalSecretFailed {
            class: None, explained_by: Some(DependencyKind::Secrets), flags: &[Flag::FollowsRoot],
            inspect: None, fix: None,
            changes: Changes::exact(&[K::SecretReference]).plausible(&[K::Secret, K::ServiceAccount, K::Policy]),
            proof: "The Ready condition of the ExternalSecret. If its store is not ready, the store is the root.",
            not_when: "A refresh that failed moments ago.",
            remedy: "Check the name of the key.",
        }
        VaultSealed {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: Some(UNSEAL),
            changes: Changes::exact(&[])
                .plausible(&[K::Image, K::Config, K::Env, K::Command, K::Volume, K::Replicas]),
            proof: "A label, a probe or the log of Vault; or Vault runs without an error and was never ready since a recent start of its container, and the services file says that it waits to be unsealed.",
            not_when: "A Vault that cannot pull its image, start or connect, that was ready since its start, or whose probe timed out.",
            remedy: "Unseal Vault.",
        }
        WebhookBackendDown {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: None,
            changes: Changes::exact(&[])
                .plausible(&[K::Image, K::Config, K::Policy, K::Selector, K::ServicePort]),
            proof: "The API server calls an admission webhook and gets no answer.",
            not_when: "Rejections by the webhook.",
            remedy: "Bring its workload back. Until then it blocks every change that it checks.",
        }
        MonitoringBlind {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: Some(DOCTOR),
            changes: Changes::NEVER,
            proof: "Pods, nodes or workloads could not be read, or pods run where there is no node.",
            not_when: "API groups that the cluster does not have, and kinds that a dump does not contain.",
            remedy: "Run `k8s-monitor doctor`.",
        }
        InventoryInvalid {
            class: None, explained_by: None, flags: &[],
            inspect: None, fix: Some(LINT),
            changes: Changes::NEVER,
            proof: "The services file has errors, or names no namespace for a service whose name is not that of workloads in exactly one.",
            not_when: "Warnings.",
            remedy: "Run `k8s-monitor services lint`.",
        }
    }
}

impl Cause {
    /// Whether this holds for it.
    #[must_use]
    pub fn has(self, flag: Flag) -> bool {
        self.row().flags.contains(&flag)
    }
}
