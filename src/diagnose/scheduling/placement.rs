//! Constraints on where a pod may be placed that depend on other pods, and gates that keep
//! the scheduler from trying.

use super::scheduler_message::{count, node_message};
use crate::cluster::types::{Container, condition};
use crate::detect::running_containers;
use crate::diagnose::text::listed;
use crate::diagnose::{Proof, RuleContext};
use crate::model::{FactKind, Reason};

/// A controller holds the pod back by a gate.
pub fn gated(context: &RuleContext) -> Option<Proof> {
    let reasons = [
        Reason::FailedScheduling,
        Reason::Pending,
        Reason::ProgressDeadlineExceeded,
    ];
    if !context.is(&reasons) {
        return None;
    }
    let is_gated = |conditions| {
        condition(conditions, "PodScheduled").is_some_and(|c| c.reason == "SchedulingGated")
    };
    let mut pods = context.pods.iter();
    let pod = pods.find(|p| is_gated(&p.status.conditions))?;
    let gates: Vec<_> = pod.spec.scheduling_gates.iter().map(|g| &*g.name).collect();
    let gates = if gates.is_empty() {
        "that its specification does not name".to_owned()
    } else {
        listed(&gates)
    };
    Some(
        Proof::object(format!("schedulingGates: {gates}")).message(format!(
            "the scheduler does not try to place it while it has the scheduling gate {gates}"
        )),
    )
}

/// Whether a phrase excludes at least as many nodes as a lack of resources.
fn outweighs_resources(message: &str, phrase: &str) -> bool {
    let nodes = count(message, phrase);
    let lacking = count(message, "Insufficient").max(count(message, "Too many pods"));
    nodes > 0 && nodes >= lacking
}

/// The pod would stand too unevenly over the nodes.
pub fn topology_spread(context: &RuleContext) -> Option<Proof> {
    let message = node_message(context)?;
    if !outweighs_resources(message, "topology spread constraints") {
        return None;
    }
    let spec = context.spec()?;
    let hard = spec
        .topology_spread_constraints
        .iter()
        .filter(|c| c.when_unsatisfiable != "ScheduleAnyway");
    let constraints: Vec<_> = hard
        .map(|c| format!("maxSkew {} per {}", c.max_skew.max(1), c.topology_key))
        .collect();
    let constraints = listed(&constraints);
    Some(
        Proof::object(format!("topologySpreadConstraints: {constraints}"))
            .and(FactKind::Object, format!("scheduler: {message}"))
            .message(format!(
                "no node keeps its topology spread constraint ({constraints})"
            )),
    )
}

/// Another pod on each node has the host port.
pub fn host_ports(context: &RuleContext) -> Option<Proof> {
    let message = node_message(context)?;
    if !outweighs_resources(message, "free ports for the requested pod ports") {
        return None;
    }
    let spec = context.spec()?;
    let of = |c: &Container| -> Vec<i32> {
        let ports = c.ports.iter();
        let own = |p: &crate::cluster::types::ContainerPort| match p.host_port {
            Some(port) => Some(port),
            None => spec.host_network.then_some(p.container_port),
        };
        ports.filter_map(own).filter(|p| *p != 0).collect()
    };
    let ports: Vec<_> = running_containers(spec).flat_map(of).collect();
    let text: Vec<_> = ports.iter().map(ToString::to_string).collect();
    let users: Vec<_> = context
        .index
        .workloads
        .iter()
        .filter(|w| {
            w.pods.iter().any(|p| {
                let mut taken = p.spec.containers.iter().flat_map(|c| c.ports.iter());
                !p.node().is_empty()
                    && taken.any(|t| t.host_port.is_some_and(|h| ports.contains(&h)))
            })
        })
        .map(|w| w.reference().to_string())
        .collect();
    let mut proof = Proof::object(format!("hostPort {}", listed(&text)))
        .and(FactKind::Object, format!("scheduler: {message}"));
    if !users.is_empty() {
        let fact = format!("host port in use by pods of {}", listed(&users));
        proof = proof.and(FactKind::Object, fact);
    }
    Some(proof.message(format!(
        "host port {} is in use on every node that it could run on",
        listed(&text)
    )))
}
