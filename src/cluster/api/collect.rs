//! All lists in flight together.

use std::cell::RefCell;

use futures_util::future::{LocalBoxFuture, join, join_all};

use super::discover::{Discovered, Plan, discover};
use super::failure::Failure;
use super::list::{Listing, list};
use super::outcome::{Outcome, Outcomes};
use super::page::Items;
use super::transport::Transport;
use crate::cluster::kinds::ResourceInfo;
use crate::cluster::{Interner, Objects, Resource};

/// What one fetch shares.
struct Lists<'a> {
    transport: &'a Transport<'a>,
    pool: RefCell<Interner>,
}

type Pending<'a> = LocalBoxFuture<'a, (Resource, Outcome)>;

/// Reads every kind. Core kinds do not wait for discovery, nor depend on it.
pub(super) async fn collect(transport: &Transport<'_>, objects: &mut Objects) -> Outcomes {
    let lists = Lists {
        transport,
        pool: RefCell::new(Interner::new(transport.now())),
    };
    let mut optional = Objects::default();
    let (core, others) = join(lists.core(objects), async {
        let found = discover(transport).await;
        lists.optional(&found, &mut optional).await
    })
    .await;
    move_optional(&mut optional, objects);
    core.into_iter().chain(others).collect()
}

impl Lists<'_> {
    /// The kinds that every Kubernetes serves.
    async fn core(&self, to: &mut Objects) -> Vec<(Resource, Outcome)> {
        join_all([
            // The slowest first: all are sent at once, in this order.
            self.first(Resource::Pods, &mut to.pods),
            self.first(Resource::ReplicaSets, &mut to.replica_sets),
            self.first(Resource::Events, &mut to.events),
            self.first(Resource::EndpointSlices, &mut to.endpoint_slices),
            self.first(Resource::Nodes, &mut to.nodes),
            self.first(Resource::Namespaces, &mut to.namespaces),
            self.first(Resource::Deployments, &mut to.deployments),
            self.first(Resource::StatefulSets, &mut to.stateful_sets),
            self.first(Resource::DaemonSets, &mut to.daemon_sets),
            self.first(Resource::Jobs, &mut to.jobs),
            self.first(Resource::CronJobs, &mut to.cron_jobs),
            self.first(Resource::Services, &mut to.services),
            self.first(Resource::Ingresses, &mut to.ingresses),
            self.first(Resource::PersistentVolumes, &mut to.persistent_volumes),
            self.first(Resource::PersistentVolumeClaims, &mut to.claims),
            self.first(Resource::StorageClasses, &mut to.storage_classes),
            self.first(Resource::HorizontalPodAutoscalers, &mut to.autoscalers),
            self.first(Resource::PodDisruptionBudgets, &mut to.disruption_budgets),
            self.first(Resource::ResourceQuotas, &mut to.quotas),
            self.first(Resource::Leases, &mut to.leases),
        ])
        .await
    }

    /// The kinds that a cluster may lack.
    async fn optional(
        &self,
        found: &Result<Discovered, Failure>,
        to: &mut Objects,
    ) -> Vec<(Resource, Outcome)> {
        join_all([
            self.planned(found, Resource::Applications, &mut to.applications),
            self.planned(found, Resource::Certificates, &mut to.certificates),
            self.planned(found, Resource::Issuers, &mut to.issuers),
            self.planned(found, Resource::ClusterIssuers, &mut to.cluster_issuers),
            self.planned(found, Resource::ExternalSecrets, &mut to.external_secrets),
            self.planned(found, Resource::SecretStores, &mut to.secret_stores),
            self.planned(
                found,
                Resource::ClusterSecretStores,
                &mut to.cluster_secret_stores,
            ),
            self.planned(found, Resource::Gateways, &mut to.gateways),
            self.planned(found, Resource::HttpRoutes, &mut to.http_routes),
            self.planned(found, Resource::PodMetrics, &mut to.pod_metrics),
            self.planned(found, Resource::NodeMetrics, &mut to.node_metrics),
        ])
        .await
    }

    fn first<'b>(&'b self, resource: Resource, to: &'b mut dyn Items) -> Pending<'b> {
        self.read(resource, resource.row().versions[0], to)
    }

    fn planned<'b>(
        &'b self,
        found: &Result<Discovered, Failure>,
        resource: Resource,
        to: &'b mut dyn Items,
    ) -> Pending<'b> {
        let plan = match found {
            Ok(found) => found.plan(resource.row()),
            Err(failure) => Plan::Unknown(failure.clone()),
        };
        match plan {
            Plan::List(version) => self.read(resource, version, to),
            Plan::Absent => Box::pin(async move { (resource, Outcome::Absent) }),
            Plan::Unknown(failure) => Box::pin(async move { (resource, Outcome::Failed(failure)) }),
        }
    }

    fn read<'b>(
        &'b self,
        resource: Resource,
        version: &'static str,
        to: &'b mut dyn Items,
    ) -> Pending<'b> {
        Box::pin(async move {
            let listing = listing(resource.row(), version);
            match list(self.transport, &self.pool, &listing, to).await {
                Ok(()) => (resource, Outcome::Complete),
                Err(failure) => (resource, Outcome::Failed(failure)),
            }
        })
    }
}

fn listing(row: &ResourceInfo, version: &str) -> Listing {
    let base = match row.group {
        "" => format!("/api/{version}"),
        group => format!("/apis/{group}/{version}"),
    };
    let path = match row.resource {
        // Those of nodes and of every controller elsewhere are not read.
        Resource::Leases => format!("{base}/namespaces/kube-system/{}", row.plural),
        _ => format!("{base}/{}", row.plural),
    };
    Listing {
        path,
        selector: match row.resource {
            Resource::Events => "type%3DWarning",
            _ => "",
        },
        accept_503: row.group == "metrics.k8s.io",
    }
}

/// The two halves are borrowed apart while they are read.
fn move_optional(from: &mut Objects, to: &mut Objects) {
    macro_rules! moved {
        ($($field:ident)*) => { $( to.$field = std::mem::take(&mut from.$field); )* };
    }
    moved! {
        applications certificates issuers cluster_issuers external_secrets secret_stores
        cluster_secret_stores gateways http_routes pod_metrics node_metrics
    }
}
