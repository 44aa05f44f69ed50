//! The program against a real API server with the objects of the homelab.

#![allow(clippy::unwrap_used, missing_docs)]

mod api;
mod assets;
mod audit;
mod bench;
mod consistency;
mod control_plane;
mod counting_proxy;
mod custom_kinds;
mod cycles;
mod deploy;
mod discovery;
mod doctor;
mod documented;
mod etcd;
mod example;
mod first_hour;
mod flags;
mod harness;
mod heartbeat;
mod homelab;
mod incidents;
mod manifests;
mod object;
mod playground;
mod program;
mod rights;
mod scenarios;
mod server;
mod state;
#[path = "../support/mod.rs"]
mod support;
mod time;
mod write;
mod yaml;
