//! Services, endpoint slices, ingresses and the Gateway API.

use std::sync::Arc;

use serde_json::Value;

use super::{Condition, ObjectMeta, SharedStr, TextMap, slim};

slim! {
    /// A service.
    pub struct Service {
        pub metadata: ObjectMeta,
        pub spec: ServiceSpec,
        /// The API server always sets it. Dumps may lack it.
        pub status: Option<ServiceStatus>,
    }

    /// `status` of a service.
    pub struct ServiceStatus {
        pub load_balancer: LoadBalancerStatus,
    }

    /// The addresses of a load balancer.
    pub struct LoadBalancerStatus {
        pub ingress: Vec<LoadBalancerIngress>,
    }

    /// One address of a load balancer.
    pub struct LoadBalancerIngress {
        pub ip: SharedStr,
        pub hostname: SharedStr,
    }

    /// `spec` of a service.
    pub struct ServiceSpec {
        #[serde(rename = "type")]
        pub kind: SharedStr,
        #[serde(rename = "clusterIP")]
        pub cluster_ip: SharedStr,
        pub external_name: SharedStr,
        #[serde(rename = "externalIPs")]
        pub external_ips: Vec<SharedStr>,
        pub selector: TextMap,
        pub ports: Arc<[ServicePort]>,
        pub publish_not_ready_addresses: bool,
    }

    /// A port of a service.
    pub struct ServicePort {
        pub name: SharedStr,
        pub port: i32,
        pub target_port: Value,
        pub protocol: SharedStr,
        pub app_protocol: SharedStr,
    }

    /// An endpoint slice.
    pub struct EndpointSlice {
        pub metadata: ObjectMeta,
        pub endpoints: Arc<[Endpoint]>,
        pub ports: Arc<[EndpointPort]>,
    }

    /// One address of a service.
    pub struct Endpoint {
        pub addresses: Vec<SharedStr>,
        pub conditions: EndpointConditions,
        pub target_ref: Option<EndpointTarget>,
    }

    /// Whether an address receives traffic. Absent conditions count as ready.
    pub struct EndpointConditions {
        pub ready: Option<bool>,
        pub serving: Option<bool>,
        pub terminating: Option<bool>,
    }

    /// The pod behind an address.
    pub struct EndpointTarget {
        pub kind: SharedStr,
        pub name: SharedStr,
    }

    /// A port of a slice.
    pub struct EndpointPort {
        pub name: SharedStr,
        pub port: Option<i32>,
        pub protocol: SharedStr,
    }

    /// An ingress.
    pub struct Ingress {
        pub metadata: ObjectMeta,
        pub spec: IngressSpec,
    }

    /// `spec` of an ingress.
    pub struct IngressSpec {
        pub ingress_class_name: SharedStr,
        pub default_backend: Option<IngressBackend>,
        pub rules: Vec<IngressRule>,
        pub tls: Vec<IngressTls>,
    }

    /// A host and its paths.
    pub struct IngressRule {
        pub host: SharedStr,
        pub http: IngressPaths,
    }

    /// The paths of a host.
    pub struct IngressPaths {
        pub paths: Vec<IngressPath>,
    }

    /// A path and its backend.
    pub struct IngressPath {
        pub path: SharedStr,
        pub backend: IngressBackend,
    }

    /// The backend of a path.
    pub struct IngressBackend {
        pub service: Option<IngressService>,
    }

    /// A service and its port.
    pub struct IngressService {
        pub name: SharedStr,
        pub port: IngressPort,
    }

    /// A port by name or number.
    pub struct IngressPort {
        pub name: SharedStr,
        pub number: Option<i32>,
    }

    /// Hosts, and the Secret with their certificate.
    pub struct IngressTls {
        pub hosts: Vec<SharedStr>,
        pub secret_name: SharedStr,
    }

    /// A gateway of the Gateway API.
    pub struct Gateway {
        pub metadata: ObjectMeta,
        pub spec: GatewaySpec,
        pub status: GatewayStatus,
    }

    /// `spec` of a gateway.
    pub struct GatewaySpec {
        pub gateway_class_name: SharedStr,
        pub listeners: Vec<Listener>,
    }

    /// A listener of a gateway. Without a host name it serves all.
    pub struct Listener {
        pub name: SharedStr,
        pub hostname: SharedStr,
        pub port: i32,
    }

    /// `status` of a gateway.
    pub struct GatewayStatus {
        pub conditions: Vec<Condition>,
        pub listeners: Vec<ListenerStatus>,
    }

    /// The conditions of one listener.
    pub struct ListenerStatus {
        pub name: SharedStr,
        pub conditions: Vec<Condition>,
    }

    /// An HTTP, gRPC or TLS route of the Gateway API.
    pub struct HttpRoute {
        pub metadata: ObjectMeta,
        pub spec: HttpRouteSpec,
        pub status: HttpRouteStatus,
    }

    /// `spec` of a route.
    pub struct HttpRouteSpec {
        pub parent_refs: Vec<ParentReference>,
        pub hostnames: Vec<SharedStr>,
        pub rules: Vec<HttpRouteRule>,
    }

    /// The backends of one rule.
    pub struct HttpRouteRule {
        pub backend_refs: Vec<BackendReference>,
    }

    /// A backend. The kind defaults to Service, the namespace to that of the route.
    pub struct BackendReference {
        pub kind: SharedStr,
        pub name: SharedStr,
        pub namespace: SharedStr,
        pub port: Option<i32>,
    }

    /// `status` of a route: one entry for each gateway.
    pub struct HttpRouteStatus {
        pub parents: Vec<RouteParent>,
    }

    /// The conditions that the controller of one gateway reports.
    pub struct RouteParent {
        pub parent_ref: ParentReference,
        pub conditions: Vec<Condition>,
    }

    /// A gateway, or one of its listeners. The kind defaults to Gateway, the namespace to
    /// that of the route.
    pub struct ParentReference {
        pub kind: SharedStr,
        pub name: SharedStr,
        pub namespace: SharedStr,
        pub section_name: SharedStr,
        pub port: Option<i32>,
    }

    /// A route of Traefik.
    pub struct IngressRoute {
        pub metadata: ObjectMeta,
        pub spec: IngressRouteSpec,
    }

    /// `spec` of a route of Traefik.
    pub struct IngressRouteSpec {
        pub routes: Vec<TraefikRoute>,
    }

    /// A rule such as ``Host(`a.example.com`)`` and its backends.
    pub struct TraefikRoute {
        #[serde(rename = "match")]
        pub rule: SharedStr,
        pub services: Vec<TraefikService>,
    }

    /// A backend. The kind defaults to Service, the namespace to that of the route.
    pub struct TraefikService {
        pub kind: SharedStr,
        pub name: SharedStr,
        pub namespace: SharedStr,
        pub port: Value,
    }
}

impl Endpoint {
    /// Whether the address receives traffic. An absent condition counts as ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.conditions.ready != Some(false)
    }
}
