//! The page for people and the document for programs. Pure.

use serde::Serialize;

use super::Report;
use super::line::{Check, Status};
use crate::report::RenderOptions;
use crate::report::terminal::TerminalPage;

/// The document's `schema`.
pub const SCHEMA: &str = "k8s-monitor/doctor/v1";

/// Columns for the status; everything else stands to their right.
const HANG: usize = 6;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    status: &'static str,
    checks: &'a [Check],
}

impl Report {
    fn document(&self) -> Document<'_> {
        Document {
            schema: SCHEMA,
            status: if self.is_red() { "red" } else { "ok" },
            checks: &self.checks,
        }
    }

    /// The document as indented JSON.
    ///
    /// # Errors
    /// Never in practice: it is plain text throughout.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(&self.document())? + "\n")
    }

    /// The same as YAML.
    ///
    /// # Errors
    /// As for [`Report::json`].
    pub fn yaml(&self) -> Result<String, serde_yaml::SerializeError> {
        let text = serde_yaml::to_string(&self.document())?;
        Ok(text.trim_end().to_owned() + "\n")
    }

    /// A line a check, and under it what to do. Rights that are granted share
    /// one line unless `all` are asked for.
    #[must_use]
    pub fn text(&self, options: &RenderOptions, all: bool) -> String {
        let checks = self.shown(all);
        let mut page = TerminalPage::new(options);
        let styles = page.styles;
        page.paragraph(0, 0, (styles.strong, &self.verdict()), &[]);
        page.blank();
        for check in &checks {
            let style = match check.status {
                Status::Ok => styles.green,
                Status::Off => styles.faint,
                Status::Warn => styles.yellow,
                Status::Red => styles.red,
            };
            let lead = format!("{:<HANG$}{}:", check.status.as_str(), check.name);
            let message = [(styles.plain, check.message.as_str())];
            page.paragraph(0, HANG, (style, &lead), &message);
            if let Some(remedy) = &check.remedy {
                let remedy = [(styles.plain, remedy.as_str())];
                page.paragraph(HANG, HANG + "do: ".len(), (styles.command, "do: "), &remedy);
            }
        }
        page.finish()
    }

    /// The same as a Markdown list.
    #[must_use]
    pub fn markdown(&self, all: bool) -> String {
        let escape = |text: &str| text.replace('\\', "\\\\").replace(['*', '_', '`', '<'], "");
        let mut text = format!("**{}**\n\n", escape(&self.verdict()));
        for check in self.shown(all) {
            let (status, name) = (check.status.as_str(), escape(&check.name));
            text += &format!("- **{status}** {name}: {}\n", escape(&check.message));
            if let Some(remedy) = &check.remedy {
                text += &format!("  - do: {}\n", escape(remedy));
            }
        }
        text
    }

    /// One line that says it all.
    fn verdict(&self) -> String {
        let names = |status| {
            let named = self
                .checks
                .iter()
                .filter(move |check| check.status == status);
            named.map(|check| check.name.as_str()).collect::<Vec<_>>()
        };
        let red = names(Status::Red);
        let looks = match names(Status::Warn).len() {
            0 => String::new(),
            count => format!(", worth a look: {count}"),
        };
        let off = match names(Status::Off).len() {
            0 => String::new(),
            count => format!(", off: {count}"),
        };
        match red.as_slice() {
            [] => format!("All that is needed works{looks}{off}"),
            [one] => format!("Red: {one}{looks}{off}"),
            [first, second] => format!("Red: {first}, {second}{looks}{off}"),
            [first, second, rest @ ..] => {
                format!("Red: {first}, {second} and {} more{looks}{off}", rest.len())
            }
        }
    }

    fn shown(&self, all: bool) -> Vec<Check> {
        let is_right = |check: &Check| {
            check.status == Status::Ok
                && check.name.starts_with("rbac ")
                && check.message == "granted"
        };
        let granted = self.checks.iter().filter(|check| is_right(check)).count();
        let mut shown = Vec::new();
        let mut said = all;
        for check in &self.checks {
            if all || !is_right(check) {
                shown.push(check.clone());
            } else if !said {
                said = true;
                let message = format!("{granted} rights are granted (-v lists them)");
                shown.push(Check::ok("rbac", &message));
            }
        }
        shown
    }
}
