//! The builder with which `services.rs` describes workloads.

use super::model::{Container, Controller, Probe, Storage, Workload};
use crate::time::Timestamp;

pub fn deployment(namespace: &str, name: &str) -> Workload {
    workload(Controller::Deployment, namespace, name, 1)
}

pub fn stateful_set(namespace: &str, name: &str) -> Workload {
    workload(Controller::StatefulSet, namespace, name, 1)
}

/// One pod on each of the three nodes.
pub fn daemon_set(namespace: &str, name: &str) -> Workload {
    workload(Controller::DaemonSet, namespace, name, 3)
}

fn workload(controller: Controller, namespace: &str, name: &str, desired: usize) -> Workload {
    Workload {
        controller,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        labels: vec![("app", name.to_owned())],
        container: Container {
            image: format!("docker.io/library/{name}:1.0.0"),
            ports: Vec::new(),
            probe: None,
            probe_delays: (0, 0),
            cpu: (50, 500),
            memory: (64, 256),
        },
        desired,
        revisions: Vec::new(),
        created: Timestamp::UNIX_EPOCH,
        slot: 0,
        storage: None,
        hosts: Vec::new(),
        load_balancer: false,
        service_name: None,
        refused: None,
        selector_is_wrong: false,
        is_deleted: false,
        stuck_since: None,
        scaled: Timestamp::UNIX_EPOCH,
        evicted: None,
    }
}

impl Workload {
    /// Has the labels of Helm charts instead of `app`.
    pub fn of_chart(mut self, chart: &str, instance: &str) -> Workload {
        self.labels = vec![
            ("app.kubernetes.io/name", chart.to_owned()),
            ("app.kubernetes.io/instance", instance.to_owned()),
        ];
        self
    }

    pub fn labelled(mut self, key: &'static str, value: &str) -> Workload {
        self.labels = vec![(key, value.to_owned())];
        self
    }

    pub fn image(mut self, image: &str) -> Workload {
        self.container.image = image.to_owned();
        self
    }

    pub fn replicas(mut self, replicas: usize) -> Workload {
        self.desired = replicas;
        self
    }

    /// Has a Service with the workload's name and this port.
    pub fn serves(mut self, name: &'static str, port: u16) -> Workload {
        self.container.ports.push((name, port));
        self
    }

    pub fn probed_by(mut self, probe: Probe) -> Workload {
        self.container.probe = Some(probe);
        self.container.probe_delays = (10, 30);
        self
    }

    /// Initial delays of the readiness and the liveness probe, in seconds.
    pub fn after(mut self, readiness: u32, liveness: u32) -> Workload {
        self.container.probe_delays = (readiness, liveness);
        self
    }

    pub fn cpu(mut self, request: u32, limit: u32) -> Workload {
        self.container.cpu = (request, limit);
        self
    }

    pub fn memory(mut self, request: u32, limit: u32) -> Workload {
        self.container.memory = (request, limit);
        self
    }

    pub fn stores(
        mut self,
        volume: &'static str,
        size: &'static str,
        mount: &'static str,
    ) -> Workload {
        self.storage = Some(Storage {
            volume,
            size,
            mount,
        });
        self
    }

    /// Has an Ingress with a certificate.
    pub fn at_host(mut self, host: &'static str) -> Workload {
        self.hosts.push(host);
        self
    }

    pub fn behind_service(mut self, name: &'static str) -> Workload {
        self.service_name = Some(name);
        self
    }

    pub fn load_balanced(mut self) -> Workload {
        self.load_balancer = true;
        self
    }
}
