//! The steps and the confidence that several agents answer with.

use super::commands::{self, AllowedNames};
use super::output_filter;
use super::schema::{answer, choice};
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

impl Step {
    /// The step as an action of the report; `None` if its command may not be shown.
    #[must_use]
    pub fn action(&self, names: &AllowedNames) -> Option<Action> {
        if self.command.is_empty() {
            return Some(Action::without_command(&self.title));
        }
        let command = commands::allowed(&self.command, names)?;
        Some(Action::new(&self.title, Ok(command)))
    }
}

/// The steps that may be shown, and the number of the dropped ones.
#[must_use]
pub fn allowed_steps(steps: &[Step], names: &AllowedNames, shown: &str) -> (Vec<Step>, usize) {
    let mut allowed: Vec<Step> = Vec::new();
    for step in steps {
        let title = output_filter::check_standalone(&step.title, MAX_TITLE_LENGTH, shown, &[]);
        let Ok(title) = title else {
            continue;
        };
        let step = Step {
            title,
            command: step.command.trim().to_owned(),
        };
        if step.action(names).is_some() && !allowed.contains(&step) && allowed.len() < MAX_STEPS {
            allowed.push(step);
        }
    }
    let dropped = steps.len() - allowed.len();
    (allowed, dropped)
}
