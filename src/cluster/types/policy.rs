//! Resource quotas.

use super::{ObjectMeta, Quantity, SmallMap, slim};

slim! {
    /// A resource quota.
    pub struct ResourceQuota {
        pub metadata: ObjectMeta,
        pub status: QuotaStatus,
    }

    /// What is allowed and what is used.
    pub struct QuotaStatus {
        pub hard: SmallMap<Quantity>,
        pub used: SmallMap<Quantity>,
    }
}
