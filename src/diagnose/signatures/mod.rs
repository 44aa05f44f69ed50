//! Causes that programs name in their logs: one table of signatures, applied to
//! the last log lines of failing containers and to the output of their probes.

mod address;
mod databases;
mod evidence;
mod names;
mod ports;
mod table;

use evidence::{line, with_end};
use names::{own_name_servers, unresolved};
use ports::shared_port;

use super::text::listed;
use super::{Proof, Rule, RuleContext};
use crate::model::{Cause, FactKind};

/// From the most specific to the most general: a program that cannot resolve
/// the name of its database also logs that it cannot reach its database.
pub const RULES: &[Rule] = &[
    Rule::new(Cause::PortConflict, |c| {
        logged(c, Cause::PortConflict, "the port it listens on is in use")
    }),
    Rule::new(Cause::VolumeFull, |c| {
        logged(c, Cause::VolumeFull, "its disk is full")
    }),
    Rule::new(Cause::VaultSealed, vault_sealed),
    Rule::new(Cause::DatabaseReadOnly, |c| {
        let how = "is read-only and accepts no writes";
        databases::refuses(c, Cause::DatabaseReadOnly, how)
    }),
    Rule::new(Cause::DatabaseConnectionsExhausted, |c| {
        let how = "accepts no more connections";
        databases::refuses(c, Cause::DatabaseConnectionsExhausted, how)
    }),
    Rule::new(Cause::DatabaseAuthFailed, |c| {
        let message = "the database rejects its credentials";
        logged(c, Cause::DatabaseAuthFailed, message)
    }),
    Rule::new(Cause::EnvAddressMismatch, address::wrong_address),
    Rule::new(Cause::DnsResolutionFailed, unresolved),
    Rule::new(Cause::DatabaseUnreachable, unreachable),
    Rule::new(Cause::VolumePermissionDenied, permission),
    Rule::new(Cause::ContainerCommandInvalid, |c| {
        let message = "its command cannot be run";
        logged(c, Cause::ContainerCommandInvalid, message)
    }),
    Rule::new(Cause::PortConflict, shared_port),
    Rule::new(Cause::DnsResolutionFailed, own_name_servers),
];

/// A cause that the log names, with its message.
fn logged(context: &RuleContext, cause: Cause, message: &str) -> Option<Proof> {
    let line = line(context, cause)?;
    let proof = Proof::of(FactKind::Log, line.clone()).message(format!("{message}: {line}"));
    Some(with_end(context, proof))
}

/// A client of a sealed Vault. Vault has a finding of its own.
fn vault_sealed(context: &RuleContext) -> Option<Proof> {
    let line = line(context, Cause::VaultSealed)?;
    let vault = context
        .index
        .service_called("vault")
        .map(|s| s.name.clone());
    let mut proof =
        Proof::of(FactKind::Log, line).message("vault is sealed and provides no secrets");
    proof.depends_on = vault.filter(|v| context.finding.service.as_ref() != Some(v));
    Some(proof)
}

fn unreachable(context: &RuleContext) -> Option<Proof> {
    let line = line(context, Cause::DatabaseUnreachable)?;
    let database = databases::behind(context, &line);
    let name = database.map_or_else(String::new, |w| format!(" {}", w.name));
    let mut proof = Proof::of(FactKind::Log, line.clone())
        .message(format!("cannot reach its database{name}: {line}"));
    proof.depends_on = database
        .and_then(|w| context.index.service_of(w))
        .map(|s| s.name.clone())
        .filter(|name| context.finding.service.as_ref() != Some(name));
    Some(with_end(context, proof))
}

/// Access to a file is denied, and the container has a volume that it may be on.
fn permission(context: &RuleContext) -> Option<Proof> {
    let line = line(context, Cause::VolumePermissionDenied)?;
    let mounts: Vec<_> = context
        .spec()?
        .containers
        .iter()
        .flat_map(|c| &c.volume_mounts)
        .filter(|m| !m.mount_path.starts_with("/var/run/secrets/"))
        .map(|m| format!("{} at {}", m.name, m.mount_path))
        .collect();
    if mounts.is_empty() {
        return None;
    }
    let proof = Proof::of(FactKind::Log, line.clone())
        .and(FactKind::Object, format!("volumes: {}", listed(&mounts)))
        .message(format!("has no permission for its volume: {line}"));
    Some(with_end(context, proof))
}
