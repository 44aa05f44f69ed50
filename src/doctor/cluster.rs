//! The API server, its clock, its optional APIs, and everything that a cycle reads.

use std::time::Duration;

use crate::cluster::api::{
    AccessRule, Cluster, FetchError, MAX_SKEW, ServerVersion, SnapshotRequest,
};
use crate::cluster::{Read, Snapshot, UnreadReason};
use crate::model::{KINDS, Problem, Time, now};

use super::custom_kinds;
use super::line::{Check, listed};
use super::rights::{self, Granted, StateMap};

/// Timeouts of the first request, of the access reviews, and of reading everything.
const VERSION: Duration = Duration::from_secs(8);
const REVIEWS: Duration = Duration::from_secs(10);
const READING: Duration = Duration::from_secs(40);

/// What was found of the cluster.
pub struct ClusterFacts {
    /// Name of the context.
    pub context: String,
    /// Address of the API server.
    pub server: String,
    /// Its first answer.
    pub version: Result<ServerVersion, FetchError>,
    /// The time of this machine when the answer came.
    pub local: Time,
    /// Access rules that the monitor needs, and whether they are granted.
    pub needed: Granted,
    /// Access rules that the monitor should not have, and whether they are granted.
    pub excess: Granted,
    /// What a cycle would read; `None` when the server did not answer.
    pub snapshot: Option<Result<Snapshot, FetchError>>,
    /// How long reading took.
    pub took: Duration,
}

/// Asks the cluster. A server that does not answer gets one request.
pub fn ask(
    cluster: &Cluster,
    state: Option<&StateMap>,
    request: SnapshotRequest<'_>,
) -> ClusterFacts {
    let limit = request.deadline;
    let version = cluster.version(VERSION.min(limit));
    let local = now();
    let mut facts = ClusterFacts {
        context: cluster.name().to_owned(),
        server: cluster.server().to_owned(),
        version,
        local,
        needed: Vec::new(),
        excess: Vec::new(),
        snapshot: None,
        took: Duration::ZERO,
    };
    if facts.version.is_err() {
        return facts;
    }
    let ask = |rights: Vec<AccessRule>| -> Granted {
        let answers = cluster.may(&rights, REVIEWS.min(limit));
        rights.into_iter().zip(answers).collect()
    };
    let of_state = state.map(rights::to_store).unwrap_or_default();
    facts.needed = ask([rights::to_read(), of_state].concat());
    facts.excess = ask(rights::excess());
    let began = std::time::Instant::now();
    facts.snapshot = Some(cluster.snapshot(&SnapshotRequest {
        now: local,
        deadline: READING.min(limit),
        ..request
    }));
    facts.took = began.elapsed();
    facts
}

impl ClusterFacts {
    /// What was read.
    #[must_use]
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_ref()?.as_ref().ok()
    }

    /// Whether the cluster cannot be read at all.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        self.version.is_err() || matches!(self.snapshot, Some(Err(_)))
    }

    /// All checks of the cluster, including access rules.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        let mut checks = vec![self.server()];
        checks.extend(self.clock());
        match &self.snapshot {
            Some(Ok(snapshot)) => {
                checks.push(reading(snapshot, self.took));
                checks.extend(optional(snapshot));
                checks.extend(custom_kinds::checks(snapshot));
            }
            Some(Err(error)) => {
                checks.push(Check::of_problem("reading", &Problem::of(error), CHECK));
            }
            None => {}
        }
        checks.extend(rights::checks(&self.needed, &self.excess, self.snapshot()));
        checks
    }

    fn server(&self) -> Check {
        match &self.version {
            Ok(answer) => {
                let version = answer.version.as_deref().unwrap_or("an unknown version");
                let message = format!(
                    "{} (context {}), Kubernetes {version}, answered in {} ms",
                    self.server,
                    self.context,
                    answer.took.as_millis()
                );
                Check::ok("cluster", &message)
            }
            // --deadline does not change this timeout, so it is no remedy.
            Err(FetchError::DeadlineExceeded { server, seconds }) => {
                let message = format!("{server} did not answer within {seconds} s");
                Check::red("cluster", &message, CHECK)
            }
            Err(error) => Check::of_problem("cluster", &Problem::of(error), CHECK),
        }
    }

    fn clock(&self) -> Option<Check> {
        let date = self.version.as_ref().ok()?.date?;
        let ahead = self.local - date;
        let seconds = ahead.num_seconds();
        let (amount, side) = (
            seconds.abs(),
            if seconds < 0 { "behind" } else { "ahead of" },
        );
        let message = if amount <= 1 {
            "in sync with the API server".to_owned()
        } else {
            format!("{amount} s {side} the API server")
        };
        Some(if ahead.abs() > MAX_SKEW {
            let remedy = "set the clock of this machine (timedatectl set-ntp true) or of the \
                          server; until then, cycles use the server's time";
            Check::red("clock", &message, remedy)
        } else {
            Check::ok("clock", &message)
        })
    }
}

const CHECK: &str = "check the control plane";

