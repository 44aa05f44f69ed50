//! Which events are kept. Pure.

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;

use crate::cluster::Objects;
use crate::cluster::types::{Condition, Event, ObjectMeta, condition};
use crate::model::Time;

/// Events of the last hour are kept even if cycles are more frequent.
const AT_LEAST: TimeDelta = TimeDelta::hours(1);

/// Drops old events of healthy or deleted objects: those that last occurred before the look-back.
///
/// `look_back` is the time since the last cycle; less than an hour counts as one.
pub fn retain_events(objects: &mut Objects, now: Time, look_back: Duration) {
    let look_back = TimeDelta::from_std(look_back).map_or(TimeDelta::MAX, |d| d.max(AT_LEAST));
    let is_recent = |event: &Event| event.last().is_some_and(|last| now - last <= look_back);
    let mut events = std::mem::take(&mut objects.events);
    if !events.iter().all(is_recent) {
        let unhealthy = Unhealthy::of(objects);
        events.retain(|event| is_recent(event) || unhealthy.contains_object_of(event));
        events.shrink_to_fit();
    }
    objects.events = events;
}

/// Kind, namespace and name of the objects whose old events are kept.
#[derive(Default)]
struct Unhealthy<'a>(HashSet<(&'a str, &'a str, &'a str)>);

impl<'a> Unhealthy<'a> {
    fn of(objects: &'a Objects) -> Self {
        let mut unhealthy = Self::default();
        for pod in &objects.pods {
            let done = pod.status.phase == "Succeeded";
            unhealthy.add(
                "Pod",
                &pod.metadata,
                !done && !is_true(&pod.status.conditions, "Ready"),
            );
        }
        for node in &objects.nodes {
            unhealthy.add(
                "Node",
                &node.metadata,
                !is_true(&node.status.conditions, "Ready"),
            );
        }
        for job in &objects.jobs {
            let done = job.spec.suspend || is_true(&job.status.conditions, "Complete");
            unhealthy.add("Job", &job.metadata, !done);
        }
        for claim in &objects.claims {
            unhealthy.add(
                "PersistentVolumeClaim",
                &claim.metadata,
                claim.status.phase != "Bound",
            );
        }
        unhealthy.add_workloads(objects);
        unhealthy
    }

    fn add_workloads(&mut self, objects: &'a Objects) {
        for it in &objects.deployments {
            let lacks = it.status.ready_replicas < it.spec.replicas.unwrap_or(1);
            self.add("Deployment", &it.metadata, lacks);
        }
        for it in &objects.stateful_sets {
            let lacks = it.status.ready_replicas < it.spec.replicas.unwrap_or(1);
            self.add("StatefulSet", &it.metadata, lacks);
        }
        for it in &objects.replica_sets {
            let lacks = it.status.ready_replicas < it.spec.replicas.unwrap_or(1);
            self.add("ReplicaSet", &it.metadata, lacks);
        }
        for it in &objects.daemon_sets {
            let lacks = it.status.number_ready < it.status.desired_number_scheduled;
            self.add("DaemonSet", &it.metadata, lacks);
        }
    }

    fn add(&mut self, kind: &'static str, meta: &'a ObjectMeta, is_unhealthy: bool) {
        if is_unhealthy {
            self.0.insert((kind, &meta.namespace, &meta.name));
        }
    }

    fn contains_object_of(&self, event: &Event) -> bool {
        let about = &event.involved_object;
        self.0
            .contains(&(&*about.kind, &*about.namespace, &*about.name))
    }
}

fn is_true(conditions: &[Condition], kind: &str) -> bool {
    condition(conditions, kind).is_some_and(Condition::is_true)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::cluster::types::{InvolvedObject, Node, PersistentVolumeClaim, Pod};

    fn event(kind: &str, name: &str, now: Time, minutes_ago: i64) -> Event {
        Event {
            involved_object: InvolvedObject {
                kind: kind.into(),
                name: name.into(),
                ..InvolvedObject::default()
            },
            last_timestamp: Some(now - TimeDelta::minutes(minutes_ago)),
            ..Event::default()
        }
    }

    fn kept(mut objects: Objects, events: Vec<Event>, now: Time, look_back: u64) -> Vec<String> {
        objects.events = events;
        retain_events(&mut objects, now, Duration::from_secs(look_back));
        let names = objects
            .events
            .into_iter()
            .map(|event| event.involved_object.name.to_string());
        names.collect()
    }

    #[test]
    fn old_events_of_healthy_or_deleted_objects_are_dropped() {
        let now = Time::UNIX_EPOCH + TimeDelta::days(20_000);
        let meta = |name: &str| ObjectMeta {
            name: name.into(),
            ..ObjectMeta::default()
        };
        let ready = |status: &str| Condition {
            kind: "Ready".into(),
            status: status.into(),
            ..Condition::default()
        };
        let mut healthy = Pod {
            metadata: meta("healthy"),
            ..Pod::default()
        };
        Arc::make_mut(&mut healthy.status)
            .conditions
            .push(ready("True"));
        let mut done = Pod {
            metadata: meta("done"),
            ..Pod::default()
        };
        Arc::make_mut(&mut done.status).phase = "Succeeded".into();
        let mut node = Node {
            metadata: meta("worker"),
            ..Node::default()
        };
        node.status.conditions.push(ready("Unknown"));
        let unready = Pod {
            metadata: meta("unready"),
            ..Pod::default()
        };
        let objects = Objects {
            pods: vec![healthy, done, unready],
            nodes: vec![node],
            claims: vec![PersistentVolumeClaim {
                metadata: meta("data"),
                ..Default::default()
            }],
            ..Objects::default()
        };
        let events = vec![
            event("Pod", "healthy", now, 61),
            event("Pod", "done", now, 61),
            event("Pod", "deleted", now, 61),
            event("Node", "unready", now, 61),
            event("Pod", "unready", now, 61),
            event("Node", "worker", now, 600),
            event("PersistentVolumeClaim", "data", now, 600),
            event("Pod", "deleted", now, 59),
            Event::default(),
        ];
        let names = kept(objects, events, now, 600);
        assert_eq!(names, ["unready", "worker", "data", "deleted"]);
    }

    #[test]
    fn the_look_back_is_an_hour_or_more() {
        let now = Time::UNIX_EPOCH + TimeDelta::days(20_000);
        let events = |minutes| vec![event("Pod", "deleted", now, minutes)];
        assert_eq!(kept(Objects::default(), events(60), now, 1), ["deleted"]);
        assert!(kept(Objects::default(), events(61), now, 1).is_empty());
        assert_eq!(
            kept(Objects::default(), events(119), now, 7200),
            ["deleted"]
        );
        assert_eq!(
            kept(Objects::default(), events(119), now, u64::MAX),
            ["deleted"]
        );
    }
}
