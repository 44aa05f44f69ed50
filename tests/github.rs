//! Which commit did it, asked of a GitHub that serves the history of a real
//! Git repository, checks every question, and breaks in every way.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "slack/clock.rs"]
#[allow(dead_code, reason = "shared with the tests of Slack")]
mod clock;
#[path = "github/faults.rs"]
mod faults;
#[path = "github/guilt.rs"]
mod guilt;
#[path = "github/history.rs"]
mod history;
#[path = "github/server.rs"]
mod server;
#[path = "slack/stub.rs"]
#[allow(dead_code, reason = "shared with the tests of Slack")]
mod stub;
#[path = "github/world.rs"]
mod world;
