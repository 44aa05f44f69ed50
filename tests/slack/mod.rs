//! Messages and their delivery, against a stub of Slack that checks every request and fails in
//! every way.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod client;
mod cycles;
mod faults;
mod github_and_model;
mod harness;
mod heartbeat;
mod hostile;
mod http_and_telemetry;
mod interruption;
mod markdown;
mod messages;
mod outbox;
mod samples;
mod second_notifier;
mod times;

use crate::support::{clock, homelab, slack_rules, stub, workspace};
