//! Memory does not grow with the JSON of a cluster, only with what is kept of
//! it. `make bench` measures the same with the program as it is shipped.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs)]

use crate::support::synthetic;
use synthetic::SyntheticCluster;
use synthetic::cycle::{Cycle, program};

/// How far the peak may rise with each pod and its tenth of a deployment, and
/// with the pages that are under way.
const A_POD: usize = 2 << 10;
const UNDER_WAY: usize = 8 << 20;

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
        grown < UNDER_WAY + pods * A_POD,
        "{grown} bytes more for {pods} pods"
    );
}
