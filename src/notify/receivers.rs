//! The receivers that there are. A new one has its line here.

use super::notifier::Notifier;
use super::plain::plain_text;
use super::slack::{self, Slack};
use crate::config::Config;
use crate::net::Http;
use crate::state::OutboxMessage;

/// The notifiers that the configuration turns on.
#[must_use]
pub fn configured<'a>(config: &'a Config, http: &'a Http) -> Vec<Box<dyn Notifier + 'a>> {
    let slack = config.keys.slack.as_ref();
    let slack = slack.map(|token| Slack::new(http, &config.endpoints.slack, token));
    slack
        .map(|slack| Box::new(slack) as Box<dyn Notifier>)
        .into_iter()
        .collect()
}

/// The text of a message in its receiver's form, and its Block Kit where the receiver is Slack:
/// for a dry run, which needs no credentials.
#[must_use]
pub fn preview(entry: &OutboxMessage) -> (String, serde_json::Value) {
    if entry.destination.receiver == slack::RECEIVER {
        let rendered = slack::render(&entry.message);
        (rendered.plain(), rendered.blocks)
    } else {
        (plain_text(&entry.message), serde_json::Value::Null)
    }
}
