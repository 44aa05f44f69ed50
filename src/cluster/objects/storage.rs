//! Volumes, claims and storage classes.

use super::{
    Condition, LabelSelector, NodeSelector, ObjectMeta, Quantity, Resources, SmallMap, slim,
};

slim! {
    /// A persistent volume claim.
    pub struct PersistentVolumeClaim {
        pub metadata: ObjectMeta,
        pub spec: ClaimSpec,
        pub status: ClaimStatus,
    }

    /// What was asked for.
    pub struct ClaimSpec {
        pub storage_class_name: Option<String>,
        pub volume_name: String,
        pub volume_mode: String,
        pub access_modes: Vec<String>,
        pub resources: Resources,
        pub selector: Option<LabelSelector>,
    }

    /// What is.
    pub struct ClaimStatus {
        pub phase: String,
        pub conditions: Vec<Condition>,
    }

    /// A persistent volume.
    pub struct PersistentVolume {
        pub metadata: ObjectMeta,
        pub spec: VolumeSpec,
        pub status: VolumeStatus,
    }

    /// What it offers.
    pub struct VolumeSpec {
        pub storage_class_name: String,
        pub access_modes: Vec<String>,
        pub capacity: SmallMap<Quantity>,
        pub claim_ref: Option<ClaimOwner>,
        pub node_affinity: Option<VolumeNodeAffinity>,
    }

    /// The claim that holds a volume.
    pub struct ClaimOwner {
        pub namespace: String,
        pub name: String,
    }

    /// The nodes that can reach a volume.
    pub struct VolumeNodeAffinity {
        pub required: Option<NodeSelector>,
    }

    /// What is.
    pub struct VolumeStatus {
        pub phase: String,
        pub reason: String,
        pub message: String,
    }

    /// A storage class.
    pub struct StorageClass {
        pub metadata: ObjectMeta,
        pub provisioner: String,
        pub volume_binding_mode: String,
    }
}
