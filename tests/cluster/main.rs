//! The program against a real API server that holds the operator's homelab.

#![allow(clippy::unwrap_used, missing_docs)]

mod api;
mod assets;
mod audit;
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
mod object;
mod program;
mod rights;
mod scenarios;
mod server;
mod state;
mod time;
mod verdicts;
mod write;
mod yaml;
