//! Makes a client from a kubeconfig or a pod's service account. Nothing is sent.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::Uri;
use kube::config::{
    AuthInfo, Cluster as ClusterEntry, Context, ExecAuthCluster, ExecInteractiveMode, Kubeconfig,
    KubeconfigError, NamedContext,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::ExposeSecret as _;

use super::ConnectOptions;
use super::error::ConnectError;
use super::proxy::{self, ProxyVariables};
use crate::runtime::fs_util;

/// Time for a connection attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Bytes of a kubeconfig. One with hundreds of clusters has less.
const MAX_KUBECONFIG: u64 = 8 << 20;
/// Bytes of a token, a key or certificates in a file of their own.
const MAX_TOKEN: u64 = 1 << 20;

/// The address of the cluster, and how to connect to it.
#[derive(Debug)]
pub(super) struct Target {
    /// Name of the context, or `in-cluster`.
    pub name: String,
    /// Whether this program runs in a pod of the cluster.
    pub is_own: bool,
    /// Address of the API server, for messages.
    pub server: String,
    /// What the client is made from.
    pub config: kube::Config,
}

/// The file that K3s writes on a server node. Only root may read it, by default.
const OF_K3S: &str = "/etc/rancher/k3s/k3s.yaml";

/// Finds the cluster: the given file, `~/.kube/config`, the pod's service account, the file of
/// K3s, in this order.
pub(super) fn target(
    options: &ConnectOptions,
    proxies: &ProxyVariables,
) -> Result<Target, ConnectError> {
    let home = std::env::home_dir().unwrap_or_default();
    let looked = home.join(".kube").join("config");
    match &options.kubeconfig {
        Some(path) => from_file(path, options.context.as_deref(), proxies),
        None if looked.exists() => from_file(&looked, options.context.as_deref(), proxies),
        None if std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() => in_cluster(),
        None => from_k3s(Path::new(OF_K3S), options, proxies)
            .unwrap_or(Err(ConnectError::NoKubeconfig { looked })),
    }
}

/// The cluster of this node, if K3s runs on it.
fn from_k3s(
    path: &Path,
    options: &ConnectOptions,
    proxies: &ProxyVariables,
) -> Option<Result<Target, ConnectError>> {
    if !path.exists() {
        return None;
    }
    let target = from_file(path, options.context.as_deref(), proxies);
    Some(target.map_err(|error| match error {
        ConnectError::UnreadableKubeconfig { path, cause }
            if cause.kind() == std::io::ErrorKind::PermissionDenied =>
        {
            ConnectError::ForbiddenK3s { path, cause }
        }
        other => other,
    }))
}

/// Makes the client. Runs the exec plugin, if the user has one. Must be called in the runtime that
/// will use it.
pub(super) fn client(target: &Target) -> Result<kube::Client, ConnectError> {
    kube::Client::try_from(target.config.clone()).map_err(|error| {
        let server = target.server.clone();
        ConnectError::Credentials {
            server,
            reason: reason_of(&error),
        }
    })
}

fn in_cluster() -> Result<Target, ConnectError> {
    // A proxy is for addresses outside the cluster, not for its own API server.
    let config = kube::Config::incluster().map_err(|error| ConnectError::InCluster {
        reason: error.to_string(),
    })?;
    Ok(Target {
        name: "in-cluster".to_owned(),
        is_own: true,
        server: address(&config.cluster_url),
        config: without_retries(config),
    })
}

fn from_file(
    path: &Path,
    wanted: Option<&str>,
    proxies: &ProxyVariables,
) -> Result<Target, ConnectError> {
    let file = read(path)?;
    let invalid = |reason: String| ConnectError::InvalidKubeconfig {
        path: path.to_owned(),
        reason,
    };
    let (name, context) = context_of(&file, path, wanted)?;
    let entry = &context.cluster;
    let cluster = (file.clusters.iter())
        .find(|named| &named.name == entry)
        .and_then(|named| named.cluster.as_ref())
        .ok_or_else(|| {
            invalid(format!(
                "context {name:?} refers to the cluster {entry:?}, which does not exist"
            ))
        })?;
    let url = url_of(cluster).map_err(|why| invalid(format!("cluster {entry:?} {why}")))?;
    if url.scheme_str() == Some("https") && cluster.insecure_skip_tls_verify == Some(true) {
        return Err(ConnectError::InsecureTls {
            cluster: entry.clone(),
            path: path.to_owned(),
        });
    }
    let user = user_of(&file, &context);
    for (what, path) in [
        ("certificate authority", &cluster.certificate_authority),
        ("client certificate", &user.client_certificate),
        ("client key", &user.client_key),
    ] {
        if let Some(Err(cause)) = path
            .as_ref()
            .map(|path| fs_util::check_size(path.as_ref(), MAX_TOKEN))
        {
            return Err(invalid(format!(
                "the file of the {what} cannot be read: {cause}"
            )));
        }
    }
    let details = ExecAuthCluster::try_from(cluster)
        .map_err(|error| invalid(format!("cluster {entry:?}: {error}")))?;
    let authority = details.certificate_authority_data.as_deref();

    let mut config = kube::Config::new(url);
    let server = address(&config.cluster_url);
    config.root_cert = authority.map(certificates).transpose().map_err(|why| {
        invalid(format!(
            "the certificate authority of cluster {entry:?} {why}"
        ))
    })?;
    config.proxy_url = proxy_of(cluster, &config.cluster_url, proxies)?;
    config.tls_server_name.clone_from(&cluster.tls_server_name);
    config.auth_info = credentials(user, details).map_err(|reason| ConnectError::Credentials {
        server: server.clone(),
        reason,
    })?;
    Ok(Target {
        name,
        is_own: false,
        server,
        config: without_retries(config),
    })
}

/// The requested context, else the current one.
fn context_of(
    file: &Kubeconfig,
    path: &Path,
    wanted: Option<&str>,
) -> Result<(String, Context), ConnectError> {
    let path = path.to_owned();
    let current = file
        .current_context
        .as_deref()
        .filter(|name| !name.is_empty());
    let known = file
        .contexts
        .iter()
        .map(|named| named.name.clone())
        .collect();
    let Some(name) = wanted.or(current).map(str::to_owned) else {
        return Err(ConnectError::NoContext { path, known });
    };
    match file.contexts.iter().find(|named| named.name == name) {
        Some(NamedContext {
            context: Some(context),
            ..
        }) => Ok((name, context.clone())),
        Some(_) => Err(ConnectError::InvalidKubeconfig {
            path,
            reason: format!("its context {name:?} is empty"),
        }),
        None => Err(ConnectError::UnknownContext {
            wanted: name,
            path,
            known,
        }),
    }
}

/// A user that is missing counts as one without credentials, as for kubectl.
fn user_of(file: &Kubeconfig, context: &Context) -> AuthInfo {
    let name = context.user.as_deref().unwrap_or_default();
    (file.auth_infos.iter())
        .find(|named| named.name == name)
        .and_then(|named| named.auth_info.clone())
        .unwrap_or_default()
}

/// Turns the client's time limits and retries off: `transport` has its own.
fn without_retries(mut config: kube::Config) -> kube::Config {
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.read_timeout = None;
    config.write_timeout = None;
    config.default_retry = false;
    config
}

/// Reads one file, or a list of files as `KUBECONFIG` may hold.
fn read(path: &Path) -> Result<Kubeconfig, ConnectError> {
    let mut parts: Vec<PathBuf> = vec![path.to_owned()];
    if !path.exists() {
        let listed: Vec<_> = std::env::split_paths(path)
            .filter(|part| part.exists())
            .collect();
        if !listed.is_empty() {
            parts = listed;
        }
    }
    let mut merged: Option<Kubeconfig> = None;
    for part in parts {
        if let Err(cause) = fs_util::check_size(&part, MAX_KUBECONFIG) {
            return Err(ConnectError::UnreadableKubeconfig { path: part, cause });
        }
        let next = Kubeconfig::read_from(&part).map_err(|error| unreadable(part.clone(), error))?;
        merged = Some(match merged {
            None => next,
            Some(first) => first.merge(next).map_err(|error| unreadable(part, error))?,
        });
    }
    merged.ok_or_else(|| ConnectError::NoKubeconfig {
        looked: path.to_owned(),
    })
}

fn unreadable(path: PathBuf, error: KubeconfigError) -> ConnectError {
    let reason = match error {
        KubeconfigError::ReadConfig(cause, path) => {
            return ConnectError::UnreadableKubeconfig { path, cause };
        }
        // The parser's message quotes the file, tokens included.
        KubeconfigError::Parse(error) => match error.location() {
            Some(at) => format!("line {}, column {} is wrong", at.line(), at.column()),
            None => "it is not YAML".to_owned(),
        },
        other => other.to_string(),
    };
    ConnectError::InvalidKubeconfig { path, reason }
}

fn url_of(cluster: &ClusterEntry) -> Result<Uri, &'static str> {
    let server = cluster.server.as_deref().unwrap_or_default().trim();
    if server.is_empty() {
        return Err("has no server");
    }
    let with_scheme = if server.contains("://") {
        server.to_owned()
    } else {
        format!("https://{server}")
    };
    with_scheme
        .parse::<Uri>()
        .ok()
        .filter(|url| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some())
        .ok_or("has a server that is not a URL like https://host:6443")
}

