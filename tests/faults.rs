//! What breaks, and what happens then: the built program among servers that
//! fail in every way, and ended by a signal in every stage.

#![allow(clippy::unwrap_used, missing_docs)]
#![allow(
    clippy::disallowed_methods,
    reason = "a live cluster has the clock of this machine"
)]
#![allow(
    clippy::too_many_lines,
    clippy::semicolon_if_nothing_returned,
    reason = "a table is as long as it has cells, and a cell says what breaks in one expression"
)]

#[path = "slack/check.rs"]
mod check;
#[path = "slack/clock.rs"]
#[allow(dead_code, reason = "shared")]
mod clock;
#[path = "faults/front.rs"]
#[allow(dead_code, reason = "shared")]
mod front;
#[path = "support/homelab.rs"]
mod homelab;
#[path = "faults/kubernetes.rs"]
mod kubernetes;
#[path = "faults/lab.rs"]
#[allow(dead_code, reason = "shared")]
mod lab;
#[path = "faults/page.rs"]
mod page;
#[path = "faults/peers.rs"]
mod peers;
#[path = "faults/proxy.rs"]
mod proxy;
#[path = "faults/signals.rs"]
mod signals;
#[path = "faults/state.rs"]
mod state;
#[path = "slack/stub.rs"]
#[allow(dead_code, reason = "shared")]
mod stub;
#[path = "faults/table.rs"]
mod table;
#[path = "faults/tls.rs"]
mod tls;
#[path = "slack/workspace.rs"]
#[allow(dead_code, reason = "shared")]
mod workspace;
#[path = "faults/world.rs"]
mod world;
