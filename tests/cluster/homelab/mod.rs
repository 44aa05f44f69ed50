//! The operator's homelab in a real API server: healthy at first, then one thing broken.
//!
//! ```ignore
//! let mut homelab = Homelab::healthy();
//! homelab.crash_loops("mysql", 20.minutes_ago());
//! let kubeconfig = homelab.kubeconfig_admin();
//! ```
//!
//! All tests of a process share one control plane, one after the other. Filling it takes
//! seconds, and bringing it back to health one transaction.

mod batch;
mod builder;
mod controllers;
mod events;
mod heartbeats;
pub mod model;
pub mod names;
mod network;
mod nodes;
mod platform;
mod pods;
mod scene;
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
pub use nodes::NODES;
pub use scene::Scene;

/// The homelab, ours alone until dropped. It is also the [`ControlPlane`], for whatever
/// a test does to single objects; those are set right for the next one as well. What was
/// deleted or replaced by hand, though, no scenario of the same test can change any more.
pub struct Homelab {
    cluster: MutexGuard<'static, Cluster>,
    scene: Scene,
    written: BTreeMap<String, Value>,
}

struct Cluster {
    plane: ControlPlane,
    healthy: Option<Healthy>,
}

struct Healthy {
    scene: Scene,
    written: BTreeMap<String, Value>,
    snapshot: Snapshot,
}

impl Homelab {
    /// The homelab with nothing wrong, whatever a test before has done to it.
    pub fn healthy() -> Homelab {
        let mut cluster = lease();
        let Cluster { plane, healthy } = &mut *cluster;
        let healthy = healthy.get_or_insert_with(|| fill(plane));
        plane.restore(&healthy.snapshot);
        let (scene, written) = (healthy.scene.clone(), healthy.written.clone());
        let mut homelab = Homelab {
            cluster,
            scene,
            written,
        };
        homelab.change(|_| {});
        homelab
    }

    /// Changes the scene, then every object that follows from it.
    pub fn change(&mut self, change: impl FnOnce(&mut Scene)) {
        self.scene.now = now();
        change(&mut self.scene);
        let wanted = self.scene.objects();
        sync::bring(&self.cluster.plane, &self.written, &wanted);
        self.written = wanted;
    }

    pub fn scene(&self) -> &Scene {
        &self.scene
    }
}

impl Deref for Homelab {
    type Target = ControlPlane;

    fn deref(&self) -> &ControlPlane {
        &self.cluster.plane
    }
}

/// A test that panicked leaves nothing that the next one does not set right.
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
    let scene = Scene::healthy(now());
    let written = scene.objects();
    plane.apply(written.values().cloned().collect());
    Healthy {
        scene,
        written,
        snapshot: plane.snapshot(),
    }
}
