//! What a dry run would have done, for people.

use super::format::count;
use super::markdown::{block, code, escape, push};
use super::terminal::TerminalPage;
use super::{Plan, PlannedMessage, PlannedState};
use crate::model::text::{clean, clean_lines};

pub fn text(page: &mut TerminalPage, plan: &Plan) {
    let styles = page.styles;
    page.heading("Would send");
    for message in &plan.messages {
        let lead = heading(message);
        let why = clean(&message.why);
        page.paragraph(2, 4, (styles.strong, &lead), &[(styles.plain, &why)]);
        for line in message.text.lines() {
            page.paragraph(4, 6, (styles.faint, ""), &[(styles.plain, &clean(line))]);
        }
    }
    if plan.messages.is_empty() {
        page.paragraph(2, 4, (styles.plain, "nothing"), &[]);
    }
    page.heading("Would store");
    page.paragraph(
        2,
        4,
        (styles.plain, ""),
        &[(styles.plain, &stored(&plan.state))],
    );
}

pub fn markdown(page: &mut String, plan: &Plan) {
    push(page, "## Would send");
    for message in &plan.messages {
        let why = escape(&message.why);
        push(page, &format!("**{}** {why}", escape(&heading(message))));
        push(page, &block("", &clean_lines(&message.text).join("\n"), 0));
    }
    if plan.messages.is_empty() {
        push(page, "Nothing.");
    }
    push(page, "## Would store");
    push(page, &code(&stored(&plan.state)));
}

/// What and where: `new to #critical-alerts:`
pub fn heading(message: &PlannedMessage) -> String {
    let channel = clean(&message.channel);
    let kind = clean(&message.kind);
    match (&message.edits, &message.thread) {
        (Some(_), _) => format!("{kind}, in place of an earlier message in {channel}:"),
        (None, Some(_)) if message.broadcast => {
            format!("{kind}, in its thread in {channel} and to the channel:")
        }
        (None, Some(_)) => format!("{kind}, in its thread in {channel}:"),
        (None, None) => format!("{kind}, to {channel}:"),
    }
}

/// How much and where.
pub fn stored(state: &PlannedState) -> String {
    if state.place == "none" {
        return "nothing: --state none".to_owned();
    }
    format!(
        "{}: {}, {} on their way, {} bytes",
        clean(&state.place),
        count(state.incidents, "incident"),
        count(state.messages, "message"),
        state.bytes
    )
}
