//! The requests that create, replace and delete one object.

use kube::api::{DeleteParams, GetParams, Patch, PatchParams, PostParams, Request};
use kube::{Client, Error};
use serde_json::{Value, json};

use crate::discovery::Resource;
use crate::object;

/// The part of an object that a patch changes: all but the status, or the status.
#[derive(Clone, Copy)]
pub enum Part {
    Object,
    Status,
}

/// Creates or replaces one object with its status. Returns it with its uid.
pub async fn whole(
    client: Client,
    resource: Resource,
    object: Value,
) -> Result<(Value, String), String> {
    let explain = |error: Error| format!("{}: {error}", object::reference(&object));
    let url = resource.url(object::namespace(&object));
    let name = object::name(&object);
    let mut body = object.clone();
    if let Some(metadata) = body["metadata"].as_object_mut() {
        metadata.remove("creationTimestamp");
    }
    let written = match create(&client, &url, &body).await {
        Err(Error::Api(status)) if status.code == 409 => replace(&client, &url, name, body).await,
        result => result,
    };
    let written = written.map_err(explain)?;
    if resource.has_status && !object["status"].is_null() {
        let mut status = object["status"].clone();
        object::observe(&mut status, &written);
        let patch = json!({ "status": status });
        merge_patch(&client, &url, Part::Status, name, &patch)
            .await
            .map_err(explain)?;
    }
    let uid = written["metadata"]["uid"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    Ok((object, uid))
}

async fn create(client: &Client, url: &str, object: &Value) -> Result<Value, Error> {
    let body = object.to_string().into_bytes();
    let request = Request::new(url).create(&PostParams::default(), body);
    client.request(request.map_err(Error::BuildRequest)?).await
}

/// Replaces an object. Where Kubernetes forbids the change, deletes and creates it.
async fn replace(
    client: &Client,
    url: &str,
    name: &str,
    mut object: Value,
) -> Result<Value, Error> {
    let get = Request::new(url)
        .get(name, &GetParams::default())
        .map_err(Error::BuildRequest)?;
    let present: Value = client.request(get).await?;
    object["metadata"]["resourceVersion"] = present["metadata"]["resourceVersion"].clone();
    let body = object.to_string().into_bytes();
    let put = Request::new(url)
        .replace(name, &PostParams::default(), body)
        .map_err(Error::BuildRequest)?;
    match client.request(put).await {
        Err(Error::Api(status)) if status.code == 422 => {
            remove(client, url, name).await?;
            if let Some(metadata) = object["metadata"].as_object_mut() {
                metadata.remove("resourceVersion");
            }
            create(client, url, &object).await
        }
        result => result,
    }
}

pub async fn remove(client: &Client, url: &str, name: &str) -> Result<(), Error> {
    let at_once = DeleteParams::background().grace_period(0);
    let delete = Request::new(url)
        .delete(name, &at_once)
        .map_err(Error::BuildRequest)?;
    let left: Value = client.request(delete).await?;
    if left["metadata"]["finalizers"].is_array() {
        let patch = json!({ "metadata": { "finalizers": null } });
        merge_patch(client, url, Part::Object, name, &patch).await?;
    }
    if left["kind"] == "Namespace" {
        let mut empty = left;
        empty["spec"]["finalizers"] = json!([]);
        let body = empty.to_string().into_bytes();
        let finalize =
            Request::new(url).replace_subresource("finalize", name, &PostParams::default(), body);
        client
            .request::<Value>(finalize.map_err(Error::BuildRequest)?)
            .await?;
    }
    Ok(())
}

pub async fn merge_patch(
    client: &Client,
    url: &str,
    part: Part,
    name: &str,
    patch: &Value,
) -> Result<Value, Error> {
    let (resource, patch, plain) = (
        Request::new(url),
        Patch::Merge(patch),
        PatchParams::default(),
    );
    let request = match part {
        Part::Object => resource.patch(name, &plain, &patch),
        Part::Status => resource.patch_subresource("status", name, &plain, &patch),
    };
    client.request(request.map_err(Error::BuildRequest)?).await
}
