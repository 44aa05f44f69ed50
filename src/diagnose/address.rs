//! Programs that fail on an address of their environment that leads nowhere.

use super::signatures::line;
use super::{Case, Proof};
use crate::detect::{Cause, Directory, FactKind, WrongAddress};

pub use crate::detect::Address;

/// What the program asked for in vain stands in its environment, and is wrong there.
pub fn asked_in_vain(case: &Case) -> Option<Proof> {
    let said = line(case, Cause::DnsResolutionFailed).or_else(|| line(case, Cause::DatabaseUnreachable))?;
    let directory = Directory::new(case.view)?;
    let wrong = directory.wrong(case.spec()?, case.namespace());
    let names = |w: &&WrongAddress| said.contains(w.address.host);
    let only = wrong.len() == 1;
    let found = wrong.iter().find(names).or_else(|| wrong.first().filter(|_| only))?;
    let variable = format!("{}={}", found.variable.name, found.variable.value);
    Some(
        Proof::object(format!("{variable}: {}", found.in_words()))
            .and(FactKind::Log, said)
            .saying(format!("{variable} leads nowhere: {}", found.in_words())),
    )
}