fn reading(snapshot: &Snapshot, took: Duration) -> Check {
    const NAME: &str = "reading";
    let objects = &snapshot.objects;
    let summary = format!(
        "{} nodes, {} pods and all other kinds in {:.1} s with {} requests",
        objects.nodes.len(),
        objects.pods.len(),
        took.as_secs_f64(),
        snapshot.requests
    );
    let unread: Vec<_> = snapshot
        .unread()
        .map(|(resource, _)| resource.name())
        .collect();
    // A forbidden kind fails in the check of its access rule.
    let is_broken = |reason| reason != UnreadReason::Forbidden;
    let mut others = snapshot.unread().filter(|(_, why)| is_broken(why.reason));
    match (unread.is_empty(), others.next()) {
        (true, _) => Check::ok(NAME, &summary),
        (false, None) => Check::warn(
            NAME,
            &format!("{summary}; forbidden: {}", listed(&unread)),
            "see the rbac checks below",
        ),
        (false, Some((resource, first))) => {
            let message = format!("could not be read: {} ({})", listed(&unread), first.message);
            let remedy = "check the control plane and the server of that API";
            if resource.is_vital() || others.any(|(resource, _)| resource.is_vital()) {
                Check::red(NAME, &message, remedy)
            } else {
                Check::warn(NAME, &message, remedy)
            }
        }
    }
}

/// One check for each API that a cluster need not have.
fn optional(snapshot: &Snapshot) -> Vec<Check> {
    let mut groups: Vec<&str> = Vec::new();
    for row in KINDS.iter().filter(|row| !row.is_core()) {
        if !groups.contains(&row.group) {
            groups.push(row.group);
        }
    }
    groups
        .iter()
        .map(|group| group_line(group, snapshot))
        .collect()
}

fn group_line(group: &str, snapshot: &Snapshot) -> Check {
    let name = format!("api {group}");
    let rows = KINDS.iter().filter(|row| row.group == group);
    let mut present = Vec::new();
    let mut unread = None;
    for row in rows {
        match snapshot.reads.get(&row.resource) {
            Some(Read::Complete) => present.push(row.plural.to_owned()),
            Some(Read::Unread(why)) => unread = Some(&why.message),
            Some(Read::Absent) | None => {}
        }
    }
    match unread {
        Some(why) => Check::warn(
            name,
            &format!("present but could not be read: {why}"),
            "grant the missing rights, or check the server of the API: kubectl get apiservices",
        ),
        None if present.is_empty() => Check::off(name, "not installed in this cluster", ""),
        None => Check::ok(name, &format!("present: {}", listed(&present))),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::cluster::{Resource, Unread};
    use crate::doctor::line::Status::{self, Off, Ok as Green, Red, Warn};

    fn unread(reason: UnreadReason) -> Read {
        Read::Unread(Unread {
            reason,
            message: "why".to_owned(),
        })
    }

    fn snapshot(reads: &[(Resource, Read)]) -> Snapshot {
        Snapshot {
            reads: reads.iter().cloned().collect(),
            ..Snapshot::default()
        }
    }

    #[test]
    fn clocks_may_differ_by_a_minute() {
        let date: Time = "2026-11-20T12:00:00Z".parse().unwrap();
        for (ahead, status, words) in [
            (0, Green, "in sync"),
            (45, Green, "45 s ahead of"),
            (-61, Red, "61 s behind"),
            (3_600, Red, "3600 s ahead of"),
        ] {
            let facts = ClusterFacts {
                context: "c".into(),
                server: "https://s".into(),
                version: Ok(ServerVersion {
                    version: None,
                    date: Some(date),
                    took: Duration::ZERO,
                }),
                local: date + TimeDelta::seconds(ahead),
                needed: Vec::new(),
                excess: Vec::new(),
                snapshot: None,
                took: Duration::ZERO,
            };
            let check = facts.clock().unwrap();
            assert_eq!(check.status, status, "{check:?}");
            assert!(check.message.contains(words), "{check:?}");
        }
    }

    #[test]
    fn an_unread_vital_kind_fails_and_another_one_warns() {
        use UnreadReason::{Forbidden, Timeout};
        let cases: [(&[(Resource, Read)], Status); 5] = [
            (&[(Resource::Pods, Read::Complete)], Green),
            (&[(Resource::Pods, unread(Forbidden))], Warn),
            (&[(Resource::Pods, unread(Timeout))], Red),
            (&[(Resource::PodMetrics, unread(Timeout))], Warn),
            (
                &[
                    (Resource::Nodes, unread(Timeout)),
                    (Resource::Events, unread(Timeout)),
                ],
                Red,
            ),
        ];
        for (reads, status) in cases {
            let check = reading(&snapshot(reads), Duration::ZERO);
            assert_eq!(check.status, status, "{check:?}");
        }
    }

    #[test]
    fn an_optional_api_is_present_absent_or_broken() {
        for (read, status) in [
            (Read::Complete, Green),
            (Read::Absent, Off),
            (unread(UnreadReason::Unavailable), Warn),
        ] {
            let reads = [
                (Resource::Gateways, Read::Absent),
                (Resource::HttpRoutes, read),
            ];
            let check = group_line("gateway.networking.k8s.io", &snapshot(&reads));
            assert_eq!(check.status, status, "{check:?}");
        }
    }
}
