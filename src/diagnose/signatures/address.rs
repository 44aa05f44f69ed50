//! Programs that fail because of a wrong address in their environment.

use super::evidence::line;
use crate::detect::{Fault, ServiceRegistry, WrongAddress};
use crate::diagnose::text::has_any;
use crate::diagnose::{Proof, RuleContext};
use crate::model::{Cause, FactKind};

/// Errors of a name server that does not respond, unlike one that does not know the name.
const NO_RESPONSE: &[&str] = &[
    "i/o timeout",
    "temporary failure",
    "eai_again",
    "server misbehaving",
    "timed out",
    "timeout",
];

/// The host that the program could not reach is a wrong address in its environment.
pub fn wrong_address(context: &RuleContext) -> Option<Proof> {
    let unresolved = line(context, Cause::DnsResolutionFailed);
    if unresolved
        .as_ref()
        .is_some_and(|line| has_any(&line.to_lowercase(), NO_RESPONSE))
    {
        return None;
    }
    let log_line = unresolved.or_else(|| line(context, Cause::DatabaseUnreachable))?;
    let registry = ServiceRegistry::new(context.index)?;
    let wrong = registry.wrong(context.spec()?, context.namespace());
    let names = |w: &&WrongAddress| log_line.contains(w.address.host);
    let only = wrong.len() == 1;
    // The line does not always name the host. A wrong port that is the only wrong
    // address explains a refused connection all the same.
    let refused = |w: &&WrongAddress| only && matches!(w.fault, Fault::NoSuchPort(_));
    let found = wrong
        .iter()
        .find(names)
        .or_else(|| wrong.iter().find(refused))?;
    let variable = format!("{}={}", found.variable.name, found.variable.value);
    Some(
        Proof::object(format!("{variable}: {}", found.description()))
            .and(FactKind::Log, log_line)
            .message(format!("wrong address {variable}: {}", found.description())),
    )
}
