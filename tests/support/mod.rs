//! What several tests share.

#![allow(
    dead_code,
    clippy::unwrap_used,
    missing_docs,
    reason = "each test binary needs a part of it"
)]

pub mod case;
pub mod clock;
pub mod commands;
pub mod expect;
pub mod homelab;
pub mod hostile;
pub mod metrics_text;
pub mod objects;
pub mod property;
pub mod schema;
pub mod skip;
pub mod slack_rules;
pub mod store_suite;
pub mod stub;
pub mod synthetic;
pub mod workspace;
