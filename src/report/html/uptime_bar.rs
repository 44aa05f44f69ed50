//! Thirty days of a service as a strip: a bar a day, the taller the worse.

use chrono::{DateTime, Days, Utc};
use maud::{Markup, html};

use super::super::format::count;
use super::super::history::DAYS;
use super::{badge, severity_class};
use crate::model::Severity;

/// Of a day, in units of the drawing.
const STEP: usize = 5;
const BAR: usize = 4;
const HEIGHT: usize = 24;

/// The strip. What it shows is also said in words, for who cannot see it.
pub fn strip(days: &[Option<Severity>], now: DateTime<Utc>) -> Markup {
    let width = days.len() * STEP;
    html! {
        svg.strip role="img" aria-label=(words(days)) viewBox={ "0 0 " (width) " " (HEIGHT) } {
            @for (index, day) in days.iter().enumerate() {
                (bar(index, *day, days.len(), now))
            }
        }
    }
}

fn bar(index: usize, day: Option<Severity>, days: usize, now: DateTime<Utc>) -> Markup {
    let (height, class) = match day {
        Some(severity) => (tall(severity), severity_class(severity)),
        None => (2, "quiet"),
    };
    let ago = u64::try_from(days - 1 - index).unwrap_or(0);
    html! {
        rect class=(class) x=(index * STEP) y=(HEIGHT - height) width=(BAR) height=(height) {
            @if let Some(severity) = day {
                title { (now.date_naive() - Days::new(ago)) ": " (severity) }
            }
        }
    }
}

const fn tall(severity: Severity) -> usize {
    match severity {
        Severity::Sev1 => 24,
        Severity::Sev2 => 18,
        Severity::Sev3 => 12,
        Severity::Sev4 => 6,
    }
}

fn words(days: &[Option<Severity>]) -> String {
    let bad = days.iter().flatten().count();
    match days.iter().flatten().min() {
        Some(worst) => format!(
            "{} of the last {} with an incident, the worst {worst}",
            count(bad, "day"),
            days.len()
        ),
        None => format!("no incident in the last {} days", days.len()),
    }
}

/// How to read the strips.
pub fn legend() -> Markup {
    html! {
        p.legend {
            "Each bar is a day of the last " (DAYS) ", today on the right; the taller, the worse: "
            @for severity in Severity::ALL { (badge(severity)) " " }
        }
    }
}
