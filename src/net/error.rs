//! Why there is no answer.

use std::io::ErrorKind;
use std::time::Duration;

use thiserror::Error;
use ureq::Timeout;

/// `EMFILE` and `ENFILE`, which have no kind of their own: no socket, no request.
const NO_SOCKET: [Option<i32>; 2] = [Some(24), Some(23)];

/// Why there is no answer: where, what, and what to do. Shows hosts only.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HttpError {
    /// Not an address of the web.
    #[error("the address is not one of the web: write it like https://host/path")]
    Address,
    /// A header cannot be sent: most likely a token with a line break in it.
    #[error("cannot ask {host}: a header holds characters that cannot be sent; check the token")]
    Header {
        /// Whom it was for.
        host: String,
    },
    /// The request did not leave this machine.
    #[error("cannot reach {host}: {reason}; check network, DNS, HTTPS_PROXY and NO_PROXY")]
    Unsent {
        /// Whom it was for.
        host: String,
        /// What happened.
        reason: String,
    },
    /// The request may have arrived, the answer did not.
    #[error("{host} gave no whole answer: {reason}; the request may have been carried out")]
    Cut {
        /// Whom it was for.
        host: String,
        /// What happened.
        reason: String,
    },
    /// The request may have arrived; the answer took too long.
    #[error("{host} did not answer within {after:?}; the request may have been carried out")]
    Slow {
        /// Whom it was for.
        host: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// The answer is too long to be read.
    #[error("{host} answered with more than {limit} bytes, which is no answer to the question")]
    TooLarge {
        /// Whom it was for.
        host: String,
        /// The limit.
        limit: u64,
    },
    /// The deadline passed before it could be asked.
    #[error("no time left to ask {host}; a later --deadline would help")]
    NoTime {
        /// Whom it was for.
        host: String,
    },
}

impl HttpError {
    /// Whether the other side cannot have seen the request.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        !matches!(
            self,
            Self::Cut { .. } | Self::Slow { .. } | Self::TooLarge { .. }
        )
    }

    /// From the library's error, whose own text may repeat the address.
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
            ureq::Error::BadUri(_) => Self::Address,
            ureq::Error::HostNotFound => unsent(host, "no such host"),
            ureq::Error::ConnectionFailed => unsent(host, "no connection"),
            ureq::Error::ConnectProxyFailed(reason) => {
                unsent(host, &format!("the proxy refuses ({reason})"))
            }
            ureq::Error::InvalidProxyUrl => unsent(
                host,
                "the proxy's address is no URL such as http://proxy:3128",
            ),
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                unsent(host, "no connection in time")
            }
            ureq::Error::Timeout(_) => Self::Slow { host, after },
            ureq::Error::BodyExceedsLimit(_) => Self::TooLarge { host, limit },
            ureq::Error::Rustls(reason) => unsent(host, &format!("TLS: {reason}")),
            ureq::Error::Tls(reason) => unsent(host, &format!("TLS: {reason}")),
            ureq::Error::Io(error) => Self::from_io(error, host),
            ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => Self::Cut {
                host,
                reason: "what came is not HTTP".to_owned(),
            },
            _ => Self::Cut {
                host,
                reason: "the exchange broke off".to_owned(),
            },
        }
    }

    fn from_io(error: &std::io::Error, host: String) -> Self {
        let reason = error.kind().to_string();
        // The resolver reports an unknown name without a kind of its own.
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
            // rustls wraps what it dislikes about a certificate so.
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
    fn what_fails_before_a_request_is_unsent() {
        for (error, is_unsent) in [
            (Error::from_raw_os_error(24), true),
            (Error::from_raw_os_error(23), true),
            (ErrorKind::ConnectionRefused.into(), true),
            (ErrorKind::ConnectionReset.into(), false),
            (ErrorKind::UnexpectedEof.into(), false),
        ] {
            let said = HttpError::from_io(&error, "h".into());
            assert_eq!(said.is_unsent(), is_unsent, "{error}: {said}");
        }
    }
}
