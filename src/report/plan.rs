//! What a dry run would have sent and stored.

use super::format::count;
use super::{Plan, PlannedMessage, PlannedState};
use crate::render::{Block, Item, Line};

pub fn sections(plan: &Plan) -> Vec<Block> {
    let messages = Block::list(plan.messages.iter().map(message));
    let messages = messages.unwrap_or_else(|| Block::paragraph("Nothing."));
    let state = Block::paragraph(stored(&plan.state));
    let sections = [
        Block::section("Would send", vec![messages]),
        Block::section("Would store", vec![state]),
    ];
    sections.into_iter().flatten().collect()
}

fn message(message: &PlannedMessage) -> Item {
    let line = Line::new()
        .strong(&heading(message))
        .text(" ")
        .text(&message.why);
    Item::new(line).with(message.text.lines().map(Block::paragraph))
}

/// For example `new, to #critical-alerts:`.
fn heading(message: &PlannedMessage) -> String {
    let (kind, channel) = (&message.kind, &message.channel);
    match (&message.edits, &message.thread) {
        (Some(_), _) => format!("{kind}, replaces an earlier message in {channel}:"),
        (None, Some(_)) if message.broadcast => {
            format!("{kind}, in its thread in {channel} and to the channel:")
        }
        (None, Some(_)) => format!("{kind}, in its thread in {channel}:"),
        (None, None) => format!("{kind}, to {channel}:"),
    }
}

fn stored(state: &PlannedState) -> String {
    if state.place == "none" {
        return "Nothing: --state none.".to_owned();
    }
    format!(
        "{}: {}, {} queued, {} bytes",
        state.place,
        count(state.incidents, "incident"),
        count(state.messages, "message"),
        state.bytes
    )
}
