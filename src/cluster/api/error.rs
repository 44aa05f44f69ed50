//! What can go wrong on the way to a snapshot, in words that say what, where
//! and what to do. No text here ever holds a token, a key or a response body.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::model::{Advice, Remedy};

/// Why no client could be set up. Nothing was sent yet: the configuration is
/// wrong (exit status 78).
#[derive(Debug, Error)]
pub enum ConnectError {
    /// Neither a file nor a service account.
    #[error(
        "no kubeconfig: {} does not exist and this is no pod with a service account; {}",
        .looked.display(), Advice(self)
    )]
    NoKubeconfig {
        /// The file that would have been read.
        looked: PathBuf,
    },
    /// The file is missing or not ours to read.
    #[error(
        "cannot read the kubeconfig {}: {cause}; {}", .path.display(), Advice(self)
    )]
    UnreadableKubeconfig {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file was read and makes no sense.
    #[error("{} is not a usable kubeconfig: {reason}", .path.display())]
    InvalidKubeconfig {
        /// The file.
        path: PathBuf,
        /// What is missing or wrong.
        reason: String,
    },
    /// The context that was asked for is not in the file.
    #[error(
        "no context {wanted:?} in {}: it has {}; {}", .path.display(), listed(.known), Advice(self)
    )]
    UnknownContext {
        /// The name that was asked for.
        wanted: String,
        /// The file.
        path: PathBuf,
        /// The names that are there.
        known: Vec<String>,
    },
    /// No context was asked for, and the file names none as current.
    #[error(
        "{} has no current context: it has {}; {}",
        .path.display(), listed(.known), Advice(self)
    )]
    NoContext {
        /// The file.
        path: PathBuf,
        /// The names that are there.
        known: Vec<String>,
    },
    /// TLS is always verified.
    #[error(
        "cluster {cluster:?} in {} sets insecure-skip-tls-verify, which is refused because anyone \
         between here and there could read the token; {}",
        .path.display(), Advice(self)
    )]
    InsecureTls {
        /// Name of the cluster entry.
        cluster: String,
        /// The file.
        path: PathBuf,
    },
    /// Token file, exec plugin or client certificate cannot be used.
    #[error("the credentials for {server} cannot be used: {reason}")]
    Credentials {
        /// Address of the API server.
        server: String,
        /// What is wrong with them.
        reason: String,
    },
    /// The proxy that would have to be used cannot be.
    #[error(
        "cannot reach {server} through the proxy of {origin}: {reason}; {}",
        Advice(self)
    )]
    Proxy {
        /// Address of the API server.
        server: String,
        /// Where the proxy is configured.
        origin: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A pod whose service account is not complete.
    #[error("the pod's service account cannot be used: {reason}; {}", Advice(self))]
    InCluster {
        /// What is missing.
        reason: String,
    },
    /// The system gave no event loop.
    #[error("cannot set up the client: {0}")]
    Runtime(String),
}

/// Why the cluster could not be read at all. [`FetchError::DeadlineExceeded`]
/// is exit status 75, all others are 69.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FetchError {
    /// No connection: refused, no route, no such name.
    #[error("cannot reach the API server at {server}: {cause}; {}", Advice(self))]
    Unreachable {
        /// Address of the API server.
        server: String,
        /// What the system said.
        cause: String,
    },
    /// There is a server, and it is not the one that the kubeconfig vouches for.
    #[error("no trusted connection to {server}: {cause}; {}", Advice(self))]
    Tls {
        /// Address of the API server.
        server: String,
        /// What the handshake failed on.
        cause: String,
    },
    /// Every request was answered 401.
    #[error(
        "{server} does not accept the credentials: {message}; {}",
        Advice(self)
    )]
    Unauthorized {
        /// Address of the API server.
        server: String,
        /// The server's words.
        message: String,
    },
    /// Every request was answered 403.
    #[error("{server} forbids every read to {who}: {message}; {}", Advice(self))]
    ForbiddenEverything {
        /// Address of the API server.
        server: String,
        /// User or service account, as the server names it.
        who: String,
        /// The server's words.
        message: String,
    },
    /// The time for the whole fetch was over before pods, nodes or workloads were there.
    #[error("{server} did not answer within {seconds} s; {}", Advice(self))]
    DeadlineExceeded {
        /// Address of the API server.
        server: String,
        /// The deadline.
        seconds: u64,
    },
    /// Something answers, but not Kubernetes.
    #[error(
        "{server} answers, but not like a Kubernetes API server ({found}); {}",
        Advice(self)
    )]
    NotKubernetes {
        /// Address of the server.
        server: String,
        /// What it answered.
        found: String,
    },
    /// Errors, broken connections or no answer to every request, retries included.
    #[error("{server} could serve no request: {message}; {}", Advice(self))]
    Unavailable {
        /// Address of the API server.
        server: String,
        /// What it answered.
        message: String,
    },
}

impl Remedy for ConnectError {
    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::NoKubeconfig { .. } => "pass --kubeconfig FILE or set KUBECONFIG",
            Self::UnreadableKubeconfig { .. } => "check the path and its permissions",
            Self::UnknownContext { .. } => "pass another --context",
            Self::NoContext { .. } => "pass --context NAME or set K3S_CONTEXT",
            Self::InsecureTls { .. } => "give its certificate-authority-data instead",
            Self::Proxy { .. } => "correct it, or name the server's host in NO_PROXY",
            Self::InCluster { .. } => "check automountServiceAccountToken",
            Self::InvalidKubeconfig { .. } | Self::Credentials { .. } | Self::Runtime(_) => {
                return None;
            }
        };
        Some(remedy.to_owned())
    }
}

impl Remedy for FetchError {
    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::Unreachable { .. } => {
                "check that it runs and that this machine may connect to it"
            }
            Self::Tls { .. } => {
                "check the kubeconfig's certificate authority, the address and both clocks"
            }
            Self::Unauthorized { .. } => {
                "the token or client certificate is expired or revoked: renew it in the kubeconfig"
            }
            Self::ForbiddenEverything { who, .. } => {
                return Some(format!(
                    "bind a ClusterRole with get and list on what is read to {who}"
                ));
            }
            Self::DeadlineExceeded { .. } => "check its load, or allow more with --deadline",
            Self::NotKubernetes { .. } => "check the server's address in the kubeconfig",
            Self::Unavailable { .. } => "check the control plane",
        };
        Some(remedy.to_owned())
    }
}

/// Names for a message: `"a", "b" and 3 more`.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let quoted: Vec<_> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("{name:?}"))
        .collect();
    match names.len() {
        0 => "none".to_owned(),
        count if count > SHOWN => format!("{} and {} more", quoted.join(", "), count - SHOWN),
        _ => quoted.join(", "),
    }
}
