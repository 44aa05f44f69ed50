//! Why a request failed, and what that means for the kind that it was to read.

use std::error::Error;
use std::io;
use std::time::Duration;

use serde::Deserialize;

use crate::cluster::{Unread, UnreadReason};
use crate::model::{CustomKind, Resource};

/// A request that failed, retries included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// No connection.
    Connect {
        /// The operating system's message.
        cause: String,
        /// Whether nothing answered, as opposed to a refusal.
        timed_out: bool,
    },
    /// A connection that cannot be trusted.
    Tls(String),
    /// No token could be obtained.
    Credentials(String),
    /// The connection broke during the request.
    Broken(String),
    /// No complete response in time.
    TimedOut(Duration),
    /// The deadline of the snapshot passed before or during the request.
    Deadline,
    /// A status other than 2xx.
    Status {
        /// The HTTP status.
        code: u16,
        /// The message of the Kubernetes `Status` in the body; empty without one.
        message: String,
        /// The header `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// A response that is not what Kubernetes documents.
    Malformed(String),
}

impl Failure {
    /// Classifies a client error by the errors that caused it.
    pub(super) fn of(error: &kube::Error) -> Self {
        if let kube::Error::Auth(_) = error {
            // The text may hold what an exec plugin printed.
            return Self::Credentials("the credential plugin or token file failed".to_owned());
        }
        let (mut connecting, mut kind) = (false, None);
        let mut cause = String::new();
        let mut next: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = next {
            cause = error.to_string();
            next = error.source();
            if let Some(error) = error.downcast_ref::<hyper_util::client::legacy::Error>() {
                connecting |= error.is_connect();
            } else if let Some(error) = error.downcast_ref::<io::Error>() {
                kind = Some(error.kind());
                // `source` of an io::Error skips the error that it wraps.
                next = error.get_ref().map(|inner| inner as &(dyn Error + 'static));
            }
        }
        match kind {
            // rustls reports a failed handshake in this way only.
            Some(io::ErrorKind::InvalidData) => Self::Tls(cause),
            Some(io::ErrorKind::TimedOut) if connecting => Self::Connect {
                cause: "nothing answers at this address".to_owned(),
                timed_out: true,
            },
            _ if connecting => Self::Connect {
                cause,
                timed_out: false,
            },
            _ => Self::Broken(cause),
        }
    }

    /// A status other than 2xx; `body` may be a Kubernetes `Status`.
    pub(super) fn of_status(code: u16, body: &[u8], retry_after: Option<Duration>) -> Self {
        #[derive(Deserialize)]
        struct Status {
            kind: String,
            #[serde(default)]
            message: String,
        }
        // Any other body, such as the error page of a proxy, may contain the request's headers.
        let message = serde_json::from_slice::<Status>(body)
            .ok()
            .filter(|status| status.kind == "Status")
            .map(|status| short(&status.message))
            .unwrap_or_default();
        Self::Status {
            code,
            message,
            retry_after,
        }
    }

    /// A body that does not decode. serde's message may quote it, so only the class of the error and
    /// its position are kept.
    pub(super) fn of_json(error: &serde_json::Error) -> Self {
        use serde_json::error::Category;
        let what = match error.classify() {
            Category::Eof => "the response is truncated",
            Category::Data => "a field does not have the documented type",
            Category::Syntax | Category::Io => "the response is not JSON",
        };
        Self::Malformed(format!(
            "{what} (line {}, column {})",
            error.line(),
            error.column()
        ))
    }

    /// Whether the same request may succeed a moment later.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Broken(_) | Self::TimedOut(_) => true,
            Self::Status { code, .. } => matches!(code, 429 | 500 | 502 | 503 | 504),
            Self::Tls(_) | Self::Credentials(_) | Self::Deadline | Self::Malformed(_) => false,
        }
    }

    /// Whether the failure took the whole time limit.
    pub(super) fn is_timeout(&self) -> bool {
        matches!(
            self,
            Self::TimedOut(_)
                | Self::Connect {
                    timed_out: true,
                    ..
                }
        )
    }

    /// How long the server asks to wait before the next request.
    pub(super) fn retry_after(&self) -> Duration {
        match self {
            Self::Status { retry_after, .. } => retry_after.unwrap_or_default(),
            _ => Duration::ZERO,
        }
    }

    /// The HTTP status, or 401 where no token could be obtained.
    pub(super) fn code(&self) -> Option<u16> {
        match self {
            Self::Status { code, .. } => Some(*code),
            Self::Credentials(_) => Some(401),
            _ => None,
        }
    }

