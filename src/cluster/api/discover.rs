//! Discovery: which optional kinds the cluster serves, and in which version.
//!
//! One request where the server offers aggregated discovery (Kubernetes 1.26 and later). Older
//! servers take one more for each optional group that they serve.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::failure::Failure;
use super::transport::{Get, Transport};
use crate::cluster::types::null_as_default;
use crate::model::{CUSTOM_KINDS, CustomKind, GroupKind, KINDS, ResourceInfo};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// The kinds that the server serves.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Discovered {
    by_version: BTreeMap<(String, String), Kinds>,
    /// Groups and versions in the server's order: of each group the preferred version is first.
    order: Vec<(String, String)>,
}

/// A kind that can be listed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ServedList {
    /// The kind and the version that the server prefers.
    pub kind: CustomKind,
    /// Its categories, as of `kubectl get CATEGORY`.
    pub categories: Vec<String>,
}

/// The kinds of one group and version.
#[derive(Debug, Clone, PartialEq)]
enum Kinds {
    /// By plural name.
    Known(BTreeMap<String, ResourceDiscovery>),
    /// The group is registered, but the server behind it does not answer: an aggregated API that
    /// is down.
    NoServer,
    /// Its kinds could not be read.
    Failed(Failure),
}

/// What discovery says of a kind.
#[derive(Debug, PartialEq)]
pub(super) enum Plan {
    /// It is served in this version.
    List(&'static str),
    /// The cluster does not have it.
    Absent,
    /// Discovery failed.
    Unknown(Failure),
}

impl Discovered {
    /// The first of the versions that are understood which the server serves.
    pub(super) fn plan(&self, info: &ResourceInfo) -> Plan {
        let mut plan = Plan::Absent;
        for version in info.versions {
            match self
                .by_version
                .get(&(info.group.to_owned(), (*version).to_owned()))
            {
                Some(Kinds::Known(plurals)) if plurals.contains_key(info.plural) => {
                    return Plan::List(version);
                }
                Some(Kinds::NoServer) => return Plan::List(version),
                Some(Kinds::Failed(failure)) => plan = Plan::Unknown(failure.clone()),
                Some(Kinds::Known(_)) | None => {}
            }
        }
        plan
    }

    /// The groups and versions whose kinds could not be read.
    pub(super) fn failed(&self) -> impl Iterator<Item = (&str, &str, &Failure)> {
        self.by_version
            .iter()
            .filter_map(|(key, kinds)| match kinds {
                Kinds::Failed(failure) => Some((key.0.as_str(), key.1.as_str(), failure)),
                Kinds::Known(_) | Kinds::NoServer => None,
            })
    }

    /// The kinds that can be listed, each in the version that the server prefers.
    pub(super) fn lists(&self) -> impl Iterator<Item = ServedList> {
        let versions = self.order.iter();
        let known = versions.filter_map(|key| match self.by_version.get(key)? {
            Kinds::Known(kinds) => Some((key, kinds)),
            Kinds::NoServer | Kinds::Failed(_) => None,
        });
        known.flat_map(|((group, version), kinds)| {
            let lists = kinds
                .iter()
                .filter(|(plural, served)| served.is_list(plural));
            lists.map(move |(plural, served)| ServedList {
                kind: CustomKind {
                    group: group.clone(),
                    version: version.clone(),
                    plural: plural.clone(),
                    kind: served.response_kind.kind.clone(),
                },
                categories: served.categories.clone(),
            })
        })
    }
}

/// Reads which kinds the server serves.
///
/// # Errors
/// When not even the groups can be read.
pub(super) async fn discover(
    transport: &Transport<'_>,
    further: &[GroupKind],
) -> Result<Discovered, Failure> {
    let mut body = Vec::new();
    let mut get = Get::json("/apis".to_owned());
    get.accept = AGGREGATED;
    transport
        .get(&get, &mut body)
        .await
        .map_err(|failure| match failure.code() {
            // Every Kubernetes has this path, so that 404 does not mean that there are no groups.
            Some(404) => Failure::Malformed("the server has no /apis".to_owned()),
            _ => failure,
        })?;
    match decode::<ServedKind>(&body)?.kind.as_str() {
        "APIGroupDiscoveryList" => decode(&body).map(aggregated),
        "APIGroupList" => {
            let groups: GroupList = decode(&body)?;
            drop(body);
            Ok(group_by_group(transport, &groups, further).await)
        }
        _ => Err(Failure::Malformed(
            "/apis does not list API groups".to_owned(),
        )),
    }
}

fn aggregated(list: GroupDiscoveryList) -> Discovered {
    let mut found = Discovered::default();
    for group in list.items {
        for version in group.versions {
            let is_down = version.resources.is_empty() && version.freshness == "Stale";
            let kinds = if is_down {
                Kinds::NoServer
            } else {
                Kinds::Known(by_plural(version.resources))
            };
            let key = (group.metadata.name.clone(), version.version);
            found.order.push(key.clone());
            found.by_version.insert(key, kinds);
        }
    }
    found
}

fn by_plural(kinds: Vec<ResourceDiscovery>) -> BTreeMap<String, ResourceDiscovery> {
    let kinds = kinds.into_iter();
    kinds.map(|kind| (kind.resource.clone(), kind)).collect()
}

/// Asks for the kinds of the groups that the tables and the configuration name.
async fn group_by_group(
    transport: &Transport<'_>,
    groups: &GroupList,
    further: &[GroupKind],
) -> Discovered {
    let optional = KINDS.iter().filter(|info| !info.is_core());
    let custom = CUSTOM_KINDS.iter().map(|row| row.group);
    let further = further.iter().map(|kind| kind.group.as_str());
    let wanted: BTreeSet<&str> = optional
        .map(|info| info.group)
        .chain(custom)
        .chain(further)
        .collect();
    let order: Vec<_> = groups
        .versions()
        .filter(|(group, _)| wanted.contains(group.as_str()))
        .collect();
    let answers = order.iter().map(|(group, version)| async move {
        let kinds = match resources(transport, group, version).await {
            Ok(kinds) => Kinds::Known(kinds),
            // The list of each kind then says why, or succeeds.
            Err(failure) if failure.code() == Some(503) => Kinds::NoServer,
            Err(failure) => Kinds::Failed(failure),
        };
        ((group.clone(), version.clone()), kinds)
    });
    let by_version = join_all(answers).await.into_iter().collect();
    Discovered { by_version, order }
}

async fn resources(
    transport: &Transport<'_>,
    group: &str,
    version: &str,
) -> Result<BTreeMap<String, ResourceDiscovery>, Failure> {
    let mut body = Vec::new();
    let mut get = Get::json(format!("/apis/{group}/{version}"));
    get.final_status = Some(503);
    transport.get(&get, &mut body).await?;
    let list: ResourceList = decode(&body)?;
    let kinds = list.resources.into_iter().map(|kind| ResourceDiscovery {
        resource: kind.name,
        response_kind: KindName { kind: kind.kind },
        categories: kind.categories,
        verbs: kind.verbs,
    });
    Ok(by_plural(kinds.collect()))
}

fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure::of_json(&error))
}

