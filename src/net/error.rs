//! Why a request got no answer.

use std::io::ErrorKind;
use std::time::Duration;

use thiserror::Error;
use ureq::Timeout;

/// `EMFILE` and `ENFILE`: no socket could be opened. They have no `ErrorKind` of their own.
const NO_SOCKET: [Option<i32>; 2] = [Some(24), Some(23)];

/// Why a request got no answer. The text shows the host only: the rest of a URL may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HttpError {
    /// Not an http or https URL.
    #[error("not an http or https URL; write it like https://host/path")]
    InvalidUrl,
    /// A header cannot be sent: most likely the token contains a line break.
    #[error(
        "cannot send a request to {host}: a header contains invalid characters; check the token"
    )]
    Header {
        /// The host of the URL.
        host: String,
    },
    /// The request was not sent.
    #[error("cannot reach {host}: {reason}; check the network, DNS, HTTPS_PROXY and NO_PROXY")]
    Unsent {
        /// The host of the URL.
        host: String,
        /// What happened.
        reason: String,
    },
    /// The request may have arrived, but its answer is incomplete.
    #[error("the answer of {host} is incomplete: {reason}; the request may have been processed")]
    Cut {
        /// The host of the URL.
        host: String,
        /// What happened.
        reason: String,
    },
    /// The request may have arrived, but the answer did not come in time.
    #[error("{host} did not answer within {after:?}; the request may have been processed")]
    Timeout {
        /// The host of the URL.
        host: String,
        /// The time limit of the attempt.
        after: Duration,
    },
    /// The answer is larger than the request allows.
    #[error(
        "{host} answered with more than {limit} bytes; check that the URL and the proxy are correct"
    )]
    TooLarge {
        /// The host of the URL.
        host: String,
        /// The limit.
        limit: u64,
    },
    /// The deadline passed before the request could be sent.
    #[error("no time left to send a request to {host}; allow more with --deadline")]
    NoTime {
        /// The host of the URL.
        host: String,
    },
}

impl HttpError {
    /// Whether the server cannot have received the request.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        !matches!(
            self,
            Self::Cut { .. } | Self::Timeout { .. } | Self::TooLarge { .. }
        )
    }

    /// Converts an error of `ureq`, whose own text may contain the URL.
    pub(super) fn from_ureq(
        error: &ureq::Error,
        host: String,
        after: Duration,
        limit: u64,
    ) -> Self {
        let unsent = |host, reason: &str| Self::Unsent {
            host,
            reason: reason.to_owned(),
        };
        match error {
            ureq::Error::Http(_) => Self::Header { host },
            ureq::Error::BadUri(_) => Self::InvalidUrl,
            ureq::Error::HostNotFound => unsent(host, "no such host"),
            ureq::Error::ConnectionFailed => unsent(host, "no connection"),
            ureq::Error::ConnectProxyFailed(reason) => unsent(
                host,
                &format!("the proxy refused the connection ({reason})"),
            ),
            ureq::Error::InvalidProxyUrl => unsent(
                host,
                "the proxy's address is not a URL like http://proxy:3128",
            ),
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                unsent(host, "connection timed out")
            }
            ureq::Error::Timeout(_) => Self::Timeout { host, after },
            ureq::Error::BodyExceedsLimit(_) => Self::TooLarge { host, limit },
            ureq::Error::Rustls(reason) => unsent(host, &format!("TLS: {reason}")),
            ureq::Error::Tls(reason) => unsent(host, &format!("TLS: {reason}")),
            ureq::Error::Io(error) => Self::from_io(error, host),
            ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => Self::Cut {
                host,
                reason: "it is not valid HTTP".to_owned(),
            },
            _ => Self::Cut {
                host,
                reason: "the connection was closed".to_owned(),
            },
        }
    }

    fn from_io(error: &std::io::Error, host: String) -> Self {
        let reason = error.kind().to_string();
        // The resolver reports an unknown name without an `ErrorKind` of its own.
        if error.to_string().contains("lookup address") {
            let reason = "no such host".to_owned();
            return Self::Unsent { host, reason };
        }
        if NO_SOCKET.contains(&error.raw_os_error()) {
            let reason = "too many open files, see `ulimit -n`".to_owned();
            return Self::Unsent { host, reason };
        }
        match error.kind() {
            ErrorKind::ConnectionRefused
            | ErrorKind::NotFound
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::AddrNotAvailable => Self::Unsent { host, reason },
            // rustls reports an invalid certificate with this kind.
            ErrorKind::InvalidData => Self::Unsent {
                host,
                reason: format!("TLS: {error}"),
            },
            _ => Self::Cut { host, reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Error;

    use super::{ErrorKind, HttpError};

    #[test]
    fn an_error_before_the_request_was_sent_is_unsent() {
        for (error, is_unsent) in [
            (Error::from_raw_os_error(24), true),
            (Error::from_raw_os_error(23), true),
            (ErrorKind::ConnectionRefused.into(), true),
            (ErrorKind::ConnectionReset.into(), false),
            (ErrorKind::UnexpectedEof.into(), false),
        ] {
            let error_found = HttpError::from_io(&error, "h".into());
            assert_eq!(error_found.is_unsent(), is_unsent, "{error}: {error_found}");
        }
    }
}
