//! What is decided, without any I/O: services file, configuration, symptoms, causes, incidents, redaction.

mod config;
mod detect;
mod diagnose;
mod inventory;
mod lifecycle;
mod redact;
mod state;
mod structure;
mod support;
