//! What the model may cost. Pure.
//!
//! Nothing is asked that could exceed the month's or the cycle's budget: before
//! a call its worst case must fit, after it what it cost is written down. An
//! incident has an allowance of tokens of its own, shared by its agents.

use chrono::{Datelike as _, NaiveDate};

use super::prompt::Role;
use crate::config::ModelBudget;
use crate::model::Time;
use crate::state::Spend;

/// US dollars a token in.
const PRICE_IN: f64 = 1.0e-6;
/// US dollars a token out.
const PRICE_OUT: f64 = 5.0e-6;

/// Tokens in that an incident may take in one cycle, over all agents.
pub const INCIDENT_IN: u64 = 8_000;
/// Tokens out that it may take.
pub const INCIDENT_OUT: u64 = 1_200;

/// How many tokens a text is, rather too many than too few.
#[must_use]
pub fn tokens(text: &str) -> u64 {
    u64::try_from(text.len().div_ceil(3)).unwrap_or(u64::MAX)
}

/// Tokens in and out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// In.
    pub input: u64,
    /// Out.
    pub output: u64,
}

impl Usage {
    /// In US dollars.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        reason = "no sum of tokens comes near 2^52"
    )]
    pub fn usd(self) -> f64 {
        self.input as f64 * PRICE_IN + self.output as f64 * PRICE_OUT
    }
}

/// What one agent may use of an incident's allowance: `out` in all of its
/// answers, `data` in each of its questions besides the prompt.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    /// Tokens of answers, over all rounds.
    pub out: u64,
    /// Tokens of data in one question.
    pub data: u64,
    /// Tokens in that are kept for it while the analyzer looks things up.
    pub reserve: u64,
}

impl Role {
    /// Its share. The shares of answers together are [`INCIDENT_OUT`].
    #[must_use]
    pub fn share(self) -> Share {
        let (out, data, reserve) = match self {
            Self::Analyzer => (560, 1_300, 0),
            Self::Reviewer => (180, 800, 1_400),
            Self::Escalation => (280, 900, 1_700),
            Self::Notifier => (180, 500, 1_150),
        };
        Share { out, data, reserve }
    }
}

/// Why the model is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exhausted {
    /// `modelBudget.monthUsd` is used up.
    Month,
    /// `modelBudget.cycleUsd` is used up.
    Cycle,
}

/// What was used in this cycle.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cycle {
    /// Answers paid for.
    pub calls: u32,
    /// Tokens.
    pub usage: Usage,
    /// In US dollars; more than the tokens' price when answers were lost.
    pub usd: f64,
}

/// Whether a call may still be made, at worst for this much.
///
/// # Errors
/// Which budget forbids it.
pub fn admit(
    worst: Usage,
    spend: &Spend,
    cycle: &Cycle,
    limits: ModelBudget,
) -> Result<(), Exhausted> {
    if spend.usd + worst.usd() > limits.month_usd {
        Err(Exhausted::Month)
    } else if cycle.usd + worst.usd() > limits.cycle_usd {
        Err(Exhausted::Cycle)
    } else {
        Ok(())
    }
}

/// Writes down an answer.
pub fn pay(usage: Usage, spend: &mut Spend, cycle: &mut Cycle) {
    spend.usd += usage.usd();
    spend.calls += 1;
    spend.input_tokens += usage.input;
    spend.output_tokens += usage.output;
    cycle.usd += usage.usd();
    cycle.calls += 1;
    cycle.usage.input += usage.input;
    cycle.usage.output += usage.output;
}

/// Writes down questions that may have been answered and paid for although
/// nothing arrived: a broken connection must not open the budget.
pub fn lose(worst: Usage, times: u32, spend: &mut Spend, cycle: &mut Cycle) {
    let usd = worst.usd() * f64::from(times);
    spend.usd += usd;
    cycle.usd += usd;
}

/// Begins a new month's sums when it is one. A clock that goes back does not.
pub fn turn_month(spend: &mut Spend, now: Time) {
    let month = now.format("%Y-%m").to_string();
    let is_newer = month_number(&month) > month_number(&spend.month);
    if is_newer {
        *spend = Spend {
            month,
            ..Spend::default()
        };
    }
    // A damaged document must not open the budget, nor lock it for ever.
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
    fn shares_make_up_the_allowance() {
        let out: u64 = Role::ALL.iter().map(|role| role.share().out).sum();
        assert_eq!(out, INCIDENT_OUT);
    }

    #[test]
    fn what_could_exceed_a_budget_is_not_asked() {
        let limits = ModelBudget {
            month_usd: 0.010,
            cycle_usd: 0.004,
        };
        let worst = Usage {
            input: 2_000,
            output: 200,
        };
        let (mut spend, mut cycle) = (Spend::default(), Cycle::default());
        turn_month(&mut spend, at("2026-11-23T09:00:00Z"));
        assert_eq!(admit(worst, &spend, &cycle, limits), Ok(()));
        pay(worst, &mut spend, &mut cycle);
        assert_eq!(admit(worst, &spend, &cycle, limits), Err(Exhausted::Cycle));
        cycle = Cycle::default();
        lose(worst, 2, &mut spend, &mut cycle);
        assert_eq!((spend.calls, cycle.calls), (1, 0));
        assert_eq!(admit(worst, &spend, &cycle, limits), Err(Exhausted::Month));
        turn_month(&mut spend, at("2026-12-01T00:00:00Z"));
        cycle = Cycle::default();
        assert_eq!(admit(worst, &spend, &cycle, limits), Ok(()));
        assert_eq!((spend.month.as_str(), spend.calls), ("2026-12", 0));
    }

    #[test]
    fn a_clock_that_goes_back_opens_nothing() {
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
            turn_month(&mut spend, at(now));
            assert_eq!(spend.month, "2026-11", "{now}");
            assert!((spend.usd - 0.1).abs() < f64::EPSILON, "{now}");
        }
    }

    #[test]
    fn damage_neither_opens_nor_locks() {
        for usd in [f64::NAN, f64::INFINITY, -5.0] {
            let mut spend = Spend {
                month: "2026-11".into(),
                usd,
                ..Spend::default()
            };
            turn_month(&mut spend, at("2026-11-30T00:00:00Z"));
            assert!(spend.usd.abs() < f64::EPSILON, "{usd}");
        }
    }
}
