//! Slack: the token, its scopes, and each channel. Nothing is ever posted.
//!
//! A token with only `chat:write` cannot read channels. Then the state has the last message
//! that was delivered to a channel, or the last error.

use std::time::Instant;

use crate::config::{Channels, Config};
use crate::model::Time;
use crate::model::duration::{age, human};
use crate::net::Http;
use crate::notify::slack::{Account, ChannelInfo, Slack, SlackError};
use crate::state::State;

use super::line::Check;

const NAME: &str = "slack";
const INVITE: &str = "invite the app in that channel: /invite @APP";

/// The answers of Slack.
pub struct SlackFacts {
    /// The account of the token.
    pub account: Result<Account, SlackError>,
    /// Each configured channel; `None` where the token may not read it.
    pub channels: Vec<(String, Option<Result<ChannelInfo, SlackError>>)>,
}

/// Asks Slack, if there is a token.
pub fn ask(config: &Config, http: &Http, deadline: Instant) -> Option<SlackFacts> {
    let slack = Slack::new(http, &config.endpoints.slack, config.keys.slack.as_ref()?);
    let account = slack.auth_test(deadline);
    let can_read = account.as_ref().is_ok_and(may_read_channels);
    let channels = names(&config.channels)
        .into_iter()
        .map(|name| {
            let info = can_read.then(|| slack.channel_info(name, deadline));
            (name.to_owned(), info)
        })
        .collect();
    Some(SlackFacts { account, channels })
}

/// The configured channels, each once.
fn names(channels: &Channels) -> Vec<&str> {
    let mut names = vec![channels.critical.as_str(), channels.infrastructure.as_str()];
    names.dedup();
    names
}

fn may_read_channels(account: &Account) -> bool {
    has(account, "channels:read") || has(account, "groups:read")
}

fn has(account: &Account, scope: &str) -> bool {
    account.scopes.iter().any(|held| held == scope)
}

/// One check for the token, and one for each channel.
#[must_use]
pub fn checks(
    facts: Option<&SlackFacts>,
    channels: &Channels,
    state: Option<&State>,
    now: Time,
) -> Vec<Check> {
    let Some(facts) = facts else {
        return vec![Check::off(
            NAME,
            "SLACK_BOT_TOKEN is not set: no notifications are sent",
            "create an app with the scope chat:write and set SLACK_BOT_TOKEN to its bot token",
        )];
    };
    let mut checks = vec![token(&facts.account)];
    if let Ok(account) = &facts.account {
        for (name, info) in &facts.channels {
            let role = match (name == &channels.critical, name == &channels.infrastructure) {
                (true, true) => "all channels",
                (true, false) => "critical",
                (false, _) => "infrastructure",
            };
            let past = state.map(|state| PastDelivery::of(state, name));
            checks.push(channel(role, name, info.as_ref(), account, past, now));
        }
    }
    checks
}

fn token(account: &Result<Account, SlackError>) -> Check {
    let account = match account {
        Ok(account) => account,
        Err(error) => return failed(NAME, error),
    };
    let whose = format!("{} in {}", account.user, account.team);
    if account.scopes.is_empty() {
        let message = format!("the token of {whose} is valid; its scopes are unknown");
        return Check::ok(NAME, &message);
    }
    if !has(account, "chat:write") {
        let message = format!(
            "the token of {whose} may not post; its scopes: {}",
            account.scopes.join(", ")
        );
        let remedy = "add the scope chat:write to the app under OAuth & Permissions and install it \
                      again";
        return Check::red(NAME, &message, remedy);
    }
    Check::ok(NAME, &format!("the token of {whose} may post (chat:write)"))
}

fn failed(name: &str, error: &SlackError) -> Check {
    match error {
        SlackError::Permanent { code, advice, .. } => {
            Check::red(name, &format!("Slack rejects the request ({code})"), advice)
        }
        SlackError::Unreachable(error) => Check::unanswered(name, error, "SLACK_API_URL"),
        SlackError::RateLimited { retry_after } => Check::warn(
            name,
            &format!("Slack limits the requests for {}", human(*retry_after)),
            "run doctor again later",
        ),
        SlackError::Unexpected(what) | SlackError::Gone { code: what } => Check::red(
            name,
            &format!("the answer does not come from Slack ({what})"),
            "check SLACK_API_URL, and that no proxy answers instead of Slack",
        ),
    }
}

/// What the state knows about a channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct PastDelivery {
    /// The last delivered message.
    delivered: Option<Time>,
    /// The error of a queued message.
    error: Option<String>,
}

impl PastDelivery {
    fn of(state: &State, channel: &str) -> Self {
        let sent = state.incidents.iter().flat_map(|incident| &incident.sent);
        let delivered = sent
            .filter(|sent| sent.channel == channel)
            .map(|sent| sent.at);
        let queued = state
            .outbox
            .iter()
            .filter(|one| one.destination.channel == channel);
        Self {
            delivered: delivered.max(),
            error: queued.filter_map(|one| one.last_error.clone()).next_back(),
        }
    }
}

