//! Containers of one pod that want the same port.

use super::evidence::with_end;
use crate::cluster::types::{Container, Pod};
use crate::diagnose::context::container;
use crate::diagnose::text::{clip, has_any, one_line};
use crate::diagnose::{Proof, RuleContext};

/// Containers of a pod share its ports. One that keeps ending beside another
/// that holds the port it listens on need not even say so.
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
                "containers {} and {} both want port {number}: {how}",
                own.name, other.name
            ));
            let proof = proof.saying(format!(
                "port {number} of container {} is taken by container {} of the same pod",
                own.name, other.name
            ));
            return Some(with_end(context, proof));
        }
    }
    None
}

/// How a container shows that it listens on a port itself.
fn claims(context: &RuleContext, pod: &Pod, other: &Container, port: i32) -> Option<String> {
    const LISTENS: &[&str] = &["statusport", "listen", "bind", "http-address", "opening"];
    if other.ports.iter().any(|p| p.container_port == port) {
        return Some(format!("container {} declares it too", other.name));
    }
    let number = port.to_string();
    let holds = |text: &str| {
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
    if let Some(setting) = settings.find(|s| holds(s)) {
        return Some(format!(
            "container {} is set to it ({})",
            other.name,
            clip(&setting)
        ));
    }
    let logs = context
        .index
        .logs(pod)
        .iter()
        .filter(|l| l.container == other.name);
    let line = logs.flat_map(|l| l.text.lines()).find(|line| holds(line))?;
    Some(format!("container {} says: {}", other.name, one_line(line)))
}
