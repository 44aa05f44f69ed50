//! Converts kinds that have the content of another kind under other field names.

use std::sync::Arc;

use crate::cluster::types::{
    Endpoint, EndpointConditions, EndpointPort, EndpointSlice, EndpointTarget, Event, EventSeries,
    EventSource, InvolvedObject, ObjectMeta, SharedStr, slim,
};
use crate::model::Time;

/// The label by which a slice belongs to a service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

slim! {
    /// `v1` Endpoints.
    pub struct Endpoints {
        pub metadata: ObjectMeta,
        pub subsets: Vec<Subset>,
    }

    /// Addresses with the same ports.
    pub struct Subset {
        pub addresses: Vec<Address>,
        pub not_ready_addresses: Vec<Address>,
        pub ports: Vec<EndpointPort>,
    }

    /// One address.
    pub struct Address {
        pub ip: SharedStr,
        pub target_ref: Option<EndpointTarget>,
    }

    /// An event of `events.k8s.io/v1`.
    pub struct NewEvent {
        pub metadata: ObjectMeta,
        pub regarding: InvolvedObject,
        #[serde(rename = "type")]
        pub kind: SharedStr,
        pub reason: SharedStr,
        pub note: SharedStr,
        pub event_time: Option<Time>,
        pub series: Option<EventSeries>,
        pub deprecated_count: Option<u32>,
        pub deprecated_first_timestamp: Option<Time>,
        pub deprecated_last_timestamp: Option<Time>,
        pub deprecated_source: EventSource,
        pub reporting_controller: SharedStr,
    }
}

impl Endpoints {
    /// One slice a subset; an empty one where there is none, because a Service without endpoints
    /// differs from one whose endpoints are unknown.
    pub(super) fn slices(&self) -> Vec<EndpointSlice> {
        let subsets = self.subsets.iter().enumerate();
        let slices: Vec<_> = subsets
            .map(|(number, subset)| self.slice(number, subset))
            .collect();
        if slices.is_empty() {
            return vec![self.slice(0, &Subset::default())];
        }
        slices
    }

    fn slice(&self, number: usize, subset: &Subset) -> EndpointSlice {
        let own = self.metadata.labels.iter();
        let own = own.map(|(key, value)| (key, value.clone()));
        let name = (SERVICE_NAME, self.metadata.name.clone());
        let labels = own.chain([name]).collect();
        let ready = subset
            .addresses
            .iter()
            .map(|address| address.endpoint(true));
        let unready = subset
            .not_ready_addresses
            .iter()
            .map(|address| address.endpoint(false));
        EndpointSlice {
            metadata: ObjectMeta {
                name: format!("{}-{number}", self.metadata.name).into(),
                labels: Arc::new(labels),
                ..self.metadata.clone()
            },
            endpoints: ready.chain(unready).collect(),
            ports: subset.ports.as_slice().into(),
        }
    }
}

impl Address {
    fn endpoint(&self, ready: bool) -> Endpoint {
        Endpoint {
            addresses: vec![self.ip.clone()],
            conditions: EndpointConditions {
                ready: Some(ready),
                ..EndpointConditions::default()
            },
            target_ref: self.target_ref.clone(),
        }
    }
}

impl From<NewEvent> for Event {
    fn from(event: NewEvent) -> Self {
        Self {
            metadata: event.metadata,
            involved_object: event.regarding,
            kind: event.kind,
            reason: event.reason,
            message: event.note,
            count: event.deprecated_count,
            first_timestamp: event.deprecated_first_timestamp,
            last_timestamp: event.deprecated_last_timestamp,
            event_time: event.event_time,
            series: event.series,
            source: event.deprecated_source,
            reporting_component: event.reporting_controller,
        }
    }
}
