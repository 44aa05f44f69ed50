//! The prompts under `prompts/`, part of the program since it was built.
//!
//! A prompt is Markdown with front matter: name, description, model. The model
//! is named there for readers; what is asked is [`crate::config::MODEL`], and a
//! test holds the two together.

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Says why it happened.
    Analyzer,
    /// Ranks commits.
    Reviewer,
    /// Weighs how much it matters.
    Escalation,
    /// Writes what is read first.
    Notifier,
}

impl Role {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 4] = [
        Self::Analyzer,
        Self::Reviewer,
        Self::Escalation,
        Self::Notifier,
    ];

    /// The name of the file and in the front matter.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Analyzer => "k8s-analyzer",
            Self::Reviewer => "github-reviewer",
            Self::Escalation => "escalation-manager",
            Self::Notifier => "slack-notifier",
        }
    }

    /// Its prompt.
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

/// A prompt's file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Whose it is.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub description: &'static str,
    /// The model that it is written for.
    pub model: &'static str,
    /// What the model reads.
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
    fn every_prompt_is_whole_and_for_the_one_model() {
        for role in Role::ALL {
            let prompt = role.prompt();
            assert_eq!((prompt.name, prompt.model), (role.name(), MODEL));
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
