//! Routes of the Gateway API: for each gateway that a route names, whether it serves it.

use chrono::TimeDelta;

use super::gateways::{is_same, not_programmed};
use super::{Gateways, Served, is_cut_off, owner, settled_finding};
use crate::cluster::types::{
    Condition, Gateway, HttpRoute, ObjectMeta, ParentReference, SharedStr,
};
use crate::detect::index::ClusterIndex;
use crate::detect::text::condition_text;
use crate::model::{Cause, Effect, FactKind, Finding, ObjectRef, Reason, Time};

/// A controller writes its status within seconds; it may be restarting.
const UNANSWERED: TimeDelta = TimeDelta::minutes(10);

/// A route with what its gateways say.
pub struct Route<'a> {
    kind: &'static str,
    object: &'a HttpRoute,
    /// By host, for each gateway.
    answers: Vec<(&'a str, Vec<Answer<'a>>)>,
}

/// What is known about a route at one of its gateways.
enum Answer<'a> {
    /// It is served, or nothing says the opposite.
    Serves,
    /// Only some of its backends exist.
    InPart(Refusal<'a>),
    /// It is not served.
    Refuses(Refusal<'a>),
}

struct Refusal<'a> {
    /// `namespace/name` of the gateway.
    gateway: String,
    why: String,
    since: Option<Time>,
    condition: Option<&'a Condition>,
    /// The gateway that is itself in trouble.
    root: Option<&'a Gateway>,
}

impl<'a> Route<'a> {
    /// Looks up what each gateway says of each host.
    pub fn new(
        index: &ClusterIndex<'a>,
        gateways: &Gateways<'a>,
        kind: &'static str,
        route: &'a HttpRoute,
    ) -> Self {
        let mut own = Self {
            kind,
            object: route,
            answers: Vec::new(),
        };
        let mut parents: Vec<&ParentReference> = route.spec.parent_refs.iter().collect();
        if parents.is_empty() {
            // Older snapshots have only the status.
            parents.extend(route.status.parents.iter().map(|p| &p.parent_ref));
        }
        let mut hosts: Vec<_> = own.hosts().collect();
        if hosts.is_empty() {
            hosts.push("");
        }
        for host in hosts {
            let answers = parents.iter();
            let answers = answers.map(|p| own.answer(index, gateways, p, host));
            let answers = answers.collect();
            own.answers.push((host, answers));
        }
        own
    }

    fn hosts(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.object.spec.hostnames.iter().map(SharedStr::as_str)
    }

