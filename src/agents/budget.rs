//! The budget of the model. Pure.
//!
//! Before a request, its highest possible cost must fit into the budget of the month and of the
//! cycle. After it, its cost is recorded. Each incident has an allowance of tokens per cycle, which
//! its agents share.

use chrono::{Datelike as _, NaiveDate};

use super::prompt::Role;
use crate::config::ModelBudget;
use crate::model::Time;
use crate::state::Spend;

/// US dollars per input token.
const INPUT_PRICE: f64 = 1.0e-6;
/// US dollars per output token.
const OUTPUT_PRICE: f64 = 5.0e-6;

/// Input tokens per incident and cycle, over all agents, by the upper estimate: about three quarters
/// of it are used.
pub const INCIDENT_INPUT_TOKENS: u64 = 10_000;

/// An upper estimate of the tokens of a text.
#[must_use]
pub fn tokens(text: &str) -> u64 {
    u64::try_from(text.len().div_ceil(3)).unwrap_or(u64::MAX)
}

/// Tokens of one or more requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Input tokens.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
}

impl Usage {
    /// The cost in US dollars.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        reason = "token counts stay far below 2^52"
    )]
    pub fn usd(self) -> f64 {
        self.input as f64 * INPUT_PRICE + self.output as f64 * OUTPUT_PRICE
    }
}

/// An agent's share of an incident's allowance.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    /// Output tokens, over all questions.
    pub output: u64,
    /// Input tokens of the data in one question.
    pub data: u64,
    /// Input tokens that the analyzer's look-ups leave for it.
    pub reserve: u64,
}

impl Role {
    /// The agent's share.
    #[must_use]
    pub fn share(self) -> Share {
        let (output, data, reserve) = match self {
            Self::Analyzer => (560, 1_300, 0),
            Self::Reviewer => (340, 800, 1_450),
            Self::Escalation => (280, 900, 1_800),
            Self::Notifier => (180, 500, 1_150),
        };
        Share {
            output,
            data,
            reserve,
        }
    }
}

/// The budget that is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exhausted {
    /// `modelBudget.monthUsd`.
    Month,
    /// `modelBudget.cycleUsd`.
    Cycle,
}

/// What this cycle used.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CycleUsage {
    /// Billed requests.
    pub calls: u32,
    /// Tokens.
    pub usage: Usage,
    /// US dollars, including requests whose response was lost.
    pub usd: f64,
}

/// Checks that a request with at most this usage fits into the budget.
///
/// # Errors
/// The budget that it exceeds.
pub fn check(
    max: Usage,
    spend: &Spend,
    cycle: &CycleUsage,
    limits: ModelBudget,
) -> Result<(), Exhausted> {
    if spend.usd + max.usd() > limits.month_usd {
        Err(Exhausted::Month)
    } else if cycle.usd + max.usd() > limits.cycle_usd {
        Err(Exhausted::Cycle)
    } else {
        Ok(())
    }
}

/// Records the cost of a response.
pub fn record(usage: Usage, spend: &mut Spend, cycle: &mut CycleUsage) {
    spend.usd += usage.usd();
    spend.calls += 1;
    spend.input_tokens += usage.input;
    spend.output_tokens += usage.output;
    cycle.usd += usage.usd();
    cycle.calls += 1;
    cycle.usage.input += usage.input;
    cycle.usage.output += usage.output;
}

/// Records the highest cost of requests without a response, which may have been billed.
pub fn record_lost(max: Usage, times: u32, spend: &mut Spend, cycle: &mut CycleUsage) {
    let usd = max.usd() * f64::from(times);
    spend.usd += usd;
    cycle.usd += usd;
}

/// Resets the sums at the start of a new month. A clock that is set back does not reset them.
pub fn start_month(spend: &mut Spend, now: Time) {
    let month = now.format("%Y-%m").to_string();
    let is_newer = month_number(&month) > month_number(&spend.month);
    if is_newer {
        *spend = Spend {
            month,
            ..Spend::default()
        };
    }
    // An invalid sum in the state must neither lift the limit nor block all requests.
    if !spend.usd.is_finite() || spend.usd < 0.0 {
        spend.usd = 0.0;
    }
}

fn month_number(month: &str) -> i32 {
    let first = NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d");
    first.map_or(0, |day| day.year() * 12 + day.month0().cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn a_request_that_could_exceed_a_budget_is_rejected() {
        let limits = ModelBudget {
            month_usd: 0.010,
            cycle_usd: 0.004,
        };
        let worst = Usage {
            input: 2_000,
            output: 200,
        };
        let (mut spend, mut cycle) = (Spend::default(), CycleUsage::default());
        start_month(&mut spend, at("2026-11-23T09:00:00Z"));
        assert_eq!(check(worst, &spend, &cycle, limits), Ok(()));
        record(worst, &mut spend, &mut cycle);
        assert_eq!(check(worst, &spend, &cycle, limits), Err(Exhausted::Cycle));
        cycle = CycleUsage::default();
        record_lost(worst, 2, &mut spend, &mut cycle);
        assert_eq!((spend.calls, cycle.calls), (1, 0));
        assert_eq!(check(worst, &spend, &cycle, limits), Err(Exhausted::Month));
        start_month(&mut spend, at("2026-12-01T00:00:00Z"));
        cycle = CycleUsage::default();
        assert_eq!(check(worst, &spend, &cycle, limits), Ok(()));
        assert_eq!((spend.month.as_str(), spend.calls), ("2026-12", 0));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_reset_the_sums() {
        let mut spend = Spend {
            month: "2026-11".into(),
            usd: 0.1,
            ..Spend::default()
        };
        for now in [
            "2026-11-30T23:59:59Z",
            "2026-10-31T00:00:00Z",
            "2025-12-01T00:00:00Z",
        ] {
            start_month(&mut spend, at(now));
            assert_eq!(spend.month, "2026-11", "{now}");
            assert!((spend.usd - 0.1).abs() < f64::EPSILON, "{now}");
        }
    }

    #[test]
    fn an_invalid_sum_is_reset() {
        for usd in [f64::NAN, f64::INFINITY, -5.0] {
            let mut spend = Spend {
                month: "2026-11".into(),
                usd,
                ..Spend::default()
            };
            start_month(&mut spend, at("2026-11-30T00:00:00Z"));
            assert!(spend.usd.abs() < f64::EPSILON, "{usd}");
        }
    }
}
