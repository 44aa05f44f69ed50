//! The cluster as the API server serves it. Only this folder uses a Kubernetes client.
//!
//! [`connect`] sets the client up and sends nothing. [`Cluster::snapshot`] reads everything in one
//! blocking call: all lists concurrently, page by page, straight into slim objects. A kind that
//! cannot be read is [`crate::cluster::Read::Unread`], never an empty list.
//!
//! `collect` requests a `list` for each kind, and `discover` the kinds that a cluster may lack. A
//! `page` goes through `transport` (retries, time limits, number of requests), `request` (one
//! HTTP exchange) and [`crate::cluster::compact`] (what is kept). `outcome` decides whether there is
//! a snapshot, `pulls` reads the events about images that pods wait for, `events` drops old events,
//! `logs` reads the last log lines of failing containers.

mod collect;
mod config_map;
mod connect;
mod custom;
mod discover;
mod error;
mod events;
mod failure;
mod list;
mod logs;
mod outcome;
mod page;
mod proxy;
mod pulls;
mod request;
mod server_info;
mod transport;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use super::log_targets::{self, LogTarget};
use super::{Objects, Read, Snapshot, Source};
use crate::model::{GroupKind, Resource, Time};
use collect::{Collected, collect};
use custom::Wanted;
use outcome::{Outcomes, check_usable};
use transport::Transport;

pub use config_map::{ConfigMap, ConfigMapClient, ConfigMapError};
pub use error::{ConnectError, FetchError};
pub use events::retain_events;
pub use server_info::{AccessRule, ServerVersion};
// For the fuzz targets, which have no server.
#[doc(hidden)]
pub use page::decode;
pub use proxy::ProxyVariables;
pub use transport::MAX_SKEW;

/// Which cluster.
#[derive(Debug, Clone, Default)]
pub struct ConnectOptions {
    /// The kubeconfig; none means `~/.kube/config`, else the pod's service account.
    /// `KUBECONFIG` is the caller's to read; its list of files may be given as it is.
    pub kubeconfig: Option<PathBuf>,
    /// The context; none means the file's current one. A pod has none.
    pub context: Option<String>,
}

/// Sorts the containers whose logs help, the most important first. The snapshot has
/// everything but logs.
pub type LogOrder<'a> = &'a dyn Fn(&Snapshot, &mut [LogTarget]);

/// What to read.
#[derive(Clone)]
pub struct SnapshotRequest<'a> {
    /// The moment that thresholds are measured against, by this machine's clock. The snapshot's is
    /// by the server's clock, if the two differ by more than [`MAX_SKEW`].
    pub now: Time,
    /// Time for the whole snapshot.
    pub deadline: Duration,
    /// Time since the last cycle. Older events are kept only of unhealthy objects.
    pub look_back: Duration,
    /// Kinds to read besides those of the tables.
    pub resources: Vec<GroupKind>,
    /// Asked where more containers fail than logs are read.
    pub log_order: Option<LogOrder<'a>>,
}

/// A client of one cluster.
pub struct Cluster {
    name: String,
    is_own: bool,
    server: String,
    proxy: Option<String>,
    client: kube::Client,
    runtime: Option<Runtime>,
}

/// Sets the client up. Nothing is sent. The exec plugin of the kubeconfig is run.
///
/// # Errors
/// When the configuration is not usable: exit status 78.
pub fn connect(
    options: &ConnectOptions,
    proxies: &ProxyVariables,
) -> Result<Cluster, ConnectError> {
    let target = connect::target(options, proxies)?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| ConnectError::Runtime(error.to_string()))?;
    // Creating the client spawns a task, which needs the runtime.
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

    /// Whether this program runs in a pod of the cluster and reads with its service account.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.is_own
    }

    /// Address of the API server.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Address of the proxy in between, without user and password.
    #[must_use]
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// Reads everything, once, within the deadline. Must not be called in an async runtime.
    ///
    /// # Errors
    /// When nothing could be read, or no vital kind before the deadline. Other failures are in the
    /// snapshot's `reads`.
    pub fn snapshot(&self, request: &SnapshotRequest<'_>) -> Result<Snapshot, FetchError> {
        self.block_on(self.fetch(request))
    }

    /// Reads the version, once, in at most `limit`.
    ///
    /// # Errors
    /// When no API server answers, or it rejects the credentials.
    pub fn version(&self, limit: Duration) -> Result<ServerVersion, FetchError> {
        self.block_on(server_info::version(&self.client, &self.server, limit))
    }

    /// Asks the server whether it grants each rule, in their order and within `limit` for all. No
    /// right is used.
    ///
    /// An error says why the server did not answer.
    #[must_use]
    pub fn may(&self, rules: &[AccessRule], limit: Duration) -> Vec<Result<bool, String>> {
        self.block_on(server_info::may(&self.client, rules, limit))
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        match &self.runtime {
            Some(runtime) => runtime.block_on(future),
            None => unreachable!("the runtime is taken by drop only"),
        }
    }

    async fn fetch(&self, request: &SnapshotRequest<'_>) -> Result<Snapshot, FetchError> {
        let deadline = Instant::now() + request.deadline;
        let mut transport = Transport::new(&self.client, request.now, deadline);
        let mut objects = Objects::default();
        let wanted = Wanted {
            kinds: &request.resources,
        };
        let Collected {
            mut outcomes,
            custom: custom_reads,
            undiscovered,
            damaged,
        } = collect(&transport, wanted, &mut objects).await;
        check_usable(&self.server, &outcomes, request.deadline)?;
        pulls::read(&transport, &mut objects).await;

        let now = transport.now();
        retain_events(&mut objects, now, request.look_back);
        let mut snapshot = Snapshot {
            now,
            cluster: self.name.clone(),
            source: Source::Live,
            objects,
            damaged,
            reads: reads(&outcomes),
            custom_reads,
            undiscovered: undiscovered.map(|failure| failure.unread_discovery()),
            ..Snapshot::default()
        };
        let (targets, left_out) = log_targets(&snapshot, request);
        transport.limit_to(logs::TIME_FOR_ALL);
        let (logs, outcome) = logs::read(&transport, &targets).await;
        outcomes.insert(Resource::PodLogs, outcome);
        snapshot.logs = logs;
        snapshot.logs_left_out = left_out;
        snapshot.reads = reads(&outcomes);
        snapshot.requests = transport.requests();
        snapshot.skew = transport.skew();
        Ok(snapshot)
    }
}

/// The containers whose logs are read, and those for which there is no room.
fn log_targets(snapshot: &Snapshot, request: &SnapshotRequest) -> (Vec<LogTarget>, Vec<LogTarget>) {
    let mut targets = log_targets::failing_containers(&snapshot.objects, snapshot.now);
    if targets.len() <= log_targets::MAX_CONTAINERS {
        return (targets, Vec::new());
    }
    if let Some(sort) = request.log_order {
        sort(snapshot, &mut targets);
    }
    let left_out = targets.split_off(log_targets::MAX_CONTAINERS);
    (targets, left_out)
}

fn reads(outcomes: &Outcomes) -> BTreeMap<Resource, Read> {
    let outcomes = outcomes.iter();
    outcomes
        .map(|(resource, outcome)| (*resource, outcome.read(*resource)))
        .collect()
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Otherwise a DNS look-up that hangs delays the end of the program.
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
