//! escalation-manager: the severity, within the band of the rule.
//!
//! Input: the incident, its analysis, the services file's entry. Output: [`SeverityDecision`].
//! Without a usable answer the rule's severity and text are used.
//!
//! The band of the rule always applies; a rule without a band leaves nothing to decide. SEV-4 sends
//! no notification, so it also requires a known issue of the service, quoted verbatim. A severity
//! that is not allowed is shown as dissent.

use serde::{Deserialize, Serialize};

use super::client::{ModelClient, NoAnswer};
use super::commands::AllowedNames;
use super::prompt::Role;
use super::prompt_context::PromptContext;
use super::remediation::{Step, allowed_steps};
use super::schema::{answer, choice};
use super::untrusted::line;
use super::{AgentState, CycleContext};
use crate::assess::Rule;
use crate::inventory::Service;
use crate::model::Severity;
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
    /// The services file's entry.
    pub service: Option<&'a Service>,
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
    let mut check_text =
        |part: &str, text: &str| client.checked_text(ROLE, part, text, MAX_TEXT_LENGTH, shown, &[]);
    let rationale = check_text("the rationale", &answer.rationale);
    let impact = check_text("the impact", &answer.business_impact);
    let mut issues = input.service.iter().flat_map(|s| &s.known_issues);
    let quote = answer.known_issue.trim();
    let is_quoted = issues.any(|issue| is_verbatim(quote, &issue.text));
    let (chosen, default) = (answer.severity, input.rule.severity());
    // A change without a reason that can be shown is not made.
    let is_allowed = chosen == default
        || !rationale.is_empty() && is_within_policy(input.rule, chosen, is_quoted);
    if !is_allowed {
        client.drop_part(
            ROLE,
            &format!("{chosen} instead of {default}"),
            "the rule does not allow it",
        );
    }
    let (next_actions, dropped) = allowed_steps(&answer.next_actions, input.names, shown);
    if dropped > 0 {
        client.drop_step(ROLE);
    }
    SeverityDecision {
        chosen,
        is_allowed,
        rationale,
        impact,
        next_actions,
    }
}

/// Whether the severity is within the rule's band. SEV-4 also requires a quoted known issue.
fn is_within_policy(rule: Rule, chosen: Severity, is_quoted: bool) -> bool {
    let (highest, lowest) = rule.band();
    let is_inside = (highest..=lowest).contains(&chosen);
    is_inside && (chosen != Severity::Sev4 || is_quoted)
}

/// Whether a quote is the known issue as it is in the file or as it was shown.
fn is_verbatim(quote: &str, issue: &str) -> bool {
    !quote.is_empty() && (quote == issue.trim() || quote == line(issue, 240))
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
    fn a_quote_is_verbatim() {
        let issue = "**Requires manual unsealing** after pod restart";
        for (quote, expected) in [
            (issue, true),
            ("Requires manual unsealing after pod restart", false),
            ("**Requires manual unsealing**", false),
            ("", false),
        ] {
            assert_eq!(is_verbatim(quote, issue), expected, "{quote}");
        }
        assert!(!is_verbatim("", ""));
    }
}
