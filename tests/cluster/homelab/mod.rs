//! The homelab in a real API server: healthy at first, then with one fault.
//!
//! ```ignore
//! let mut homelab = Homelab::healthy();
//! homelab.crash_loops("mysql", 20.minutes_ago());
//! let kubeconfig = homelab.kubeconfig_admin();
//! ```
//!
//! The tests of a process share one control plane and run one after the other. To fill it
//! takes seconds; to restore the healthy homelab takes one transaction.

mod batch;
mod builder;
mod cluster_state;
mod controllers;
mod events;
mod heartbeats;
pub mod model;
pub mod names;
mod network;
mod nodes;
mod platform;
mod pods;
mod services;
mod storage;
mod sync;

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value;

use crate::control_plane::ControlPlane;
use crate::etcd::Snapshot;
use crate::time::now;
pub use cluster_state::ClusterState;
pub use nodes::NODES;

/// Exclusive access to the homelab until dropped. It dereferences to the [`ControlPlane`],
/// so that a test can change single objects; the next test restores them. Scenarios of the
/// same test cannot change objects that it deleted or replaced directly.
pub struct Homelab {
    cluster: MutexGuard<'static, Cluster>,
    state: ClusterState,
    written: BTreeMap<String, Value>,
}

struct Cluster {
    plane: ControlPlane,
    healthy: Option<Healthy>,
}

struct Healthy {
    state: ClusterState,
    written: BTreeMap<String, Value>,
    snapshot: Snapshot,
}

impl Homelab {
    /// The healthy homelab, restored after the previous test.
    pub fn healthy() -> Homelab {
        let mut cluster = lease();
        let Cluster { plane, healthy } = &mut *cluster;
        let healthy = healthy.get_or_insert_with(|| fill(plane));
        plane.restore(&healthy.snapshot);
        let (state, written) = (healthy.state.clone(), healthy.written.clone());
        let mut homelab = Homelab {
            cluster,
            state,
            written,
        };
        homelab.change(|_| {});
        homelab
    }

    /// Changes the cluster state, then every object that is derived from it.
    pub fn change(&mut self, change: impl FnOnce(&mut ClusterState)) {
        self.state.now = now();
        change(&mut self.state);
        let wanted = self.state.objects();
        sync::bring(&self.cluster.plane, &self.written, &wanted);
        self.written = wanted;
    }

    pub fn state(&self) -> &ClusterState {
        &self.state
    }
}

impl Deref for Homelab {
    type Target = ControlPlane;

    fn deref(&self) -> &ControlPlane {
        &self.cluster.plane
    }
}

/// The lock may be poisoned by a test that panicked: the next one restores the cluster.
fn lease() -> MutexGuard<'static, Cluster> {
    static CLUSTER: OnceLock<Mutex<Cluster>> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| {
        Mutex::new(Cluster {
            plane: ControlPlane::start(),
            healthy: None,
        })
    });
    cluster.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fill(plane: &ControlPlane) -> Healthy {
    plane.reset();
    let state = ClusterState::healthy(now());
    let written = state.objects();
    plane.apply(written.values().cloned().collect());
    Healthy {
        state,
        written,
        snapshot: plane.snapshot(),
    }
}
