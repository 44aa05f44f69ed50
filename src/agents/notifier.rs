//! slack-notifier: the headline and the summary of a message.
//!
//! Input: the incident as it will be sent, with its analysis. Output: [`Headline`]. Without a usable
//! answer the title and the root cause of the rules are used. Channel, time, severity, evidence and
//! commands are not the model's.

use serde::{Deserialize, Serialize};

use super::client::{ModelClient, NoAnswer};
use super::commands::AllowedNames;
use super::output_filter;
use super::prompt::Role;
use super::prompt_context::PromptContext;
use super::schema::answer;
use super::{AgentState, CycleContext};
use crate::report::Incident;

const ROLE: Role = Role::Notifier;
/// Characters of a headline.
const MAX_HEADLINE_LENGTH: usize = 90;
/// Characters of a summary, which has at most two sentences.
const MAX_SUMMARY_LENGTH: usize = 320;

answer! {
    /// The model's answer.
    Answer {
        /// One line.
        headline "headline": String,
        /// Two sentences.
        summary "summary": String,
    }
}

/// The first lines of a message. A part that cannot be shown is empty; the rules' text is shown in
/// its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headline {
    /// Replaces the title.
    pub headline: String,
    /// Two sentences.
    pub summary: String,
}

/// The rules' text.
#[must_use]
pub fn fallback(incident: &Incident) -> Headline {
    Headline {
        headline: incident.title.clone(),
        summary: incident.root_cause.summary.clone(),
    }
}

/// Asks for a headline and checks the answer.
///
/// # Errors
/// Why there is no headline.
pub fn write(
    context: &PromptContext,
    names: &AllowedNames,
    client: &mut ModelClient,
    state: &mut AgentState,
    cycle: &CycleContext,
) -> Result<Headline, NoAnswer> {
    let (answer, data): (Answer, _) =
        client.ask_about(ROLE, "The incident:", context, state, cycle)?;
    let headline =
        output_filter::check_headline(&answer.headline, MAX_HEADLINE_LENGTH, &data, names);
    let headline = client.checked_text(ROLE, "the headline", headline);
    let summary = output_filter::check(&answer.summary, MAX_SUMMARY_LENGTH, &data, names);
    let summary = client.checked_text(ROLE, "the summary", summary);
    let headline = Headline {
        headline: headline.trim_end_matches('.').to_owned(),
        summary: two_sentences(&summary).to_owned(),
    };
    if headline.headline.is_empty() && headline.summary.is_empty() {
        return Err(NoAnswer::Unusable);
    }
    Ok(headline)
}

/// The text up to the end of the second sentence.
fn two_sentences(text: &str) -> &str {
    let ends = text.match_indices(['.', '!', '?']).filter(|(at, mark)| {
        let rest = &text[at + mark.len()..];
        rest.is_empty() || rest.starts_with(' ')
    });
    match ends.map(|(at, mark)| at + mark.len()).nth(1) {
        Some(end) => &text[..end],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_sentence_is_cut_off() {
        for (text, expected) in [
            ("One. Two. Three.", "One. Two."),
            ("One v1.2 is down. Two", "One v1.2 is down. Two"),
            ("One! Two? Three", "One! Two?"),
            ("", ""),
        ] {
            assert_eq!(two_sentences(text), expected);
        }
    }
}
