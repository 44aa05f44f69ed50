//! Slack: the token, its scopes, and each channel. Nothing is ever posted.
//!
//! A token that may only post (`chat:write`) cannot ask about channels. What is
//! known of a channel then is what the state remembers: the last message that
//! Slack took for it, or refused.

use std::time::Instant;

use crate::config::{Channels, Config};
use crate::model::Time;
use crate::model::duration::human;
use crate::net::Http;
use crate::notify::slack::{Account, ChannelInfo, Slack, SlackError};
use crate::state::State;

use super::line::Check;

const NAME: &str = "slack";
const INVITE: &str = "invite the app: /invite @its-name in that channel";

/// What Slack said.
pub struct SlackFacts {
    /// Whose token it is.
    pub account: Result<Account, SlackError>,
    /// By channel as configured; none where the token may not ask.
    pub channels: Vec<(String, Option<Result<ChannelInfo, SlackError>>)>,
}

/// Asks, where there is a token.
pub fn ask(config: &Config, http: &Http, deadline: Instant) -> Option<SlackFacts> {
    let slack = Slack::new(http, &config.endpoints.slack, config.keys.slack.as_ref()?);
    let account = slack.auth_test(deadline);
    let may_ask = account.as_ref().is_ok_and(may_see_channels);
    let channels = names(&config.channels)
        .into_iter()
        .map(|name| {
            let info = may_ask.then(|| slack.channel_info(name, deadline));
            (name.to_owned(), info)
        })
        .collect();
    Some(SlackFacts { account, channels })
}

/// Each once.
fn names(channels: &Channels) -> Vec<&str> {
    let mut names = vec![channels.critical.as_str(), channels.infrastructure.as_str()];
    names.dedup();
    names
}

fn may_see_channels(account: &Account) -> bool {
    has(account, "channels:read") || has(account, "groups:read")
}

fn has(account: &Account, scope: &str) -> bool {
    account.scopes.iter().any(|held| held == scope)
}

/// A line for the token, and one for each channel.
#[must_use]
pub fn checks(
    facts: Option<&SlackFacts>,
    channels: &Channels,
    memory: Option<&State>,
    now: Time,
) -> Vec<Check> {
    let Some(facts) = facts else {
        return vec![Check::off(
            NAME,
            "SLACK_BOT_TOKEN is not set: nobody is told of anything",
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
            let remembered = memory.map(|state| RememberedChannels::of(state, name));
            checks.push(channel(role, name, info.as_ref(), account, remembered, now));
        }
    }
    checks
}

fn token(account: &Result<Account, SlackError>) -> Check {
    let account = match account {
        Ok(account) => account,
        Err(error) => return trouble(NAME, error),
    };
    let whose = format!("{} in {}", account.user, account.team);
    if account.scopes.is_empty() {
        let message = format!("the token of {whose} is good; Slack does not say what it may do");
        return Check::ok(NAME, &message);
    }
    if !has(account, "chat:write") {
        let message = format!(
            "the token of {whose} may not post: it has {}",
            account.scopes.join(", ")
        );
        let remedy = "give the app the scope chat:write under OAuth & Permissions and install it \
                      again";
        return Check::red(NAME, &message, remedy);
    }
    Check::ok(NAME, &format!("the token of {whose} may post (chat:write)"))
}

fn trouble(name: &str, error: &SlackError) -> Check {
    match error {
        SlackError::Permanent { code, advice, .. } => {
            Check::red(name, &format!("Slack refuses ({code})"), advice)
        }
        SlackError::Unreachable(error) => Check::unanswered(name, error, "SLACK_API_URL"),
        SlackError::RateLimited { retry_after } => Check::warn(
            name,
            &format!("Slack asks to wait {}", human(*retry_after)),
            "look again later",
        ),
        SlackError::Unexpected(what) | SlackError::Gone { code: what } => Check::red(
            name,
            &format!("the answer is none of Slack's ({what})"),
            "check SLACK_API_URL, and that no proxy answers in Slack's place",
        ),
    }
}

/// What the state tells of a channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct RememberedChannels {
    accepted: Option<Time>,
    refused: Option<String>,
}

impl RememberedChannels {
    fn of(state: &State, channel: &str) -> Self {
        let sent = state.incidents.iter().flat_map(|incident| &incident.sent);
        let accepted = sent
            .filter(|sent| sent.channel == channel)
            .map(|sent| sent.at);
        let waiting = state
            .outbox
            .iter()
            .filter(|one| one.destination.channel == channel);
        Self {
            accepted: accepted.max(),
            refused: waiting.filter_map(|one| one.last_error.clone()).next_back(),
        }
    }
}

