//! Volumes, claims and storage classes.

use super::{
    Condition, LabelSelector, NodeSelector, ObjectMeta, Quantity, Resources, SmallMap, Word, slim,
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
        pub storage_class_name: Option<Word>,
        pub volume_name: Word,
        pub volume_mode: Word,
        pub access_modes: Vec<Word>,
        pub resources: Resources,
        pub selector: Option<LabelSelector>,
    }

    /// What is.
    pub struct ClaimStatus {
        pub phase: Word,
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
        pub storage_class_name: Word,
        pub access_modes: Vec<Word>,
        pub capacity: SmallMap<Quantity>,
        pub claim_ref: Option<ClaimOwner>,
        pub node_affinity: Option<VolumeNodeAffinity>,
    }

    /// The claim that holds a volume.
    pub struct ClaimOwner {
        pub namespace: Word,
        pub name: Word,
    }

    /// The nodes that can reach a volume.
    pub struct VolumeNodeAffinity {
        pub required: Option<NodeSelector>,
    }

    /// What is.
    pub struct VolumeStatus {
        pub phase: Word,
        pub reason: Word,
        pub message: Word,
    }

    /// A storage class.
    pub struct StorageClass {
        pub metadata: ObjectMeta,
        pub provisioner: Word,
        pub volume_binding_mode: Word,
    }
}