/// The kubeconfig's proxy is always used, as by kubectl; the environment's unless `NO_PROXY` excepts
/// the server.
fn proxy_of(
    cluster: &ClusterEntry,
    server: &Uri,
    proxies: &ProxyVariables,
) -> Result<Option<Uri>, ConnectError> {
    let own = cluster
        .proxy_url
        .as_deref()
        .filter(|url| !url.trim().is_empty());
    let (origin, found) = match own {
        Some(url) => ("the kubeconfig's proxy-url", proxy::parse(url).map(Some)),
        None => ("HTTPS_PROXY", proxies.proxy_for(server)),
    };
    found.map_err(|reason| ConnectError::Proxy {
        server: address(server),
        origin,
        reason,
    })
}

fn certificates(pem: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .map(|certificate| certificate.map(|certificate| certificate.to_vec()))
        .collect::<Result<_, _>>()
        .map_err(|_| "is not PEM")?;
    if certificates.is_empty() {
        return Err("contains no certificate");
    }
    Ok(certificates)
}

fn credentials(mut user: AuthInfo, cluster: ExecAuthCluster) -> Result<AuthInfo, String> {
    if let Some(path) = user.token_file.take() {
        let token = fs_util::read_text(Path::new(&path), MAX_TOKEN)
            .map_err(|cause| format!("the token file {path} cannot be read: {cause}"))?;
        user.token = Some(token.into());
    }
    if let Some(token) = &user.token {
        // kube keeps a final line break as a part of the token, and panics on it.
        let token = token.expose_secret().trim();
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the token contains a space or a line break".to_owned());
        }
        user.token = Some(token.to_owned().into());
    }
    if let Some(plugin) = &mut user.exec {
        if plugin.provide_cluster_info {
            plugin.cluster = Some(cluster);
        }
        // A scheduled run has no terminal on which a plugin could prompt.
        let optional = plugin.interactive_mode != Some(ExecInteractiveMode::Always);
        if optional && !std::io::stdin().is_terminal() {
            plugin.interactive_mode = Some(ExecInteractiveMode::Never);
        }
    }
    Ok(user)
}

