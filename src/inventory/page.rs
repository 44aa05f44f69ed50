//! A page of labels and values, wrapped at 80 columns.

use std::fmt::Write;

use super::model::Service;

const WIDTH: usize = 80;
/// A blank at which no line is broken.
pub(super) const GLUE: char = '\u{a0}';
/// Where values begin.
const LABEL: usize = 15;

#[derive(Default)]
pub(super) struct ServicePage {
    pub(super) text: String,
}

impl ServicePage {
    pub(super) fn title(&mut self, service: &Service) {
        let place = match service.line {
            0 => "part of K3s".to_owned(),
            line => format!("line {line}"),
        };
        let tier = service.tier;
        let _ = write!(self.text, "{}  {tier}  {place}\n\n", service.name);
    }

    /// A label and its value; nothing for an absent or empty value.
    pub(super) fn row(&mut self, label: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.wrapped(label, "", value);
        }
    }

    pub(super) fn list(&mut self, label: &str, items: impl Iterator<Item = String>) {
        let mut label = label;
        for item in items {
            self.wrapped(label, "- ", &item);
            label = "";
        }
    }

    /// Breaks between words; a longer word stands alone on its line, whole,
    /// because a cut URL is of no use.
    fn wrapped(&mut self, label: &str, bullet: &str, value: &str) {
        let mut line = format!("{label:<LABEL$}");
        if label.chars().count() >= LABEL {
            self.text.push_str(label.trim_end());
            self.text.push('\n');
            line = " ".repeat(LABEL);
        }
        line.push_str(bullet);
        let indent = LABEL + bullet.len();
        let (mut width, mut fresh) = (indent, true);
        for word in value
            .split([' ', '\t', '\n'])
            .filter(|word| !word.is_empty())
        {
            let length = word.chars().count();
            if !fresh && width + 1 + length > WIDTH {
                self.push_line(&line);
                line = " ".repeat(indent);
                (width, fresh) = (indent, true);
            }
            if !fresh {
                line.push(' ');
                width += 1;
            }
            line.push_str(word);
            width += length;
            fresh = false;
        }
        self.push_line(&line);
    }

    fn push_line(&mut self, line: &str) {
        self.text.push_str(&line.trim_end().replace(GLUE, " "));
        self.text.push('\n');
    }
}
