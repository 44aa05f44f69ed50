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
use crate::model::{KINDS, ResourceInfo};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// The kinds that the server serves, by group and version.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Discovered(BTreeMap<(String, String), Kinds>);

/// The kinds of one group and version.
#[derive(Debug, Clone, PartialEq)]
enum Kinds {
    /// Plural names.
    Known(BTreeSet<String>),
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
            match self.0.get(&(info.group.to_owned(), (*version).to_owned())) {
                Some(Kinds::Known(plurals)) if plurals.contains(info.plural) => {
                    return Plan::List(version);
                }
                Some(Kinds::NoServer) => return Plan::List(version),
                Some(Kinds::Failed(failure)) => plan = Plan::Unknown(failure.clone()),
                Some(Kinds::Known(_)) | None => {}
            }
        }
        plan
    }
}

/// Reads which kinds the server serves.
///
/// # Errors
/// When not even the groups can be read.
pub(super) async fn discover(transport: &Transport<'_>) -> Result<Discovered, Failure> {
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
            Ok(group_by_group(transport, &groups).await)
        }
        _ => Err(Failure::Malformed(
            "/apis does not list API groups".to_owned(),
        )),
    }
}

fn aggregated(list: GroupDiscoveryList) -> Discovered {
    let mut found = BTreeMap::new();
    for group in list.items {
        for version in group.versions {
            let plurals: BTreeSet<_> = version.resources.into_iter().map(|r| r.resource).collect();
            let is_down = plurals.is_empty() && version.freshness == "Stale";
            let kinds = if is_down {
                Kinds::NoServer
            } else {
                Kinds::Known(plurals)
            };
            found.insert((group.metadata.name.clone(), version.version), kinds);
        }
    }
    Discovered(found)
}

async fn group_by_group(transport: &Transport<'_>, groups: &GroupList) -> Discovered {
    let wanted: BTreeSet<(&str, &str)> = KINDS
        .iter()
        .filter(|info| !info.is_core())
        .flat_map(|info| info.versions.iter().map(|version| (info.group, *version)))
        .filter(|(group, version)| groups.serves(group, version))
        .collect();
    let answers = wanted.into_iter().map(|(group, version)| async move {
        let kinds = match resources(transport, group, version).await {
            Ok(plurals) => Kinds::Known(plurals),
            // The list of each kind then says why, or succeeds.
            Err(failure) if failure.code() == Some(503) => Kinds::NoServer,
            Err(failure) => Kinds::Failed(failure),
        };
        ((group.to_owned(), version.to_owned()), kinds)
    });
    Discovered(join_all(answers).await.into_iter().collect())
}

async fn resources(
    transport: &Transport<'_>,
    group: &str,
    version: &str,
) -> Result<BTreeSet<String>, Failure> {
    let mut body = Vec::new();
    let mut get = Get::json(format!("/apis/{group}/{version}"));
    get.final_status = Some(503);
    transport.get(&get, &mut body).await?;
    let list: ResourceList = decode(&body)?;
    Ok(list.resources.into_iter().map(|r| r.name).collect())
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

#[derive(Deserialize)]
struct ResourceDiscovery {
    resource: String,
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
    resources: Vec<Name>,
}

#[derive(Deserialize)]
struct Name {
    #[serde(default)]
    name: String,
}

impl GroupList {
    fn serves(&self, group: &str, version: &str) -> bool {
        self.groups
            .iter()
            .any(|g| g.name == group && g.versions.iter().any(|v| v.version == version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Resource;

    fn known(group: &str, version: &str, plurals: &[&str]) -> ((String, String), Kinds) {
        let plurals = plurals.iter().map(|&plural| plural.to_owned()).collect();
        (
            (group.to_owned(), version.to_owned()),
            Kinds::Known(plurals),
        )
    }

    #[test]
    fn the_newest_version_that_serves_the_kind_is_read() {
        let found = Discovered(BTreeMap::from([
            known("external-secrets.io", "v1", &["externalsecrets"]),
            known(
                "external-secrets.io",
                "v1beta1",
                &["externalsecrets", "secretstores"],
            ),
        ]));
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
