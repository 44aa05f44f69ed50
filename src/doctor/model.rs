//! The language model: the key, whether the model still exists, and the budget.

use std::time::Instant;

use serde_json::Value;

use crate::config::{Config, MODEL, ModelBudget};
use crate::model::Time;
use crate::model::text::clean;
use crate::net::{Http, HttpError, Peer, Request, Retry};
use crate::state::State;

use super::line::Check;

const NAME: &str = "model";

/// What Anthropic said of the model: status, and its words of an error.
pub type ModelFacts = Result<(u16, String), HttpError>;

/// Asks whether the model is there, where there is a key. Costs nothing.
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

/// A line for the model, and one for its budget. `wanted` is whether the
/// command line leaves it on.
#[must_use]
pub fn checks(
    facts: Option<&ModelFacts>,
    wanted: bool,
    budget: &ModelBudget,
    memory: Option<&State>,
    now: Time,
) -> Vec<Check> {
    if !wanted {
        return vec![Check::off(NAME, "--no-llm: the rules explain alone", "")];
    }
    let Some(facts) = facts else {
        return vec![Check::off(
            NAME,
            "ANTHROPIC_API_KEY is not set: the rules explain alone",
            "set ANTHROPIC_API_KEY to have incidents explained",
        )];
    };
    vec![model(facts), spend(budget, memory, now)]
}

fn model(facts: &ModelFacts) -> Check {
    let (status, message) = match facts {
        Ok((status, message)) => (*status, message),
        Err(error) => return Check::unanswered(NAME, error, "ANTHROPIC_BASE_URL"),
    };
    match status {
        200 => Check::ok(NAME, &format!("{MODEL} is there for this key")),
        404 => Check::red(
            NAME,
            &format!("{MODEL} is retired, or not open to this key: the rules explain alone"),
            "install a newer k8s-monitor, whose model is a later one; nothing else is affected",
        ),
        401 | 403 => Check::red(
            NAME,
            &format!("the key is refused ({status}: {message}): the rules explain alone"),
            "make another key in the Anthropic console and set ANTHROPIC_API_KEY",
        ),
        429 | 500.. => Check::warn(
            NAME,
            &format!("not known: Anthropic is busy or in trouble ({status}: {message})"),
            "look again later; meanwhile the rules explain alone",
        ),
        _ => Check::red(
            NAME,
            &format!("the answer is none of Anthropic's (status {status}: {message})"),
            "check ANTHROPIC_BASE_URL",
        ),
    }
}

fn spend(budget: &ModelBudget, memory: Option<&State>, now: Time) -> Check {
    const NAME: &str = "model budget";
    let month = now.format("%Y-%m").to_string();
    let limit = budget.month_usd;
    let Some(state) = memory else {
        let message =
            format!("{limit} USD a month; what is spent is in the state, which is unread");
        return Check::warn(NAME, &message, "see the line on the state");
    };
    let spend = &state.spend;
    let (usd, calls) = if spend.month == month {
        (spend.usd, spend.calls)
    } else {
        (0.0, 0)
    };
    let message = format!("{usd:.4} of {limit} USD spent in {month}, for {calls} answers");
    if usd >= limit {
        Check::warn(
            NAME,
            &format!("{message}: until the month ends the rules explain alone"),
            "nothing, or raise modelBudget.monthUsd",
        )
    } else {
        Check::ok(NAME, &message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::line::Status::{Ok as Green, Red, Warn};
    use crate::state::Spend;

    #[test]
    fn the_model_by_the_answer() {
        for (status, expected, words) in [
            (200, Green, "is there"),
            (404, Red, "retired"),
            (401, Red, "refused"),
            (403, Red, "refused"),
            (429, Warn, "not known"),
            (529, Warn, "not known"),
            (302, Red, "none of Anthropic's"),
        ] {
            let check = model(&Ok((status, String::new())));
            assert_eq!(check.status, expected, "{check:?}");
            assert!(check.message.contains(words), "{check:?}");
        }
    }

    #[test]
    fn the_budget_is_that_of_this_month() {
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
