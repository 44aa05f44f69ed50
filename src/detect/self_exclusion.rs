//! The monitor's own objects. Its jobs end with the severity that they found, so
//! whoever takes an exit status for a result sees them fail: that is no finding.

use crate::cluster::types::ObjectMeta;

const NAME: &str = env!("CARGO_PKG_NAME");

/// Whether an object is part of the monitor: by the label that `deploy/` gives
/// everything, else by exactly its name. A name that only begins like it is another's.
#[must_use]
pub fn is_ours(meta: &ObjectMeta) -> bool {
    meta.label("app.kubernetes.io/name") == Some(NAME)
        || meta.controller().is_none() && meta.name == NAME
}
