//! The five fields of a schedule, with the syntax of robfig/cron.

use chrono::{Datelike, NaiveDate};

/// The times that fit, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fields {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Day or weekday is open, so that the other one decides alone.
    has_open_day: bool,
}

/// The range of a field, and the names of its values from the lowest.
struct Bounds {
    min: u32,
    max: u32,
    names: &'static [&'static str],
}

const MINUTES: Bounds = Bounds::of(0, 59);
const HOURS: Bounds = Bounds::of(0, 23);
const DAYS: Bounds = Bounds::of(1, 31);
const MONTHS: Bounds = Bounds {
    min: 1,
    max: 12,
    names: &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ],
};
/// Sunday is 0, and 7 is none.
const WEEKDAYS: Bounds = Bounds {
    min: 0,
    max: 6,
    names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
};

impl Bounds {
    const fn of(min: u32, max: u32) -> Self {
        Self {
            min,
            max,
            names: &[],
        }
    }

    fn value(&self, text: &str) -> Option<u32> {
        let named = self.names.iter().position(|n| n.eq_ignore_ascii_case(text));
        let named = named.and_then(|at| u32::try_from(at).ok());
        named.map(|at| self.min + at).or_else(|| text.parse().ok())
    }
}

impl Fields {
    /// Parses five fields, or a word that stands for them.
    pub fn parse(text: &str) -> Option<Self> {
        let text = match text {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            fields => fields,
        };
        let parts: Vec<_> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = parts[..] else {
            return None;
        };
        let (days, any_day) = field(days, &DAYS)?;
        let (weekdays, any_weekday) = field(weekdays, &WEEKDAYS)?;
        Some(Self {
            minutes: field(minutes, &MINUTES)?.0,
            hours: field(hours, &HOURS)?.0,
            months: field(months, &MONTHS)?.0,
            days,
            weekdays,
            has_open_day: any_day || any_weekday,
        })
    }

    /// Whether any day of this month may fit.
    pub fn has_month(&self, month: u32) -> bool {
        has(self.months, month)
    }

    /// Where day and weekday are both given, one of them is enough.
    pub fn has_day(&self, date: NaiveDate) -> bool {
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, date.weekday().num_days_from_sunday());
        let fits = if self.has_open_day {
            day && weekday
        } else {
            day || weekday
        };
        fits && has(self.months, date.month())
    }

    pub fn has_hour(&self, hour: u32) -> bool {
        has(self.hours, hour)
    }

    pub fn has_minute(&self, minute: u32) -> bool {
        has(self.minutes, minute)
    }
}

fn has(bits: u64, value: u32) -> bool {
    bits & (1 << value) != 0
}

/// The values of one field, and whether it is open (`*`).
fn field(text: &str, bounds: &Bounds) -> Option<(u64, bool)> {
    let ranges = text.split(',').filter(|part| !part.is_empty());
    ranges
        .map(|part| range(part, bounds))
        .try_fold((0, false), |(bits, open), range| {
            let (more, is_open) = range?;
            Some((bits | more, open || is_open))
        })
}

/// `*`, `5`, `1-5`, each perhaps with `/STEP`; `5/10` is `5-MAX/10`.
fn range(text: &str, bounds: &Bounds) -> Option<(u64, bool)> {
    let (ends, step) = match text.split_once('/') {
        Some((ends, step)) => (ends, Some(step.parse::<usize>().ok().filter(|s| *s > 0)?)),
        None => (text, None),
    };
    let (low, high) = match ends.split_once('-') {
        Some((low, high)) => (low, Some(high)),
        None => (ends, None),
    };
    let is_open = matches!(low, "*" | "?");
    let (first, last) = if is_open {
        (bounds.min, bounds.max)
    } else {
        let first = bounds.value(low)?;
        let last = match high {
            Some(high) => bounds.value(high)?,
            None if step.is_some() => bounds.max,
            None => first,
        };
        (first, last)
    };
    if first < bounds.min || last > bounds.max || first > last {
        return None;
    }
    let step = step.unwrap_or(1);
    let values = (first..=last).step_by(step);
    let bits = values.fold(0, |bits, value| bits | 1 << value);
    Some((bits, is_open && step == 1))
}
