//! Resource quotas.

use super::{ObjectMeta, Quantity, SmallMap, slim};

slim! {
    /// A resource quota.
    pub struct ResourceQuota {
        pub metadata: ObjectMeta,
        pub status: QuotaStatus,
    }

    /// `status` of a resource quota: limits and usage.
    pub struct QuotaStatus {
        pub hard: SmallMap<Quantity>,
        pub used: SmallMap<Quantity>,
    }
}
