//! Looks at a K3s cluster once and says what is wrong, why, since when, who
//! is affected, and how much it matters.
//!
//! The rooms, in the order in which the data goes through them:
//!
//! ```text
//! services.txt ──► inventory ─┐
//! kube API / dump ─► cluster ─┴─► detect ─► diagnose ─► assess ─┐
//!                                 findings  causes      status, │
//!                                                       severity│
//! ┌─────────────────────────────────────────────────────────────┘
//! └─► correlate ─► agents ─► lifecycle ─► notify ─► report ─► exit
//!     commits      words     what is due  Slack     text,     status
//!     (GitHub)     (model)   to be said             JSON ...
//!                               ▲            │
//!                               └── state ◄──┘
//! ```
//!
//! `detect`, `diagnose`, `assess` and `lifecycle` are pure: they know no
//! client, no file and no clock; `correlate` and `agents` are, but for one
//! file each. [`verdict`] runs the first three in a row,
//! [`cycle`] is the whole of it, [`app`] picks the command.

#![cfg_attr(test, allow(clippy::unwrap_used))]
// Their macros panic where nobody reads; `writeln!` says what becomes of that.
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
