//! escalation-manager: the severity, within the band of the rule.
//!
//! Input: the incident, its analysis, the services file's entry. Output: [`SeverityDecision`].
//! Without a usable answer the rule's severity and text are used.
//!
//! The band of the rule always applies; a rule without a band leaves nothing to decide. SEV-4 sends
//! no notification, so it also requires the known issue that the rules matched to the root finding,
//! quoted. A higher severity requires a cited fact that the rule does not know: a line of a log, an
//! event, a measured value or a commit, not a status or the number of dependents. A severity that is
//! not allowed is shown as dissent.

use serde::{Deserialize, Serialize};

use super::citations::{citations, without_citations};
use super::client::{ModelClient, NoAnswer};
use super::commands::AllowedNames;
use super::output_filter;
use super::prompt::Role;
use super::prompt_context::PromptContext;
use super::remediation::{Step, allowed_steps};
use super::schema::{answer, choice};
use super::{AgentState, CycleContext};
use crate::assess::Rule;
use crate::model::{FactKind, Severity};
use crate::report::Incident;

const ROLE: Role = Role::Escalation;
/// Characters of a text.
const MAX_TEXT_LENGTH: usize = 240;

choice!(Severity);

answer! {
    /// The model's answer.
    Answer {
        /// The severity.
        severity "severity": Severity,
        /// The known issue that describes the incident, verbatim, or empty.
        known_issue "knownIssue": String,
        /// The reason for the severity.
        rationale "rationale": String,
        /// IDs of the evidence for a higher severity.
        #[serde(default)]
        evidence "evidence": Vec<String>,
        /// What users notice.
        business_impact "businessImpact": String,
        /// Steps beyond those of the rules.
        next_actions "nextActions": Vec<Step>,
    }
}

/// The severity that the model chose, as checked and cached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityDecision {
    /// The model's severity.
    #[serde(rename = "wanted")]
    pub chosen: Severity,
    /// Whether the rule allows it.
    pub is_allowed: bool,
    /// The reason; empty if it cannot be shown.
    pub rationale: String,
    /// What users notice; empty: the rules' text.
    pub impact: String,
    /// Steps beyond those of the rules.
    pub next_actions: Vec<Step>,
}

/// The rule's decision.
#[must_use]
pub fn fallback(rule: Rule, incident: &Incident) -> SeverityDecision {
    SeverityDecision {
        chosen: rule.severity(),
        is_allowed: true,
        rationale: String::new(),
        impact: incident.analysis.business_impact.clone(),
        next_actions: Vec::new(),
    }
}

impl SeverityDecision {
    /// The severity that applies.
    #[must_use]
    pub fn severity(&self, rule: Rule) -> Severity {
        if self.is_allowed {
            self.chosen
        } else {
            rule.severity()
        }
    }

    /// The model's severity if the rule does not allow it, with the reason.
    #[must_use]
    pub fn dissent(&self) -> Option<String> {
        let chosen = self.chosen;
        (!self.is_allowed).then(|| match self.rationale.as_str() {
            "" => chosen.to_string(),
            rationale => format!("{chosen}: {rationale}"),
        })
    }

    /// What users notice, and why the severity is not the rule's.
    #[must_use]
    pub fn business_impact(&self, rule: Rule, incident: &Incident) -> String {
        let impact = match self.impact.as_str() {
            "" => incident.analysis.business_impact.as_str(),
            impact => impact,
        };
        let (default, severity) = (rule.severity(), self.severity(rule));
        if severity == default {
            return impact.to_owned();
        }
        let direction = if severity < default {
            "raised"
        } else {
            "lowered"
        };
        format!(
            "{impact} The model {direction} the severity from {default}: {}",
            self.rationale
        )
    }
}

/// The input of a decision.
pub struct Input<'a> {
    /// The rule that set the severity.
    pub rule: Rule,
    /// The incident as text.
    pub context: &'a PromptContext,
    /// The incident as the rules report it.
    pub incident: &'a Incident,
    /// The names that commands may use.
    pub names: &'a AllowedNames<'a>,
}

/// Asks for a severity and checks the answer.
///
/// # Errors
/// Why there is no decision.
pub fn decide(
    input: &Input,
    client: &mut ModelClient,
    state: &mut AgentState,
    cycle: &CycleContext,
) -> Result<SeverityDecision, NoAnswer> {
    let (highest, lowest) = input.rule.band();
    let default = input.rule.severity();
    let intro = format!("Severity {default}, band {highest} to {lowest}. The incident:");
    let (answer, data) = client.ask_about(ROLE, &intro, input.context, state, cycle)?;
    Ok(check(&answer, &data, input, client))
}

