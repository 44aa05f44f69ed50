//! The built program: its commands, its output, its documentation and its deployment.

mod cli;
mod deploy;
mod docs;
mod docs_commands;
mod doctor;
mod metrics;
mod paste;
mod report;
mod scale;
mod support;
