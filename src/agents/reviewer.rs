//! github-reviewer: which of the commits could be the cause, and how.
//!
//! Input: the incident and the commits that the rules selected. Output: [`Review`]. Without a usable
//! answer the rules' order stands. The reviewer adds and removes no commit and changes no
//! confidence. It is not asked about a single commit of HIGH confidence. A first commit of HIGH
//! confidence stays first, because the confidence is about it. Otherwise a commit comes first only
//! with cited evidence.

use serde::{Deserialize, Serialize};

use super::citations::citations;
use super::client::{ModelClient, NoAnswer};
use super::commands::AllowedNames;
use super::output_filter;
use super::prompt::Role;
use super::prompt_context::PromptContext;
use super::schema::answer;
use super::{AgentState, CycleContext};
use crate::model::Confidence;
use crate::report::Correlation;

const ROLE: Role = Role::Reviewer;
/// Characters of an explanation.
const MAX_WHY_LENGTH: usize = 145;

answer! {
    /// A commit and how it could be the cause.
    RankedCommit {
        /// The short id or the SHA.
        sha "sha": String,
        /// From the change to the symptom.
        why "why": String,
        /// IDs of the evidence for it.
        #[serde(default)]
        evidence "evidence": Vec<String>,
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
    names: &AllowedNames,
    client: &mut ModelClient,
    state: &mut AgentState,
    cycle: &CycleContext,
) -> Result<Review, NoAnswer> {
    let (answer, data): (Answer, _) =
        client.ask_about(ROLE, "The incident and its commits:", context, state, cycle)?;
    let answered = answer.ranking.len();
    let review = check(answer, &data, names, client);
    // An empty ranking is an answer. A ranking without a listed commit is not.
    if answered > 0 && review.ranking.is_empty() {
        client.drop_answer(ROLE, "it names no listed commit");
        return Err(NoAnswer::Unusable);
    }
    Ok(review)
}

/// Whether the model is asked: not without a commit, and not about one that the rules are sure of.
#[must_use]
pub fn is_needed(correlation: Option<&Correlation>) -> bool {
    correlation.is_some_and(|correlation| {
        correlation.commits.len() > 1
            || correlation.commits.len() == 1 && correlation.confidence != Confidence::High
    })
}

fn check(answer: Answer, shown: &str, names: &AllowedNames, client: &mut ModelClient) -> Review {
    let mut ranking: Vec<RankedCommit> = Vec::new();
    for commit in answer.ranking {
        let Some(sha) = names.commit(commit.sha.trim()) else {
            client.drop_part(ROLE, "a commit", "it is not listed");
            continue;
        };
        if ranking.iter().any(|known| known.sha == sha) {
            continue;
        }
        let cited = citations(&commit.evidence, &commit.why, shown);
        let why = output_filter::check(&commit.why, MAX_WHY_LENGTH, shown, names);
        let why = client.checked_text(ROLE, "an explanation", why);
        if !why.is_empty() {
            ranking.push(RankedCommit {
                sha: sha.to_owned(),
                why,
                evidence: cited,
            });
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
        let reason = match rank(&commit.sha) {
            Some(rank) => format!("the model: {}", review.ranking[rank].why),
            None => "the model considers it unlikely".to_owned(),
        };
        commit.reasons.insert(0, reason);
    }
    let is_cited = review
        .ranking
        .first()
        .is_some_and(|first| !first.evidence.is_empty());
    if is_cited && applied.confidence != Confidence::High {
        applied
            .commits
            .sort_by_key(|commit| rank(&commit.sha).unwrap_or(usize::MAX));
    }
    applied
}
