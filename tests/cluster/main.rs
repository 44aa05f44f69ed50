//! The program against a real API server that holds the operator's homelab.

#![allow(clippy::unwrap_used, missing_docs)]

mod api;
mod assets;
mod audit;
mod bench;
mod consistency;
mod control_plane;
#[path = "../crowd/mod.rs"]
mod crowd;
mod deploy;
mod discovery;
mod doctor;
mod documented;
mod etcd;
mod example;
mod flags;
mod harness;
mod homelab;
mod manifests;
mod memory;
mod object;
mod playground;
mod program;
mod pulse;
mod relay;
mod rights;
mod scenarios;
mod server;
mod state;
mod time;
mod verdicts;
mod write;
mod yaml;

// Slack, as strict as in its own tests; parts of it are for those alone.
#[allow(dead_code)]
#[path = "../slack/check.rs"]
mod check;
#[allow(dead_code)]
#[path = "../slack/clock.rs"]
mod clock;
#[allow(dead_code)]
#[path = "../slack/stub.rs"]
mod stub;
#[allow(dead_code)]
#[path = "../slack/workspace.rs"]
mod workspace;
