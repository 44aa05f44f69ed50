//! Checks a K3s cluster once: what is wrong, why, since when, which services are affected, and how
//! severe it is.
//!
//! The modules in the order of the data:
//!
//! ```text
//! services.txt ──► inventory ─┐
//! kube API / dump ─► cluster ─┴─► detect ─► diagnose ─► assess ─┐
//!                                 findings  causes      status, │
//!                                                       severity│
//! ┌─────────────────────────────────────────────────────────────┘
//! └─► correlate ─► agents ─► lifecycle ─► notify ─► report ─► exit
//!     commits      analysis  what to      Slack     text,     status
//!     (GitHub)     (model)   notify                 JSON ...
//!                               ▲            │
//!                               └── state ◄──┘
//! ```
//!
//! [`model`] is below all of them. `detect`, `diagnose`, `assess` and `lifecycle` are pure: no
//! client, no file, no clock. So are `correlate` and `agents`, except for their HTTP clients.
//! [`cycle`] runs one check from start to end, [`commands`] implements the subcommands.

#![cfg_attr(test, allow(clippy::unwrap_used))]
// `println!` panics when stdout is closed. `writeln!` returns the error.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod agents;
pub mod assess;
pub mod cli;
pub mod cluster;
pub mod commands;
pub mod config;
pub mod correlate;
pub mod cycle;
pub mod detect;
pub mod diagnose;
pub mod doctor;
pub mod draft;
pub mod error;
pub mod exit;
pub mod inventory;
pub mod lifecycle;
pub mod model;
pub mod net;
pub mod notify;
pub mod redact;
pub mod render;
pub mod report;
pub mod runtime;
pub mod state;
pub mod telemetry;
