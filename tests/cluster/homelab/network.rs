//! The Service, `EndpointSlice`, Ingress and certificate of a workload.

use serde_json::{Value, json};

use super::model::{Controller, Health, Workload};
use super::{names, nodes, pods};
use crate::time::{Timestamp, shifted};

pub fn objects(workload: &Workload, loaded: Timestamp) -> Vec<Value> {
    let mut objects = Vec::new();
    if !workload.container.ports.is_empty() {
        for name in service_names(workload) {
            objects.push(service(workload, &name));
            objects.push(endpoint_slice(workload, &name));
        }
    }
    for host in &workload.hosts {
        objects.push(ingress(workload, host));
        objects.push(certificate(workload, host, loaded));
    }
    objects
}

fn service_name(workload: &Workload) -> &str {
    workload.service_name.unwrap_or(&workload.name)
}

/// A `StatefulSet` also has a headless Service, which gives its pods their DNS names.
fn service_names(workload: &Workload) -> Vec<String> {
    let mut names = vec![service_name(workload).to_owned()];
    if workload.controller == Controller::StatefulSet {
        names.push(headless(workload));
    }
    names
}

pub fn headless(workload: &Workload) -> String {
    format!("{}-headless", workload.name)
}

fn service(workload: &Workload, name: &str) -> Value {
    let ports = workload.container.ports.iter().map(
        |(name, port)| json!({ "name": name, "port": port, "targetPort": name, "protocol": "TCP" }),
    );
    let selector = if workload.selector_is_wrong {
        json!({ "app": format!("{}-renamed", workload.name) })
    } else {
        pods::labels(workload)
    };
    let mut service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "name": name, "namespace": workload.namespace,
            "labels": pods::labels(workload), "creationTimestamp": workload.created.to_string() },
        "spec": { "selector": selector, "ports": ports.collect::<Value>() },
    });
    if name == "kube-dns" {
        service["spec"]["clusterIP"] = json!("10.43.0.10");
    }
    if name == headless(workload) {
        service["spec"]["clusterIP"] = json!("None");
    }
    if workload.load_balancer {
        let addresses = nodes::NODES
            .iter()
            .map(|node| json!({ "ip": node.ip, "ipMode": "VIP" }));
        service["spec"]["type"] = json!("LoadBalancer");
        service["status"] = json!({ "loadBalancer": { "ingress": addresses.collect::<Value>() } });
    }
    service
}

fn endpoint_slice(workload: &Workload, service: &str) -> Value {
    let namespace = &workload.namespace;
    let reachable = workload.pods().filter(|pod| {
        !workload.selector_is_wrong && !matches!(pod.health, Health::Unschedulable { .. })
    });
    let endpoints = reachable.map(|pod| {
        json!({
            "addresses": [pod.ip],
            "conditions": { "ready": pod.is_ready(), "serving": pod.is_ready(), "terminating": false },
            "nodeName": nodes::NODES[pod.node].name,
            "targetRef": { "kind": "Pod", "namespace": namespace, "name": pod.name,
                "uid": format!("{{{{uid Pod {namespace}/{}}}}}", pod.name) },
        })
    });
    let ports = workload
        .container
        .ports
        .iter()
        .map(|(name, port)| json!({ "name": name, "port": port, "protocol": "TCP" }));
    json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": format!("{service}-{}", names::suffix(service, 5)),
            "namespace": namespace,
            "labels": {
                "kubernetes.io/service-name": service,
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            },
            "ownerReferences": [{ "apiVersion": "v1", "kind": "Service", "name": service, "controller": true,
                "uid": format!("{{{{uid Service {namespace}/{service}}}}}") }],
            "creationTimestamp": workload.created.to_string(),
        },
        "addressType": "IPv4",
        "endpoints": endpoints.collect::<Value>(),
        "ports": ports.collect::<Value>(),
    })
}

fn ingress(workload: &Workload, host: &str) -> Value {
    let port = workload.container.ports.first().map(|(name, _)| *name);
    let backend =
        json!({ "service": { "name": service_name(workload), "port": { "name": port } } });
    let addresses = nodes::NODES.iter().map(|node| json!({ "ip": node.ip }));
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": { "name": workload.name, "namespace": workload.namespace,
            "annotations": { "cert-manager.io/cluster-issuer": "letsencrypt-prod" },
            "creationTimestamp": workload.created.to_string() },
        "spec": {
            "ingressClassName": "nginx",
            "tls": [{ "hosts": [host], "secretName": secret(workload) }],
            "rules": [{ "host": host, "http": { "paths": [
                { "path": "/", "pathType": "Prefix", "backend": backend }] } }],
        },
        "status": { "loadBalancer": { "ingress": addresses.collect::<Value>() } },
    })
}

fn certificate(workload: &Workload, host: &str, loaded: Timestamp) -> Value {
    const DAY: i64 = 86400;
    let issued = shifted(loaded, -30 * DAY).to_string();
    json!({
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {
            "name": secret(workload),
            "namespace": workload.namespace,
            "ownerReferences": [{ "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": workload.name,
                "controller": true, "uid": format!("{{{{uid Ingress {}/{}}}}}", workload.namespace, workload.name) }],
            "creationTimestamp": workload.created.to_string(),
        },
        "spec": { "secretName": secret(workload), "dnsNames": [host],
            "issuerRef": { "group": "cert-manager.io", "kind": "ClusterIssuer", "name": "letsencrypt-prod" } },
        "status": {
            "conditions": [{ "type": "Ready", "status": "True", "reason": "Ready", "observedGeneration": 1,
                "message": "Certificate is up to date and has not expired", "lastTransitionTime": issued }],
            "notBefore": issued,
            "notAfter": shifted(loaded, 60 * DAY).to_string(),
            "renewalTime": shifted(loaded, 30 * DAY).to_string(),
            "revision": 3,
        },
    })
}

fn secret(workload: &Workload) -> String {
    format!("{}-tls", workload.name)
}