fn channel(
    role: &str,
    channel: &str,
    info: Option<&Result<ChannelInfo, SlackError>>,
    account: &Account,
    remembered: Option<RememberedChannels>,
    now: Time,
) -> Check {
    let name = format!("slack {role}");
    let remembered = remembered.unwrap_or_default();
    if let Some(why) = &remembered.refused {
        let message = format!("{channel}: a message waits that could not be delivered: {why}");
        let remedy = "do what it says; the next cycle delivers it";
        return Check::red(name, &message, remedy);
    }
    match info {
        Some(Ok(info)) => seen(&name, channel, info, account),
        Some(Err(error)) if is_out_of_sight(error, channel, account) => unknown(
            &name,
            channel,
            "is not among what the token may see",
            &remembered,
            now,
        ),
        Some(Err(SlackError::Permanent { code, .. })) if code == "channel_not_found" => Check::red(
            name,
            &format!("{channel}: no such channel that the app can see"),
            "check SLACK_CHANNEL, SLACK_CRITICAL_CHANNEL or `channels`; to a private channel the \
             app must be invited first",
        ),
        Some(Err(error)) => trouble(&name, error),
        None => unknown(
            &name,
            channel,
            "cannot be asked about without channels:read",
            &remembered,
            now,
        ),
    }
}

/// Private channels need `groups:read`, public ones `channels:read`.
fn is_out_of_sight(error: &SlackError, channel: &str, account: &Account) -> bool {
    let SlackError::Permanent { code, .. } = error else {
        return false;
    };
    let sees_all = has(account, "groups:read") && has(account, "channels:read");
    code == "missing_scope" || code == "channel_not_found" && !sees_all && !channel.is_empty()
}

fn seen(name: &str, channel: &str, info: &ChannelInfo, account: &Account) -> Check {
    if info.is_archived {
        let remedy = "unarchive it, or name another in SLACK_CHANNEL or SLACK_CRITICAL_CHANNEL";
        return Check::red(name, &format!("{channel} is archived"), remedy);
    }
    if info.is_member {
        return Check::ok(name, &format!("{channel}: the app is in it"));
    }
    if has(account, "chat:write.public") {
        let message = format!("{channel} is there; the app posts to it by chat:write.public");
        return Check::ok(name, &message);
    }
    Check::red(name, &format!("{channel}: the app is not in it"), INVITE)
}

fn unknown(
    name: &str,
    channel: &str,
    why: &str,
    remembered: &RememberedChannels,
    now: Time,
) -> Check {
    if let Some(at) = remembered.accepted {
        let ago = human((now - at).to_std().unwrap_or_default());
        let message = format!("{channel}: Slack took a message for it {ago} ago");
        return Check::ok(name, &message);
    }
    let message = format!("{channel} {why}, and nothing was posted there yet: not known");
    let remedy = format!("{INVITE}; the first message shows it, nothing is lost until then");
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

    /// What Slack says, the scopes, what is remembered; status and words.
    type Case<'a> = (
        Option<Result<ChannelInfo, SlackError>>,
        &'a [&'a str],
        Option<&'a RememberedChannels>,
        Status,
        &'a str,
    );

    #[test]
    fn a_channel_is_judged_by_what_can_be_known() {
        const ALL: &[&str] = &["chat:write", "channels:read", "groups:read"];
        const PUBLIC: &[&str] = &["chat:write", "channels:read"];
        const POST: &[&str] = &["chat:write"];
        let now = Time::default();
        let accepted = RememberedChannels {
            accepted: Some(now),
            refused: None,
        };
        let failed = RememberedChannels {
            accepted: Some(now),
            refused: Some("not_in_channel".into()),
        };
        let cases: [Case; 9] = [
            (Some(Ok(info(true, false))), ALL, None, Green, "is in it"),
            (Some(Ok(info(false, false))), ALL, None, Red, "not in it"),
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
                "not known",
            ),
            (None, POST, None, Warn, "not known"),
            (None, POST, Some(&accepted), Green, "took a message"),
            (None, POST, Some(&failed), Red, "not_in_channel"),
            (
                Some(Ok(info(true, false))),
                ALL,
                Some(&failed),
                Red,
                "not_in_channel",
            ),
        ];
        for (info, scopes, remembered, status, words) in cases {
            let check = channel(
                "critical",
                "#c",
                info.as_ref(),
                &account(scopes),
                remembered.cloned(),
                now,
            );
            assert_eq!(check.status, status, "{check:?}");
            assert!(check.message.contains(words), "{check:?}");
        }
    }
}
