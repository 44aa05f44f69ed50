//! How many events are kept. Whoever may create objects in a namespace may create events there without
//! end, so each namespace has a share of its own, and nothing in one takes room from another.

use std::collections::HashMap;

use super::types::{Event, SharedStr};

/// Events about one object. The kubelet repeats an event with a count instead of writing a new one.
const OF_OBJECT: usize = 30;
/// Bytes of the events of one namespace: some four thousand of the usual length.
const OF_NAMESPACE: usize = 2 << 20;

/// Drops what is beyond the limits: of each object the oldest events, then those of the objects with
/// the most. What remains does not depend on the order in which they were read.
pub(super) fn bound(events: &mut Vec<Event>) {
    let total: usize = events.iter().map(size).sum();
    if total <= OF_NAMESPACE && events.len() <= OF_OBJECT {
        return;
    }
    events.sort_by(|a, b| newest_first(a).cmp(&newest_first(b)));
    let mut of_object: HashMap<[SharedStr; 3], usize> = HashMap::new();
    let ranks: Vec<_> = events
        .iter()
        .map(|event| {
            let about = &event.involved_object;
            let object = [
                event.metadata.namespace.clone(),
                about.kind.clone(),
                about.name.clone(),
            ];
            let count = of_object.entry(object).or_default();
            *count += 1;
            *count
        })
        .collect();
    let mut ranked: Vec<_> = ranks.into_iter().zip(std::mem::take(events)).collect();
    // Stable: of the same rank, the newest comes first.
    ranked.sort_by_key(|(rank, _)| *rank);
    let mut of_namespace: HashMap<SharedStr, usize> = HashMap::new();
    let kept = ranked.into_iter().filter(|(rank, event)| {
        let namespace = event.metadata.namespace.clone();
        let bytes = of_namespace.entry(namespace).or_default();
        *bytes += size(event);
        *rank <= OF_OBJECT && *bytes <= OF_NAMESPACE
    });
    events.extend(kept.map(|(_, event)| event));
    events.shrink_to_fit();
}

fn newest_first(event: &Event) -> impl Ord {
    let name = event.metadata.name.clone();
    (std::cmp::Reverse(event.last()), name, event.message.clone())
}

/// About what an event takes in memory.
fn size(event: &Event) -> usize {
    let about = &event.involved_object;
    let texts = [
        &event.metadata.name,
        &event.reason,
        &event.message,
        &event.reporting_component,
        &event.source.component,
        &event.source.host,
        &about.kind,
        &about.namespace,
        &about.name,
        &about.uid,
        &about.field_path,
    ];
    size_of::<Event>() + texts.iter().map(|text| text.len()).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::model::Time;

    fn event(namespace: &str, about: &str, minute: i64, length: usize) -> Event {
        let mut event = Event {
            message: "x".repeat(length).as_str().into(),
            last_timestamp: Some(Time::UNIX_EPOCH + TimeDelta::minutes(minute)),
            ..Event::default()
        };
        event.metadata.namespace = namespace.into();
        event.metadata.name = format!("{about}.{minute}").as_str().into();
        event.involved_object.name = about.into();
        event
    }

    fn count(events: &[Event], namespace: &str) -> usize {
        let here = events.iter().filter(|e| e.metadata.namespace == namespace);
        here.count()
    }

    #[test]
    fn a_namespace_takes_no_room_from_another() {
        let mut events: Vec<_> = (0..50_000)
            .map(|at| event("evil", &format!("pod-{}", at % 5000), at, 1000))
            .collect();
        events.extend((0..20).map(|at| event("shop", "web", at, 1000)));
        bound(&mut events);
        assert_eq!(count(&events, "shop"), 20);
        let evil = count(&events, "evil");
        assert!((1000..2200).contains(&evil), "{evil} events");
    }

    #[test]
    fn the_newest_events_of_each_object_stay() {
        let mut events: Vec<_> = (0..5000)
            .map(|at| event("shop", "loud", at, 3000))
            .collect();
        events.extend((0..3).map(|at| event("shop", "quiet", at, 3000)));
        bound(&mut events);
        let of = |name: &str| {
            let of = events.iter().filter(|e| e.involved_object.name == name);
            of.filter_map(Event::last).collect::<Vec<_>>()
        };
        assert_eq!(of("quiet").len(), 3);
        assert_eq!(of("loud").len(), OF_OBJECT);
        let oldest = of("loud").into_iter().min().unwrap();
        assert_eq!(oldest, Time::UNIX_EPOCH + TimeDelta::minutes(5000 - 30));
    }

    #[test]
    fn the_order_of_reading_changes_nothing() {
        let events =
            || (0..9000).map(|at| event("shop", &format!("pod-{}", at % 700), at / 3, 900));
        let mut forwards: Vec<_> = events().collect();
        let mut backwards: Vec<_> = events().rev().collect();
        bound(&mut forwards);
        bound(&mut backwards);
        assert_eq!(forwards, backwards);
    }
}
