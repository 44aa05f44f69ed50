//! Roles that the severity policy needs: data layer and ingress controller.

use super::model::Service;

const DATABASES: [&str; 4] = ["mysql", "postgresql", "postgres", "mariadb"];

const INGRESS_CONTROLLERS: [&str; 12] = [
    "nginx-ingress",
    "ingress-nginx",
    "nginx-ingress-controller",
    "ingress-nginx-controller",
    "ingress-controller",
    "traefik",
    "haproxy-ingress",
    "contour",
    "envoy-gateway",
    "nginx-gateway-fabric",
    "istio-ingressgateway",
    "istio-ingress",
];

const INGRESS_NAMESPACES: [&str; 7] = [
    "ingress-nginx",
    "nginx-ingress",
    "traefik",
    "traefik-system",
    "haproxy-controller",
    "envoy-gateway-system",
    "projectcontour",
];

/// Words that may precede "ingress controller" in the purpose of an ingress controller, as opposed
/// to something that tests or monitors it.
const ARTICLES: [&str; 21] = [
    "the",
    "a",
    "an",
    "our",
    "main",
    "primary",
    "default",
    "public",
    "internal",
    "external",
    "nginx",
    "traefik",
    "haproxy",
    "envoy",
    "kong",
    "kubernetes",
    "cluster",
    "cluster's",
    "k3s",
    "http",
    "https",
];

/// Whether a service is a database, by its names. The key `Data Layer` takes precedence.
pub(super) fn is_data_layer(service: &Service) -> bool {
    DATABASES.iter().any(|name| service.is_called(name))
}

/// Marks the ingress controllers: by name, by purpose, or as the only service in a namespace that
/// ingress controllers are installed in.
pub(super) fn mark_ingress_controllers(services: &mut [Service]) {
    let mut alone: Vec<Option<usize>> = vec![None; INGRESS_NAMESPACES.len()];
    for (index, namespace) in INGRESS_NAMESPACES.iter().enumerate() {
        let mut there = services
            .iter()
            .enumerate()
            .filter(|(_, service)| service.namespace.as_deref() == Some(namespace));
        alone[index] = match (there.next(), there.next()) {
            (Some((index, _)), None) => Some(index),
            _ => None,
        };
    }
    for (index, service) in services.iter_mut().enumerate() {
        service.ingress_controller = INGRESS_CONTROLLERS
            .iter()
            .any(|name| service.is_called(name))
            || service.purpose.as_deref().is_some_and(is_ingress_purpose)
            || alone.contains(&Some(index));
    }
}

fn is_ingress_purpose(purpose: &str) -> bool {
    let words: Vec<String> = purpose
        .split(|c: char| c.is_whitespace() || "/,-".contains(c))
        .filter(|word| !word.is_empty())
        .take(8)
        .map(str::to_ascii_lowercase)
        .collect();
    let names = [
        ["ingress", "controller"],
        ["ingress", "gateway"],
        ["gateway", "controller"],
    ];
    words.windows(2).enumerate().any(|(index, pair)| {
        names.iter().any(|name| pair == *name)
            && words[..index]
                .iter()
                .all(|word| ARTICLES.contains(&word.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Tier;

    fn is_ingress(name: &str, namespace: &str, purpose: &str) -> bool {
        let mut service = Service::new(name, Tier::P0);
        service.namespace = Some(namespace.into());
        service.purpose = Some(purpose.into());
        let mut services = [service, Service::new("other", Tier::P3)];
        mark_ingress_controllers(&mut services);
        assert!(!services[1].ingress_controller);
        services[0].ingress_controller
    }

    #[test]
    fn ingress_controllers() {
        for (name, namespace, purpose, expected) in [
            ("nginx-ingress", "web", "", true),
            ("edge", "web", "Ingress controller for all traffic", true),
            (
                "edge",
                "web",
                "The cluster's NGINX ingress-controller",
                true,
            ),
            ("edge", "ingress-nginx", "", true),
            ("edge", "web", "Tests the ingress controller", false),
            (
                "edge",
                "web",
                "Certificates for the ingress controller",
                false,
            ),
            ("api-gateway", "web", "Front door of the shop", false),
        ] {
            assert_eq!(
                is_ingress(name, namespace, purpose),
                expected,
                "{name} {namespace} {purpose}"
            );
        }
    }

    #[test]
    fn databases() {
        let mut service = Service::new("db", Tier::P0);
        assert!(!is_data_layer(&service));
        service.aliases.push("Postgres".into());
        assert!(is_data_layer(&service));
        assert!(!is_data_layer(&Service::new("mysql-exporter", Tier::P3)));
    }
}
