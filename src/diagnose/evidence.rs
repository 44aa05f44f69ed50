//! What is at hand about a failure without a proven cause: what the runtime and the kubelet
//! say, and the last line of the log.

use chrono::TimeDelta;

use super::text::{clip, one_line};
use super::{Proof, RuleContext, logs, start};
use crate::detect;
use crate::model::{Fact, FactKind, Reason};

/// Events that are older say nothing about the present.
const RECENT: TimeDelta = TimeDelta::minutes(15);
/// Each reason once, the newest first.
const MOST_EVENTS: usize = 2;
/// Events that repeat the symptom.
const REPEAT_SYMPTOM: &[&str] = &["BackOff", "FailedScheduling", "FailedCreate"];

/// The facts, strongest first.
pub fn at_hand(context: &RuleContext) -> Vec<Fact> {
    let mut facts = Vec::new();
    for failure in start::failures(context).iter().take(1) {
        facts.extend(Proof::object(failure.text).facts);
    }
    facts.extend(events(context));
    let mut lines = vec![logs::last_error(context), logs::last_line(context)];
    lines.dedup();
    for line in lines.into_iter().flatten() {
        facts.extend(Proof::of(FactKind::Log, line).facts);
    }
    facts
}

fn events(context: &RuleContext) -> Vec<Fact> {
    let now = context.index.now();
    let mut events: Vec<_> = context
        .events()
        .filter(|e| !REPEAT_SYMPTOM.contains(&e.reason.as_str()))
        .filter(|e| e.last().is_some_and(|t| now - t <= RECENT))
        .collect();
    events.sort_by_key(|e| std::cmp::Reverse(e.last()));
    let mut reasons: Vec<&str> = Vec::new();
    let mut facts = Vec::new();
    for event in events {
        if reasons.len() < MOST_EVENTS && !reasons.contains(&event.reason.as_str()) {
            reasons.push(&event.reason);
            let text = format!("{}: {}", event.reason, clip(&one_line(&event.message)));
            facts.extend(Proof::event(text).facts);
        }
    }
    facts
}

/// The workload whose image the node pulls first, while the pods of the finding wait.
pub fn pull_before(context: &RuleContext) -> Option<String> {
    if !context.is(&[Reason::ContainerCreating]) {
        return None;
    }
    let mut before = context.pods.iter();
    let before = before.find_map(|pod| detect::pull_before(context.index, pod))?;
    (before != context.finding.resource).then(|| before.to_string())
}
