//! What to type next: commands with the real names filled in, in the order
//! look, fix through Git, verify.

use super::incident::Incident;
use crate::inventory::Service;
use crate::model::{Cause, Effect, Finding, ObjectRef, Reason, duration};

/// A step with its command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// What the command is for.
    pub title: String,
    /// The command, ready to paste.
    pub command: String,
}

fn action(title: &str, command: String) -> Action {
    Action {
        title: title.to_owned(),
        command,
    }
}

/// No more steps than a person follows at night.
const MOST: usize = 4;

/// One to four steps for an incident.
#[must_use]
pub fn actions(incident: &Incident, service: Option<&Service>) -> Vec<Action> {
    let root = incident.root();
    let fix = fix(root, service);
    let verify = verify(root, service);
    let mut actions = look(root);
    actions.truncate(MOST - usize::from(fix.is_some()) - usize::from(verify.is_some()));
    actions.extend(fix);
    actions.extend(verify);
    actions
}

/// What shows the trouble, the most telling first.
fn look(finding: &Finding) -> Vec<Action> {
    if matches!(
        finding.reason,
        Reason::MonitoringBlind | Reason::InventoryInvalid
    ) {
        return Vec::new();
    }
    let mut actions = vec![first_look(finding)];
    actions.extend(last_words(finding));
    actions.extend(finding.cause.and_then(|cause| second_look(cause, finding)));
    actions
}

/// ` -n NAMESPACE`; nothing for what has none.
fn within(resource: &ObjectRef) -> String {
    match resource.namespace.as_str() {
        "" => String::new(),
        namespace => format!(" -n {namespace}"),
    }
}

fn first_look(finding: &Finding) -> Action {
    let resource = &finding.resource;
    let (name, namespace) = (&resource.name, within(resource));
    if resource.kind == "Service" {
        return action(
            "Compare selector and ports with the pods",
            format!(
                "kubectl describe service {name}{namespace} && kubectl get pods{namespace} --show-labels"
            ),
        );
    }
    // What was never placed or made says why on the pod.
    let of_pod = matches!(
        finding.reason,
        Reason::FailedScheduling | Reason::Pending | Reason::ContainerCreating
    );
    let (kind, name) = match finding.pods.first() {
        Some(pod) if of_pod && resource.kind != "Node" => ("pod", &pod.name),
        _ => (resource.kind.as_str(), name),
    };
    action(
        "Look at the object and its events",
        format!("kubectl describe {} {name}{namespace}", kind.to_lowercase()),
    )
}

fn last_words(finding: &Finding) -> Option<Action> {
    let has_log = matches!(
        finding.reason,
        Reason::CrashLoopBackOff
            | Reason::Error
            | Reason::OOMKilled
            | Reason::ContainersNotReady
            | Reason::BackOff
            | Reason::Unhealthy
            | Reason::JobFailed
    );
    let pod = finding.pods.first().filter(|_| has_log)?;
    let ended = matches!(
        finding.reason,
        Reason::CrashLoopBackOff | Reason::OOMKilled | Reason::BackOff
    );
    let previous = if ended { " --previous" } else { "" };
    Some(action(
        "Read its last words",
        format!(
            "kubectl logs {} -n {} --all-containers --tail=50{previous}",
            pod.name, pod.namespace
        ),
    ))
}

