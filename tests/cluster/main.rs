//! The program against a real API server that holds the operator's homelab.

#![allow(clippy::unwrap_used, missing_docs)]

mod api;
mod assets;
mod audit;
mod bench;
mod consistency;
mod control_plane;
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
#[path = "../support/mod.rs"]
mod support;
mod time;
mod verdicts;
mod write;
mod yaml;