#[derive(Deserialize)]
struct ServedKind {
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize)]
struct GroupDiscoveryList {
    #[serde(default, deserialize_with = "null_as_default")]
    items: Vec<GroupDiscovery>,
}

#[derive(Deserialize)]
struct GroupDiscovery {
    metadata: Name,
    #[serde(default, deserialize_with = "null_as_default")]
    versions: Vec<VersionDiscovery>,
}

#[derive(Deserialize)]
struct VersionDiscovery {
    version: String,
    #[serde(default)]
    freshness: String,
    #[serde(default, deserialize_with = "null_as_default")]
    resources: Vec<ResourceDiscovery>,
}

/// A kind as aggregated discovery has it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ResourceDiscovery {
    resource: String,
    response_kind: KindName,
    categories: Vec<String>,
    verbs: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct KindName {
    kind: String,
}

impl ResourceDiscovery {
    /// Whether it has a list. Subresources have none.
    fn is_list(&self, plural: &str) -> bool {
        !plural.contains('/')
            && !self.response_kind.kind.is_empty()
            && self.verbs.iter().any(|verb| verb == "list")
    }
}

#[derive(Deserialize)]
struct GroupList {
    #[serde(default, deserialize_with = "null_as_default")]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

#[derive(Deserialize)]
struct ResourceList {
    #[serde(default, deserialize_with = "null_as_default")]
    resources: Vec<ListedKind>,
}

/// A kind as the discovery of one group has it.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct ListedKind {
    name: String,
    kind: String,
    categories: Vec<String>,
    verbs: Vec<String>,
}

#[derive(Deserialize)]
struct Name {
    #[serde(default)]
    name: String,
}

impl GroupList {
    /// Groups with their versions, in the server's order.
    fn versions(&self) -> impl Iterator<Item = (String, String)> {
        self.groups.iter().flat_map(|group| {
            let versions = group.versions.iter();
            versions.map(|version| (group.name.clone(), version.version.clone()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Resource;

    fn known(group: &str, version: &str, plurals: &[&str]) -> ((String, String), Kinds) {
        let kinds = plurals.iter().map(|&plural| ResourceDiscovery {
            resource: plural.to_owned(),
            ..ResourceDiscovery::default()
        });
        let kinds = Kinds::Known(by_plural(kinds.collect()));
        ((group.to_owned(), version.to_owned()), kinds)
    }

    #[test]
    fn the_newest_version_that_serves_the_kind_is_read() {
        let by_version = BTreeMap::from([
            known("external-secrets.io", "v1", &["externalsecrets"]),
            known(
                "external-secrets.io",
                "v1beta1",
                &["externalsecrets", "secretstores"],
            ),
        ]);
        let found = Discovered {
            by_version,
            order: Vec::new(),
        };
        let plan = |resource: Resource| found.plan(resource.info());
        assert_eq!(plan(Resource::ExternalSecrets), Plan::List("v1"));
        assert_eq!(plan(Resource::SecretStores), Plan::List("v1beta1"));
        assert_eq!(plan(Resource::ClusterSecretStores), Plan::Absent);
        assert_eq!(plan(Resource::Gateways), Plan::Absent);
    }

    #[test]
    fn a_registered_api_whose_server_is_down_is_not_absent() {
        let list = serde_json::json!({"items": [{"metadata": {"name": "metrics.k8s.io"},
            "versions": [{"version": "v1beta1", "freshness": "Stale"}]}]});
        let found = aggregated(serde_json::from_value(list).unwrap());
        assert_eq!(
            found.plan(Resource::PodMetrics.info()),
            Plan::List("v1beta1")
        );
    }
}
