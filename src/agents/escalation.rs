//! escalation-manager: how much it matters, inside the band of the rule.
//!
//! In: the incident, its analysis, the services file's entry. Out: [`Weight`].
//! Without a usable answer the rule's severity and the rules' own words.
//!
//! The band is the rule's and holds always; a rule without a band leaves
//! nothing to decide. Inside a band that reaches SEV-4, which nobody would be
//! told of, it takes more than an opinion: a known issue of the incident's own
//! service, quoted letter by letter. What the model would have done beyond
//! that is shown as dissent.

use serde::{Deserialize, Serialize};

use super::client::{Ask, ModelClient, NoAnswer};
use super::commands::Names;
use super::output_filter;
use super::prompt::Role;
use super::prompt_context::PromptContext;
use super::remediation::{Step, grounded};
use super::schema::{answer, choice};
use super::untrusted::line;
use super::{CacheAndSpend, CycleContext};
use crate::assess::Rule;
use crate::inventory::Service;
use crate::model::Severity;
use crate::report::Incident;

const ROLE: Role = Role::Escalation;
/// No text is longer, in characters.
const LONGEST: usize = 240;

choice! {
    /// A severity.
    Level {
        /// SEV-1.
        One = "SEV-1",
        /// SEV-2.
        Two = "SEV-2",
        /// SEV-3.
        Three = "SEV-3",
        /// SEV-4.
        Four = "SEV-4",
    }
}

impl Level {
    /// As the rules have it.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::One => Severity::Sev1,
            Self::Two => Severity::Sev2,
            Self::Three => Severity::Sev3,
            Self::Four => Severity::Sev4,
        }
    }
}

answer! {
    /// What the model answers.
    Answer {
        /// How much it matters.
        severity "severity": Level,
        /// The known issue that describes it, verbatim, or nothing.
        known_issue "knownIssue": String,
        /// Why so.
        rationale "rationale": String,
        /// Who notices what.
        business_impact "businessImpact": String,
        /// What to do beyond what the rules say.
        next_actions "nextActions": Vec<Step>,
    }
}

/// How much it matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityDecision {
    /// What the model would have it be.
    pub wanted: Level,
    /// Whether policy allows that.
    pub is_allowed: bool,
    /// Why so; empty where the answer's reason cannot be shown.
    pub rationale: String,
    /// Who notices what; empty: as the rules say.
    pub impact: String,
    /// What to do beyond what the rules say.
    pub next_actions: Vec<Step>,
}

/// What the rules alone say.
#[must_use]
pub fn fallback(rule: Rule, incident: &Incident) -> SeverityDecision {
    SeverityDecision {
        wanted: match rule.severity() {
            Severity::Sev1 => Level::One,
            Severity::Sev2 => Level::Two,
            Severity::Sev3 => Level::Three,
            Severity::Sev4 => Level::Four,
        },
        is_allowed: true,
        rationale: String::new(),
        impact: incident.analysis.business_impact.clone(),
        next_actions: Vec::new(),
    }
}

impl SeverityDecision {
    /// The severity that counts.
    #[must_use]
    pub fn severity(&self, rule: Rule) -> Severity {
        if self.is_allowed {
            self.wanted.severity()
        } else {
            rule.severity()
        }
    }

    /// What the model would have decided and may not.
    #[must_use]
    pub fn dissent(&self) -> Option<String> {
        let wanted = self.wanted.severity();
        (!self.is_allowed).then(|| match self.rationale.as_str() {
            "" => wanted.to_string(),
            rationale => format!("{wanted}: {rationale}"),
        })
    }

    /// Who notices what, and why the severity is not the rule's.
    #[must_use]
    pub fn told(&self, rule: Rule, incident: &Incident) -> String {
        let impact = match self.impact.as_str() {
            "" => incident.analysis.business_impact.as_str(),
            impact => impact,
        };
        let (set, now) = (rule.severity(), self.severity(rule));
        if now == set {
            return impact.to_owned();
        }
        let moved = if now < set { "raised" } else { "lowered" };
        format!(
            "{impact} The model {moved} it from {set}: {}",
            self.rationale
        )
    }
}

