//! github-reviewer: which of the commits could be the cause, and how.
//!
//! Input: the incident and the commits that the rules selected. Output: [`Review`]. Without a usable
//! answer the rules' order stands. The reviewer adds and removes no commit and changes no
//! confidence. A first commit of HIGH confidence stays first, because the confidence is about it.

use serde::{Deserialize, Serialize};

use super::client::{ModelClient, NoAnswer};
use super::output_filter;
use super::prompt::Role;
use super::prompt_context::PromptContext;
use super::schema::answer;
use super::{AgentState, CycleContext};
use crate::model::Confidence;
use crate::report::Correlation;

const ROLE: Role = Role::Reviewer;
/// Characters of an explanation.
const MAX_WHY_LENGTH: usize = 160;

answer! {
    /// A commit and how it could be the cause.
    RankedCommit {
        /// The full SHA.
        sha "sha": String,
        /// From the change to the symptom.
        why "why": String,
    }
    /// The model's answer.
    Answer {
        /// The likeliest commit first.
        ranking "ranking": Vec<RankedCommit>,
    }
}

/// The commits that could be the cause, the likeliest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The commits.
    pub ranking: Vec<RankedCommit>,
}

/// Asks for a review and checks the answer.
///
/// # Errors
/// Why there is no review.
pub fn review(
    context: &PromptContext,
    correlation: &Correlation,
    client: &mut ModelClient,
    state: &mut AgentState,
    cycle: &CycleContext,
) -> Result<Review, NoAnswer> {
    let (answer, data): (Answer, _) =
        client.ask_about(ROLE, "The incident and its commits:", context, state, cycle)?;
    let answered = answer.ranking.len();
    let review = check(answer, correlation, &data);
    if review.ranking.len() < answered {
        client.drop_part(
            ROLE,
            "a commit",
            "it is not listed, or its explanation cannot be shown",
        );
    }
    // An empty ranking is an answer. A ranking without a listed commit is not.
    if answered > 0 && review.ranking.is_empty() {
        client.drop_answer(ROLE, "it names no listed commit");
        return Err(NoAnswer::Unusable);
    }
    Ok(review)
}

fn check(answer: Answer, correlation: &Correlation, shown: &str) -> Review {
    let mut ranking: Vec<RankedCommit> = Vec::new();
    for commit in answer.ranking {
        let is_listed = correlation.commits.iter().any(|c| c.sha == commit.sha);
        let is_new = ranking.iter().all(|known| known.sha != commit.sha);
        let why = output_filter::check_standalone(&commit.why, MAX_WHY_LENGTH, shown, &[]);
        if let Ok(why) = why
            && is_listed
            && is_new
        {
            ranking.push(RankedCommit { why, ..commit });
        }
    }
    Review { ranking }
}

/// The rules' correlation in the order and with the explanations of the review.
#[must_use]
pub fn apply(review: &Review, correlation: &Correlation) -> Correlation {
    let mut applied = correlation.clone();
    let rank = |sha: &str| review.ranking.iter().position(|c| c.sha == sha);
    for commit in &mut applied.commits {
        commit.reasons.push(match rank(&commit.sha) {
            Some(rank) => format!("the model: {}", review.ranking[rank].why),
            None => "the model considers it unlikely".to_owned(),
        });
    }
    let fixed = usize::from(applied.confidence == Confidence::High);
    if let Some(rest) = applied.commits.get_mut(fixed..) {
        rest.sort_by_key(|commit| rank(&commit.sha).unwrap_or(usize::MAX));
    }
    applied
}
