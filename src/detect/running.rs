//! The containers that run for the life of a pod.

use crate::cluster::types::{Container, Pod, PodSpec};

/// The containers of a pod, and those of its init containers that restart always and run
/// beside them (native sidecars).
pub fn running_containers(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    let sidecars = spec.init_containers.iter().filter(|c| is_sidecar(c));
    spec.containers.iter().chain(sidecars)
}

/// Whether an init container runs beside the others for the pod's life.
#[must_use]
pub fn is_sidecar(container: &Container) -> bool {
    container.restart_policy == "Always"
}

/// Whether the container with this name runs for the life of the pod.
#[must_use]
pub fn runs_on(pod: &Pod, name: &str) -> bool {
    running_containers(&pod.spec).any(|c| c.name == name)
}