/// What a cause is best compared with.
fn second_look(cause: Cause, finding: &Finding) -> Option<Action> {
    let resource = &finding.resource;
    let namespace = within(resource);
    let (title, command) = match cause {
        Cause::NodeSelectorMismatch | Cause::NodeAffinityMismatch => (
            "Compare with the nodes' labels",
            "kubectl get nodes --show-labels".to_owned(),
        ),
        Cause::UntoleratedTaint | Cause::NodeCordoned => (
            "See taints and cordons",
            "kubectl get nodes -o custom-columns=NAME:.metadata.name,CORDONED:.spec.unschedulable,TAINTS:.spec.taints".to_owned(),
        ),
        Cause::InsufficientCpu | Cause::InsufficientMemory | Cause::TooManyPods => (
            "See what the nodes have given away",
            "kubectl describe nodes".to_owned(),
        ),
        Cause::StorageClassMissing
        | Cause::PvcAccessModeMismatch
        | Cause::PvcCapacityMismatch
        | Cause::PvcSelectorMismatch
        | Cause::PvAlreadyBound
        | Cause::ProvisionerFailed
        | Cause::VolumeNodeAffinity => (
            "Compare claims, volumes and classes",
            format!("kubectl get pvc,pv,storageclass{namespace}"),
        ),
        Cause::SecretMissing | Cause::ConfigMapMissing => (
            "See what is there, by name",
            format!("kubectl get secrets,configmaps{namespace}"),
        ),
        Cause::EnvAddressMismatch | Cause::IngressBackendMissing | Cause::RouteInvalid => (
            "See the Services and their ports",
            format!("kubectl get services{namespace}"),
        ),
        Cause::CertificateExpired | Cause::CertificateOverdue => (
            "Follow the renewal",
            format!("kubectl get certificaterequests,orders,challenges{namespace}"),
        ),
        Cause::KubeletUnavailable
        | Cause::ContainerRuntimeUnavailable
        | Cause::SchedulerUnavailable
        | Cause::NodeNotReady
            if resource.kind == "Node" =>
        {
            (
                "Ask the node itself",
                format!("ssh {} sudo journalctl -u 'k3s*' -n 50 --no-pager", resource.name),
            )
        }
        Cause::OOMKilled | Cause::CpuSaturated => (
            "See what it uses",
            format!("kubectl top pods{namespace} --containers"),
        ),
        _ => return None,
    };
    Some(action(title, command))
}

fn fix(finding: &Finding, service: Option<&Service>) -> Option<Action> {
    match finding.cause {
        Some(Cause::VaultSealed) if service.is_some_and(|s| s.is_called("vault")) => {
            let pod = finding.pods.first()?;
            return Some(action(
                "Unseal it, once for each key share",
                format!(
                    "kubectl exec -it {} -n {} -- vault operator unseal",
                    pod.name, pod.namespace
                ),
            ));
        }
        Some(Cause::MonitoringBlind) => {
            return Some(action(
                "Grant what is missing, then check",
                "k8s-monitor doctor".to_owned(),
            ));
        }
        Some(Cause::InventoryInvalid) => {
            return Some(action(
                "See each error with its line",
                "k8s-monitor services lint".to_owned(),
            ));
        }
        _ if finding.effect == Effect::Starting => return None,
        _ => {}
    }
    let gitops = &service?.gitops;
    let manifests = gitops.manifests.as_deref().or(gitops.app_file.as_deref())?;
    Some(action(
        "See what changed in Git; fix it there, Argo CD undoes anything else",
        format!("git log -p -5 -- {manifests}"),
    ))
}

/// How to see that it is over, and how long that may take.
fn verify(finding: &Finding, service: Option<&Service>) -> Option<Action> {
    let resource = &finding.resource;
    let (name, namespace) = (&resource.name, within(resource));
    let kind = resource.kind.to_lowercase();
    let command = match resource.kind.as_str() {
        "Deployment" | "StatefulSet" | "DaemonSet" => {
            format!("kubectl rollout status {kind}/{name}{namespace}")
        }
        "Node" => format!("kubectl get node {name} -w"),
        "Service" => {
            format!("kubectl get endpointslices{namespace} -l kubernetes.io/service-name={name}")
        }
        "CronJob" => format!("kubectl get jobs{namespace} --sort-by=.status.startTime"),
        "ResourceQuota" => format!("kubectl get replicasets{namespace}"),
        "PersistentVolumeClaim"
        | "Ingress"
        | "HTTPRoute"
        | "Gateway"
        | "Certificate"
        | "Issuer"
        | "ClusterIssuer"
        | "ExternalSecret"
        | "SecretStore"
        | "ClusterSecretStore"
        | "Application"
        | "HorizontalPodAutoscaler" => format!("kubectl get {kind} {name}{namespace}"),
        _ => return None,
    };
    let runs = matches!(
        resource.kind.as_str(),
        "Deployment" | "StatefulSet" | "DaemonSet"
    );
    let title = match service.and_then(|s| s.startup_grace).filter(|_| runs) {
        Some(grace) => format!(
            "Verify; it takes up to {} to start, so wait that long",
            duration::human(grace)
        ),
        None => "Verify".to_owned(),
    };
    Some(action(&title, command))
}
