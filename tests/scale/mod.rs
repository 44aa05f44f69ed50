//! Memory grows with the slim objects, not with the JSON of a cluster.
//! `make bench` measures the same with the release build.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs)]

use crate::support::synthetic;
use synthetic::SyntheticCluster;
use synthetic::cycle::{Cycle, program};

/// Bytes by which the peak may rise for each pod, including its share of a deployment.
const BYTES_PER_POD: usize = 2 << 10;
/// Bytes by which the peak may rise for the responses that are being decoded.
const RESPONSES_IN_FLIGHT: usize = 8 << 20;

#[test]
fn memory_grows_with_the_kept_fields_only() {
    let pods = 5_000;
    let none = Cycle::over(&program(), SyntheticCluster::of(0));
    let many = Cycle::over(&program(), SyntheticCluster::of(pods));
    println!("{none:?}\n{many:?}");
    assert_eq!(many.cost.status.code(), Some(0), "{}", many.cost.stderr);
    assert_eq!(many.findings(), pods / 100);
    let grown = (many.cost.peak - none.cost.peak) * 1024;
    assert!(
        grown < RESPONSES_IN_FLIGHT + pods * BYTES_PER_POD,
        "{grown} bytes more for {pods} pods"
    );
}
