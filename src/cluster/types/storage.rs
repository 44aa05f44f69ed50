//! Volumes, claims and storage classes.

use super::{
    Condition, LabelSelector, NodeSelector, ObjectMeta, Quantity, Resources, SharedStr, SmallMap,
    slim,
};

slim! {
    /// A persistent volume claim.
    pub struct PersistentVolumeClaim {
        pub metadata: ObjectMeta,
        pub spec: ClaimSpec,
        pub status: ClaimStatus,
    }

    /// `spec` of a claim.
    pub struct ClaimSpec {
        pub storage_class_name: Option<SharedStr>,
        pub volume_name: SharedStr,
        pub volume_mode: SharedStr,
        pub access_modes: Vec<SharedStr>,
        pub resources: Resources,
        pub selector: Option<LabelSelector>,
    }

    /// `status` of a claim.
    pub struct ClaimStatus {
        pub phase: SharedStr,
        pub conditions: Vec<Condition>,
    }

    /// A persistent volume.
    pub struct PersistentVolume {
        pub metadata: ObjectMeta,
        pub spec: VolumeSpec,
        pub status: VolumeStatus,
    }

    /// `spec` of a volume.
    pub struct VolumeSpec {
        pub storage_class_name: SharedStr,
        pub access_modes: Vec<SharedStr>,
        pub capacity: SmallMap<Quantity>,
        pub claim_ref: Option<ClaimOwner>,
        pub node_affinity: Option<VolumeNodeAffinity>,
    }

    /// The claim that a volume is bound to.
    pub struct ClaimOwner {
        pub namespace: SharedStr,
        pub name: SharedStr,
    }

    /// The nodes that can mount a volume.
    pub struct VolumeNodeAffinity {
        pub required: Option<NodeSelector>,
    }

    /// `status` of a volume.
    pub struct VolumeStatus {
        pub phase: SharedStr,
        pub reason: SharedStr,
        pub message: SharedStr,
    }

    /// A storage class.
    pub struct StorageClass {
        pub metadata: ObjectMeta,
        pub provisioner: SharedStr,
        pub volume_binding_mode: SharedStr,
    }
}
