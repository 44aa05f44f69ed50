//! Where questions are asked: off or on, inside the budget, until something
//! says that no answer will come in this cycle.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::de::DeserializeOwned;

use super::anthropic::{Anthropic, ModelError, Question};
use super::budget::{self, Cycle, Exhausted, Usage, tokens};
use super::prompt::Role;
use super::schema::Schema;
use super::untrusted::{cut, fence};
use crate::config::ModelBudget;
use crate::state::Spend;

/// What the API adds to a question around prompt, schema and data.
const OVERHEAD: u64 = 120;
/// No note is longer, in characters.
const NOTE: usize = 600;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// Nothing was asked, or nothing came: the next cycle may ask again.
    Unasked,
    /// An answer came, and is of no use: asking again would bring no other.
    Useless,
}

/// One question of one agent.
pub struct Ask<'a> {
    /// Who is asked.
    pub role: Role,
    /// What the program says.
    pub intro: &'a str,
    /// What strangers may have written.
    pub data: &'a str,
    /// How long the answer may be.
    pub max_tokens: u64,
}

impl Ask<'_> {
    fn user(&self) -> String {
        format!("{}\n{}", self.intro, fence(self.data))
    }
}

/// The desk of one cycle.
pub struct ModelClient<'a> {
    client: Option<Anthropic<'a>>,
    limits: ModelBudget,
    /// What was used.
    pub cycle: Cycle,
    /// No answer will come any more.
    is_closed: bool,
    notes: BTreeMap<String, u32>,
}

impl<'a> ModelClient<'a> {
    /// A desk; without a client nothing is asked.
    #[must_use]
    pub fn new(client: Option<Anthropic<'a>>, limits: ModelBudget) -> Self {
        Self {
            is_closed: client.is_none(),
            client,
            limits,
            cycle: Cycle::default(),
            notes: BTreeMap::new(),
        }
    }

    /// Whether a question may be answered.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.is_closed
    }

    /// Tokens in that a question takes, rather too many than too few.
    #[must_use]
    pub fn estimate<T: Schema>(ask: &Ask) -> u64 {
        let prompt = tokens(ask.role.prompt().text);
        prompt + tokens(&T::schema().to_string()) + tokens(&ask.user()) + OVERHEAD
    }

    /// Asks, pays and reads.
    ///
    /// # Errors
    /// Why there is no answer; it has been noted.
    pub fn ask<T: Schema + DeserializeOwned>(
        &mut self,
        ask: &Ask,
        spend: &mut Spend,
        deadline: Instant,
    ) -> Result<(T, Usage), NoAnswer> {
        let Some(client) = self.client.filter(|_| !self.is_closed) else {
            return Err(NoAnswer::Unasked);
        };
        let worst = Usage {
            input: Self::estimate::<T>(ask),
            output: ask.max_tokens,
        };
        if let Err(exhausted) = budget::admit(worst, spend, &self.cycle, self.limits) {
            self.note(&out_of(exhausted, self.limits));
            return Err(NoAnswer::Unasked);
        }
        let question = Question {
            system: ask.role.prompt().text,
            user: &ask.user(),
            schema: &T::schema(),
            max_tokens: ask.max_tokens,
        };
        let before = client.attempts();
        let asked = client.ask(&question, deadline);
        let attempts = client.attempts() - before;
        match asked {
            Ok(reply) => {
                let usage = reply.usage.unwrap_or(worst);
                budget::pay(usage, spend, &mut self.cycle);
                let read = reply.text().and_then(|text| {
                    let read = serde_json::from_str(text);
                    read.map_err(|_| ModelError::Malformed("it does not fit its schema"))
                });
                match read {
                    Ok(answer) => Ok((answer, usage)),
                    Err(error) => {
                        self.drop_answer(ask.role, &error.to_string());
                        Err(NoAnswer::Useless)
                    }
                }
            }
            Err(error) => {
                if error.may_cost() {
                    budget::lose(worst, attempts, spend, &mut self.cycle);
                }
                self.is_closed |= error.ends_cycle();
                self.note(&error.to_string());
                log::warn!("{}: {error}", ask.role.name());
                Err(NoAnswer::Unasked)
            }
        }
    }

    /// Notes that an answer is not used at all.
    pub fn drop_answer(&mut self, role: Role, why: &str) {
        log::warn!("{}: the answer is not used: {why}", role.name());
        self.note(&format!(
            "{}: {why}, the rules' words are used",
            role.name()
        ));
    }

    /// Notes that a part of an answer is not used.
    pub fn drop_part(&mut self, role: Role, part: &str, why: &str) {
        log::warn!("{}: {part} dropped: {why}", role.name());
        self.note(&format!("{}: {part} dropped, {why}", role.name()));
    }

    /// Notes something for the report.
    pub fn note(&mut self, text: &str) {
        *self.notes.entry(text.to_owned()).or_default() += 1;
    }

    /// All notes in one line.
    #[must_use]
    pub fn notes(&self) -> Option<String> {
        let lines: Vec<_> = self
            .notes
            .iter()
            .map(|(text, times)| match times {
                1 => text.clone(),
                times => format!("{text} ({times} times)"),
            })
            .collect();
        (!lines.is_empty()).then(|| cut(&lines.join("; "), NOTE))
    }
}

fn out_of(exhausted: Exhausted, limits: ModelBudget) -> String {
    let (name, usd) = match exhausted {
        Exhausted::Month => ("monthUsd", limits.month_usd),
        Exhausted::Cycle => ("cycleUsd", limits.cycle_usd),
    };
    format!("the budget (modelBudget.{name}: {usd}) is used up, the rules carry on alone")
}
