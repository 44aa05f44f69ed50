//! The monitor's own objects. Its jobs exit with the severity that they found,
//! so Kubernetes counts them as failed. That is not a finding.

use crate::cluster::types::ObjectMeta;

const NAME: &str = env!("CARGO_PKG_NAME");

/// Whether an object is part of the monitor: by the label that all objects of
/// `deploy/` have, else by the exact name. A common prefix is not enough.
#[must_use]
pub fn is_ours(meta: &ObjectMeta) -> bool {
    meta.label("app.kubernetes.io/name") == Some(NAME)
        || meta.controller().is_none() && meta.name == NAME
}
