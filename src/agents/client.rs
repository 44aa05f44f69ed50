//! The client of the model: requests within the budget, until an error shows that no request of
//! this cycle will succeed.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::de::DeserializeOwned;

use super::anthropic::{Anthropic, MessageRequest, ModelError};
use super::budget::{self, CycleUsage, Exhausted, Usage, tokens};
use super::output_filter::{Checked, Violation};
use super::prompt::Role;
use super::prompt_context::PromptContext;
use super::remediation::{AllowedSteps, Step};
use super::schema::Schema;
use super::untrusted::{delimit, truncate};
use super::{AgentState, CycleContext};
use crate::config::ModelBudget;
use crate::state::Spend;

/// Input tokens that the API adds to prompt, schema and data.
const OVERHEAD: u64 = 120;
/// Characters of all notes together.
const MAX_NOTES_LENGTH: usize = 600;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// No request was sent, or no response came. The next cycle tries again.
    NotAsked,
    /// The answer cannot be used. Another request would bring the same answer.
    Unusable,
}

/// One question to one agent.
pub struct Question<'a> {
    /// The agent.
    pub role: Role,
    /// The instruction before the data.
    pub intro: &'a str,
    /// The data, which is untrusted.
    pub data: &'a str,
    /// Output tokens of the answer.
    pub max_tokens: u64,
}

impl Question<'_> {
    fn user_message(&self) -> String {
        format!("{}\n{}", self.intro, delimit(self.data))
    }

    /// An upper estimate of the input tokens.
    #[must_use]
    pub fn input_tokens<T: Schema>(&self) -> u64 {
        tokens(self.role.prompt().text)
            + tokens(&T::schema().to_string())
            + tokens(&self.user_message())
            + OVERHEAD
    }
}

/// The client for one cycle.
pub struct ModelClient<'a> {
    api: Option<Anthropic<'a>>,
    limits: ModelBudget,
    /// What this cycle used.
    pub usage: CycleUsage,
    /// Whether no request of this cycle will succeed.
    is_closed: bool,
    /// The notes, with the number of times.
    notes: BTreeMap<String, u32>,
    /// Parts of answers that were dropped, by reason.
    pub dropped: BTreeMap<String, u32>,
    /// Why no question will be answered until somebody acts.
    pub refused: Option<String>,
}

impl<'a> ModelClient<'a> {
    /// A client. Without an API it sends nothing.
    #[must_use]
    pub fn new(api: Option<Anthropic<'a>>, limits: ModelBudget) -> Self {
        Self {
            is_closed: api.is_none(),
            api,
            limits,
            usage: CycleUsage::default(),
            notes: BTreeMap::new(),
            dropped: BTreeMap::new(),
            refused: None,
        }
    }

