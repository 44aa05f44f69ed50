//! What the containers of a service say: image, replicas, health check, role.

use super::{Draft, Role};
use crate::cluster::types::{Container, PodSpec, Probe};
use crate::detect::{ClusterIndex, Workload};
use crate::model::text::{clean, cut};
use crate::redact::redact;

/// Letters of an image or a path.
const TEXT: usize = 160;

/// Words in the name of an image that tell its role.
const IMAGES: &[(Role, &[&str])] = &[
    (
        Role::Database,
        &[
            "mysql",
            "mariadb",
            "postgres",
            "postgresql",
            "mongo",
            "mongodb",
            "cockroach",
            "cassandra",
            "influxdb",
            "clickhouse",
            "timescaledb",
            "couchdb",
            "pgvecto-rs",
            "pgvector",
            "percona",
        ],
    ),
    (
        Role::Cache,
        &[
            "redis",
            "valkey",
            "memcached",
            "rabbitmq",
            "nats",
            "kafka",
            "keydb",
            "dragonfly",
            "mosquitto",
            "emqx",
        ],
    ),
    (Role::SecretStore, &["vault", "openbao", "infisical"]),
    (
        Role::IngressController,
        &[
            "ingress-nginx",
            "nginx-ingress",
            "traefik",
            "haproxy-ingress",
            "contour",
            "envoy-gateway",
            "nginx-gateway-fabric",
            "kong",
            "cloudflared",
        ],
    ),
    (
        Role::Platform,
        &[
            "external-secrets",
            "cert-manager",
            "crossplane",
            "argocd",
            "argo-cd",
            "flux",
            "source-controller",
            "kustomize-controller",
            "helm-controller",
            "sealed-secrets",
            "metallb",
            "longhorn",
            "rook",
            "ceph",
            "openebs",
            "kyverno",
            "keda",
            "external-dns",
            "reloader",
            "velero",
            "cilium",
            "calico",
            "tailscale",
            "kube-vip",
            "democratic-csi",
            "csi",
            "reflector",
            "descheduler",
            "cnpg",
            "cloudnative-pg",
            "operator",
            "credentials",
            "ecr",
            "pihole",
            "adguardhome",
            "coredns",
            "authelia",
            "authentik",
            "keycloak",
        ],
    ),
    (
        Role::Monitoring,
        &[
            "prometheus",
            "grafana",
            "loki",
            "alertmanager",
            "promtail",
            "node-exporter",
            "kube-state-metrics",
            "alloy",
            "tempo",
            "uptime-kuma",
            "datadog",
            "netdata",
            "dashboard",
            "headlamp",
        ],
    ),
    (
        Role::Test,
        &[
            "whoami", "echo", "test", "demo", "example", "podinfo", "hello", "sandbox",
        ],
    ),
];

/// Adds the facts of the principal container.
pub fn add(index: &ClusterIndex, draft: &mut Draft) {
    let crons = draft.workloads.iter().filter(|(kind, _)| kind == "CronJob");
    let crons: Vec<_> = crons.map(|(_, name)| name).collect();
    draft.has_backups = !crons.is_empty() && crons.iter().all(|name| name.contains("backup"));
    let workload = principal(index, draft);
    if let Some(workload) = workload {
        draft.replicas = workload.desired.filter(|desired| *desired > 0);
        if let Some(spec) = workload.pod_spec() {
            of_container(draft, spec);
        }
    }
    draft.role = role(draft);
    draft.purpose = match draft.role {
        Role::IngressController => Some("Ingress controller".to_owned()),
        Role::Database => Some("Database".to_owned()),
        Role::SecretStore => Some("Secret store".to_owned()),
        Role::Application | Role::Cache | Role::Platform | Role::Monitoring | Role::Test => None,
    };
}