/// All that one weighing is made from.
pub struct Input<'a> {
    /// The rule that set its severity.
    pub rule: Rule,
    /// What is shown of it.
    pub case: &'a PromptContext,
    /// The services file's entry.
    pub service: Option<&'a Service>,
    /// What commands may name.
    pub names: &'a Names<'a>,
}

/// Asks, and checks what comes.
///
/// # Errors
/// Why there is no weighing.
pub fn weigh(
    matter: &Input,
    desk: &mut ModelClient,
    memory: &mut CacheAndSpend,
    scene: &CycleContext,
) -> Result<SeverityDecision, NoAnswer> {
    let (data, _) = matter.case.fit(ROLE.share().data);
    let (highest, lowest) = matter.rule.band();
    let set = matter.rule.severity();
    let ask = Ask {
        role: ROLE,
        intro: &format!("Severity {set}, band {highest} to {lowest}. The incident:"),
        data: &data,
        max_tokens: ROLE.share().out,
    };
    let (answer, _) = desk.ask::<Answer>(&ask, memory.spend, scene.deadline)?;
    Ok(check(&answer, &data, matter, desk))
}

fn check(answer: &Answer, shown: &str, matter: &Input, desk: &mut ModelClient) -> SeverityDecision {
    let mut said = |part: &str, text: &str, subjects: &[&str]| {
        let checked = output_filter::check_alone(text, LONGEST, shown, subjects);
        if let Err(flaw) = checked {
            desk.drop_part(ROLE, part, &flaw.to_string());
        }
        checked.unwrap_or_default()
    };
    let rationale = said("the rationale", &answer.rationale, &[]);
    let impact = said("the impact", &answer.business_impact, &[]);
    let issues: Vec<_> = matter
        .service
        .iter()
        .flat_map(|s| &s.known_issues)
        .collect();
    let quote = answer.known_issue.trim();
    let is_quoted = issues.iter().any(|issue| is_verbatim(quote, &issue.text));
    let wanted = answer.severity.severity();
    let set = matter.rule.severity();
    // A move that nobody could explain to the operator is none.
    let is_allowed =
        wanted == set || !rationale.is_empty() && may_move(matter.rule, wanted, is_quoted);
    if !is_allowed {
        desk.drop_part(
            ROLE,
            &format!("{wanted} in place of {set}"),
            "policy does not leave it open",
        );
    }
    let (next_actions, dropped) = grounded(&answer.next_actions, matter.names, shown);
    if dropped > 0 {
        desk.drop_part(
            ROLE,
            "a step",
            "it is not on the list of what may be suggested",
        );
    }
    SeverityDecision {
        wanted: answer.severity,
        is_allowed,
        rationale,
        impact,
        next_actions,
    }
}

/// Whether policy leaves the severity open.
fn may_move(rule: Rule, wanted: Severity, is_quoted: bool) -> bool {
    let (highest, lowest) = rule.band();
    let is_inside = (highest..=lowest).contains(&wanted);
    is_inside && (wanted != Severity::Sev4 || is_quoted)
}

/// Letter by letter, as it stands in the file or as it was shown.
fn is_verbatim(quote: &str, issue: &str) -> bool {
    !quote.is_empty() && (quote == issue.trim() || quote == line(issue, 240))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_band_holds_always_and_silence_needs_a_quote() {
        for rule in Rule::ALL.iter().copied() {
            let (highest, lowest) = rule.band();
            for wanted in Severity::ALL {
                for is_quoted in [false, true] {
                    let may = may_move(rule, wanted, is_quoted);
                    let inside = highest <= wanted && wanted <= lowest;
                    let silent = wanted == Severity::Sev4;
                    assert_eq!(may, inside && (!silent || is_quoted), "{rule:?} {wanted}");
                    if highest == lowest {
                        assert!(!may || wanted == rule.severity(), "{rule:?} {wanted}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_quote_is_a_quote() {
        let issue = "**Requires manual unsealing** after pod restart";
        for (quote, is_verbatim_quote) in [
            (issue, true),
            ("Requires manual unsealing after pod restart", false),
            ("**Requires manual unsealing**", false),
            ("", false),
        ] {
            assert_eq!(is_verbatim(quote, issue), is_verbatim_quote, "{quote}");
        }
        assert!(!is_verbatim("", ""));
    }
}