    fn answer(
        &self,
        index: &ClusterIndex<'a>,
        gateways: &Gateways<'a>,
        parent: &ParentReference,
        host: &str,
    ) -> Answer<'a> {
        let meta = &self.object.metadata;
        let namespace = match parent.namespace.as_str() {
            "" => &meta.namespace,
            other => other,
        };
        let name = format!("{namespace}/{}", parent.name);
        let gateway = gateways.by_name.get(&(namespace, &*parent.name)).copied();
        let refusal = |why: &str, condition: Option<&'a Condition>, root| Refusal {
            gateway: name.clone(),
            why: why.to_owned(),
            since: condition.and_then(|c| c.last_transition_time),
            condition,
            root,
        };
        let own = self.object.status.parents.iter();
        let own = own.filter(|p| is_same(self.object, &p.parent_ref, parent));
        let conditions = || {
            let all = own.clone().flat_map(|p| &p.conditions);
            all.filter(|c| c.is_current(meta))
        };
        let of = |kind: &str| {
            conditions()
                .filter(move |c| c.kind == *kind)
                .collect::<Vec<_>>()
        };
        let accepted = of("Accepted");
        if !accepted.iter().any(|c| c.is_true()) {
            return match accepted.iter().find(|c| c.is_false()) {
                Some(condition) => {
                    Answer::Refuses(refusal(&condition.message, Some(condition), None))
                }
                None => match self.unanswered(index, gateways, parent, gateway) {
                    Some((why, since)) => Answer::Refuses(Refusal {
                        since,
                        ..refusal(why, None, None)
                    }),
                    None => Answer::Serves,
                },
            };
        }
        if let Some((bad, what)) = gateway.and_then(|g| not_programmed(g, parent, host)) {
            let why = format!("{what}: {}", bad.message);
            return Answer::Refuses(refusal(&why, Some(bad), gateway));
        }
        match of("ResolvedRefs").into_iter().find(|c| c.is_false()) {
            Some(condition) if self.has_one_backend() => {
                Answer::Refuses(refusal(&condition.message, Some(condition), None))
            }
            Some(condition) => Answer::InPart(refusal(&condition.message, Some(condition), None)),
            None => Answer::Serves,
        }
    }

    /// Why no controller has said anything about the route, and since when.
    fn unanswered(
        &self,
        index: &ClusterIndex,
        gateways: &Gateways,
        parent: &ParentReference,
        gateway: Option<&Gateway>,
    ) -> Option<(&'static str, Option<Time>)> {
        let is_gateway = matches!(parent.kind.as_str(), "" | "Gateway");
        if !is_gateway || !gateways.are_read {
            return None;
        }
        let Some(gateway) = gateway else {
            return Some(("there is no such gateway", None));
        };
        let own = self.object.status.parents.iter();
        let mut own = own.filter(|p| is_same(self.object, &p.parent_ref, parent));
        let has_status = own.any(|p| !p.conditions.is_empty());
        let created = |m: &ObjectMeta| m.creation_timestamp;
        let since = created(&self.object.metadata).max(created(&gateway.metadata));
        let is_old = since.is_some_and(|t| index.now() - t > UNANSWERED);
        (!has_status && is_old).then_some(("no controller has accepted the route", since))
    }

    /// Whether no other backend can answer when one does not exist.
    fn has_one_backend(&self) -> bool {
        let rules = &self.object.spec.rules;
        rules.iter().map(|r| r.backend_refs.len()).sum::<usize>() <= 1
    }

    /// The hosts that a gateway serves.
    pub fn served(&self) -> impl Iterator<Item = &'a str> {
        let serves = |a: &Answer| !matches!(a, Answer::Refuses(_));
        let served = self
            .answers
            .iter()
            .filter(move |(_, all)| all.iter().any(serves));
        served.map(|(host, _)| *host)
    }

    /// A finding about the gateways that do not serve the route.
    pub fn finding(&self, index: &ClusterIndex, served: &Served) -> Option<Finding> {
        let meta = &self.object.metadata;
        let refusals = |answers: &'_ [Answer<'a>]| -> Vec<usize> {
            let bad = answers.iter().enumerate();
            bad.filter(|(_, a)| matches!(a, Answer::Refuses(_)))
                .map(|(at, _)| at)
                .collect()
        };
        let is_lost = |answers: &[Answer<'a>]| {
            !answers.is_empty() && refusals(answers).len() == answers.len()
        };
        let lost: Vec<_> = self
            .answers
            .iter()
            .filter(|(_, a)| is_lost(a))
            .map(|(h, _)| *h)
            .collect();
        let all = self.answers.iter().flat_map(|(_, answers)| answers);
        let bad = all.filter_map(|answer| match answer {
            Answer::Serves => None,
            Answer::InPart(refusal) | Answer::Refuses(refusal) => Some(refusal),
        });
        let bad: Vec<_> = bad.collect();
        // Of the hosts that nobody serves, the reason of the first counts.
        let of_lost = self.answers.iter().find(|(_, a)| is_lost(a));
        let of_lost = of_lost.and_then(|(_, answers)| {
            answers.iter().find_map(|a| match a {
                Answer::Refuses(refusal) => Some(refusal),
                Answer::Serves | Answer::InPart(_) => None,
            })
        });
        let first = of_lost.or(bad.first().copied())?;
        let since = bad.iter().filter_map(|r| r.since).min();
        let reason = Reason::RouteInvalid;
        let mut finding = settled_finding(index, reason, self.kind, meta, since)?;
        finding.cause = Some(Cause::RouteInvalid);
        let service = owner(index, meta, lost.iter().copied().chain(self.hosts()));
        finding.service = service.map(|s| s.name.clone());
        if is_cut_off(service, served, lost.iter().copied()) {
            finding.effect = Effect::CutOff;
        }
        let named = self.hosts().collect::<Vec<_>>().join(", ");
        let (gateway, why) = (&first.gateway, &first.why);
        finding.message = if lost.is_empty() {
            format!("gateway {gateway} does not serve all of the route for {named}: {why}")
        } else {
            let lost = lost.join(", ");
            format!("the route for {lost} is not in effect at gateway {gateway}: {why}")
        };
        for refusal in &bad {
            let gateway = &refusal.gateway;
            let text = match refusal.condition {
                Some(condition) => condition_text(condition),
                None => refusal.why.clone(),
            };
            finding.fact(FactKind::Object, format!("gateway {gateway}: {text}"));
        }
        let root = first.root.map(|g| &g.metadata);
        finding.group_key =
            root.map(|m| ObjectRef::new("Gateway", &m.namespace, &m.name).to_string());
        Some(finding)
    }
}
