//! A step for the operator.

use serde::Serialize;

use super::command::{Refusal, ShellCommand};

/// A step to take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Action {
    /// What to do.
    pub title: String,
    /// The command, if there is one.
    pub command: Option<ShellCommand>,
}

impl Action {
    /// A step with its command. Where the command cannot be shown, the title says why.
    #[must_use]
    pub fn new(title: impl Into<String>, command: Result<ShellCommand, Refusal>) -> Self {
        let title = title.into();
        match command {
            Ok(command) => Self {
                title,
                command: Some(command),
            },
            Err(refusal) => Self::without_command(format!("{title} (no command: {refusal})")),
        }
    }

    /// A step without a command.
    #[must_use]
    pub fn without_command(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            command: None,
        }
    }
}