fn channel(
    role: &str,
    channel: &str,
    info: Option<&Result<ChannelInfo, SlackError>>,
    account: &Account,
    past: Option<PastDelivery>,
    now: Time,
) -> Check {
    let name = format!("slack {role}");
    let past = past.unwrap_or_default();
    if let Some(error) = &past.error {
        let message = format!("{channel}: a queued message could not be delivered: {error}");
        let remedy = "correct this; the next cycle delivers the message";
        return Check::red(name, &message, remedy);
    }
    match info {
        Some(Ok(info)) => known(&name, channel, info, account),
        Some(Err(error)) if is_unreadable(error, channel, account) => unknown(
            &name,
            channel,
            "is not a channel that the token can read",
            &past,
            now,
        ),
        Some(Err(SlackError::Permanent { code, .. })) if code == "channel_not_found" => Check::red(
            name,
            &format!("{channel}: no such channel, or the app has no access to it"),
            "check SLACK_CHANNEL, SLACK_CRITICAL_CHANNEL or `channels`; invite the app to a \
             private channel first",
        ),
        Some(Err(error)) => failed(&name, error),
        None => unknown(
            &name,
            channel,
            "cannot be read without channels:read",
            &past,
            now,
        ),
    }
}

/// Private channels need `groups:read`, public ones `channels:read`.
fn is_unreadable(error: &SlackError, channel: &str, account: &Account) -> bool {
    let SlackError::Permanent { code, .. } = error else {
        return false;
    };
    let reads_all = has(account, "groups:read") && has(account, "channels:read");
    code == "missing_scope" || code == "channel_not_found" && !reads_all && !channel.is_empty()
}

fn known(name: &str, channel: &str, info: &ChannelInfo, account: &Account) -> Check {
    if info.is_archived {
        let remedy = "unarchive it, or set another one in SLACK_CHANNEL or SLACK_CRITICAL_CHANNEL";
        return Check::red(name, &format!("{channel} is archived"), remedy);
    }
    if info.is_member {
        return Check::ok(name, &format!("{channel}: the app is a member"));
    }
    if has(account, "chat:write.public") {
        let message = format!("{channel} exists; the app may post to it with chat:write.public");
        return Check::ok(name, &message);
    }
    Check::red(name, &format!("{channel}: the app is not a member"), INVITE)
}

fn unknown(name: &str, channel: &str, why: &str, past: &PastDelivery, now: Time) -> Check {
    if let Some(at) = past.delivered {
        let ago = age((now - at).to_std().unwrap_or_default());
        let message = format!("{channel}: a message was delivered {ago} ago");
        return Check::ok(name, &message);
    }
    let message = format!("unknown: {channel} {why}, and no message was delivered to it yet");
    let remedy = format!(
        "{INVITE}; the first message will show whether it works, and stays queued until then"
    );
    Check::warn(name, &message, &remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::line::Status::{self, Ok as Green, Red, Warn};

    fn account(scopes: &[&str]) -> Account {
        Account {
            team: "Home".into(),
            user: "monitor".into(),
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        }
    }

    fn info(is_member: bool, is_archived: bool) -> ChannelInfo {
        ChannelInfo {
            id: "C0".into(),
            name: "x".into(),
            is_member,
            is_archived,
        }
    }

    fn refused(code: &str) -> SlackError {
        SlackError::Permanent {
            code: code.into(),
            advice: "advice",
            scope: crate::notify::ErrorScope::Channel,
        }
    }

    #[test]
    fn a_token_that_cannot_post_is_red() {
        for (scopes, status) in [
            (&["chat:write"][..], Green),
            (&["chat:write.public", "channels:read"], Red),
            (&[], Green),
        ] {
            assert_eq!(token(&Ok(account(scopes))).status, status, "{scopes:?}");
        }
        let red = token(&Err(refused("invalid_auth")));
        assert_eq!((red.status, red.remedy.as_deref()), (Red, Some("advice")));
    }

    /// Slack's answer, the scopes, past deliveries; status and text.
    type Case<'a> = (
        Option<Result<ChannelInfo, SlackError>>,
        &'a [&'a str],
        Option<&'a PastDelivery>,
        Status,
        &'a str,
    );

    #[test]
    fn a_channel_is_checked_by_the_answer_or_by_past_deliveries() {
        const ALL: &[&str] = &["chat:write", "channels:read", "groups:read"];
        const PUBLIC: &[&str] = &["chat:write", "channels:read"];
        const POST: &[&str] = &["chat:write"];
        let now = Time::default();
        let accepted = PastDelivery {
            delivered: Some(now),
            error: None,
        };
        let failed = PastDelivery {
            delivered: Some(now),
            error: Some("not_in_channel".into()),
        };
        let cases: [Case; 9] = [
            (Some(Ok(info(true, false))), ALL, None, Green, "is a member"),
            (Some(Ok(info(false, false))), ALL, None, Red, "not a member"),
            (Some(Ok(info(true, true))), ALL, None, Red, "archived"),
            (
                Some(Err(refused("channel_not_found"))),
                ALL,
                None,
                Red,
                "no such channel",
            ),
            (
                Some(Err(refused("channel_not_found"))),
                PUBLIC,
                None,
                Warn,
                "unknown",
            ),
            (None, POST, None, Warn, "unknown"),
            (None, POST, Some(&accepted), Green, "was delivered"),
            (None, POST, Some(&failed), Red, "not_in_channel"),
            (
                Some(Ok(info(true, false))),
                ALL,
                Some(&failed),
                Red,
                "not_in_channel",
            ),
        ];
        for (info, scopes, past, status, text) in cases {
            let check = channel(
                "critical",
                "#c",
                info.as_ref(),
                &account(scopes),
                past.cloned(),
                now,
            );
            assert_eq!(check.status, status, "{check:?}");
            assert!(check.message.contains(text), "{check:?}");
        }
    }
}