    /// What failed, without the kind.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Connect { cause, .. } => format!("no connection: {cause}"),
            Self::Tls(cause) => format!("TLS failed: {cause}"),
            Self::Credentials(cause) => cause.clone(),
            Self::Broken(cause) => format!("the connection was lost: {cause}"),
            Self::TimedOut(limit) => format!("no complete response within {}", seconds(*limit)),
            Self::Deadline => "not read before the deadline".to_owned(),
            Self::Status { code, message, .. } if message.is_empty() => {
                format!("the server answered {code}")
            }
            Self::Status { code, message, .. } => format!("the server answered {code}: {message}"),
            Self::Malformed(what) => what.clone(),
        }
    }

    /// What the failure means for a kind, with the remedy.
    pub(super) fn unread(&self, resource: Resource) -> Unread {
        let verb = if resource == Resource::PodLogs {
            "get"
        } else {
            "list"
        };
        self.unread_kind(verb, &resource.name())
    }

    /// The same for a custom kind.
    pub(super) fn unread_custom(&self, kind: &CustomKind) -> Unread {
        self.unread_kind("list", &kind.name())
    }

    /// The same for the kinds that the cluster serves.
    pub(super) fn unread_discovery(&self) -> Unread {
        self.unread_kind("get", "/apis")
    }

    fn unread_kind(&self, verb: &str, kind: &str) -> Unread {
        let reason = match self {
            Self::TimedOut(_) | Self::Deadline => UnreadReason::Timeout,
            Self::Connect { .. } | Self::Tls(_) | Self::Broken(_) => UnreadReason::Unavailable,
            Self::Credentials(_) => UnreadReason::Forbidden,
            Self::Malformed(_) => UnreadReason::Malformed,
            Self::Status { code, .. } => match code {
                401 | 403 => UnreadReason::Forbidden,
                410 | 429 | 500.. => UnreadReason::Unavailable,
                _ => UnreadReason::Malformed,
            },
        };
        let (what, remedy) = (self.text(), self.remedy(verb, kind));
        Unread {
            reason,
            message: format!("{kind}: {what}; {remedy}"),
        }
    }

    fn remedy(&self, verb: &str, kind: &str) -> String {
        let remedy = match self {
            Self::Connect { .. } | Self::Broken(_) => {
                "check the API server and the network between it and this machine"
            }
            Self::Tls(_) => {
                "check the kubeconfig's certificate authority, the address and both clocks"
            }
            Self::TimedOut(_) => "check the load of the API server",
            Self::Deadline => "allow more with --deadline",
            Self::Credentials(_) => "renew the credentials",
            Self::Malformed(_) => "check the API server and any proxy in front of it",
            Self::Status { code, message, .. } => match code {
                401 => "renew the credentials",
                403 => return grant(verb, kind, message),
                429 => "check the load of the API server",
                410 | 500.. => "check the control plane",
                _ => "check the API server and any proxy in front of it",
            },
        };
        remedy.to_owned()
    }
}

/// What to grant, and to whom.
fn grant(verb: &str, kind: &str, message: &str) -> String {
    let who = subject(message).unwrap_or_else(|| "the monitor's user".to_owned());
    format!("grant {verb} on {kind} to {who}")
}

/// The user of a message such as `pods is forbidden: User "system:serviceaccount:a:b" cannot ...`.
pub(super) fn subject(message: &str) -> Option<String> {
    let (user, _) = message.split_once("User \"")?.1.split_once('"')?;
    Some(match user.strip_prefix("system:serviceaccount:") {
        Some(account) => format!("ServiceAccount {}", account.replacen(':', "/", 1)),
        None => format!("User {user}"),
    })
}

/// A server's message on one line, cut.
fn short(message: &str) -> String {
    const MAX_CHARS: usize = 300;
    let line: String = message
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    match line.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

fn seconds(duration: Duration) -> String {
    if duration.as_millis().is_multiple_of(1000) {
        format!("{} s", duration.as_secs())
    } else {
        format!("{:.1} s", duration.as_secs_f32())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORBIDDEN: &str = r#"{"kind":"Status","status":"Failure","message":"nodes is forbidden: User \"system:serviceaccount:monitoring:k8s-monitor\" cannot list resource \"nodes\" in API group \"\" at the cluster scope","reason":"Forbidden","code":403}"#;

    #[test]
    fn a_forbidden_read_names_the_right_and_the_account() {
        let unread = Failure::of_status(403, FORBIDDEN.as_bytes(), None).unread(Resource::Nodes);
        assert_eq!(unread.reason, UnreadReason::Forbidden);
        assert!(
            unread
                .message
                .ends_with("; grant list on nodes to ServiceAccount monitoring/k8s-monitor"),
            "{}",
            unread.message
        );
    }

    #[test]
    fn an_error_page_that_is_no_status_is_not_quoted() {
        let page = b"<html>Authorization: Bearer s3cr3t</html>";
        let failure = Failure::of_status(502, page, None);
        assert_eq!(failure.text(), "the server answered 502");
        let secret = br#"{"kind":"Other","message":"s3cr3t"}"#;
        assert_eq!(
            Failure::of_status(502, secret, None).text(),
            "the server answered 502"
        );
    }

    #[test]
    fn a_decoding_error_does_not_quote_the_body() {
        let error = serde_json::from_str::<u32>("\"s3cr3t\"").unwrap_err();
        assert!(!Failure::of_json(&error).text().contains("s3cr3t"));
    }

    #[test]
    fn messages_are_one_line_of_bounded_length() {
        assert_eq!(short("a\n b\t\u{1b}[31mc"), "a b [31mc");
        assert_eq!(short(&"ä".repeat(400)).chars().count(), 303);
    }
}
