//! Slack's error codes: what each affects, and the remedy. Pure.

use crate::notify::notifier::ErrorScope;

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Refused until somebody changes something.
    Permanent(ErrorScope, &'static str),
    /// The blocks are refused. The text alone may be accepted.
    Blocks,
    /// The message to reply to or to edit is gone.
    Gone,
    /// Slack has a problem. It may work later.
    Transient,
}

use ErrorScope::{Account, Channel, Message};
use Meaning::{Blocks, Gone, Permanent, Transient};

const NEW_TOKEN: &str = "install the app in the workspace again and set SLACK_BOT_TOKEN to its \
    bot token (xoxb-...)";
const INVITE: &str = "invite the app: /invite @the-app in that channel, or give the app the scope \
    chat:write.public";
/// The remedy for a message that Slack does not accept in any form.
pub const DEFECT: &str = "this is a defect: report it with the message as --dry-run prints it";
const ADMIN: &str = "ask an admin of the workspace to let the app post there";

/// The codes that Slack documents for posting and editing.
const CODES: &[(&str, Meaning)] = &[
    ("invalid_auth", Permanent(Account, NEW_TOKEN)),
    ("token_revoked", Permanent(Account, NEW_TOKEN)),
    ("token_expired", Permanent(Account, NEW_TOKEN)),
    ("account_inactive", Permanent(Account, NEW_TOKEN)),
    (
        "not_authed",
        Permanent(
            Account,
            "set SLACK_BOT_TOKEN to the app's bot token (xoxb-...)",
        ),
    ),
    (
        "not_allowed_token_type",
        Permanent(
            Account,
            "set SLACK_BOT_TOKEN to a bot token: one that begins with xoxb-",
        ),
    ),
    (
        "missing_scope",
        Permanent(
            Account,
            "give the app the scope chat:write under OAuth & Permissions and install it again",
        ),
    ),
    (
        "no_permission",
        Permanent(
            Account,
            "give the app the scope chat:write and install it again",
        ),
    ),
    (
        "access_denied",
        Permanent(Account, "ask an admin of the workspace to approve the app"),
    ),
    (
        "org_login_required",
        Permanent(
            Account,
            "the workspace is being migrated: wait, or ask its admin",
        ),
    ),
    (
        "ekm_access_denied",
        Permanent(Account, "an admin has suspended posting: ask them"),
    ),
    (
        "team_access_not_granted",
        Permanent(
            Account,
            "ask an admin to grant the app access to this workspace",
        ),
    ),
    (
        "channel_not_found",
        Permanent(
            Channel,
            "check the name in SLACK_CHANNEL or SLACK_CRITICAL_CHANNEL; a private channel is \
             found only once the app is invited",
        ),
    ),
    ("not_in_channel", Permanent(Channel, INVITE)),
    (
        "is_archived",
        Permanent(
            Channel,
            "unarchive the channel, or name another in SLACK_CHANNEL",
        ),
    ),
    ("restricted_action", Permanent(Channel, ADMIN)),
    (
        "restricted_action_read_only_channel",
        Permanent(Channel, ADMIN),
    ),
    (
        "restricted_action_thread_only_channel",
        Permanent(Channel, ADMIN),
    ),
    ("restricted_action_thread_locked", Permanent(Message, ADMIN)),
    (
        "restricted_action_non_threadable_channel",
        Permanent(Channel, ADMIN),
    ),
    ("msg_too_long", Permanent(Message, DEFECT)),
    ("no_text", Permanent(Message, DEFECT)),
    ("invalid_blocks", Blocks),
    ("invalid_blocks_format", Blocks),
    ("msg_blocks_too_long", Blocks),
    ("thread_not_found", Gone),
    ("message_not_found", Gone),
    ("cannot_reply_to_message", Gone),
    ("cant_update_message", Gone),
    ("edit_window_closed", Gone),
    ("internal_error", Transient),
    ("fatal_error", Transient),
    ("service_unavailable", Transient),
    ("request_timeout", Transient),
    ("ratelimited", Transient),
    ("rate_limited", Transient),
    ("message_limit_exceeded", Transient),
    ("team_added_to_org", Transient),
];

/// What a code means. An unknown one is a refusal of the message.
pub fn meaning(code: &str) -> Meaning {
    CODES.iter().find(|(known, _)| *known == code).map_or(
        Permanent(
            Message,
            "look the code up at https://docs.slack.dev/reference/methods/chat.postMessage",
        ),
        |(_, meaning)| *meaning,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permanent_error_has_a_remedy() {
        for (code, meaning) in CODES {
            if let Permanent(_, advice) = meaning {
                assert!(
                    advice.len() > 20 && !advice.contains('\n'),
                    "{code}: {advice}"
                );
            }
        }
        assert!(matches!(meaning("brand_new"), Permanent(Message, _)));
    }

    #[test]
    fn every_code_is_listed_once() {
        for (index, (code, _)) in CODES.iter().enumerate() {
            assert!(
                CODES[index + 1..].iter().all(|(other, _)| other != code),
                "{code}"
            );
        }
    }
}
