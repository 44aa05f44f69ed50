//! Warning events.

use super::{ObjectMeta, SharedStr, slim};
use crate::model::Time;

slim! {
    /// A core/v1 event.
    pub struct Event {
        pub metadata: ObjectMeta,
        pub involved_object: InvolvedObject,
        #[serde(rename = "type")]
        pub kind: SharedStr,
        pub reason: SharedStr,
        pub message: SharedStr,
        pub count: Option<u32>,
        pub first_timestamp: Option<Time>,
        pub last_timestamp: Option<Time>,
        pub event_time: Option<Time>,
        pub series: Option<EventSeries>,
        pub source: EventSource,
        pub reporting_component: SharedStr,
    }

    /// The object that an event is about.
    pub struct InvolvedObject {
        pub kind: SharedStr,
        pub namespace: SharedStr,
        pub name: SharedStr,
        pub uid: SharedStr,
        pub field_path: SharedStr,
    }

    /// Repetitions, in the form of events.k8s.io.
    pub struct EventSeries {
        pub count: u32,
        pub last_observed_time: Option<Time>,
    }

    /// The component that reported the event.
    pub struct EventSource {
        pub component: SharedStr,
        pub host: SharedStr,
    }
}

impl Event {
    /// How often it has occurred, at least once.
    #[must_use]
    pub fn times(&self) -> u32 {
        let series = self.series.as_ref().map_or(0, |s| s.count);
        self.count.unwrap_or(0).max(series).max(1)
    }

    /// When it occurred first.
    #[must_use]
    pub fn first(&self) -> Option<Time> {
        self.first_timestamp
            .or(self.event_time)
            .or(self.metadata.creation_timestamp)
    }

    /// When it occurred last.
    #[must_use]
    pub fn last(&self) -> Option<Time> {
        self.series
            .as_ref()
            .and_then(|s| s.last_observed_time)
            .max(self.last_timestamp)
            .or_else(|| self.first())
    }

    /// Whether a component reported it, as far as the event says.
    #[must_use]
    pub fn is_from(&self, component: &str) -> bool {
        let by = [&self.source.component, &self.reporting_component];
        let mut named = by.into_iter().filter(|by| !by.is_empty());
        named.next().is_none_or(|by| by == component)
    }

    /// Whether it tells when the kubelet begins or ends to pull the image of a pod.
    #[must_use]
    pub fn is_about_pull(&self) -> bool {
        self.involved_object.kind == "Pod" && matches!(self.reason.as_str(), "Pulling" | "Pulled")
    }

    /// Whether it is a warning. Normal events are not read.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.kind == "Warning"
    }
}
