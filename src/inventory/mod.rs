//! The inventory: the services of the cluster as the operator describes them.
//!
//! [`parse`] reads the services file, [`builtin`] lists the services that K3s ships. Pure: bytes
//! in, [`Inventory`] out, with [`Diagnostic`]s for what could not be read.
//!
//! ```text
//! bytes ─► source ─► lines ─► document_parser ─► services ─► namespace_table ─► dependencies
//!          decode    classify  sections,          keys and    fill gaps          resolve names
//!                    a line    headings, keys     values
//! ```
//!
//! To add a key: a variant and its spellings in `keys`, its field in `fields`, a row in
//! `docs/services-txt.md`.

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
mod origin;
mod output;
mod parse;
mod resource_pattern;
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
pub use origin::{IN_REPOSITORY, Origin, ServicesFile, places};
pub use output::{LintDocument, ServiceDocument, ServiceList};
pub use parse::parse;
pub use resource_pattern::{ResourcePattern, wanted_kinds};
