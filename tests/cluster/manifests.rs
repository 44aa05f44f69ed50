//! The rights that `deploy/` gives, from the one place where they are.

/// The namespace, its service account, and what that may read.
pub const READS: [&str; 2] = [
    include_str!("../../deploy/rights/namespace.yaml"),
    include_str!("../../deploy/rights/rbac.yaml"),
];

/// The same, and what it may write.
pub const ALL: [&str; 3] = [
    READS[0],
    READS[1],
    include_str!("../../deploy/rights/state-rbac.yaml"),
];
