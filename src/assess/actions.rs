//! The next commands for an incident, with the real names filled in: check, fix in Git, verify.

use super::incident::Incident;
use crate::inventory::Service;
use crate::model::{AppliesTo, Describe, Effect, Finding, ObjectRef, PodLog, Step, duration};

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

/// The most steps of an incident.
const MOST: usize = 4;

/// One to four steps for an incident.
#[must_use]
pub fn actions(incident: &Incident, service: Option<&Service>) -> Vec<Action> {
    let root = incident.root();
    let fix = fix(root, service);
    let verify = verify(root, service);
    let mut actions = checks(root, service);
    actions.truncate(MOST - usize::from(fix.is_some()) - usize::from(verify.is_some()));
    actions.extend(fix);
    actions.extend(verify);
    actions
}

/// The commands that show the fault, the most specific first.
fn checks(finding: &Finding, service: Option<&Service>) -> Vec<Action> {
    let inspect = finding.cause.and_then(|cause| cause.row().inspect.as_ref());
    let inspect = inspect.filter(|step| applies(step, finding, service));
    [
        describe(finding),
        read_log(finding),
        inspect.and_then(|step| filled_in(step, finding)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// ` -n NAMESPACE`; nothing for objects without a namespace.
fn in_namespace(resource: &ObjectRef) -> String {
    match resource.namespace.as_str() {
        "" => String::new(),
        namespace => format!(" -n {namespace}"),
    }
}

fn describe(finding: &Finding) -> Option<Action> {
    let resource = &finding.resource;
    let (name, namespace) = (&resource.name, in_namespace(resource));
    let pod = match finding.reason.row().describe {
        Describe::Nothing => return None,
        Describe::Object => None,
        Describe::Pod => finding.pods.first().filter(|_| resource.kind != "Node"),
    };
    if resource.kind == "Service" {
        return Some(action(
            "Compare selector and ports with the pods",
            format!(
                "kubectl describe service {name}{namespace} && kubectl get pods{namespace} --show-labels"
            ),
        ));
    }
    let (kind, name) = pod.map_or((resource.kind.as_str(), name), |pod| ("pod", &pod.name));
    Some(action(
        "Check the object and its events",
        format!("kubectl describe {} {name}{namespace}", kind.to_lowercase()),
    ))
}

fn read_log(finding: &Finding) -> Option<Action> {
    let run = match finding.reason.row().log {
        PodLog::None => return None,
        PodLog::Current => "",
        PodLog::Previous => " --previous",
    };
    let pod = finding.pods.first()?;
    Some(action(
        "Read its last log lines",
        format!(
            "kubectl logs {} -n {} --all-containers --tail=50{run}",
            pod.name, pod.namespace
        ),
    ))
}

fn applies(step: &Step, finding: &Finding, service: Option<&Service>) -> bool {
    match step.applies_to {
        AppliesTo::All => true,
        AppliesTo::Nodes => finding.resource.kind == "Node",
        AppliesTo::Service(name) => service.is_some_and(|s| s.is_called(name)),
    }
}

/// The step with the names of the finding. None where it needs a pod and there is none.
fn filled_in(step: &Step, finding: &Finding) -> Option<Action> {
    let mut command = step
        .command
        .replace("{namespace}", &in_namespace(&finding.resource))
        .replace("{name}", &finding.resource.name);
    if command.contains("{pod}") {
        let pod = finding.pods.first()?;
        command = command
            .replace("{pod}", &pod.name)
            .replace("{pod_namespace}", &pod.namespace);
    }
    Some(action(step.title, command))
}

fn fix(finding: &Finding, service: Option<&Service>) -> Option<Action> {
    let own = finding.cause.and_then(|cause| cause.row().fix.as_ref());
    if let Some(step) = own.filter(|step| applies(step, finding, service)) {
        return filled_in(step, finding);
    }
    if finding.effect == Effect::Starting {
        return None;
    }
    let gitops = &service?.gitops;
    let manifests = gitops.manifests.as_deref().or(gitops.app_file.as_deref())?;
    Some(action(
        "Review the last changes and fix it in Git; Argo CD reverts changes made elsewhere",
        format!("git log -p -5 -- {manifests}"),
    ))
}

/// How to verify that it is resolved, and how long that may take.
fn verify(finding: &Finding, service: Option<&Service>) -> Option<Action> {
    let resource = &finding.resource;
    let (name, namespace) = (&resource.name, in_namespace(resource));
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
            "Verify; it may take up to {} to start",
            duration::human(grace)
        ),
        None => "Verify".to_owned(),
    };
    Some(action(&title, command))
}
