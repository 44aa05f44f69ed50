//! What must have been read to call an incident absent.

use std::collections::BTreeSet;

use crate::model::{Finding, KINDS, Reason, Resource};

/// Names of the kinds that findings rest on, each once.
pub fn rests_on(findings: &[Finding]) -> Vec<String> {
    let kinds: BTreeSet<Resource> = findings.iter().flat_map(kinds).collect();
    kinds.into_iter().map(Resource::name).collect()
}

/// Whether any of the kinds is unread. A name that this program does not know
/// is of a kind that it cannot miss.
pub fn is_dim(rests_on: &[String], is_read: &dyn Fn(Resource) -> bool) -> bool {
    rests_on
        .iter()
        .filter_map(|name| {
            KINDS
                .iter()
                .map(|row| row.resource)
                .find(|r| r.name() == *name)
        })
        .any(|resource| !is_read(resource))
}

/// Whether all was read that findings rest on: what is gone then is over.
pub fn sees(findings: &[Finding], is_read: &dyn Fn(Resource) -> bool) -> bool {
    findings.iter().flat_map(kinds).all(is_read)
}

fn kinds(finding: &Finding) -> Vec<Resource> {
    use Resource as R;
    let mut kinds = match finding.reason {
        // That the monitor sees again, it sees by itself.
        Reason::MonitoringBlind | Reason::InventoryInvalid => return Vec::new(),
        Reason::NodeNotReady | Reason::NodeUnderPressure => vec![R::Nodes],
        Reason::NoReadyEndpoints => vec![R::Services, R::EndpointSlices, R::Pods],
        Reason::ProvisioningFailed | Reason::ClaimLost => vec![R::PersistentVolumeClaims],
        Reason::JobFailed | Reason::CronJobFailing | Reason::BackupOverdue => {
            vec![R::CronJobs, R::Jobs]
        }
        Reason::MemoryNearLimit => vec![R::Pods, R::PodMetrics],
        Reason::BackOff | Reason::Unhealthy => vec![R::Pods, R::Events],
        Reason::FailedCreate | Reason::ProgressDeadlineExceeded => vec![R::Pods, R::ReplicaSets],
        Reason::ScaledToZero | Reason::WorkloadMissing => {
            vec![R::Deployments, R::StatefulSets, R::DaemonSets]
        }
        _ => vec![R::Pods],
    };
    let own = KINDS
        .iter()
        .find(|row| row.kind == finding.resource.kind && row.resource != R::PodLogs);
    kinds.extend(own.map(|row| row.resource));
    kinds
}
