//! What agents have in common in their answers.

use super::commands::{self, Names};
use super::output_filter::{self, Violation};
use super::schema::{answer, choice};
use crate::model::Confidence;
use crate::report::Action;

/// No title is longer, in characters.
const TITLE: usize = 110;
/// Steps beyond those of the rules.
const MOST: usize = 2;

choice! {
    /// How sure the model is.
    Sure {
        /// Would be surprising if not.
        High = "HIGH",
        /// More likely than not.
        Medium = "MEDIUM",
        /// Possible.
        Low = "LOW",
    }
}

impl Sure {
    /// As in reports.
    #[must_use]
    pub fn confidence(self) -> Confidence {
        match self {
            Self::High => Confidence::High,
            Self::Medium => Confidence::Medium,
            Self::Low => Confidence::Low,
        }
    }
}

answer! {
    /// Something to do.
    Step {
        /// In words.
        title "title": String,
        /// What to type, or nothing.
        command "command": String,
    }
}

impl Step {
    /// As in reports.
    #[must_use]
    pub fn action(&self) -> Action {
        Action {
            title: self.title.clone(),
            command: (!self.command.is_empty()).then(|| self.command.clone()),
        }
    }

    /// Whether its command, if it has one, may be shown.
    #[must_use]
    pub fn is_allowed(&self, names: &Names) -> bool {
        self.command.is_empty() || commands::is_allowed(&self.command, names)
    }
}

/// The steps that may be shown, and how many are dropped.
#[must_use]
pub fn grounded(steps: &[Step], names: &Names, shown: &str) -> (Vec<Step>, usize) {
    let mut kept: Vec<Step> = Vec::new();
    for step in steps {
        let command = step.command.trim();
        let Ok(title) = title(&step.title, shown) else {
            continue;
        };
        let step = Step {
            title,
            command: command.to_owned(),
        };
        if step.is_allowed(names) && !kept.contains(&step) && kept.len() < MOST {
            kept.push(step);
        }
    }
    let dropped = steps.len() - kept.len();
    (kept, dropped)
}

fn title(text: &str, shown: &str) -> Result<String, Violation> {
    output_filter::check_alone(text, TITLE, shown, &[])
}
