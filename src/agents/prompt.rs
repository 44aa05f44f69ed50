//! The prompts of `prompts/`, compiled into the program.
//!
//! A prompt is Markdown with front matter: name, description, model. The front matter names the
//! model for readers; requests use [`crate::config::MODEL`], and a test checks that both agree.

use crate::model::named_enum;

named_enum! {
    /// The agents, in the order in which they are asked.
    pub enum Role {
        /// Explains the cause.
        Analyzer = "k8s-analyzer",
        /// Ranks the commits.
        Reviewer = "github-reviewer",
        /// Decides the severity within the band.
        Escalation = "escalation-manager",
        /// Writes headline and summary.
        Notifier = "slack-notifier",
    }
}

impl Role {
    /// The agent's prompt.
    #[must_use]
    pub fn prompt(self) -> Prompt {
        Prompt::parse(match self {
            Self::Analyzer => include_str!("../../prompts/k8s-analyzer.md"),
            Self::Reviewer => include_str!("../../prompts/github-reviewer.md"),
            Self::Escalation => include_str!("../../prompts/escalation-manager.md"),
            Self::Notifier => include_str!("../../prompts/slack-notifier.md"),
        })
    }
}

/// A file of `prompts/`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prompt {
    /// The agent's name.
    pub name: &'static str,
    /// What the agent does, in one sentence.
    pub description: &'static str,
    /// The model for which it is written.
    pub model: &'static str,
    /// The system prompt.
    pub text: &'static str,
}

impl Prompt {
    fn parse(file: &'static str) -> Self {
        let mut prompt = Self {
            text: file,
            ..Self::default()
        };
        let parts = file
            .strip_prefix("---\n")
            .and_then(|rest| rest.split_once("\n---\n"));
        if let Some((head, text)) = parts {
            prompt.text = text.trim();
            for (key, value) in head.lines().filter_map(|line| line.split_once(": ")) {
                match key {
                    "name" => prompt.name = value,
                    "description" => prompt.description = value,
                    "model" => prompt.model = value,
                    _ => {}
                }
            }
        }
        prompt
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::budget::tokens;
    use crate::config::MODEL;

    #[test]
    fn every_prompt_is_complete_and_written_for_the_model() {
        for role in Role::ALL {
            let prompt = role.prompt();
            assert_eq!((prompt.name, prompt.model), (role.as_str(), MODEL));
            assert!(prompt.description.ends_with('.'), "{prompt:?}");
            assert!(
                !prompt.text.contains("---") && prompt.text.contains("Example:"),
                "{prompt:?}"
            );
            assert!(
                tokens(prompt.text) <= 650,
                "{}: {}",
                prompt.name,
                tokens(prompt.text)
            );
        }
    }
}
