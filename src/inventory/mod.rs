//! The inventory: what the operator says about the services of the cluster.
//!
//! [`parse`] reads the services file, [`builtin`] knows K3s's own parts. Pure:
//! bytes in, [`Inventory`] out, with [`Diagnostic`]s for what could not be
//! read. The way of the data through this room:
//!
//! ```text
//! bytes ─► source ─► lines ─► outline ─► fields ─► table ─► links ─► Inventory
//!          decode    one line  sections   keys and  fills    names
//!                    by itself headings   values    gaps     joined
//! ```
//!
//! To add a key: a variant and its spellings in `keys`, a place for it in
//! `fields`, a row in `docs/services-txt.md`.

mod block_kind;
mod builtin;
mod dependencies;
mod diagnostic;
mod document;
mod document_parser;
mod duration_tokens;
mod fields;
mod graph;
mod headings;
mod keys;
mod known_issue;
mod lines;
mod model;
mod namespace_table;
mod output;
mod parse;
mod roles;
mod services;
mod source;
mod suggest;
mod tolerance;
mod typed_fields;
mod values;

pub use builtin::builtin;
pub use diagnostic::{Diagnostic, Level};
pub use graph::{Edge, Inventory};
pub use model::{
    Builtin, ContextSection, Dependency, GitOps, KnownIssue, KnownIssueKind, Service, WorkloadKind,
    WorkloadRef,
};
pub use output::{LintDocument, ServiceDocument, ServiceList};
pub use parse::parse;
