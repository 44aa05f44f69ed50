//! The principal workload of a service, on which its availability depends.

use super::workload::Workload;
use super::workloads::{Health, WorkloadState};
use crate::inventory::Service;

/// A workload of a service with its state.
pub type Member<'v, 'a> = (&'v Workload<'a>, &'v WorkloadState);

/// The position of the workload that is named like the service or an alias, else of the first
/// that the services file lists. None where a service has neither: it is then down only when
/// nothing of it serves. Of several with the name, one that is meant to run.
#[must_use]
pub fn principal(service: &Service, members: &[Member]) -> Option<usize> {
    let listed = |workload: &Workload| {
        let mut listed = service.workloads.iter();
        listed.position(|l| l.kind.as_str() == workload.kind && l.name == workload.name)
    };
    let rank = |(workload, state): &Member| {
        let is_named = service.is_called(workload.name) && !workload.fits_by_namespace_only;
        let listed = listed(workload);
        let runs = state.health.is_meant_to_run();
        // Pods that only ended, and whose number nothing says.
        if state.health == Health::ScaledToZero && workload.desired.is_none() {
            return None;
        }
        (is_named || listed.is_some()).then_some((!is_named, listed.unwrap_or(usize::MAX), !runs))
    };
    let ranked = members.iter().enumerate();
    let ranked = ranked.filter_map(|(at, member)| Some((rank(member)?, at)));
    ranked.min().map(|(_, at)| at)
}

/// The members that decide whether a service runs. Those that fit by nothing but the namespace
/// decide only where there are no others, and so do those that another member uses.
#[must_use]
pub fn deciding<'v, 'a>(members: &[Member<'v, 'a>]) -> Vec<Member<'v, 'a>> {
    let fits = preferred(members.to_vec(), |(w, _)| !w.fits_by_namespace_only);
    preferred(fits, |(_, state)| !state.backs_another)
}

/// The items that pass a test, or all where none does.
fn preferred<T: Copy>(items: Vec<T>, test: impl Fn(&T) -> bool) -> Vec<T> {
    let passing: Vec<_> = items.iter().filter(|i| test(i)).copied().collect();
    if passing.is_empty() { items } else { passing }
}

/// The workload because of which a service counts as scaled to zero: its principal, else the
/// first where every workload is.
#[must_use]
pub fn scaled_to_zero<'v, 'a>(
    service: &Service,
    members: &[Member<'v, 'a>],
) -> Option<Member<'v, 'a>> {
    let members = deciding(members);
    let is_zero = |(_, state): &Member| state.health == Health::ScaledToZero;
    match principal(service, &members) {
        Some(at) => Some(members[at]).filter(is_zero),
        None => members
            .first()
            .copied()
            .filter(|_| members.iter().all(is_zero)),
    }
}
