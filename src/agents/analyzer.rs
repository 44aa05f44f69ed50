//! k8s-analyzer: the probable cause.
//!
//! Input: the incident, its numbered evidence, the services file's entry, the likeliest commit, and
//! the results of look-ups. Output: [`Diagnosis`]. Without a usable answer the rules' text is used.

use serde::{Deserialize, Serialize};

use super::budget::INCIDENT_INPUT_TOKENS;
use super::client::{ModelClient, NoAnswer, Question};
use super::commands::AllowedNames;
use super::lookups::{AT_ONCE, LookUp, ROUNDS, Wanted, What};
use super::output_filter;
use super::prompt::Role;
use super::prompt_context::PromptContext;
use super::remediation::{ModelConfidence, Step, allowed_steps};
use super::schema::answer;
use super::{AgentState, CycleContext};
use crate::report::Incident;

const ROLE: Role = Role::Analyzer;
/// Output tokens of one answer.
const ANSWER_TOKENS: u64 = 400;
/// With fewer output tokens left there are no more look-ups.
const MIN_ANSWER_TOKENS: u64 = 280;
/// Characters of a hypothesis.
const MAX_HYPOTHESIS_LENGTH: usize = 420;

answer! {
    /// The model's answer.
    Answer {
        /// What probably happened.
        hypothesis "hypothesis": String,
        /// How confident the model is.
        confidence "confidence": ModelConfidence,
        /// IDs of the evidence for it.
        evidence "evidence": Vec<String>,
        /// Steps beyond those of the rules.
        remediation "remediation": Vec<Step>,
        /// Look-ups that could change the answer.
        lookups "lookups": Vec<Wanted>,
    }
}

/// What probably happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// One or two sentences.
    pub hypothesis: String,
    /// How confident the model is.
    pub confidence: ModelConfidence,
    /// Steps beyond those of the rules.
    pub remediation: Vec<Step>,
}

/// The input of a diagnosis.
pub struct Input<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// The incident as text.
    pub context: &'a PromptContext,
    /// The names that commands may use.
    pub names: &'a AllowedNames<'a>,
    /// Answers look-ups.
    pub look_up: &'a dyn LookUp,
    /// Input tokens of the incident that other agents need.
    pub reserve: u64,
}

/// Asks for a diagnosis, with look-ups, and checks the answer.
///
/// # Errors
/// Why there is no diagnosis.
pub fn diagnose(
    input: &Input,
    client: &mut ModelClient,
    state: &mut AgentState,
    cycle: &CycleContext,
) -> Result<Diagnosis, NoAnswer> {
    let (context, left_out) = input.context.within(ROLE.share().data);
    if left_out > 0 {
        log::debug!("{ROLE}: {left_out} lines are left out to save tokens");
    }
    let (mut results, mut last) = (String::new(), None);
    let mut input_tokens = INCIDENT_INPUT_TOKENS.saturating_sub(input.reserve);
    let mut output_tokens = ROLE.share().output;
    for rounds_left in (0..=ROUNDS).rev() {
        let data = format!("{context}{results}");
        let question = Question {
            role: ROLE,
            intro: &intro(rounds_left),
            data: &data,
            max_tokens: ANSWER_TOKENS.min(output_tokens),
        };
        let is_first = last.is_none();
        if !is_first && question.input_tokens::<Answer>() > input_tokens {
            break;
        }
        let (answer, usage) = match client.ask::<Answer>(&question, state.spend, cycle.deadline) {
            Ok(answer) => answer,
            Err(no_answer) if is_first => return Err(no_answer),
            Err(_) => break,
        };
        input_tokens = input_tokens.saturating_sub(usage.input);
        output_tokens = output_tokens.saturating_sub(usage.output);
        let more = if rounds_left > 0 {
            look_up(&answer.lookups, input.look_up, client)
        } else {
            String::new()
        };
        last = Some((answer, data));
        if more.is_empty() || output_tokens < MIN_ANSWER_TOKENS {
            break;
        }
        results.push_str(&more);
    }
    let (answer, data) = last.ok_or(NoAnswer::NotAsked)?;
    check(&answer, &data, input, client).ok_or(NoAnswer::Unusable)
}

fn intro(rounds_left: usize) -> String {
    match rounds_left {
        0 => "No look-ups are left: answer with what you have. The incident:".to_owned(),
        left => format!("Rounds of look-ups left: {left}. The incident:"),
    }
}

/// The results of look-ups; empty if nothing was found.
fn look_up(requests: &[Wanted], look_up: &dyn LookUp, client: &mut ModelClient) -> String {
    let mut results = String::new();
    for request in requests.iter().take(AT_ONCE) {
        let Some(text) = look_up.look_up(request) else {
            client.drop_part(ROLE, "a look-up", "the object does not exist in scope");
            continue;
        };
        let what = match request.what {
            What::Logs => "LOGS",
            What::Describe => "DESCRIPTION",
            What::Events => "EVENTS",
        };
        // The name is safe to repeat: an object of this name exists.
        results += &format!("\n{what} of {}\n{text}", request.name);
    }
    results
}

/// The parts of an answer that may be shown.
fn check(
    answer: &Answer,
    shown: &str,
    input: &Input,
    client: &mut ModelClient,
) -> Option<Diagnosis> {
    let evidence = input.incident.findings.iter().flat_map(|f| &f.evidence);
    let ids: Vec<_> = evidence.map(|e| e.id.as_str()).collect();
    let is_known = |id: &&String| ids.contains(&id.as_str());
    let cited = answer.evidence.iter().filter(is_known).count();
    if cited < answer.evidence.len() {
        client.drop_part(ROLE, "a citation", "the evidence does not exist");
    }
    if cited == 0 && !ids.is_empty() {
        client.drop_answer(ROLE, "it cites no evidence");
        return None;
    }
    let hypothesis =
        output_filter::check_standalone(&answer.hypothesis, MAX_HYPOTHESIS_LENGTH, shown, &[])
            .inspect_err(|violation| client.drop_answer(ROLE, violation.as_str()))
            .ok()?;
    let (remediation, dropped) = allowed_steps(&answer.remediation, input.names, shown);
    if dropped > 0 {
        client.drop_step(ROLE);
    }
    Some(Diagnosis {
        hypothesis,
        confidence: answer.confidence,
        remediation,
    })
}
