//! The kinds that the API server serves, and their paths.

use kube::api::{ListParams, Request};
use kube::{Client, Error};
use serde_json::Value;

/// A kind that the API server serves.
#[derive(Clone)]
pub struct Resource {
    pub kind: String,
    pub has_status: bool,
    api_version: String,
    plural: String,
    is_namespaced: bool,
}

impl Resource {
    /// The path of the collection; an empty namespace means all of them.
    pub fn url(&self, namespace: &str) -> String {
        let root = if self.api_version.contains('/') {
            "apis"
        } else {
            "api"
        };
        let (version, plural) = (&self.api_version, &self.plural);
        if self.is_namespaced && !namespace.is_empty() {
            format!("/{root}/{version}/namespaces/{namespace}/{plural}")
        } else {
            format!("/{root}/{version}/{plural}")
        }
    }

    pub fn is_of(&self, object: &Value) -> bool {
        object["kind"] == *self.kind && object["apiVersion"] == *self.api_version
    }
}

/// All served kinds, the core group first, in the order of the server.
pub async fn resources(client: &Client) -> Result<Vec<Resource>, Error> {
    let mut resources = Vec::new();
    for path in ["/api", "/apis"] {
        let mut request = Request::new(path)
            .list(&ListParams::default())
            .map_err(Error::BuildRequest)?;
        let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
        request
            .headers_mut()
            .insert("accept", aggregated.parse().expect("a plain header"));
        let groups: Value = client.request(request).await?;
        for group in items(&groups["items"]) {
            let group_name = group["metadata"]["name"].as_str().unwrap_or_default();
            for version in items(&group["versions"]) {
                resources.extend(
                    items(&version["resources"]).map(|found| resource(group_name, version, found)),
                );
            }
        }
    }
    Ok(resources)
}

fn resource(group: &str, version: &Value, found: &Value) -> Resource {
    let version = version["version"].as_str().unwrap_or_default();
    let api_version = if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    };
    Resource {
        kind: found["responseKind"]["kind"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        has_status: items(&found["subresources"]).any(|part| part["subresource"] == "status"),
        api_version,
        plural: found["resource"].as_str().unwrap_or_default().to_owned(),
        is_namespaced: found["scope"] == "Namespaced",
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}