/// The workload that is called like the service, else the one of the shortest name.
fn principal<'v, 'a>(index: &'v ClusterIndex<'a>, draft: &Draft) -> Option<&'v Workload<'a>> {
    let keys = draft.workloads.iter().filter(|(kind, _)| kind != "CronJob");
    let found = keys.filter_map(|(kind, name)| index.workload(kind, &draft.namespace, name));
    found.min_by_key(|workload| {
        (
            workload.name != draft.name,
            workload.name.len(),
            workload.name,
        )
    })
}

fn of_container(draft: &mut Draft, spec: &PodSpec) {
    let named = spec
        .containers
        .iter()
        .find(|c| c.name == draft.name.as_str());
    let Some(container) = named.or_else(|| spec.containers.first()) else {
        return;
    };
    draft.image = text(&container.image);
    let probes = [
        &container.readiness_probe,
        &container.liveness_probe,
        &container.startup_probe,
    ];
    let mut probes = probes.into_iter().flatten();
    draft.health_check = probes.find_map(|probe| health_check(probe, container));
}

fn text(value: &str) -> Option<String> {
    let mut text = clean(&redact(value));
    cut(&mut text, TEXT);
    let is_plain = !text.is_empty() && !text.chars().any(char::is_whitespace);
    is_plain.then_some(text)
}

/// For example `/health on port 8000`, `TCP on port 3306`, `pg_isready exec command`.
fn health_check(probe: &Probe, container: &Container) -> Option<String> {
    if let Some(http) = &probe.http_get {
        let path = text(&http.path).unwrap_or_else(|| "/".to_owned());
        let path = path.split(['?', '#']).next().unwrap_or("/");
        return Some(format!("{path} on port {}", port(&http.port, container)?));
    }
    if let Some(tcp) = &probe.tcp_socket {
        return Some(format!("TCP on port {}", port(&tcp.port, container)?));
    }
    if let Some(grpc) = &probe.grpc {
        return Some(format!("gRPC on port {}", port(&grpc.port, container)?));
    }
    // Arguments may hold passwords.
    let command = &probe.exec.as_ref()?.command;
    let program = command.first()?.rsplit('/').next()?;
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    let is_shell = matches!(program, "sh" | "bash" | "ash" | "dash");
    let program = if is_word(program) && !is_shell {
        program
    } else {
        "an"
    };
    Some(format!("{program} exec command"))
}

fn port(port: &serde_json::Value, container: &Container) -> Option<String> {
    if let Some(number) = port.as_i64() {
        return Some(number.to_string());
    }
    let name = port.as_str()?;
    let named = container.ports.iter().find(|p| p.name == name);
    let number = named.map(|port| port.container_port.to_string());
    number.or_else(|| name.parse::<u16>().ok().map(|port| port.to_string()))
}

/// By the name of the service, else by its image.
fn role(draft: &Draft) -> Role {
    let image = draft.image.as_deref().unwrap_or_default();
    let image = image.split(['@']).next().unwrap_or_default();
    let repository = image.rsplit_once('/').map_or(image, |(_, last)| last);
    let repository = repository.split(':').next().unwrap_or_default();
    let image = image.to_ascii_lowercase();
    let has_word = |text: &str, word: &str| {
        let padded = format!(
            "-{}-",
            text.replace(['_', '.', '/'], "-").to_ascii_lowercase()
        );
        padded.contains(&format!("-{word}-"))
    };
    let texts = [draft.name.as_str(), draft.namespace.as_str()];
    let of = |text: &str| {
        let row = IMAGES
            .iter()
            .find(|(_, words)| words.iter().any(|word| has_word(text, word)));
        row.map(|(role, _)| *role)
    };
    let by_name = of(&draft.name);
    if by_name == Some(Role::Test) {
        return Role::Test;
    }
    let is_exact = matches!(by_name, Some(Role::Platform | Role::IngressController));
    let by_image = of(repository)
        .or_else(|| (image.contains("ingress-nginx")).then_some(Role::IngressController));
    if is_exact {
        return by_name.unwrap_or_default();
    }
    let named = texts.into_iter().find_map(of);
    by_image.or(named).unwrap_or_default()
}
