//! The report of `services lint`.

use super::diagnostic::Level;
use super::graph::Inventory;
use super::render;

/// All diagnostics for a person, with the counts in the last line; one line
/// when there is nothing to say.
#[must_use]
pub fn report(inventory: &Inventory, file_name: &str) -> String {
    let mut text = String::new();
    for diagnostic in &inventory.diagnostics {
        text.push_str(&render::diagnostic(diagnostic, file_name));
        text.push('\n');
    }
    let count = |level| {
        inventory
            .diagnostics
            .iter()
            .filter(|it| it.level == level)
            .count()
    };
    let services = counted(inventory.services.len(), "service");
    let verdict = match (count(Level::Error), count(Level::Warning)) {
        (0, 0) => "no problems".to_owned(),
        (0, warnings) => counted(warnings, "warning"),
        (errors, 0) => counted(errors, "error"),
        (errors, warnings) => format!(
            "{}, {}",
            counted(errors, "error"),
            counted(warnings, "warning")
        ),
    };
    text + &format!("{file_name}: {services}, {verdict}\n")
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
