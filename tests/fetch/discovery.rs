//! Discovery, and the kinds that a cluster may not serve.

use k8s_monitor::cluster::{Read, Resource, UnreadReason};
use serde_json::json;

use super::stub::{
    Reply, Stub, aggregated, assert_only_unread, optional_groups, page, status, unread,
};

const OPTIONAL: [Resource; 14] = [
    Resource::Applications,
    Resource::Certificates,
    Resource::Issuers,
    Resource::ClusterIssuers,
    Resource::ExternalSecrets,
    Resource::SecretStores,
    Resource::ClusterSecretStores,
    Resource::Gateways,
    Resource::HttpRoutes,
    Resource::GrpcRoutes,
    Resource::TlsRoutes,
    Resource::IngressRoutes,
    Resource::PodMetrics,
    Resource::NodeMetrics,
];

/// A server without aggregated discovery, with each group in the oldest supported version.
fn old_server(path: &str) -> Option<Reply> {
    let groups = || {
        optional_groups()
            .into_iter()
            .map(|(group, version, plurals)| match group {
                "external-secrets.io" | "gateway.networking.k8s.io" => (group, "v1beta1", plurals),
                _ => (group, version, plurals),
            })
    };
    if path == "/apis" {
        let groups: Vec<_> = groups()
            .map(|(group, version, _)| json!({"name": group, "versions": [{"version": version}]}))
            .collect();
        return Some(Reply::Json(
            200,
            json!({"kind": "APIGroupList", "groups": groups}),
        ));
    }
    let (_, _, plurals) =
        groups().find(|(group, version, _)| path == format!("/apis/{group}/{version}"))?;
    let resources: Vec<_> = plurals
        .iter()
        .flat_map(|plural| {
            [
                json!({"name": plural}),
                json!({"name": format!("{plural}/status")}),
            ]
        })
        .collect();
    Some(Reply::Json(
        200,
        json!({"kind": "APIResourceList", "resources": resources}),
    ))
}

#[test]
fn a_kind_that_is_not_served_is_absent_and_not_requested() {
    let stub = Stub::at("/apis", |request| {
        assert!(request.accept.contains("v=v2;as=APIGroupDiscoveryList"));
        assert!(
            request
                .accept
                .contains("v=v2beta1;as=APIGroupDiscoveryList")
        );
        Some(Reply::Json(
            200,
            aggregated(&[("argoproj.io", "v1alpha1", vec!["applications"])]),
        ))
    });
    let snapshot = stub.snapshot();
    assert_only_unread(&snapshot, &[]);
    assert_eq!(snapshot.reads[&Resource::Applications], Read::Complete);
    assert_eq!(snapshot.reads[&Resource::Certificates], Read::Absent);
    assert_eq!(snapshot.requests, 22);
}

#[test]
fn an_old_server_is_discovered_group_by_group() {
    let stub = Stub::new(|request| old_server(&request.path));
    let snapshot = stub.snapshot();
    assert_only_unread(&snapshot, &[]);
    for resource in &OPTIONAL {
        // An old Gateway API has routes of HTTP only.
        let expected = match resource {
            Resource::GrpcRoutes | Resource::TlsRoutes => Read::Absent,
            _ => Read::Complete,
        };
        assert_eq!(snapshot.reads[resource], expected, "{resource:?}");
    }
    assert_eq!(
        stub.request_count("/apis/external-secrets.io/v1beta1/externalsecrets"),
        1
    );
    assert_eq!(
        snapshot.requests, 39,
        "20 core kinds, 12 others, 1 + 6 for discovery"
    );
}

#[test]
fn a_failing_group_makes_only_its_kinds_unread() {
    let stub = Stub::new(|request| match request.path.as_str() {
        "/apis/cert-manager.io/v1" => Some(status(403, "forbidden")),
        path => old_server(path),
    });
    let snapshot = stub.snapshot();
    assert_only_unread(
        &snapshot,
        &[
            Resource::Certificates,
            Resource::Issuers,
            Resource::ClusterIssuers,
        ],
    );
}

#[test]
fn core_kinds_are_read_without_discovery() {
    for (reply, reason) in [
        (403, UnreadReason::Forbidden),
        (500, UnreadReason::Unavailable),
        (404, UnreadReason::Malformed),
    ] {
        let stub = Stub::at("/apis", move |_| Some(status(reply, "no")));
        let snapshot = stub.snapshot();
        assert_only_unread(&snapshot, &OPTIONAL);
        assert_eq!(unread(&snapshot, Resource::Gateways).0, reason);
        assert_eq!(snapshot.reads[&Resource::Pods], Read::Complete);
    }
    let stub = Stub::at("/apis", |_| Some(Reply::Raw(200, "X-A: b", b"{}".to_vec())));
    let snapshot = stub.snapshot();
    assert_only_unread(&snapshot, &OPTIONAL);
    assert_eq!(
        unread(&snapshot, Resource::Gateways).0,
        UnreadReason::Malformed
    );
}

#[test]
fn unavailable_metrics_are_unread_without_retries() {
    let metrics = [Resource::PodMetrics, Resource::NodeMetrics];
    let down = |path: &str| {
        path.starts_with("/apis/metrics.k8s.io/")
            .then(|| status(503, "the server is currently unable to handle the request"))
    };
    let stub = Stub::new(move |request| down(&request.path));
    let snapshot = stub.snapshot();
    assert_only_unread(&snapshot, &metrics);
    assert_eq!(
        unread(&snapshot, Resource::PodMetrics).0,
        UnreadReason::Unavailable
    );
    assert_eq!(snapshot.requests, 35, "no retries");

    let stub = Stub::new(move |request| down(&request.path).or_else(|| old_server(&request.path)));
    assert_only_unread(&stub.snapshot(), &metrics);
}

#[test]
fn a_custom_resource_that_is_removed_meanwhile_is_absent() {
    let stub = Stub::at("/apis/argoproj.io/v1alpha1/applications", |_| {
        Some(status(
            404,
            "the server could not find the requested resource",
        ))
    });
    assert_eq!(stub.snapshot().reads[&Resource::Applications], Read::Absent);
}

#[test]
fn objects_of_optional_kinds_are_read() {
    let stub = Stub::at("/apis/cert-manager.io/v1/certificates", |_| {
        Some(page(
            [json!({"metadata": {"name": "tls", "namespace": "shop"}})],
            "",
        ))
    });
    assert_eq!(stub.snapshot().objects.certificates[0].metadata.name, "tls");
}
