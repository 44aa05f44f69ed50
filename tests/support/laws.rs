//! How often laws are tried.

use proptest::prelude::ProptestConfig;

/// So many cases, times `K8S_MONITOR_LAWS`.
#[must_use]
pub fn cases(count: u32) -> ProptestConfig {
    let times = std::env::var_os("K8S_MONITOR_LAWS");
    let times = times.and_then(|times| times.to_str()?.parse().ok());
    let cases = count.saturating_mul(times.unwrap_or(1));
    ProptestConfig {
        cases,
        max_global_rejects: cases.saturating_mul(8),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
