//! The language model: the key, whether the model exists, and the budget.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::Value;

use crate::config::{Config, MODEL, ModelBudget};
use crate::model::Time;
use crate::model::text::clean;
use crate::net::{Http, HttpError, Peer, Request, Retry};
use crate::state::{Spend, State};

use super::line::Check;

const NAME: &str = "model";

/// The answer of Anthropic: status and error message.
pub type ModelFacts = Result<(u16, String), HttpError>;

/// Asks whether the model exists, if there is a key. This request is free.
pub fn ask(config: &Config, http: &Http, deadline: Instant) -> Option<ModelFacts> {
    let key = config.keys.anthropic.as_ref()?;
    let url = format!("{}/v1/models/{MODEL}", config.endpoints.anthropic);
    let request = Request::get(Peer::Anthropic, &url)
        .header("x-api-key", key.expose())
        .header("anthropic-version", "2023-06-01");
    let answer = http.send(&request, &Retry::READ, deadline);
    Some(answer.map(|answer| {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let message = body["error"]["message"].as_str().unwrap_or_default();
        (answer.status, clean(message))
    }))
}

/// One check for the model, and one for its budget. `is_on` is false with `--no-llm`.
#[must_use]
pub fn checks(
    facts: Option<&ModelFacts>,
    is_on: bool,
    budget: &ModelBudget,
    state: Option<&State>,
    now: Time,
) -> Vec<Check> {
    if !is_on {
        return vec![Check::off(
            NAME,
            "--no-llm: incidents are explained by the rules only",
            "",
        )];
    }
    let Some(facts) = facts else {
        return vec![Check::off(
            NAME,
            "ANTHROPIC_API_KEY is not set: incidents are explained by the rules only",
            "set ANTHROPIC_API_KEY",
        )];
    };
    vec![model(facts), spend(budget, state, now)]
}

fn model(facts: &ModelFacts) -> Check {
    let (status, message) = match facts {
        Ok((status, message)) => (*status, message),
        Err(error) => return Check::unanswered(NAME, error, "ANTHROPIC_BASE_URL"),
    };
    match status {
        200 => Check::ok(NAME, &format!("{MODEL} is available")),
        404 => Check::red(
            NAME,
            &format!(
                "{MODEL} is retired or not available to this key: incidents are explained by the \
                 rules only"
            ),
            "upgrade k8s-monitor to a version with a newer model; nothing else is affected",
        ),
        401 | 403 => Check::red(
            NAME,
            &format!(
                "the key is rejected ({status}: {message}): incidents are explained by the rules \
                 only"
            ),
            "create a new key in the Anthropic console and set ANTHROPIC_API_KEY",
        ),
        402 => no_credit(status, message),
        400 if message.contains("credit balance") => no_credit(status, message),
        429 | 500.. => Check::warn(
            NAME,
            &format!("unknown: Anthropic is overloaded or has a problem ({status}: {message})"),
            "run doctor again later; until then, incidents are explained by the rules only",
        ),
        _ => Check::red(
            NAME,
            &format!("the answer does not come from Anthropic (status {status}: {message})"),
            "check ANTHROPIC_BASE_URL",
        ),
    }
}

fn no_credit(status: u16, message: &str) -> Check {
    Check::red(
        NAME,
        &format!(
            "the Anthropic account has no credit ({status}: {message}): incidents are explained by \
             the rules only"
        ),
        "add credit to the account in the Anthropic console",
    )
}

fn spend(budget: &ModelBudget, state: Option<&State>, now: Time) -> Check {
    const NAME: &str = "model budget";
    let month = now.format("%Y-%m").to_string();
    let limit = budget.month_usd;
    let Some(state) = state else {
        let message =
            format!("{limit} USD per month; the amount spent is unknown without the state");
        return Check::warn(NAME, &message, "see the check of the state");
    };
    let spend = &state.spend;
    let none = Spend::default();
    let spend = if spend.month == month { spend } else { &none };
    let usd = spend.usd;
    let message = format!(
        "{usd:.4} of {limit} USD spent in {month} for {} calls about {} incidents{}{}",
        spend.calls,
        spend.incidents,
        cost_of_one(spend),
        dropped(&spend.dropped)
    );
    if usd >= limit {
        Check::warn(
            NAME,
            &format!("{message}: no more calls this month"),
            "wait for the next month, or raise modelBudget.monthUsd",
        )
    } else {
        Check::ok(NAME, &message)
    }
}

fn cost_of_one(spend: &Spend) -> String {
    if spend.incidents == 0 {
        return String::new();
    }
    format!(", {:.4} USD each", spend.usd / f64::from(spend.incidents))
}

/// What was dropped of the answers, by reason.
fn dropped(reasons: &BTreeMap<String, u32>) -> String {
    if reasons.is_empty() {
        return String::new();
    }
    let reasons: Vec<_> = reasons
        .iter()
        .map(|(reason, count)| format!("{} ({count})", clean(reason)))
        .collect();
    format!("; dropped of the answers: {}", reasons.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::line::Status::{Ok as Green, Red, Warn};

    #[test]
    fn the_answer_decides_the_check() {
        for (status, expected, text) in [
            (200, Green, "is available"),
            (404, Red, "retired"),
            (401, Red, "rejected"),
            (403, Red, "rejected"),
            (429, Warn, "unknown"),
            (529, Warn, "unknown"),
            (302, Red, "does not come from Anthropic"),
        ] {
            let check = model(&Ok((status, String::new())));
            assert_eq!(check.status, expected, "{check:?}");
            assert!(check.message.contains(text), "{check:?}");
        }
    }

    #[test]
    fn the_budget_is_per_calendar_month() {
        let now: Time = "2026-11-20T12:00:00Z".parse().unwrap();
        let budget = ModelBudget::default();
        for (month, usd, expected) in [
            ("2026-11", 0.01, Green),
            ("2026-11", 0.2, Warn),
            ("2026-10", 0.2, Green),
        ] {
            let state = State {
                spend: Spend {
                    month: month.into(),
                    usd,
                    ..Spend::default()
                },
                ..State::default()
            };
            let check = spend(&budget, Some(&state), now);
            assert_eq!(check.status, expected, "{check:?}");
        }
        assert_eq!(spend(&budget, None, now).status, Warn);
    }
}
