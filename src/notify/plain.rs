//! A message as plain text, for receivers without markup. Pure.

use crate::state::{Block, Line, Marker, Message};

/// The whole message. Of a message that an earlier version stored as Block Kit only the summary.
#[must_use]
pub fn plain_text(message: &Message) -> String {
    let mut lines = vec![message.title.clone()];
    for block in &message.blocks {
        match block {
            Block::Section(section) => {
                lines.push(section.heading.clone());
                lines.extend(section.lines.iter().map(line));
            }
            Block::Facts(facts) => {
                lines.extend(facts.iter().map(|f| format!("{}: {}", f.label, f.value)));
            }
            Block::Footer(parts) => {
                let parts: Vec<_> = parts.iter().map(Line::plain).collect();
                lines.push(parts.join(" · "));
            }
            Block::BlockKit(_) => {}
        }
    }
    lines.retain(|line| !line.is_empty());
    if lines.is_empty() {
        return message.summary.clone();
    }
    lines.join("\n")
}

fn line(line: &Line) -> String {
    let marker = match line.marker {
        Marker::None => String::new(),
        Marker::Bullet => "- ".to_owned(),
        Marker::SubBullet => "  - ".to_owned(),
        Marker::Number(number) => format!("{number}. "),
    };
    let command = line.command.as_ref();
    let command = command.map_or_else(String::new, |command| format!("\n    {command}"));
    format!("{marker}{}{command}", line.plain())
}
