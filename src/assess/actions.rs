//! What to type next: commands with the real names filled in, in the order
//! look, fix through Git, verify.

use super::incident::Incident;
use crate::detect::{Cause, Finding, Reason};
use crate::inventory::Service;

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

/// One to four steps for an incident.
#[must_use]
pub fn actions(incident: &Incident, service: Option<&Service>) -> Vec<Action> {
    let root = incident.root();
    let mut actions = look(root);
    actions.extend(fix(root, service));
    actions.extend(verify(root));
    actions.truncate(4);
    actions
}

fn look(finding: &Finding) -> Vec<Action> {
    let resource = &finding.resource;
    let namespace = if resource.namespace.is_empty() {
        String::new()
    } else {
        format!(" -n {}", resource.namespace)
    };
    let mut actions = Vec::new();
    if resource.kind == "Service" {
        let compare = format!(
            "kubectl describe service {}{namespace} && kubectl get pods{namespace} --show-labels",
            resource.name
        );
        return vec![action("Compare selector and ports with the pods", compare)];
    }
    if matches!(
        finding.reason,
        Reason::MonitoringBlind | Reason::InventoryInvalid
    ) {
        return actions;
    }
    actions.push(action(
        "Look at the object and its events",
        format!(
            "kubectl describe {} {}{namespace}",
            resource.kind.to_lowercase(),
            resource.name
        ),
    ));
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
    if let Some(pod) = finding.pods.first().filter(|_| has_log) {
        let previous = if matches!(
            finding.reason,
            Reason::CrashLoopBackOff | Reason::OOMKilled | Reason::BackOff
        ) {
            " --previous"
        } else {
            ""
        };
        actions.push(action(
            "Read its last words",
            format!(
                "kubectl logs {} -n {} --all-containers --tail=50{previous}",
                pod.name, pod.namespace
            ),
        ));
    }
    actions
}

fn fix(finding: &Finding, service: Option<&Service>) -> Option<Action> {
    match finding.cause {
        Some(Cause::VaultSealed) => {
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
        _ => {}
    }
    let manifests = service?
        .gitops
        .manifests
        .as_deref()
        .or(service?.gitops.app_file.as_deref())?;
    Some(action(
        "See what changed in Git; fix it there, Argo CD undoes anything else",
        format!("git log -p -5 -- {manifests}"),
    ))
}

fn verify(finding: &Finding) -> Option<Action> {
    let resource = &finding.resource;
    let command = match resource.kind.as_str() {
        "Deployment" | "StatefulSet" | "DaemonSet" => format!(
            "kubectl rollout status {}/{} -n {}",
            resource.kind.to_lowercase(),
            resource.name,
            resource.namespace
        ),
        "Node" => format!("kubectl get node {} -w", resource.name),
        "Service" => format!(
            "kubectl get endpointslices -n {} -l kubernetes.io/service-name={}",
            resource.namespace, resource.name
        ),
        "CronJob" => format!(
            "kubectl get jobs -n {} --sort-by=.status.startTime",
            resource.namespace
        ),
        _ => return None,
    };
    Some(action("Verify", command))
}
