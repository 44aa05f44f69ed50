//! The built program with dependencies that fail in every way, and ended by a signal at every
//! stage.

#![allow(clippy::unwrap_used, missing_docs)]
#![allow(
    clippy::disallowed_methods,
    reason = "a live cluster has the clock of this machine"
)]
#![allow(
    clippy::too_many_lines,
    clippy::semicolon_if_nothing_returned,
    reason = "tables are long, and a case injects its fault in one expression"
)]

mod dependencies;
mod fake_cluster;
mod fault_proxy;
mod harness;
mod kubernetes;
mod page;
mod proxy;
mod signals;
mod state;
mod table;
mod tls;

use crate::support::{homelab, slack_rules, stub, workspace};
