//! What a Gateway says of itself and of its listeners.

use super::{owner, settled_finding};
use crate::cluster::types::{Condition, Gateway, HttpRoute, ListenerStatus, ParentReference};
use crate::detect::index::ClusterIndex;
use crate::detect::text::condition_text;
use crate::model::{FactKind, Finding, Reason};

/// Conditions of a gateway that are True in a gateway that serves.
const OF_GATEWAY: &[&str] = &["Accepted", "Programmed", "ResolvedRefs"];

/// A finding about a gateway or listener that does not serve.
pub fn check(index: &ClusterIndex, gateway: &Gateway) -> Option<Finding> {
    let meta = &gateway.metadata;
    let own = gateway.status.conditions.iter().filter(|c| {
        let is_bad = OF_GATEWAY.contains(&c.kind.as_str()) && c.is_false();
        is_bad && c.is_current(meta)
    });
    let own = own.map(|c| (None, c));
    let listeners = gateway.status.listeners.iter();
    let of_listeners = listeners.filter(|l| is_listed(gateway, l)).flat_map(|l| {
        let bad = l.conditions.iter().filter(|c| c.is_current(meta));
        bad.filter(|c| is_bad(c)).map(move |c| (Some(&*l.name), c))
    });
    let bad: Vec<_> = own.chain(of_listeners).collect();
    let (listener, first) = *bad.first()?;
    let since = bad.iter().filter_map(|(_, c)| c.last_transition_time).min();
    let reason = Reason::RouteInvalid;
    let mut finding = settled_finding(index, reason, "Gateway", meta, since)?;
    let service = owner(index, meta, std::iter::empty());
    finding.service = service.map(|s| s.name.clone());
    finding.message = match listener {
        None => format!("the gateway is not in effect: {}", first.message),
        Some(name) => format!("its listener {name} is not in effect: {}", first.message),
    };
    for (listener, condition) in &bad {
        let text = condition_text(condition);
        let text = listener.map_or_else(|| text.clone(), |l| format!("listener {l}: {text}"));
        finding.fact(FactKind::Object, text);
    }
    Some(finding)
}

/// Whether the specification still has the listener of a status.
fn is_listed(gateway: &Gateway, status: &ListenerStatus) -> bool {
    let listeners = &gateway.spec.listeners;
    listeners.is_empty() || listeners.iter().any(|l| l.name == status.name)
}

fn is_bad(condition: &Condition) -> bool {
    match condition.kind.as_str() {
        "Accepted" | "Programmed" | "ResolvedRefs" => condition.is_false(),
        "Conflicted" => condition.is_true(),
        _ => false,
    }
}

/// Why the gateway does not serve a host of a route that it has accepted: none of the
/// listeners for it is programmed.
pub fn not_programmed<'a>(
    gateway: &'a Gateway,
    reference: &ParentReference,
    host: &str,
) -> Option<(&'a Condition, String)> {
    let meta = &gateway.metadata;
    let suits = |name: &str, port: i32, hostname: &str| {
        (reference.section_name.is_empty() || *reference.section_name == *name)
            && reference.port.is_none_or(|p| p == port)
            && (host.is_empty() || hostname.is_empty() || matches(hostname, host))
    };
    let listeners = gateway.spec.listeners.iter();
    let suitable = listeners.filter(|l| suits(&l.name, l.port, &l.hostname));
    let mut statuses = suitable
        .filter_map(|l| gateway.status.listeners.iter().find(|s| s.name == l.name))
        .peekable();
    if statuses.peek().is_none() {
        let mut own = gateway.status.conditions.iter();
        let bad = own.find(|c| {
            let is_vital = matches!(c.kind.as_str(), "Accepted" | "Programmed");
            is_vital && c.is_false() && c.is_current(meta)
        })?;
        return Some((bad, "the gateway is not programmed".to_owned()));
    }
    let mut first = None;
    for status in statuses {
        let current = || status.conditions.iter().filter(|c| c.is_current(meta));
        let is_programmed = current().any(|c| c.kind == "Programmed" && c.is_true());
        let bad = current().find(|c| is_bad(c) && (c.kind != "ResolvedRefs" || !is_programmed));
        let text = format!("listener {} is not programmed", status.name);
        // The message about a reference says more than that it is not programmed.
        let refs = current().find(|c| c.kind == "ResolvedRefs" && c.is_false());
        first.get_or_insert((refs.or(bad).filter(|_| bad.is_some())?, text));
    }
    first
}

/// Whether a host name of a listener, possibly a wildcard, and that of a route overlap.
fn matches(listener: &str, host: &str) -> bool {
    let suffix_of = |wildcard: &str, name: &str| {
        let suffix = wildcard.strip_prefix('*');
        suffix.is_some_and(|suffix| name.to_lowercase().ends_with(&suffix.to_lowercase()))
    };
    listener.eq_ignore_ascii_case(host) || suffix_of(listener, host) || suffix_of(host, listener)
}

/// Whether a reference of a route's status is the same as one of its specification.
pub fn is_same(route: &HttpRoute, a: &ParentReference, b: &ParentReference) -> bool {
    let namespace = |r: &ParentReference| -> String {
        match r.namespace.as_str() {
            "" => route.metadata.namespace.to_string(),
            other => other.to_owned(),
        }
    };
    let kind = |r: &ParentReference| matches!(r.kind.as_str(), "" | "Gateway");
    a.name == b.name
        && namespace(a) == namespace(b)
        && kind(a) == kind(b)
        && a.section_name == b.section_name
        && a.port == b.port
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn wildcards_cover_hosts() {
        assert!(matches("*.lan", "a.lan") && matches("*.lan", "b.a.lan"));
        assert!(matches("A.lan", "a.lan") && matches("a.lan", "*.lan"));
        assert!(!matches("*.lan", "lan") && !matches("a.lan", "b.lan"));
    }
}
