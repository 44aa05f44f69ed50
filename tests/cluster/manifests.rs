//! The RBAC manifests of `deploy/`.

/// The namespace, the service account and its read access.
pub const READS: [&str; 2] = [
    include_str!("../../deploy/rights/namespace.yaml"),
    include_str!("../../deploy/rights/rbac.yaml"),
];

/// The same, and the write access to the state.
pub const ALL: [&str; 3] = [
    READS[0],
    READS[1],
    include_str!("../../deploy/rights/state-rbac.yaml"),
];
