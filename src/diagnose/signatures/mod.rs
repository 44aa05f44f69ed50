//! What programs say before they give up: one table of signatures, applied to
//! the last lines of the failing containers and to what their own probe
//! commands print.

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

/// From the most particular to the most general: a program that cannot resolve
/// its database's name also says that it cannot reach its database.
pub const RULES: &[Rule] = &[
    Rule {
        cause: Cause::PortConflict,
        proof: |c| {
            said(
                c,
                Cause::PortConflict,
                "the port it wants to listen on is taken",
            )
        },
    },
    Rule {
        cause: Cause::VolumeFull,
        proof: |c| said(c, Cause::VolumeFull, "its disk is full"),
    },
    Rule {
        cause: Cause::VaultSealed,
        proof: vault_sealed,
    },
    Rule {
        cause: Cause::DatabaseReadOnly,
        proof: |c| {
            databases::refuses(
                c,
                Cause::DatabaseReadOnly,
                "takes no writes: it is read-only",
            )
        },
    },
    Rule {
        cause: Cause::DatabaseConnectionsExhausted,
        proof: |c| {
            databases::refuses(
                c,
                Cause::DatabaseConnectionsExhausted,
                "takes no more connections",
            )
        },
    },
    Rule {
        cause: Cause::DatabaseAuthFailed,
        proof: |c| {
            said(
                c,
                Cause::DatabaseAuthFailed,
                "the database does not accept its login",
            )
        },
    },
    Rule {
        cause: Cause::EnvAddressMismatch,
        proof: address::asked_in_vain,
    },
    Rule {
        cause: Cause::DnsResolutionFailed,
        proof: unresolved,
    },
    Rule {
        cause: Cause::DatabaseUnreachable,
        proof: unreachable,
    },
    Rule {
        cause: Cause::VolumePermissionDenied,
        proof: permission,
    },
    Rule {
        cause: Cause::ContainerCommandInvalid,
        proof: |c| {
            said(
                c,
                Cause::ContainerCommandInvalid,
                "its command cannot be run",
            )
        },
    },
    Rule {
        cause: Cause::PortConflict,
        proof: shared_port,
    },
    Rule {
        cause: Cause::DnsResolutionFailed,
        proof: own_name_servers,
    },
];

fn said(context: &RuleContext, cause: Cause, message: &str) -> Option<Proof> {
    let line = line(context, cause)?;
    let proof = Proof::of(FactKind::Log, line.clone()).saying(format!("{message}: {line}"));
    Some(with_end(context, proof))
}

/// A client that vault turns away; the vault's own finding names its seal.
fn vault_sealed(context: &RuleContext) -> Option<Proof> {
    let line = line(context, Cause::VaultSealed)?;
    let vault = context
        .index
        .service_called("vault")
        .map(|s| s.name.clone());
    let mut proof =
        Proof::of(FactKind::Log, line).saying("vault is sealed and gives out no secrets");
    proof.depends_on = vault.filter(|v| context.finding.service.as_ref() != Some(v));
    Some(proof)
}

fn unreachable(context: &RuleContext) -> Option<Proof> {
    let line = line(context, Cause::DatabaseUnreachable)?;
    let database = databases::behind(context, &line);
    let name = database.map_or_else(String::new, |w| format!(" {}", w.name));
    let mut proof = Proof::of(FactKind::Log, line.clone())
        .saying(format!("cannot reach its database{name}: {line}"));
    proof.depends_on = database
        .and_then(|w| context.index.service_of(w))
        .map(|s| s.name.clone())
        .filter(|name| context.finding.service.as_ref() != Some(name));
    Some(with_end(context, proof))
}

/// A file that may not be read or written is a volume's affair where the
/// container has a volume that it could lie on.
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
        .saying(format!("may not use its volume: {line}"));
    Some(with_end(context, proof))
}
