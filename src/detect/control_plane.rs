//! Controllers of the control plane that have stopped, by their leases.
//!
//! Without leader election nobody renews a lease, and one of an earlier time may
//! be left. So a lease counts only where nothing shows that its holder has worked
//! since.

use chrono::TimeDelta;

use super::index::ClusterIndex;
use super::text::minute;
use crate::cluster::types::{Event, Lease, Node, Pod, condition};
use crate::model::{Cause, Effect, FactKind, Finding, ObjectRef, Reason, Time};

/// Leases are renewed every few seconds.
const EXPIRED: TimeDelta = TimeDelta::minutes(5);
/// The components whose leases count.
const COMPONENTS: &[&str] = &["kube-controller-manager", "kube-scheduler"];
const CONTROL_PLANE: &[&str] = &[
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
];

/// One finding for the components that have stopped.
#[must_use]
pub fn detect(index: &ClusterIndex) -> Option<Finding> {
    let worked = last_work(index);
    let leases = index.snapshot.objects.leases.iter();
    let mut expired: Vec<_> = leases
        .filter(|l| l.metadata.namespace == "kube-system")
        .filter(|l| COMPONENTS.contains(&l.metadata.name.as_str()))
        .filter(|l| !l.spec.holder_identity.is_empty())
        .filter_map(|l| Some((l.spec.renew_time?, l)))
        .filter(|(t, _)| index.now() - *t > EXPIRED && worked.is_none_or(|w| w - *t < EXPIRED))
        .collect();
    expired.sort_by_key(|(t, lease)| (*t, &lease.metadata.name));
    let &(since, lease) = expired.first()?;
    let names: Vec<_> = expired
        .iter()
        .map(|(_, l)| l.metadata.name.as_str())
        .collect();
    let resource = node_of(index, lease).unwrap_or_else(|| {
        ObjectRef::new("Lease", &lease.metadata.namespace, &lease.metadata.name)
    });
    let reason = Reason::ControlPlaneSilent;
    let mut finding = Finding::new(reason, resource, since, Effect::Degraded);
    finding.cause = Some(match names[..] {
        ["kube-scheduler"] => Cause::SchedulerUnavailable,
        _ => Cause::ControlPlaneUnavailable,
    });
    finding.message = format!(
        "{} stopped at {}: nothing is created, replaced or scheduled",
        names.join(" and "),
        minute(since)
    );
    for (renewed, lease) in &expired {
        let (name, renewed) = (&lease.metadata.name, renewed.format("%F %H:%M:%S UTC"));
        let fact = format!("Lease kube-system/{name} was last renewed at {renewed}");
        finding.fact(FactKind::Object, fact);
    }
    Some(finding)
}

/// When a controller or the scheduler last did something that objects show.
fn last_work(index: &ClusterIndex) -> Option<Time> {
    let objects = &index.snapshot.objects;
    let is_controlled = |p: &&Pod| {
        let owner = p.metadata.controller();
        owner.is_some_and(|o| o.kind != "Node")
    };
    let pods = objects.pods.iter().filter(is_controlled);
    let created = pods.filter_map(|p| p.metadata.creation_timestamp);
    let scheduled = objects.pods.iter().filter_map(|p| {
        let scheduled = condition(&p.status.conditions, "PodScheduled")?;
        scheduled.last_transition_time
    });
    let jobs = objects
        .jobs
        .iter()
        .filter_map(|j| j.metadata.creation_timestamp);
    let sets = objects.replica_sets.iter();
    let sets = sets.filter_map(|s| s.metadata.creation_timestamp);
    let events = objects.events.iter().filter(|e| is_of_controller(e));
    let events = events.filter_map(Event::last);
    created
        .chain(scheduled)
        .chain(jobs)
        .chain(sets)
        .chain(events)
        .max()
}

fn is_of_controller(event: &Event) -> bool {
    let by = [&event.source.component, &event.reporting_component];
    by.iter()
        .any(|by| by.ends_with("-controller") || by.as_str() == "default-scheduler")
}

/// The node that held a lease, where it is known; else the only node of the
/// control plane.
fn node_of(index: &ClusterIndex, lease: &Lease) -> Option<ObjectRef> {
    let holder = lease.spec.holder_identity.split('_').next()?;
    let nodes = &index.snapshot.objects.nodes;
    let has_role = |n: &&Node| CONTROL_PLANE.iter().any(|l| n.metadata.label(l).is_some());
    let mut planes = nodes.iter().filter(has_role);
    let only = planes.next().filter(|_| planes.next().is_none());
    let node = index.node(holder).or(only)?;
    Some(ObjectRef::new("Node", "", &node.metadata.name))
}
