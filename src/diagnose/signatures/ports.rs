//! Containers of one pod that use the same port.

use super::evidence::with_end;
use crate::cluster::types::{Container, Pod};
use crate::diagnose::context::container;
use crate::diagnose::text::{clip, has_any, one_line};
use crate::diagnose::{Proof, RuleContext};

/// The containers of a pod share its ports. A container that ends again and again
/// beside another one that listens on its port need not log the reason.
pub fn shared_port(context: &RuleContext) -> Option<Proof> {
    let (pod, status, _) = context
        .ends()
        .find(|(_, _, end)| !matches!(end.exit_code, 137 | 143))?;
    let own = container(pod, &status.name)?;
    let others = pod.spec.containers.iter().filter(|c| c.name != own.name);
    let runs = |name: &str| {
        pod.status
            .container_statuses
            .iter()
            .any(|s| s.name == name && s.state.running.is_some())
    };
    for other in others.filter(|c| runs(&c.name)) {
        for port in own.ports.iter() {
            let number = port.container_port;
            let Some(how) = claims(context, pod, other, number) else {
                continue;
            };
            let proof = Proof::object(format!(
                "containers {} and {} both use port {number}: {how}",
                own.name, other.name
            ));
            let proof = proof.message(format!(
                "port {number} of container {} is in use by container {} of the same pod",
                own.name, other.name
            ));
            return Some(with_end(context, proof));
        }
    }
    None
}

/// The evidence that a container listens on a port itself.
fn claims(context: &RuleContext, pod: &Pod, other: &Container, port: i32) -> Option<String> {
    const LISTENS: &[&str] = &["statusport", "listen", "bind", "http-address", "opening"];
    if other.ports.iter().any(|p| p.container_port == port) {
        return Some(format!("container {} declares it too", other.name));
    }
    let number = port.to_string();
    let listens_on = |text: &str| {
        let lower = text.to_lowercase();
        let is_word = lower
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| word == number);
        is_word && has_any(&lower, LISTENS) && !lower.contains("upstream")
    };
    let values = other.env.iter().map(|v| format!("{}={}", v.name, v.value));
    let mut settings = other
        .args
        .iter()
        .chain(&other.command)
        .map(ToString::to_string)
        .chain(values);
    if let Some(setting) = settings.find(|s| listens_on(s)) {
        return Some(format!(
            "container {} is configured for it ({})",
            other.name,
            clip(&setting)
        ));
    }
    let logs = context
        .index
        .logs(pod)
        .iter()
        .filter(|l| l.container == other.name);
    let line = logs
        .flat_map(|l| l.text.lines())
        .find(|line| listens_on(line))?;
    Some(format!("container {} logs: {}", other.name, one_line(line)))
}
