//! What is said in Slack and how it gets there, against a Slack that checks
//! everything and breaks in every way.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "slack/check.rs"]
mod check;
#[path = "slack/clock.rs"]
mod clock;
#[path = "slack/cycles.rs"]
mod cycles;
#[path = "slack/drill.rs"]
mod drill;
#[path = "slack/edge.rs"]
mod edge;
#[path = "slack/faults.rs"]
mod faults;
#[path = "support/homelab.rs"]
mod homelab;
#[path = "slack/hostile.rs"]
mod hostile;
#[path = "slack/killed.rs"]
mod killed;
#[path = "slack/messages.rs"]
mod messages;
#[path = "slack/other_edges.rs"]
mod other_edges;
#[path = "slack/others.rs"]
mod others;
#[path = "slack/outages.rs"]
mod outages;
#[path = "slack/page.rs"]
mod page;
#[path = "slack/pulse.rs"]
mod pulse;
#[path = "slack/stories.rs"]
mod stories;
#[path = "slack/stub.rs"]
mod stub;
#[path = "slack/workspace.rs"]
mod workspace;
