//! The steps and the confidence that several agents answer with.

use std::collections::BTreeSet;

use super::commands::{self, AllowedNames};
use super::output_filter;
use super::schema::{answer, choice};
use super::untrusted::line;
use crate::model::{Action, Confidence, named_enum};

/// Characters of a title.
const MAX_TITLE_LENGTH: usize = 110;
/// Steps per agent.
const MAX_STEPS: usize = 2;

named_enum! {
    /// How confident the model is.
    pub enum ModelConfidence {
        /// It would be surprising if it were wrong.
        High = "HIGH",
        /// More likely right than wrong.
        Medium = "MEDIUM",
        /// Possible.
        Low = "LOW",
    }
}
choice!(ModelConfidence);

impl From<ModelConfidence> for Confidence {
    fn from(confidence: ModelConfidence) -> Self {
        match confidence {
            ModelConfidence::High => Self::High,
            ModelConfidence::Medium => Self::Medium,
            ModelConfidence::Low => Self::Low,
        }
    }
}

answer! {
    /// A suggested step.
    Step {
        /// A description.
        title "title": String,
        /// A command, or empty.
        command "command": String,
    }
}

/// Marks a step as the model's wherever it is shown.
const MARK: &str = " (suggested by the model)";

impl Step {
    /// The step as an action of the report. A cached command is checked again: its object may be gone.
    #[must_use]
    pub fn action(&self, names: &AllowedNames) -> Action {
        let title = format!("{}{MARK}", self.title);
        match commands::allowed(&self.command, names) {
            Ok(command) if !self.command.is_empty() => Action::new(title, Ok(command)),
            _ => Action::without_command(title),
        }
    }
}

/// The steps that may be shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AllowedSteps {
    /// The steps. One whose command may not be shown has no command.
    pub steps: Vec<Step>,
    /// What was dropped, with the reason.
    pub dropped: Vec<(String, &'static str)>,
}

/// Checks the steps of an answer. `given` are the rules' steps, which are not repeated.
#[must_use]
pub fn allowed_steps(
    steps: &[Step],
    names: &AllowedNames,
    shown: &str,
    given: &[Action],
) -> AllowedSteps {
    let mut allowed = AllowedSteps::default();
    for step in steps {
        let title = match output_filter::check(&step.title, MAX_TITLE_LENGTH, shown, names) {
            Ok(title) if title.dropped.is_empty() => title.text,
            Ok(title) => {
                allowed.drop_step(&step.title, title.dropped[0].as_str());
                continue;
            }
            Err(violation) => {
                allowed.drop_step(&step.title, violation.as_str());
                continue;
            }
        };
        let mut step = Step {
            title: title.trim_end_matches('.').to_owned(),
            command: step.command.trim().trim_matches('`').to_owned(),
        };
        if !step.command.is_empty() {
            match commands::allowed(&step.command, names) {
                Ok(command) => step.command = command.to_string(),
                Err(refusal) => {
                    let text = line(&step.command, 120);
                    allowed
                        .dropped
                        .push((format!("the command `{text}`"), refusal.as_str()));
                    step.command.clear();
                }
            }
        }
        if is_given(&step, given) || allowed.steps.iter().any(|known| repeats(known, &step)) {
            allowed.drop_step(&step.title, "it repeats another step");
        } else if allowed.steps.len() == MAX_STEPS {
            allowed.drop_step(&step.title, "there are enough steps");
        } else {
            allowed.steps.push(step);
        }
    }
    allowed
}

impl AllowedSteps {
    fn drop_step(&mut self, title: &str, reason: &'static str) {
        self.dropped
            .push((format!("the step \"{}\"", line(title, 80)), reason));
    }
}

/// Whether the rules give this command already, whatever the order of its words.
fn is_given(step: &Step, given: &[Action]) -> bool {
    let words = |command: &str| -> BTreeSet<String> {
        let words = command.split_whitespace();
        words
            .flat_map(|word| word.split(['=', '/']))
            .map(str::to_owned)
            .collect()
    };
    let mut commands = given.iter().filter_map(|action| action.command.as_ref());
    !step.command.is_empty()
        && commands.any(|command| words(&command.to_string()) == words(&step.command))
        || given
            .iter()
            .any(|action| action.title.eq_ignore_ascii_case(&step.title))
}

fn repeats(known: &Step, step: &Step) -> bool {
    known.title.eq_ignore_ascii_case(&step.title)
        || !step.command.is_empty() && known.command == step.command
}
