//! The document of `doctor`.

use serde::Serialize;

use super::Report;
use super::line::{Check, Status};
use crate::render::{Block, Document, Headline, Item, Line, Page, Span, Style, Tone};

/// `schema` for programs.
pub const SCHEMA: &str = "k8s-monitor/doctor/v1";

/// The result of all checks.
pub struct DoctorDocument<'a> {
    /// The checks.
    pub report: &'a Report,
    /// Whether people see each granted right on a line of its own.
    pub all: bool,
}

impl Document for DoctorDocument<'_> {
    fn data(&self) -> impl Serialize {
        #[derive(Serialize)]
        struct Data<'a> {
            schema: &'static str,
            status: &'static str,
            checks: &'a [Check],
        }
        Data {
            schema: SCHEMA,
            status: if self.report.is_red() { "red" } else { "ok" },
            checks: &self.report.checks,
        }
    }

    fn page(&self) -> Page {
        let verdict = verdict(&self.report.checks);
        let head = Headline {
            sentence: Line::from(&verdict),
            ..Headline::default()
        };
        let list = Block::list(self.shown().iter().map(item));
        let blocks = std::iter::once(Block::Headline(head)).chain(list);
        Page {
            title: format!("k8s-monitor doctor: {verdict}").into(),
            blocks: blocks.collect(),
            footer: None,
        }
    }
}

impl DoctorDocument<'_> {
    /// The checks; granted rights share a line unless `all` is set.
    fn shown(&self) -> Vec<Check> {
        let checks = &self.report.checks;
        let is_granted = |check: &Check| {
            check.status == Status::Ok
                && check.name.starts_with("rbac ")
                && check.message == "granted"
        };
        let granted = checks.iter().filter(|check| is_granted(check)).count();
        let first = checks.iter().position(is_granted);
        let mut shown = Vec::new();
        for (at, check) in checks.iter().enumerate() {
            if self.all || !is_granted(check) {
                shown.push(check.clone());
            } else if Some(at) == first {
                let message = format!("{granted} rights are granted (-v lists them)");
                shown.push(Check::ok("rbac", &message));
            }
        }
        shown
    }
}

fn item(check: &Check) -> Item {
    let tone = match check.status {
        Status::Ok => Tone::Good,
        Status::Off => Tone::Faint,
        Status::Warn => Tone::Warning,
        Status::Red => Tone::Bad,
    };
    let line = Line::new()
        .strong(&check.name)
        .text(": ")
        .text(&check.message);
    let remedy = check.remedy.as_ref();
    let remedy = remedy.map(|remedy| Item::new(Line::from("Remedy: ").text(remedy)));
    Item {
        mark: Some(Span::new(Style::Tone(tone), check.status.as_str())),
        ..Item::new(line)
    }
    .with(Block::list(remedy))
}

/// The red checks by name, and how many of each other status need attention.
fn verdict(checks: &[Check]) -> String {
    let of = |status| checks.iter().filter(move |check| check.status == status);
    let red: Vec<_> = of(Status::Red).map(|check| check.name.as_str()).collect();
    let result = match red.as_slice() {
        [] => "No check failed".to_owned(),
        [first, second, rest @ ..] if !rest.is_empty() => {
            format!("Failed: {first}, {second} and {} more", rest.len())
        }
        red => format!("Failed: {}", red.join(", ")),
    };
    let others = [
        (of(Status::Warn).count(), "warning", "warnings"),
        (of(Status::Off).count(), "check off", "checks off"),
    ];
    let others = others.into_iter().filter(|(count, ..)| *count > 0);
    let others = others.map(|(count, one, many)| {
        let noun = if count == 1 { one } else { many };
        format!("{count} {noun}")
    });
    let parts: Vec<_> = std::iter::once(result).chain(others).collect();
    parts.join("; ")
}
