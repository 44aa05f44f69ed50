//! The services that K3s ships. They run in `kube-system` and are known without being listed.

use super::model::{Builtin, Service, WorkloadKind, WorkloadRef};
use crate::model::Tier;

/// coredns, traefik, metrics-server and local-path-provisioner.
///
/// A cluster may run without any of them (`--disable traefik`). If the services file lists one of
/// them, the listed service is used.
#[must_use]
pub fn builtin() -> Vec<Service> {
    let mut dns = builtin_service("coredns", Tier::P0, Builtin::ClusterDns, "Cluster DNS");
    dns.aliases.push("kube-dns".to_owned());
    dns.dependents_all = true;
    let mut traefik = builtin_service(
        "traefik",
        Tier::P0,
        Builtin::IngressController,
        "Ingress controller that K3s ships",
    );
    traefik.ingress_controller = true;
    let metrics = builtin_service(
        "metrics-server",
        Tier::P3,
        Builtin::MetricsServer,
        "CPU and memory figures",
    );
    let provisioner = builtin_service(
        "local-path-provisioner",
        Tier::P2,
        Builtin::LocalPathProvisioner,
        "Volumes on the nodes' own disks",
    );
    vec![dns, traefik, metrics, provisioner]
}

fn builtin_service(name: &str, tier: Tier, builtin: Builtin, purpose: &str) -> Service {
    let mut service = Service::new(name, tier);
    service.namespace = Some("kube-system".to_owned());
    service.purpose = Some(purpose.to_owned());
    service.workloads = vec![WorkloadRef {
        kind: WorkloadKind::Deployment,
        name: name.to_owned(),
    }];
    service.builtin = Some(builtin);
    service
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_services_in_kube_system() {
        let parts = builtin();
        let shown: Vec<String> = parts
            .iter()
            .map(|it| format!("{} {}", it.name, it.tier))
            .collect();
        assert_eq!(
            shown,
            [
                "coredns P0",
                "traefik P0",
                "metrics-server P3",
                "local-path-provisioner P2"
            ]
        );
        assert!(
            parts
                .iter()
                .all(|it| it.namespace.as_deref() == Some("kube-system"))
        );
        assert!(parts[0].is_cluster_dns() && parts[1].ingress_controller);
    }
}