fn check(
    answer: &Answer,
    shown: &str,
    input: &Input,
    client: &mut ModelClient,
) -> SeverityDecision {
    let mut check_text = |part: &str, text: &str| {
        let text = without_citations(text);
        let checked = output_filter::check(&text, MAX_TEXT_LENGTH, shown, input.names);
        client.checked_text(ROLE, part, checked)
    };
    let rationale = check_text("the rationale", &answer.rationale);
    let impact = check_text("the impact", &answer.business_impact);
    let (chosen, default) = (answer.severity, input.rule.severity());
    let refusal = (chosen != default)
        .then(|| refusal(answer, !rationale.is_empty(), shown, input))
        .flatten();
    if let Some(refusal) = refusal {
        client.drop_part(ROLE, &format!("{chosen} instead of {default}"), refusal);
    }
    let given = &input.incident.actions;
    let steps = allowed_steps(&answer.next_actions, input.names, shown, given);
    SeverityDecision {
        chosen,
        is_allowed: refusal.is_none(),
        rationale,
        impact,
        next_actions: client.checked_steps(ROLE, steps),
    }
}

/// Why another severity than the rule's is not used.
fn refusal(answer: &Answer, has_reason: bool, shown: &str, input: &Input) -> Option<&'static str> {
    let (chosen, default) = (answer.severity, input.rule.severity());
    let root = input.incident.findings.first();
    let matched = root.and_then(|finding| finding.known_issue.as_deref());
    let is_quoted = matched.is_some_and(|issue| is_quote(&answer.known_issue, issue));
    if !is_within_policy(input.rule, chosen, is_quoted) {
        Some("the rule does not allow it")
    } else if !has_reason {
        Some("its reason cannot be shown")
    } else if chosen < default && !is_fact_beyond_rule(answer, shown, input) {
        Some("it cites no fact that the rule does not know")
    } else {
        None
    }
}

/// Whether the severity is within the rule's band. SEV-4 also requires a quoted known issue.
fn is_within_policy(rule: Rule, chosen: Severity, is_quoted: bool) -> bool {
    let (highest, lowest) = rule.band();
    let is_inside = (highest..=lowest).contains(&chosen);
    is_inside && (chosen != Severity::Sev4 || is_quoted)
}

/// Kinds of evidence that a rule of severity does not weigh.
const BEYOND_RULES: [FactKind; 3] = [FactKind::Log, FactKind::Event, FactKind::Metric];

/// Whether the reason cites a log, an event, a measured value or a commit, and is no guess about
/// what is still serving.
fn is_fact_beyond_rule(answer: &Answer, shown: &str, input: &Input) -> bool {
    let cited = citations(&answer.evidence, &answer.rationale, shown);
    let evidence = input.incident.findings.iter().flat_map(|f| &f.evidence);
    let is_beyond = |id: &String| {
        id.starts_with(['L', 'R', 'C'])
            || evidence.clone().any(|fact| {
                fact.id == *id && BEYOND_RULES.iter().any(|kind| kind.as_str() == fact.kind)
            })
    };
    let serves_in_part = matches!(input.rule, Rule::P0Degraded | Rule::P1Degraded);
    cited.iter().any(is_beyond) && !(serves_in_part && is_guess(&answer.rationale))
}

/// Words of a guess.
fn is_guess(text: &str) -> bool {
    let words = [
        "may", "might", "could", "likely", "probably", "possibly", "perhaps", "would", "risk",
    ];
    let lower = text.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| words.contains(&word))
}

/// Whether a quote is the known issue. Marks, emoji and case make no difference.
fn is_quote(quote: &str, issue: &str) -> bool {
    let plain = |text: &str| -> String {
        let words = text.split(|c: char| !c.is_alphanumeric());
        let words: Vec<_> = words
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        words.join(" ")
    };
    let (quote, issue) = (plain(quote), plain(issue));
    // The model is shown the beginning of a long issue.
    let is_beginning = issue.starts_with(&quote) && quote.len() >= 180;
    !quote.is_empty() && (quote == issue || is_beginning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_band_always_applies_and_sev_4_requires_a_quote() {
        for rule in Rule::ALL.iter().copied() {
            let (highest, lowest) = rule.band();
            for chosen in Severity::ALL {
                for is_quoted in [false, true] {
                    let is_allowed = is_within_policy(rule, chosen, is_quoted);
                    let is_inside = highest <= chosen && chosen <= lowest;
                    let needs_quote = chosen == Severity::Sev4;
                    let expected = is_inside && (!needs_quote || is_quoted);
                    assert_eq!(is_allowed, expected, "{rule:?} {chosen}");
                    if highest == lowest {
                        assert!(
                            !is_allowed || chosen == rule.severity(),
                            "{rule:?} {chosen}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_quote_is_compared_without_marks_emoji_and_case() {
        let issue = "⚠️ **Requires manual unsealing** after pod restart";
        for (quote, expected) in [
            (issue, true),
            ("requires manual unsealing after pod restart", true),
            ("`Requires manual unsealing` after pod restart.", true),
            ("**Requires manual unsealing**", false),
            ("pod restart", false),
            ("", false),
        ] {
            assert_eq!(is_quote(quote, issue), expected, "{quote}");
        }
        assert!(!is_quote("", ""));
    }
}
