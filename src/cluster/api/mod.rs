//! The cluster as the API server tells it: the only place that knows a client.
//!
//! [`connect`] sets the client up without a byte sent; [`Cluster::snapshot`]
//! reads everything in one blocking call. All lists are in flight together,
//! page by page, straight into slim objects. What cannot be read is said
//! ([`crate::cluster::Read::Unread`]), never taken for empty.
//!
//! The way of one fetch: `collect` sends one `list` a kind, with `discover`
//! for the kinds that a cluster may lack; each page goes through `transport`
//! (retries, time limits, count) and [`crate::cluster::fold`] (what is kept of it). `verdict`
//! judges whether there is a snapshot, `events` drops old ones, `logs` reads
//! the last lines of what fails.

mod collect;
mod config_map;
mod connect;
mod discover;
mod error;
mod events;
mod failure;
mod list;
mod logs;
mod outcome;
mod page;
mod proxy;
mod request;
mod server_info;
mod transport;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use super::{Objects, Resource, Snapshot, Source, log_targets};
use crate::model::Time;
use collect::collect;
use outcome::{Outcomes, verdict};
use transport::Transport;

pub use config_map::{ConfigMap, ConfigMapClient, ConfigMapError};
pub use error::{ConnectError, FetchError};
pub use events::retain_events;
pub use server_info::{AccessRule, ServerVersion};
// For `fuzz/`, which has no server.
#[doc(hidden)]
pub use page::decode;
pub use proxy::ProxyVariables;
pub use transport::SKEW;

/// Which cluster.
#[derive(Debug, Clone, Default)]
pub struct ConnectOptions {
    /// The kubeconfig; none means `~/.kube/config`, else the pod's service account.
    /// `KUBECONFIG` is the caller's to read; its list of files may be given as it is.
    pub kubeconfig: Option<PathBuf>,
    /// The context; none means the file's current one. A pod has none.
    pub context: Option<String>,
}

/// What to read.
#[derive(Debug, Clone)]
pub struct SnapshotRequest {
    /// The moment that thresholds are measured against, by this machine's clock. The
    /// snapshot has it by the server's, if that is far from it.
    pub now: Time,
    /// Time for the whole fetch.
    pub deadline: Duration,
    /// Time since the last cycle: older events are kept only of what is not well.
    pub look_back: Duration,
}

/// A cluster that can be read.
pub struct Cluster {
    name: String,
    is_own: bool,
    server: String,
    proxy: Option<String>,
    client: kube::Client,
    runtime: Option<Runtime>,
}

/// Sets the client up, with the proxy variables of the environment. Nothing is
/// sent; an exec plugin of the kubeconfig is run.
///
/// # Errors
/// When the configuration does not lead to a client: exit status 78.
pub fn connect(options: &ConnectOptions) -> Result<Cluster, ConnectError> {
    connect_through(options, &ProxyVariables::from_env())
}

/// As [`connect`], with proxy variables from elsewhere, such as an env file.
///
/// # Errors
/// As [`connect`].
pub fn connect_through(
    options: &ConnectOptions,
    proxies: &ProxyVariables,
) -> Result<Cluster, ConnectError> {
    let target = connect::target(options, proxies)?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| ConnectError::Runtime(error.to_string()))?;
    // The client starts a task of its own.
    let client = {
        let _inside = runtime.enter();
        connect::client(&target)?
    };
    Ok(Cluster {
        name: target.name,
        is_own: target.is_own,
        server: target.server,
        proxy: target.config.proxy_url.as_ref().map(connect::address),
        client,
        runtime: Some(runtime),
    })
}

impl Cluster {
    /// Name of the context, or `in-cluster`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The namespace that this program runs in, in a pod; else the context's.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.client.default_namespace()
    }

    /// Whether this program runs in a pod of the cluster, by whose service
    /// account it reads.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.is_own
    }

    /// Address of the API server.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Address of the proxy that leads to it, without user and password.
    #[must_use]
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// Reads everything, once, in at most the deadline. Must not be called
    /// from within an async runtime.
    ///
    /// # Errors
    /// When nothing at all can be said of the cluster. Less than that is in
    /// the snapshot's `reads`.
    pub fn snapshot(&self, request: &SnapshotRequest) -> Result<Snapshot, FetchError> {
        self.block_on(self.fetch(request))
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        match &self.runtime {
            Some(runtime) => runtime.block_on(future),
            None => unreachable!("only drop takes the runtime"),
        }
    }

    async fn fetch(&self, request: &SnapshotRequest) -> Result<Snapshot, FetchError> {
        let deadline = Instant::now() + request.deadline;
        let mut transport = Transport::new(&self.client, request.now, deadline);
        let mut objects = Objects::default();
        let mut outcomes: Outcomes = collect(&transport, &mut objects).await;
        verdict(&self.server, &outcomes, request.deadline)?;

        let now = transport.now();
        retain_events(&mut objects, now, request.look_back);
        let targets = log_targets::failing_containers(&objects, now);
        transport.hurry(logs::TIME_FOR_ALL);
        let (logs, outcome) = logs::read(&transport, &targets).await;
        outcomes.insert(Resource::PodLogs, outcome);

        Ok(Snapshot {
            now,
            cluster: self.name.clone(),
            source: Source::Live,
            objects,
            logs,
            reads: outcomes
                .iter()
                .map(|(resource, outcome)| (*resource, outcome.read(*resource)))
                .collect(),
            requests: transport.requests(),
            skew: transport.skew(),
        })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // A name look-up that hangs would otherwise hold the program up.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("name", &self.name)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}
