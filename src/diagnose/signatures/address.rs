//! Programs that fail on an address of their environment that leads nowhere.

use super::evidence::line;
use crate::detect::{Fault, ServiceRegistry, WrongAddress};
use crate::diagnose::text::has_any;
use crate::diagnose::{Proof, RuleContext};
use crate::model::{Cause, FactKind};

/// Words of a name server that does not answer, as opposed to one that says no.
const NO_ANSWER: &[&str] = &[
    "i/o timeout",
    "temporary failure",
    "eai_again",
    "server misbehaving",
    "timed out",
    "timeout",
];

/// What the program asked for in vain stands in its environment, and is wrong there.
pub fn asked_in_vain(context: &RuleContext) -> Option<Proof> {
    let unresolved = line(context, Cause::DnsResolutionFailed);
    if unresolved
        .as_ref()
        .is_some_and(|said| has_any(&said.to_lowercase(), NO_ANSWER))
    {
        return None;
    }
    let said = unresolved.or_else(|| line(context, Cause::DatabaseUnreachable))?;
    let registry = ServiceRegistry::new(context.index)?;
    let wrong = registry.wrong(context.spec()?, context.namespace());
    let names = |w: &&WrongAddress| said.contains(w.address.host);
    let only = wrong.len() == 1;
    // What cannot be reached is not always named; a wrong port that is the only
    // wrong address explains a refusal all the same.
    let refused = |w: &&WrongAddress| only && matches!(w.fault, Fault::NoSuchPort(_));
    let found = wrong
        .iter()
        .find(names)
        .or_else(|| wrong.iter().find(refused))?;
    let variable = format!("{}={}", found.variable.name, found.variable.value);
    Some(
        Proof::object(format!("{variable}: {}", found.description()))
            .and(FactKind::Log, said)
            .saying(format!("{variable} leads nowhere: {}", found.description())),
    )
}
