//! k8s-analyzer: the probable cause.
//!
//! Input: the incident, its numbered evidence, the services file's entry, the likeliest commit, and
//! the results of look-ups. Output: [`Diagnosis`]. Without a usable answer the rules' text is used.

use serde::{Deserialize, Serialize};

use super::budget::INCIDENT_INPUT_TOKENS;
use super::citations::{citations, without_citations};
use super::client::{ModelClient, NoAnswer, Question};
use super::commands::AllowedNames;
use super::lookups::{AT_ONCE, LookUp, ROUNDS, Wanted, What};
use super::output_filter;
use super::prompt::Role;
use super::prompt_context::PromptContext;
use super::remediation::{ModelConfidence, Step, allowed_steps};
use super::schema::answer;
use super::untrusted::line;
use super::{AgentState, CycleContext};
use crate::report::Incident;

const ROLE: Role = Role::Analyzer;
/// Output tokens of one answer.
const ANSWER_TOKENS: u64 = 400;
/// Output tokens that must be left for the answer after the look-ups.
const MIN_ANSWER_TOKENS: u64 = 280;
/// Output tokens of an answer that asks for look-ups.
const ASKING_TOKENS: u64 = 110;
/// Input tokens of the results of one round.
const ROUND_TOKENS: u64 = 700;
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
    let mut session = Session {
        context,
        results: String::new(),
        count: 0,
        input_tokens: INCIDENT_INPUT_TOKENS.saturating_sub(input.reserve),
        output_tokens: ROLE.share().output,
    };
    let mut rounds = ROUNDS;
    loop {
        rounds = rounds.min(session.affordable_rounds());
        let answer = session.ask(rounds, client, state, cycle)?;
        let wanted = answer
            .lookups
            .iter()
            .filter(|wanted| !wanted.name.trim().is_empty());
        let wanted: Vec<_> = wanted.take(AT_ONCE).collect();
        match (wanted.is_empty(), rounds.checked_sub(1)) {
            (true, _) => {
                return check(&answer, &session.data(), input, client).ok_or(NoAnswer::Unusable);
            }
            (false, Some(left)) => {
                session.look_up(&wanted, input.look_up, client);
                rounds = left;
            }
            // An answer that still asks is not the analysis.
            (false, None) => {
                client.drop_answer(ROLE, "it still asks for look-ups");
                return Err(NoAnswer::Unusable);
            }
        }
    }
}

/// The questions about one incident.
struct Session {
    context: String,
    /// The results of look-ups.
    results: String,
    /// Their number.
    count: usize,
    /// The tokens that are left for the incident.
    input_tokens: u64,
    output_tokens: u64,
}

impl Session {
    fn data(&self) -> String {
        format!("{}{}", self.context, self.results)
    }

    /// The rounds of look-ups after which the tokens still suffice for an answer.
    fn affordable_rounds(&self) -> usize {
        let data = self.data();
        let question = Question {
            role: ROLE,
            intro: &intro(0),
            data: &data,
            max_tokens: ANSWER_TOKENS,
        };
        let (now, round) = (question.input_tokens::<Answer>(), ROUND_TOKENS);
        // A round is this question and a longer one.
        let fits = |rounds: u64| {
            let input = (rounds + 1) * now + round * rounds * (rounds + 1) / 2;
            let output = rounds * ASKING_TOKENS + MIN_ANSWER_TOKENS;
            input <= self.input_tokens && output <= self.output_tokens
        };
        (1..=ROUNDS)
            .take_while(|rounds| fits(*rounds as u64))
            .count()
    }

    fn ask(
        &mut self,
        rounds: usize,
        client: &mut ModelClient,
        state: &mut AgentState,
        cycle: &CycleContext,
    ) -> Result<Answer, NoAnswer> {
        let question = Question {
            role: ROLE,
            intro: &intro(rounds),
            data: &self.data(),
            max_tokens: ANSWER_TOKENS.min(self.output_tokens),
        };
        let (answer, usage) = client.ask::<Answer>(&question, state.spend, cycle.deadline)?;
        self.input_tokens = self.input_tokens.saturating_sub(usage.input);
        self.output_tokens = self.output_tokens.saturating_sub(usage.output);
        Ok(answer)
    }

    /// Adds the results of look-ups, each with an id that may be cited. A name is repeated as the
    /// model wrote it, cut and redacted.
    fn look_up(&mut self, wanted: &[&Wanted], look_up: &dyn LookUp, client: &mut ModelClient) {
        for request in wanted {
            self.count += 1;
            let what = match request.what {
                What::Logs => "LOGS",
                What::Describe => "DESCRIPTION",
                What::Events => "EVENTS",
            };
            let found = look_up.look_up(request);
            if found.is_none() {
                client.drop_part(ROLE, "a look-up", "nothing was found");
            }
            let text = found.unwrap_or_else(|| "nothing found".to_owned());
            let name = line(&request.name, 63);
            self.results += &format!("\nR{} {what} of {name}\n{text}", self.count);
        }
    }
}

fn intro(rounds: usize) -> String {
    match rounds {
        0 => "No look-ups are left: answer with what you have. The incident:".to_owned(),
        rounds => format!("Rounds of look-ups left: {rounds}. The incident:"),
    }
}

fn has_evidence(shown: &str) -> bool {
    shown
        .lines()
        .any(|line| line.trim_start().starts_with("E1 "))
}

/// The parts of an answer that may be shown.
fn check(
    answer: &Answer,
    shown: &str,
    input: &Input,
    client: &mut ModelClient,
) -> Option<Diagnosis> {
    let cited = citations(&answer.evidence, &answer.hypothesis, shown);
    if cited.len() < answer.evidence.len() {
        client.drop_part(ROLE, "a citation", "the evidence does not exist");
    }
    if cited.is_empty() && has_evidence(shown) {
        client.drop_answer(ROLE, "it cites no evidence");
        return None;
    }
    let hypothesis = output_filter::check(
        &without_citations(&answer.hypothesis),
        MAX_HYPOTHESIS_LENGTH,
        shown,
        input.names,
    );
    let hypothesis = client.checked_text(ROLE, "the hypothesis", hypothesis);
    if hypothesis.is_empty() {
        client.drop_answer(ROLE, "its hypothesis cannot be shown");
        return None;
    }
    let given = &input.incident.actions;
    let steps = allowed_steps(&answer.remediation, input.names, shown, given);
    let remediation = client.checked_steps(ROLE, steps);
    Some(Diagnosis {
        hypothesis,
        confidence: answer.confidence,
        remediation,
    })
}
