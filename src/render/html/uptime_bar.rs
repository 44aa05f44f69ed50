//! The last days of a service: a bar a day, taller for a higher severity.

use chrono::{Days, NaiveDate};
use maud::{Markup, html};

use super::inline::{badge, severity_class};
use crate::model::Severity;

/// Title of the column.
pub const TITLE: &str = "History";

/// Distance of the bars, and their size, in units of the drawing.
const STEP: usize = 5;
const BAR: usize = 4;
const HEIGHT: usize = 24;

/// The bars. Their label says the same in words.
pub fn strip(days: &[Option<Severity>], today: NaiveDate) -> Markup {
    let width = days.len() * STEP;
    html! {
        svg.strip role="img" aria-label=(label(days)) viewBox={ "0 0 " (width) " " (HEIGHT) } {
            @for (index, day) in days.iter().enumerate() {
                (bar(index, *day, days.len(), today))
            }
        }
    }
}

fn bar(index: usize, day: Option<Severity>, days: usize, today: NaiveDate) -> Markup {
    let (height, class) = match day {
        Some(severity) => (bar_height(severity), severity_class(severity)),
        None => (2, "quiet"),
    };
    let ago = u64::try_from(days - 1 - index).unwrap_or(0);
    html! {
        rect class=(class) x=(index * STEP) y=(HEIGHT - height) width=(BAR) height=(height) {
            @if let Some(severity) = day {
                title { (today - Days::new(ago)) ": " (severity) }
            }
        }
    }
}

const fn bar_height(severity: Severity) -> usize {
    match severity {
        Severity::Sev1 => 24,
        Severity::Sev2 => 18,
        Severity::Sev3 => 12,
        Severity::Sev4 => 6,
    }
}

fn label(days: &[Option<Severity>]) -> String {
    let bad = days.iter().flatten().count();
    match days.iter().flatten().min() {
        Some(highest) => format!(
            "incidents on {bad} of the last {} days, highest severity {highest}",
            days.len()
        ),
        None => format!("no incident in the last {} days", days.len()),
    }
}

/// How to read the bars.
pub fn legend() -> Markup {
    html! {
        p.legend {
            "One bar per day, today on the right. A taller bar is a higher severity: "
            @for severity in Severity::ALL { (badge(severity)) " " }
        }
    }
}