/// Why there is no client, without the output of a plugin or the content of a file.
fn reason_of(error: &kube::Error) -> String {
    use kube::client::AuthError;
    match error {
        kube::Error::Auth(AuthError::AuthExecRun { out, .. }) => format!(
            "the exec plugin ended with {}; run its command from the kubeconfig by hand",
            out.status
        ),
        kube::Error::Auth(AuthError::AuthExecStart(cause)) => {
            format!("the exec plugin did not start ({cause}); is it installed and in PATH?")
        }
        kube::Error::Auth(AuthError::AuthExecParse(_) | AuthError::ExecPluginFailed) => {
            "the exec plugin printed no ExecCredential; run its command by hand".to_owned()
        }
        kube::Error::Auth(AuthError::ReadTokenFile(cause, path)) => {
            format!("the token file {} cannot be read: {cause}", path.display())
        }
        kube::Error::Auth(_) => {
            "this authentication method is not supported or is incomplete".into()
        }
        other => other.to_string(),
    }
}

/// Scheme, host and port of a server, without user and password.
pub(super) fn address(url: &Uri) -> String {
    let host = url.host().unwrap_or_default();
    let scheme = url.scheme_str().unwrap_or("https");
    let path = url.path().trim_end_matches('/');
    match url.port_u16() {
        Some(port) => format!("{scheme}://{host}:{port}{path}"),
        None => format!("{scheme}://{host}{path}"),
    }
}
