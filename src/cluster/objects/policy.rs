//! Resource quotas.

use std::collections::BTreeMap;

use super::{ObjectMeta, Quantity, slim};

slim! {
    /// A resource quota.
    pub struct ResourceQuota {
        pub metadata: ObjectMeta,
        pub status: QuotaStatus,
    }

    /// What is allowed and what is used.
    pub struct QuotaStatus {
        pub hard: BTreeMap<String, Quantity>,
        pub used: BTreeMap<String, Quantity>,
    }
}
