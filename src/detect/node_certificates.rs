//! Certificates of nodes: K3s warns of them by an event on the node, hourly, from months
//! before they expire. It renews them when it starts.

use chrono::{DateTime, TimeDelta};

use super::index::ClusterIndex;
use super::text::minute;
use crate::cluster::types::{Event, Node};
use crate::model::{Cause, Effect, FactKind, Finding, ObjectRef, Reason, Time};

/// With more time left, the next restart renews them.
const SOON: TimeDelta = TimeDelta::days(30);
/// With this time left, somebody has to restart K3s.
const LAST_DAYS: TimeDelta = TimeDelta::days(7);
/// K3s warns every hour; an older event is from before a restart.
const REPEATED: TimeDelta = TimeDelta::hours(3);

/// Checks the events of every node.
pub fn detect<'a>(index: &'a ClusterIndex) -> impl Iterator<Item = Finding> + 'a {
    let nodes = index.snapshot.objects.nodes.iter();
    nodes.filter_map(|node| check(index, node))
}

fn check(index: &ClusterIndex, node: &Node) -> Option<Finding> {
    let now = index.now();
    let name = &node.metadata.name;
    let warns = |e: &&&Event| {
        e.reason == "CertificateExpirationWarning" && e.last().is_some_and(|t| now - t <= REPEATED)
    };
    let events = index.node_events(name);
    let event = events.iter().filter(warns).max_by_key(|e| e.last())?;
    let end = first_expiry(&event.message)?;
    let left = end - now;
    if left > SOON {
        return None;
    }
    let effect = if left <= LAST_DAYS {
        Effect::AtRisk
    } else {
        Effect::Impaired
    };
    let reference = ObjectRef::new("Node", "", name);
    let since = event.first().unwrap_or(now);
    let mut finding = Finding::new(Reason::NodeCertificateExpiring, reference, since, effect);
    finding.cause = Some(Cause::NodeCertificateExpiring);
    let at = minute(end);
    finding.message = if left <= TimeDelta::zero() {
        format!("a certificate of K3s on the node expired at {at}; restart K3s there to renew it")
    } else {
        let days = left.num_days();
        format!(
            "a certificate of K3s on the node expires in {days} days, at {at}; restart K3s there to renew it"
        )
    };
    finding.fact(
        FactKind::Event,
        format!("{}: {}", event.reason, event.message),
    );
    Some(finding)
}

/// The earliest time in the message: `kubelet/serving-kubelet.crt: certificate CN=node1 will
/// expire within 90 days at 2026-12-04T10:00:00Z`.
fn first_expiry(message: &str) -> Option<Time> {
    let words = message.split([' ', ',', ';', '\n']);
    let times =
        words.filter_map(|word| DateTime::parse_from_rfc3339(word.trim_end_matches('.')).ok());
    times.map(|t| t.to_utc()).min()
}
