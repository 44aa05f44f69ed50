//! k8s-analyzer: why it probably happened.
//!
//! In: the incident, its evidence by id, the services file's entry, suspects,
//! what it looked up. Out: [`Diagnosis`]. Without a usable answer the rules'
//! own words. It decides nothing.

use serde::{Deserialize, Serialize};

use super::budget::INCIDENT_IN;
use super::client::{Ask, ModelClient, NoAnswer};
use super::commands::Names;
use super::lookups::{AT_ONCE, LookUp, ROUNDS, Wanted};
use super::output_filter;
use super::prompt::Role;
use super::prompt_context::PromptContext;
use super::remediation::{Step, Sure, grounded};
use super::schema::answer;
use super::{CacheAndSpend, CycleContext};
use crate::model::Confidence;
use crate::report::Incident;

const ROLE: Role = Role::Analyzer;
/// One answer, in tokens.
const ANSWER: u64 = 400;
/// With less than this left for answers nothing more is looked up.
const LAST: u64 = 280;
/// No hypothesis is longer, in characters.
const HYPOTHESIS: usize = 420;

answer! {
    /// What the model answers.
    Answer {
        /// What probably happened.
        hypothesis "hypothesis": String,
        /// How sure.
        confidence "confidence": Sure,
        /// Ids of the evidence that it rests on.
        evidence "evidence": Vec<String>,
        /// What to do beyond what the rules say.
        remediation "remediation": Vec<Step>,
        /// What would change the answer.
        lookups "lookups": Vec<Wanted>,
    }
}

/// What probably happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// In a sentence or two.
    pub hypothesis: String,
    /// How sure.
    pub confidence: Sure,
    /// What to do beyond what the rules say.
    pub remediation: Vec<Step>,
}

/// What the rules alone say.
#[must_use]
pub fn fallback(incident: &Incident) -> Diagnosis {
    let analysis = &incident.analysis;
    Diagnosis {
        hypothesis: analysis.hypothesis.clone(),
        confidence: match analysis.confidence {
            Confidence::High => Sure::High,
            Confidence::Medium => Sure::Medium,
            Confidence::Low | Confidence::None => Sure::Low,
        },
        remediation: Vec::new(),
    }
}

/// All that one diagnosis is made from.
pub struct Input<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// What is shown of it.
    pub case: &'a PromptContext,
    /// What commands may name.
    pub names: &'a Names<'a>,
    /// Where things are looked up.
    pub look_up: &'a dyn LookUp,
    /// Tokens in that other agents will need for this incident.
    pub reserve: u64,
}

/// Asks, with look-ups, and checks what comes.
///
/// # Errors
/// Why there is no diagnosis.
pub fn diagnose(
    matter: &Input,
    desk: &mut ModelClient,
    memory: &mut CacheAndSpend,
    scene: &CycleContext,
) -> Result<Diagnosis, NoAnswer> {
    let (shown, left_out) = matter.case.fit(ROLE.share().data);
    if left_out > 0 {
        log::debug!(
            "{}: {left_out} lines left out for want of room",
            ROLE.name()
        );
    }
    let (mut found, mut best) = (String::new(), None);
    let mut room_in = INCIDENT_IN.saturating_sub(matter.reserve);
    let mut room_out = ROLE.share().out;
    for left in (0..=ROUNDS).rev() {
        let data = format!("{shown}{found}");
        let ask = Ask {
            role: ROLE,
            intro: &intro(left),
            data: &data,
            max_tokens: ANSWER.min(room_out),
        };
        let is_first = best.is_none();
        if !is_first && ModelClient::estimate::<Answer>(&ask) > room_in {
            break;
        }
        let (answer, usage) = match desk.ask::<Answer>(&ask, memory.spend, scene.deadline) {
            Ok(answer) => answer,
            Err(silence) if is_first => return Err(silence),
            Err(_) => break,
        };
        room_in = room_in.saturating_sub(usage.input);
        room_out = room_out.saturating_sub(usage.output);
        let more = look_up(&answer.lookups, left, matter, desk);
        best = Some((answer, data));
        if more.is_empty() || room_out < LAST {
            break;
        }
        found.push_str(&more);
    }
    let (answer, data) = best.ok_or(NoAnswer::Unasked)?;
    check(&answer, &data, matter, desk).ok_or(NoAnswer::Useless)
}

fn intro(left: usize) -> String {
    match left {
        0 => "No look-ups are left: answer with what there is. The incident:".to_owned(),
        left => format!("Rounds of look-ups left: {left}. The incident:"),
    }
}

/// What was found; nothing, if nothing was asked for or is within reach.
fn look_up(wanted: &[Wanted], left: usize, matter: &Input, desk: &mut ModelClient) -> String {
    let mut found = String::new();
    if left == 0 {
        return found;
    }
    for wanted in wanted.iter().take(AT_ONCE) {
        match matter.look_up.look_up(wanted) {
            Some(text) => {
                // The model's own words are not repeated: an object that is
                // there is named as it is named in the cluster.
                let what = match wanted.what {
                    super::lookups::What::Logs => "LOGS",
                    super::lookups::What::Describe => "DESCRIPTION",
                    super::lookups::What::Events => "EVENTS",
                };
                found += &format!("\n{what} of {}\n{text}", wanted.name);
            }
            None => desk.drop_part(ROLE, "a look-up", "there is no such object within reach"),
        }
    }
    found
}

/// What of an answer may be shown.
fn check(
    answer: &Answer,
    shown: &str,
    matter: &Input,
    desk: &mut ModelClient,
) -> Option<Diagnosis> {
    let evidence = matter.incident.findings.iter().flat_map(|f| &f.evidence);
    let known: Vec<_> = evidence.map(|e| e.id.as_str()).collect();
    let is_known = |id: &String| known.contains(&id.as_str());
    let cited = answer.evidence.iter().filter(|id| is_known(id)).count();
    let unknown = answer.evidence.len() - cited;
    if unknown > 0 {
        desk.drop_part(ROLE, "a citation", "there is no such evidence");
    }
    if cited == 0 && !known.is_empty() {
        desk.drop_answer(ROLE, "it rests on no evidence");
        return None;
    }
    let hypothesis = match output_filter::check_alone(&answer.hypothesis, HYPOTHESIS, shown, &[]) {
        Ok(hypothesis) => hypothesis,
        Err(flaw) => {
            desk.drop_answer(ROLE, &flaw.to_string());
            return None;
        }
    };
    let (remediation, dropped) = grounded(&answer.remediation, matter.names, shown);
    if dropped > 0 {
        desk.drop_part(
            ROLE,
            "a step",
            "it is not on the list of what may be suggested",
        );
    }
    Some(Diagnosis {
        hypothesis,
        confidence: answer.confidence,
        remediation,
    })
}