    /// Whether a request may succeed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.is_closed
    }

    /// Sends a question, records its cost and reads the answer.
    ///
    /// # Errors
    /// Why there is no answer; it is also noted.
    pub fn ask<T: Schema + DeserializeOwned>(
        &mut self,
        question: &Question,
        spend: &mut Spend,
        deadline: Instant,
    ) -> Result<(T, Usage), NoAnswer> {
        let Some(api) = self.api.filter(|_| !self.is_closed) else {
            return Err(NoAnswer::NotAsked);
        };
        let max_usage = Usage {
            input: question.input_tokens::<T>(),
            output: question.max_tokens,
        };
        if let Err(exhausted) = budget::check(max_usage, spend, &self.usage, self.limits) {
            self.note(&exhausted_note(exhausted, self.limits));
            return Err(NoAnswer::NotAsked);
        }
        let request = MessageRequest {
            system: question.role.prompt().text,
            user: &question.user_message(),
            schema: &T::schema(),
            max_tokens: question.max_tokens,
        };
        let attempts_before = api.attempts();
        let reply = api.send(&request, deadline);
        let attempts = api.attempts() - attempts_before;
        let reply = reply.map_err(|error| {
            if error.may_cost() {
                budget::record_lost(max_usage, attempts, spend, &mut self.usage);
            }
            self.is_closed |= error.ends_cycle();
            self.refused = self.refused.take().or_else(|| error.refused());
            self.note(&error.to_string());
            log::warn!("{}: {error}", question.role);
            NoAnswer::NotAsked
        })?;
        let usage = reply.usage.unwrap_or(max_usage);
        budget::record(usage, spend, &mut self.usage);
        let answer = reply.text().and_then(|text| {
            serde_json::from_str(text)
                .map_err(|_| ModelError::Malformed("it does not match the schema"))
        });
        match answer {
            Ok(answer) => Ok((answer, usage)),
            Err(error) => {
                self.drop_answer(question.role, &error.to_string());
                Err(NoAnswer::Unusable)
            }
        }
    }

    /// Asks an agent about an incident once. Returns the answer and the data that the agent got.
    ///
    /// # Errors
    /// Why there is no answer; it is also noted.
    pub fn ask_about<T: Schema + DeserializeOwned>(
        &mut self,
        role: Role,
        intro: &str,
        incident: &PromptContext,
        state: &mut AgentState,
        cycle: &CycleContext,
    ) -> Result<(T, String), NoAnswer> {
        let (data, _) = incident.within(role.share().data);
        let question = Question {
            role,
            intro,
            data: &data,
            max_tokens: role.share().output,
        };
        let (answer, _) = self.ask(&question, state.spend, cycle.deadline)?;
        Ok((answer, data))
    }

    /// The sentences of a text that may be shown; empty if none may. What is dropped is noted.
    pub fn checked_text(
        &mut self,
        role: Role,
        part: &str,
        checked: Result<Checked, Violation>,
    ) -> String {
        match checked {
            Ok(checked) => {
                for violation in checked.dropped {
                    self.drop_part(role, &format!("a sentence of {part}"), violation.as_str());
                }
                checked.text
            }
            Err(violation) => {
                self.drop_part(role, part, violation.as_str());
                String::new()
            }
        }
    }

    /// The steps that may be shown. What is dropped is noted.
    pub fn checked_steps(&mut self, role: Role, steps: AllowedSteps) -> Vec<Step> {
        for (what, reason) in steps.dropped {
            log::warn!("{role}: {what} dropped: {reason}");
            self.count_drop(reason);
            let part = if what.starts_with("the command") {
                "a command"
            } else {
                "a step"
            };
            self.note(&format!("{role}: {part} dropped, {reason}"));
        }
        steps.steps
    }

    /// Notes that an answer is not used.
    pub fn drop_answer(&mut self, role: Role, reason: &str) {
        log::warn!("{role}: answer dropped: {reason}");
        self.count_drop(reason);
        self.note(&format!("{role}: answer dropped, {reason}"));
    }

    /// Notes that a part of an answer is not used.
    pub fn drop_part(&mut self, role: Role, part: &str, reason: &str) {
        log::warn!("{role}: {part} dropped: {reason}");
        self.count_drop(reason);
        self.note(&format!("{role}: {part} dropped, {reason}"));
    }

    fn count_drop(&mut self, reason: &str) {
        *self.dropped.entry(reason.to_owned()).or_default() += 1;
    }

    /// Adds a note for the report.
    pub fn note(&mut self, text: &str) {
        *self.notes.entry(text.to_owned()).or_default() += 1;
    }

    /// All notes in one line.
    #[must_use]
    pub fn notes(&self) -> Option<String> {
        let notes: Vec<_> = self
            .notes
            .iter()
            .map(|(text, times)| match times {
                1 => text.clone(),
                times => format!("{text} ({times} times)"),
            })
            .collect();
        (!notes.is_empty()).then(|| truncate(&notes.join("; "), MAX_NOTES_LENGTH))
    }
}

fn exhausted_note(exhausted: Exhausted, limits: ModelBudget) -> String {
    let (name, usd) = match exhausted {
        Exhausted::Month => ("monthUsd", limits.month_usd),
        Exhausted::Cycle => ("cycleUsd", limits.cycle_usd),
    };
    format!("the budget (modelBudget.{name}: {usd}) is used up; the rules' text is used")
}
