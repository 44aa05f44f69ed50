//! slack-notifier: what is read first.
//!
//! In: the incident as it will be sent, with its analysis. Out: [`Written`].
//! Without a usable answer the rules' own title and summary. Channel, time,
//! severity, evidence and commands are not its affair.

use serde::{Deserialize, Serialize};

use super::client::{Ask, ModelClient, NoAnswer};
use super::output_filter;
use super::prompt::Role;
use super::prompt_context::PromptContext;
use super::schema::answer;
use super::{CacheAndSpend, CycleContext};
use crate::report::Incident;

const ROLE: Role = Role::Notifier;
/// No headline is longer, in characters.
const HEADLINE: usize = 90;
/// No summary is longer, in characters, nor has more sentences than two.
const SUMMARY: usize = 320;

answer! {
    /// What the model answers.
    Answer {
        /// One line.
        headline "headline": String,
        /// Two sentences.
        summary "summary": String,
    }
}

/// What is read first. What cannot be shown is empty: the rules' words stand there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headline {
    /// In place of the title.
    pub headline: String,
    /// Two sentences.
    pub summary: String,
}

/// What the rules alone say.
#[must_use]
pub fn fallback(incident: &Incident) -> Headline {
    Headline {
        headline: incident.title.clone(),
        summary: incident.root_cause.summary.clone(),
    }
}

/// Asks, and checks what comes.
///
/// # Errors
/// Why there are no words.
pub fn write(
    case: &PromptContext,
    incident: &Incident,
    desk: &mut ModelClient,
    memory: &mut CacheAndSpend,
    scene: &CycleContext,
) -> Result<Headline, NoAnswer> {
    let (data, _) = case.fit(ROLE.share().data);
    let ask = Ask {
        role: ROLE,
        intro: "The incident:",
        data: &data,
        max_tokens: ROLE.share().out,
    };
    let (answer, _) = desk.ask::<Answer>(&ask, memory.spend, scene.deadline)?;
    let subjects = subjects(incident);
    let mut said = |part: &str, text: &str, cap: usize, subjects: &[&str]| {
        let checked = output_filter::check_alone(text, cap, &data, subjects);
        if let Err(flaw) = checked {
            desk.drop_part(ROLE, part, &flaw.to_string());
        }
        checked.unwrap_or_default()
    };
    let headline = said("the headline", &answer.headline, HEADLINE, &subjects);
    let summary = said("the summary", &answer.summary, SUMMARY, &[]);
    let written = Headline {
        headline: headline.trim_end_matches('.').to_owned(),
        summary: two_sentences(&summary).to_owned(),
    };
    if written.headline.is_empty() && written.summary.is_empty() {
        return Err(NoAnswer::Useless);
    }
    Ok(written)
}

/// What a headline must name: the service or the object. Of the monitor's own
/// troubles every word does.
fn subjects(incident: &Incident) -> Vec<&str> {
    let root = &incident.root_cause.resource;
    let service = incident.service.as_deref();
    match root.kind.as_str() {
        "Cluster" | "Inventory" => Vec::new(),
        _ => service.into_iter().chain([root.name.as_str()]).collect(),
    }
}

/// Up to the end of the second sentence.
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
    fn two_sentences_are_enough() {
        for (text, kept) in [
            ("One. Two. Three.", "One. Two."),
            ("One v1.2 is down. Two", "One v1.2 is down. Two"),
            ("One! Two? Three", "One! Two?"),
            ("", ""),
        ] {
            assert_eq!(two_sentences(text), kept);
        }
    }
}
