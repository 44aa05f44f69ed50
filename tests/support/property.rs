//! How many cases a property test tries.

use proptest::prelude::ProptestConfig;

/// This number of cases, times `K8S_MONITOR_PROPERTY_RUNS`.
#[must_use]
pub fn cases(count: u32) -> ProptestConfig {
    let times = std::env::var_os("K8S_MONITOR_PROPERTY_RUNS");
    let times = times.and_then(|times| times.to_str()?.parse().ok());
    let cases = count.saturating_mul(times.unwrap_or(1));
    ProptestConfig {
        cases,
        max_global_rejects: cases.saturating_mul(8),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
