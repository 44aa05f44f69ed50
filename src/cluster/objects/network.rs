//! Services, endpoint slices, ingresses and the Gateway API.

use std::sync::Arc;

use serde_json::Value;

use super::{Condition, ObjectMeta, TextMap, Word, slim};

slim! {
    /// A service.
    pub struct Service {
        pub metadata: ObjectMeta,
        pub spec: ServiceSpec,
    }

    /// What was asked for.
    pub struct ServiceSpec {
        #[serde(rename = "type")]
        pub kind: Word,
        #[serde(rename = "clusterIP")]
        pub cluster_ip: Word,
        pub external_name: Word,
        pub selector: TextMap,
        pub ports: Arc<[ServicePort]>,
        pub publish_not_ready_addresses: bool,
    }

    /// A port of a service.
    pub struct ServicePort {
        pub name: Word,
        pub port: i32,
        pub target_port: Value,
        pub protocol: Word,
        pub app_protocol: Word,
    }

    /// An endpoint slice.
    pub struct EndpointSlice {
        pub metadata: ObjectMeta,
        pub endpoints: Arc<[Endpoint]>,
        pub ports: Arc<[EndpointPort]>,
    }

    /// One address of a service.
    pub struct Endpoint {
        pub addresses: Vec<Word>,
        pub conditions: EndpointConditions,
        pub target_ref: Option<EndpointTarget>,
    }

    /// Whether an address takes traffic; absent means it does.
    pub struct EndpointConditions {
        pub ready: Option<bool>,
        pub serving: Option<bool>,
        pub terminating: Option<bool>,
    }

    /// The pod behind an address.
    pub struct EndpointTarget {
        pub kind: Word,
        pub name: Word,
    }

    /// A port of a slice.
    pub struct EndpointPort {
        pub name: Word,
        pub port: Option<i32>,
        pub protocol: Word,
    }

    /// An ingress.
    pub struct Ingress {
        pub metadata: ObjectMeta,
        pub spec: IngressSpec,
    }

    /// What was asked for.
    pub struct IngressSpec {
        pub ingress_class_name: Word,
        pub default_backend: Option<IngressBackend>,
        pub rules: Vec<IngressRule>,
        pub tls: Vec<IngressTls>,
    }

    /// A host and its paths.
    pub struct IngressRule {
        pub host: Word,
        pub http: IngressPaths,
    }

    /// The paths of a host.
    pub struct IngressPaths {
        pub paths: Vec<IngressPath>,
    }

    /// A path and what serves it.
    pub struct IngressPath {
        pub path: Word,
        pub backend: IngressBackend,
    }

    /// What serves a path.
    pub struct IngressBackend {
        pub service: Option<IngressService>,
    }

    /// A service and its port.
    pub struct IngressService {
        pub name: Word,
        pub port: IngressPort,
    }

    /// A port by name or number.
    pub struct IngressPort {
        pub name: Word,
        pub number: Option<i32>,
    }

    /// Hosts and the secret with their certificate.
    pub struct IngressTls {
        pub hosts: Vec<Word>,
        pub secret_name: Word,
    }

    /// A gateway of the Gateway API.
    pub struct Gateway {
        pub metadata: ObjectMeta,
        pub spec: GatewaySpec,
        pub status: GatewayStatus,
    }

    /// What was asked for.
    pub struct GatewaySpec {
        pub gateway_class_name: Word,
    }

    /// What is.
    pub struct GatewayStatus {
        pub conditions: Vec<Condition>,
    }

    /// An HTTP route of the Gateway API.
    pub struct HttpRoute {
        pub metadata: ObjectMeta,
        pub spec: HttpRouteSpec,
        pub status: HttpRouteStatus,
    }

    /// What was asked for.
    pub struct HttpRouteSpec {
        pub hostnames: Vec<Word>,
        pub rules: Vec<HttpRouteRule>,
    }

    /// The backends of some paths.
    pub struct HttpRouteRule {
        pub backend_refs: Vec<BackendReference>,
    }

    /// A backend; kind defaults to Service, namespace to the route's.
    pub struct BackendReference {
        pub kind: Word,
        pub name: Word,
        pub namespace: Word,
        pub port: Option<i32>,
    }

    /// What each gateway says of the route.
    pub struct HttpRouteStatus {
        pub parents: Vec<RouteParent>,
    }

    /// One gateway's word.
    pub struct RouteParent {
        pub conditions: Vec<Condition>,
    }
}

impl Endpoint {
    /// Whether the address takes traffic: an unset condition counts as ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.conditions.ready != Some(false)
    }
}
