//! The scheduler's own words.

use crate::cluster::types::PodSpec;
use crate::diagnose::RuleContext;
use crate::diagnose::node_fit::{CandidateNodes, choose};
use crate::model::Reason;

/// What the scheduler said of the nodes, without what it said of preemption.
pub fn verdict<'a>(context: &RuleContext<'a>) -> Option<&'a str> {
    if !context.is(&[Reason::FailedScheduling, Reason::ProgressDeadlineExceeded]) {
        return None;
    }
    let message = context.finding.message.as_str();
    let (_, said) = message.split_once("nodes are available: ")?;
    Some(said.split(" preemption:").next().unwrap_or(said))
}

/// The clauses of the scheduler's verdict, each with how many nodes it counts.
pub fn clauses(verdict: &str) -> impl Iterator<Item = (usize, &str)> {
    verdict.split(", ").filter_map(|clause| {
        let (count, what) = clause.trim().trim_end_matches('.').split_once(' ')?;
        Some((count.parse().ok()?, what))
    })
}

pub fn counts(verdict: &str, words: &str) -> usize {
    clauses(verdict)
        .filter(|(_, what)| what.contains(words))
        .map(|(count, _)| count)
        .sum()
}

pub fn pending<'a>(
    context: &RuleContext<'a>,
) -> Option<(&'a str, &'a PodSpec, CandidateNodes<'a>)> {
    let said = verdict(context)?;
    let pod = context.pods.iter().find(|p| p.node().is_empty())?;
    let choice = choose(context, &pod.spec)?;
    Some((said, &pod.spec, choice))
}
