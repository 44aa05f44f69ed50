//! The next commands for an incident, with the real names filled in: check, fix in Git, verify.

use super::incident::Incident;
use crate::inventory::Service;
use crate::model::{
    Action, AppliesTo, Describe, Effect, Finding, ObjectRef, PodLog, Program, Refusal,
    ShellCommand, Step, StepWord, duration,
};

/// The beginning of the last step's title.
const VERIFY: &str = "Verify";

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

fn describe(finding: &Finding) -> Option<Action> {
    let resource = &finding.resource;
    let pod = match finding.reason.row().describe {
        Describe::Nothing => return None,
        Describe::Object => None,
        Describe::Pod => finding.pods.first().filter(|_| !resource.is("Node")),
    };
    if resource.is("Service") {
        let title = "Compare selector and ports with the pods";
        return Some(Action::new(title, describe_service(resource)));
    }
    let own = resource.kubectl_kind();
    let (kind, name) = pod.map_or((&*own, &resource.name), |pod| ("pod", &pod.name));
    let command = Program::Kubectl.command().words("describe");
    let command = command.kind(kind).name(name).namespace(&resource.namespace);
    Some(Action::new(
        "Check the object and its events",
        command.build(),
    ))
}

fn describe_service(service: &ObjectRef) -> Result<ShellCommand, Refusal> {
    let kubectl = || Program::Kubectl.command();
    let describe = kubectl().words("describe service").name(&service.name);
    let pods = kubectl().words("get pods").namespace(&service.namespace);
    let describe = describe.namespace(&service.namespace).build()?;
    describe.and(pods.words("--show-labels").build()?)
}

fn read_log(finding: &Finding) -> Option<Action> {
    let lines = match finding.reason.row().log {
        PodLog::None => return None,
        PodLog::Current => "--all-containers --tail=50",
        PodLog::Previous => "--all-containers --tail=50 --previous",
    };
    let pod = finding.pods.first()?;
    let command = Program::Kubectl.command().words("logs").name(&pod.name);
    let command = command.namespace(&pod.namespace).words(lines);
    Some(Action::new("Read its last log lines", command.build()))
}

fn applies(step: &Step, finding: &Finding, service: Option<&Service>) -> bool {
    match step.applies_to {
        AppliesTo::All => true,
        AppliesTo::Nodes => finding.resource.is("Node"),
        AppliesTo::Service(name) => service.is_some_and(|s| s.is_called(name)),
    }
}

/// The step with the names of the finding. None where it needs a pod and there is none.
fn filled_in(step: &Step, finding: &Finding) -> Option<Action> {
    let mut command = step.program.command();
    for word in step.words {
        command = match word {
            StepWord::Words(words) => command.words(words),
            StepWord::Namespace => command.namespace(&finding.resource.namespace),
            StepWord::Node => command.node(&finding.resource.name),
            StepWord::Pod => {
                let pod = finding.pods.first()?;
                command.name(&pod.name).namespace(&pod.namespace)
            }
        };
    }
    Some(Action::new(step.title, command.build()))
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
    let paths = [gitops.manifests.as_deref(), gitops.app_file.as_deref()];
    let paths: Vec<_> = paths.into_iter().flatten().collect();
    if paths.is_empty() {
        return None;
    }
    let command = Program::Git.command().words("log -p -5").paths(&paths);
    Some(Action::new(
        "Review the last changes and fix it in Git; Argo CD reverts changes made elsewhere",
        command.build(),
    ))
}

/// How to verify that it is resolved, and how long that may take.
fn verify(finding: &Finding, service: Option<&Service>) -> Option<Action> {
    let ObjectRef {
        kind,
        namespace,
        name,
        group,
    } = &finding.resource;
    let kubectl = Program::Kubectl.command();
    let command = match kind.as_str() {
        _ if !group.is_empty() => {
            let kind = finding.resource.kubectl_kind();
            let command = kubectl.words("get").kind(&kind).name(name);
            command.namespace(namespace)
        }
        "Deployment" | "StatefulSet" | "DaemonSet" => {
            let command = kubectl.words("rollout status").object(kind, name);
            command.namespace(namespace)
        }
        "Node" => kubectl.words("get node").name(name).words("-w"),
        "Service" => {
            let command = kubectl.words("get endpointslices").namespace(namespace);
            command
                .words("-l")
                .label("kubernetes.io/service-name", name)
        }
        "CronJob" => {
            let command = kubectl.words("get jobs").namespace(namespace);
            command.words("--sort-by=.status.startTime")
        }
        "ResourceQuota" => kubectl.words("get replicasets").namespace(namespace),
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
        | "HorizontalPodAutoscaler" => {
            let command = kubectl.words("get").kind(kind).name(name);
            command.namespace(namespace)
        }
        _ => return None,
    };
    let runs = matches!(kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet");
    let title = match service.and_then(|s| s.startup_grace).filter(|_| runs) {
        Some(grace) => format!(
            "{VERIFY}; it may take up to {} to start",
            duration::human(grace)
        ),
        None => VERIFY.to_owned(),
    };
    Some(Action::new(title, command.build()))
}

/// Adds steps. The check that all is well again stays last.
pub fn insert_before_verification(actions: &mut Vec<Action>, more: Vec<Action>) {
    let is_verification = |action: &Action| action.title.starts_with(VERIFY);
    let at = actions.len() - usize::from(actions.last().is_some_and(is_verification));
    actions.splice(at..at, more);
}
