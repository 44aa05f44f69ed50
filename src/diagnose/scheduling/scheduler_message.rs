//! The scheduler's message about a pending pod.

use crate::cluster::types::PodSpec;
use crate::diagnose::RuleContext;
use crate::diagnose::node_fit::{CandidateNodes, candidates};
use crate::model::Reason;

/// The part of the scheduler's message about the nodes, without preemption.
pub fn node_message<'a>(context: &RuleContext<'a>) -> Option<&'a str> {
    if !context.is(&[Reason::FailedScheduling, Reason::ProgressDeadlineExceeded]) {
        return None;
    }
    let message = context.finding.message.as_str();
    let (_, nodes) = message.split_once("nodes are available: ")?;
    Some(nodes.split(" preemption:").next().unwrap_or(nodes))
}

/// The clauses of the scheduler's message, each with its number of nodes.
fn clauses(message: &str) -> impl Iterator<Item = (usize, &str)> {
    message.split(", ").filter_map(|clause| {
        let (count, what) = clause.trim().trim_end_matches('.').split_once(' ')?;
        Some((count.parse().ok()?, what))
    })
}

/// The number of nodes in the clauses with a phrase.
pub fn count(message: &str, phrase: &str) -> usize {
    clauses(message)
        .filter(|(_, what)| what.contains(phrase))
        .map(|(count, _)| count)
        .sum()
}

/// The scheduler's message about a pod without a node, the pod's specification
/// and its candidate nodes.
pub fn pending<'a>(
    context: &RuleContext<'a>,
) -> Option<(&'a str, &'a PodSpec, CandidateNodes<'a>)> {
    let message = node_message(context)?;
    let pod = context.pods.iter().find(|p| p.node().is_empty())?;
    let nodes = candidates(context, &pod.spec)?;
    Some((message, &pod.spec, nodes))
}
