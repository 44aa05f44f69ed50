//! Errors of connecting and of reading a snapshot: what failed, where, and the remedy. No text
//! contains a token, a key or a response body.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::model::{Advice, Remedy};

/// Why no client could be set up. Nothing was sent: the configuration is wrong (exit status 78).
#[derive(Debug, Error)]
pub enum ConnectError {
    /// There is neither a kubeconfig nor a service account.
    #[error(
        "no kubeconfig: {} does not exist, this is not a pod with a service account, and K3s has \
         written no /etc/rancher/k3s/k3s.yaml on this machine; {}",
        .looked.display(), Advice(self)
    )]
    NoKubeconfig {
        /// The file that would have been read.
        looked: PathBuf,
    },
    /// The file is missing or its permissions do not allow to read it.
    #[error(
        "cannot read the kubeconfig {}: {cause}; {}", .path.display(), Advice(self)
    )]
    UnreadableKubeconfig {
        /// The file.
        path: PathBuf,
        /// The operating system's message.
        cause: io::Error,
    },
    /// K3s runs on this machine, and only root may read its kubeconfig.
    #[error(
        "K3s runs on this machine, but its kubeconfig {} cannot be read: {cause}; {}",
        .path.display(), Advice(self)
    )]
    ForbiddenK3s {
        /// The file.
        path: PathBuf,
        /// The operating system's message.
        cause: io::Error,
    },
    /// The file was read and is not valid.
    #[error("{} is not a usable kubeconfig: {reason}", .path.display())]
    InvalidKubeconfig {
        /// The file.
        path: PathBuf,
        /// What is missing or wrong.
        reason: String,
    },
    /// The requested context is not in the file.
    #[error(
        "no context {wanted:?} in {}: it has {}; {}", .path.display(), listed(.known), Advice(self)
    )]
    UnknownContext {
        /// The requested name.
        wanted: String,
        /// The file.
        path: PathBuf,
        /// The names that are there.
        known: Vec<String>,
    },
    /// No context was requested, and the file has no current one.
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
         on the way to the server could read the token; {}",
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
    /// The proxy in front of the API server is not usable.
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
    /// The pod's service account is not complete.
    #[error("the pod's service account cannot be used: {reason}; {}", Advice(self))]
    InCluster {
        /// What is missing.
        reason: String,
    },
    /// The operating system provided no event loop.
    #[error("cannot set up the client: {0}")]
    Runtime(String),
}

/// Why the cluster could not be read at all. [`FetchError::DeadlineExceeded`]
/// is exit status 75, all others are 69.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FetchError {
    /// No connection: refused, no route, or no such host.
    #[error("cannot reach the API server at {server}: {cause}; {}", Advice(self))]
    Unreachable {
        /// Address of the API server.
        server: String,
        /// The operating system's message.
        cause: String,
    },
    /// A server answers, but its certificate is not the one that the kubeconfig trusts.
    #[error("the connection to {server} is not trusted: {cause}; {}", Advice(self))]
    Tls {
        /// Address of the API server.
        server: String,
        /// Why the handshake failed.
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
        /// The server's message.
        message: String,
    },
    /// Every request was answered 403.
    #[error("{server} forbids every read to {who}: {message}; {}", Advice(self))]
    ForbiddenEverything {
        /// Address of the API server.
        server: String,
        /// User or service account, as the server names it.
        who: String,
        /// The server's message.
        message: String,
    },
    /// The deadline passed before pods, nodes or workloads were read.
    #[error("{server} did not answer within {seconds} s; {}", Advice(self))]
    DeadlineExceeded {
        /// Address of the API server.
        server: String,
        /// The deadline.
        seconds: u64,
    },
    /// What answers is not Kubernetes.
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
    #[error("{server} could not serve any request: {message}; {}", Advice(self))]
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
            Self::ForbiddenK3s { path, .. } => {
                return Some(format!(
                    "run with sudo, or make a copy of your own: `mkdir -p ~/.kube && sudo install \
                     -m 600 -o $USER {} ~/.kube/config`",
                    path.display()
                ));
            }
            Self::UnreadableKubeconfig { .. } => "check the path and its permissions",
            Self::UnknownContext { .. } => "pass another --context",
            Self::NoContext { .. } => "pass --context NAME or set K3S_CONTEXT",
            Self::InsecureTls { .. } => "set certificate-authority-data instead",
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
                return Some(format!("give {who} the rights of deploy/rights/rbac.yaml"));
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
