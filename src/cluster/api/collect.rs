//! The lists of all kinds, requested concurrently.

use std::cell::RefCell;

use futures_util::future::{join, join_all};

use super::custom::{self, CustomReads, Wanted};
use super::discover::{Plan, discover};
use super::failure::Failure;
use super::list::{Listing, read_list};
use super::outcome::{Outcome, Outcomes};
use super::transport::Transport;
use crate::cluster::{DamagedKind, DamagedObject, Interner, ObjectList, Objects};
use crate::model::{Resource, ResourceInfo, ResourceScope};

/// The kinds with the most data. They are requested first, because they take longest.
const LARGEST: &[Resource] = &[
    Resource::Pods,
    Resource::ReplicaSets,
    Resource::Events,
    Resource::EndpointSlices,
];

/// What the lists of one snapshot share.
struct Lists<'a> {
    transport: &'a Transport<'a>,
    interner: RefCell<Interner>,
    damaged: RefCell<Vec<DamagedObject>>,
}

/// What all lists brought: the outcome of each kind, and the objects that could not be decoded as a
/// whole.
pub(super) struct Collected {
    pub outcomes: Outcomes,
    pub custom: CustomReads,
    /// Why it is unknown which custom kinds the cluster serves.
    pub undiscovered: Option<Failure>,
    pub damaged: Vec<DamagedObject>,
}

/// Reads every kind. Core kinds neither wait for discovery nor depend on it.
pub(super) async fn collect(
    transport: &Transport<'_>,
    wanted: Wanted<'_>,
    objects: &mut Objects,
) -> Collected {
    let lists = Lists {
        transport,
        interner: RefCell::new(Interner::new(transport.now())),
        damaged: RefCell::default(),
    };
    let mut custom_objects = Vec::new();
    let (mut core, optional): (Vec<_>, Vec<_>) = objects
        .lists_mut()
        .into_iter()
        .partition(|(resource, _)| resource.info().is_core());
    let position = |resource| LARGEST.iter().position(|r| *r == resource);
    core.sort_by_key(|(resource, _)| position(*resource).unwrap_or(LARGEST.len()));
    let core = core.into_iter().map(|(resource, list)| {
        let plan = Plan::List(resource.info().versions[0]);
        lists.read(resource, plan, list)
    });
    let optional = async {
        let found = discover(transport, wanted.kinds).await;
        let optional = optional.into_iter().map(|(resource, list)| {
            let plan = match &found {
                Ok(found) => found.plan(resource.info()),
                Err(failure) => Plan::Unknown(failure.clone()),
            };
            lists.read(resource, plan, list)
        });
        let kinds = found
            .as_ref()
            .map(|found| custom::select(found, wanted).read);
        let custom = custom::read(
            transport,
            &lists.interner,
            kinds.unwrap_or_default(),
            &mut custom_objects,
            &lists.damaged,
        );
        let (optional, mut custom) = join(join_all(optional), custom).await;
        if let Ok(found) = &found {
            custom.extend(custom::unread(found, wanted));
        }
        (optional, custom, found.err())
    };
    let (core, (optional, custom, undiscovered)) = join(join_all(core), optional).await;
    objects.custom = custom_objects;
    Collected {
        outcomes: core.into_iter().chain(optional).collect(),
        custom,
        undiscovered,
        damaged: lists.damaged.into_inner(),
    }
}

impl Lists<'_> {
    async fn read(
        &self,
        resource: Resource,
        plan: Plan,
        list: &mut dyn ObjectList,
    ) -> (Resource, Outcome) {
        let version = match plan {
            Plan::List(version) => version,
            Plan::Absent => return (resource, Outcome::Absent),
            Plan::Unknown(failure) => return (resource, Outcome::Failed(failure)),
        };
        let listing = listing(resource.info(), version);
        match read_list(self.transport, &self.interner, &listing, list).await {
            Ok(damaged) => {
                let damaged = damaged.into_iter();
                let damaged = damaged.map(|item| DamagedObject {
                    kind: DamagedKind::Read(resource),
                    item,
                });
                self.damaged.borrow_mut().extend(damaged);
                (resource, Outcome::Complete)
            }
            Err(failure) => (resource, Outcome::Failed(failure)),
        }
    }
}

fn listing(info: &ResourceInfo, version: &str) -> Listing {
    let base = match info.group {
        "" => format!("/api/{version}"),
        group => format!("/apis/{group}/{version}"),
    };
    let namespace = match info.scope {
        ResourceScope::Cluster | ResourceScope::Namespaced => String::new(),
        ResourceScope::Namespace(namespace) => format!("/namespaces/{namespace}"),
    };
    let only_warnings = info.resource == Resource::Events;
    Listing {
        path: format!("{base}{namespace}/{}", info.plural),
        field_selector: if only_warnings { "type%3DWarning" } else { "" },
        is_aggregated: info.group == "metrics.k8s.io",
    }
}
