//! K3s's own parts, known without being listed: all live in `kube-system`
//! and are matched by the names that K3s gives them.

use super::model::{Builtin, Service, WorkloadKind, WorkloadRef};
use crate::model::Tier;

/// coredns, traefik, metrics-server and local-path-provisioner.
///
/// A cluster may run without any of them (`--disable traefik`), and the
/// operator may list one himself: then the listed service counts.
#[must_use]
pub fn builtin() -> Vec<Service> {
    let mut dns = part("coredns", Tier::P0, Builtin::ClusterDns, "Cluster DNS");
    dns.aliases.push("kube-dns".to_owned());
    dns.dependents_all = true;
    let mut traefik = part(
        "traefik",
        Tier::P0,
        Builtin::IngressController,
        "Ingress controller that K3s ships",
    );
    traefik.ingress_controller = true;
    let metrics = part(
        "metrics-server",
        Tier::P3,
        Builtin::MetricsServer,
        "CPU and memory figures",
    );
    let provisioner = part(
        "local-path-provisioner",
        Tier::P2,
        Builtin::LocalPathProvisioner,
        "Volumes on the nodes' own disks",
    );
    vec![dns, traefik, metrics, provisioner]
}

fn part(name: &str, tier: Tier, builtin: Builtin, purpose: &str) -> Service {
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
    fn four_parts_in_kube_system() {
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
