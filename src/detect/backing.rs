//! Workloads that another one of the same service uses, such as its database.

use super::addresses::ServiceRegistry;
use super::index::ClusterIndex;
use super::principal::principal;
use super::workload::Workload;
use super::workloads::WorkloadState;

/// Each workload is compared with each other one, so larger services are left out.
const MOST_MEMBERS: usize = 30;

/// Marks them, by the addresses in the environment of the others. Only a service without a
/// principal needs to know: users reach it by what none of its workloads uses.
pub fn mark(index: &ClusterIndex, states: &mut [WorkloadState]) {
    let Some(registry) = ServiceRegistry::new(index) else {
        return;
    };
    for (at, service) in index.monitored.iter().enumerate() {
        let members = index.workloads_of(at);
        let with_state = |&at: &usize| (&index.workloads[at], &states[at]);
        let all: Vec<_> = members.iter().map(with_state).collect();
        if !(2..=MOST_MEMBERS).contains(&all.len()) || principal(service, &all).is_some() {
            continue;
        }
        for &at in members {
            let workload = &index.workloads[at];
            let others = members.iter().filter(|&&other| other != at);
            let mut others = others.map(|&other| &index.workloads[other]);
            states[at].backs_another = others.any(|other| uses(&registry, other, workload));
        }
    }
}

/// Whether the environment of one workload has the address of another.
fn uses(registry: &ServiceRegistry, client: &Workload, server: &Workload) -> bool {
    client.pod_spec().is_some_and(|spec| {
        let mut addressed = registry.addressed(spec, &client.meta.namespace);
        addressed.any(|service| server.is_selected_by(service))
    })
}
