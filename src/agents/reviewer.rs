//! github-reviewer: which of the commits could do it, and how.
//!
//! In: the incident and the commits that the rules chose. Out: [`Review`].
//! Without a usable answer the rules' order. It adds no commit, takes none
//! away, and changes no confidence; a suspect of HIGH confidence stays first,
//! for that is what the confidence is about.

use serde::{Deserialize, Serialize};

use super::client::{Ask, ModelClient, NoAnswer};
use super::output_filter;
use super::prompt::Role;
use super::prompt_context::PromptContext;
use super::schema::answer;
use super::{CacheAndSpend, CycleContext};
use crate::model::Confidence;
use crate::report::Correlation;

const ROLE: Role = Role::Reviewer;
/// No reason is longer, in characters.
const WHY: usize = 160;

answer! {
    /// A commit, and how it could do it.
    Suspect {
        /// In full.
        sha "sha": String,
        /// From the change to the symptom.
        why "why": String,
    }
    /// What the model answers.
    Answer {
        /// The most suspect first.
        ranking "ranking": Vec<Suspect>,
    }
}

/// The commits that could do it, the most suspect first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The commits.
    pub ranking: Vec<Suspect>,
}

/// What the rules alone say.
#[must_use]
pub fn fallback(correlation: &Correlation) -> Correlation {
    correlation.clone()
}

/// Asks, and checks what comes.
///
/// # Errors
/// Why there is no review.
pub fn review(
    case: &PromptContext,
    correlation: &Correlation,
    desk: &mut ModelClient,
    memory: &mut CacheAndSpend,
    scene: &CycleContext,
) -> Result<Review, NoAnswer> {
    let (data, _) = case.fit(ROLE.share().data);
    let ask = Ask {
        role: ROLE,
        intro: "The incident and its commits:",
        data: &data,
        max_tokens: ROLE.share().out,
    };
    let (answer, _) = desk.ask::<Answer>(&ask, memory.spend, scene.deadline)?;
    let claimed = answer.ranking.len();
    let review = check(answer, correlation, &data);
    let dropped = claimed - review.ranking.len();
    if dropped > 0 {
        desk.drop_part(
            ROLE,
            "a commit",
            "it is not listed or not explained in prose",
        );
    }
    // Nothing at all is an answer; nothing that exists is none.
    if claimed > 0 && review.ranking.is_empty() {
        desk.drop_answer(ROLE, "it names no commit that is listed");
        return Err(NoAnswer::Useless);
    }
    Ok(review)
}

fn check(answer: Answer, correlation: &Correlation, shown: &str) -> Review {
    let mut ranking: Vec<Suspect> = Vec::new();
    for suspect in answer.ranking {
        let is_listed = correlation.commits.iter().any(|c| c.sha == suspect.sha);
        let is_new = ranking.iter().all(|known| known.sha != suspect.sha);
        if let Ok(why) = output_filter::check_alone(&suspect.why, WHY, shown, &[])
            && is_listed
            && is_new
        {
            ranking.push(Suspect { why, ..suspect });
        }
    }
    Review { ranking }
}

/// The rules' correlation with what the review says.
#[must_use]
pub fn apply(review: &Review, correlation: &Correlation) -> Correlation {
    let mut applied = correlation.clone();
    for commit in &mut applied.commits {
        let said = review.ranking.iter().find(|s| s.sha == commit.sha);
        commit.reasons.push(match said {
            Some(suspect) => format!("the model: {}", suspect.why),
            None => "the model doubts it".to_owned(),
        });
    }
    let fixed = usize::from(applied.confidence == Confidence::High);
    let place = |sha: &str| review.ranking.iter().position(|s| s.sha == sha);
    if let Some(rest) = applied.commits.get_mut(fixed..) {
        rest.sort_by_key(|commit| place(&commit.sha).unwrap_or(usize::MAX));
    }
    applied
}
