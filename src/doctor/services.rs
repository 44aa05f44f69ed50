//! The services file, by itself and compared with the cluster. Pure.

use std::time::Duration;

use crate::assess::{Unlisted, monitored_services};
use crate::cluster::Snapshot;
use crate::detect::{ClusterIndex, RestartCounts, detect, is_ours, workloads_are_read};
use crate::inventory::{Inventory, Level, Service, ServicesFile};
use crate::model::Tier;

use super::line::{Check, listed};

/// Checks the file by itself.
#[must_use]
pub fn file(file: &ServicesFile, inventory: &Inventory) -> Check {
    const NAME: &str = "services file";
    let Some(path) = &file.path else {
        return Check::warn(
            NAME,
            &format!("there is none: {}", file.origin),
            "k8s-monitor services init",
        );
    };
    let path = format!("{} ({})", path.display(), file.origin);
    let count = |level| {
        let all = inventory.diagnostics.iter();
        all.filter(|found| found.level == level).count()
    };
    let remedy = "k8s-monitor services lint";
    match (
        inventory.services.len(),
        count(Level::Error),
        count(Level::Warning),
    ) {
        (0, ..) => Check::red(
            NAME,
            &format!("{path} contains no service"),
            "add services (docs/services-txt.md), pass --services FILE or set SERVICES_FILE",
        ),
        (services, 0, 0) => Check::ok(NAME, &format!("{path}: {services} services, no problems")),
        (services, 0, warnings) => Check::warn(
            NAME,
            &format!("{path}: {services} services, warnings: {warnings}"),
            remedy,
        ),
        (services, errors, _) => Check::red(
            NAME,
            &format!(
                "{path}: {services} services, errors: {errors}; invalid parts are not monitored"
            ),
            remedy,
        ),
    }
}

/// Compares the file with the cluster.
#[must_use]
pub fn compare(inventory: &Inventory, snapshot: &Snapshot, unlisted: Option<Tier>) -> Vec<Check> {
    if inventory.services.is_empty() || !workloads_are_read(snapshot) {
        return Vec::new();
    }
    let monitored = monitored_services(inventory, &snapshot.objects);
    let restarts = RestartCounts::default();
    let index = ClusterIndex::new(snapshot, &monitored, Duration::from_hours(1), &restarts);
    let found = Unlisted::of(&index, &detect(&index), inventory.services.len(), unlisted);
    vec![
        without_workload(&index),
        without_service(&index, found.tier),
    ]
}

fn without_workload(index: &ClusterIndex) -> Check {
    const NAME: &str = "services without workload";
    let crons = &index.snapshot.objects.cron_jobs;
    let of_crons: Vec<_> = crons
        .iter()
        .filter_map(|cron| index.matcher.of_cron_job(&cron.metadata))
        .collect();
    let lacks = |at: usize, service: &Service| {
        service.builtin.is_none() && index.workloads_of(at).is_empty() && !of_crons.contains(&at)
    };
    let lacking: Vec<_> = (index.monitored.iter().enumerate())
        .filter(|(at, service)| lacks(*at, service))
        .map(|(_, service)| service)
        .collect();
    let names: Vec<_> = lacking
        .iter()
        .map(|service| format!("{} ({})", service.name, service.tier))
        .collect();
    let names = listed(&names);
    if lacking.iter().any(|service| service.tier <= Tier::P1) {
        Check::warn(
            NAME,
            &format!("{names}: no workload in the cluster"),
            "correct their Namespace or set Workloads (docs/services-txt.md); remove services that \
             no longer exist from the file",
        )
    } else if lacking.is_empty() {
        Check::ok(NAME, "none: every listed service has a workload")
    } else {
        Check::ok(NAME, &format!("only P2 and P3, which need none: {names}"))
    }
}

fn without_service(index: &ClusterIndex, unlisted: Tier) -> Check {
    const NAME: &str = "workloads without service";
    let workloads = index.workloads.iter().filter(|w| w.service.is_none());
    let crons = index.snapshot.objects.cron_jobs.iter().filter(|cron| {
        !is_ours(&cron.metadata) && index.matcher.of_cron_job(&cron.metadata).is_none()
    });
    let names: Vec<_> = workloads
        .map(|w| format!("{}/{}", w.meta.namespace, w.name))
        .chain(crons.map(|c| format!("{}/{}", c.metadata.namespace, c.metadata.name)))
        .collect();
    if names.is_empty() {
        return Check::ok(NAME, "none: every workload belongs to a listed service");
    }
    Check::warn(
        NAME,
        &format!("{} have tier {unlisted}", listed(&names)),
        "add the important ones to the services file; the others can stay as they are",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster::{Read, Resource};
    use crate::doctor::line::Status::{self, Ok as Green, Red, Warn};
    use crate::inventory::{Origin, parse};

    const FILE: &str = "## 1. Critical (P0 - critical)\n\n### 1.1 mysql\n- Purpose: data\n\
                        - Namespace: mysql\n- Max Downtime: 0 minutes\n";

    #[test]
    fn the_file_by_itself() {
        let path = ServicesFile {
            path: Some("services.txt".into()),
            origin: Origin::Option,
        };
        for (text, status) in [
            ("", Red),
            (FILE, Green),
            (&FILE.replace("Namespace:", "Namespce:"), Warn),
        ] {
            let check = file(&path, &parse(text.as_bytes()));
            assert_eq!(check.status, status, "{check:?}");
        }
    }

    /// Namespaces and names of the workloads, and the two statuses.
    type Case<'a> = (&'a [(&'a str, &'a str)], [Status; 2]);

    #[test]
    fn the_file_compared_with_the_cluster() {
        let deployment = |namespace: &str, name: &str| json!({ "metadata": { "namespace": namespace, "name": name } });
        let names = ["services without workload", "workloads without service"];
        let cases: [Case; 3] = [
            (&[("mysql", "mysql")], [Green, Green]),
            (&[("shop", "web")], [Warn, Warn]),
            (&[], [Warn, Green]),
        ];
        for (running, expected) in cases {
            let mut snapshot = Snapshot::default();
            for kind in [
                Resource::Pods,
                Resource::Deployments,
                Resource::StatefulSets,
                Resource::DaemonSets,
                Resource::CronJobs,
            ] {
                snapshot.reads.insert(kind, Read::Complete);
            }
            snapshot.objects.deployments = running
                .iter()
                .map(|(namespace, name)| {
                    serde_json::from_value(deployment(namespace, name)).unwrap()
                })
                .collect();
            let checks = compare(&parse(FILE.as_bytes()), &snapshot, None);
            let found: Vec<_> = checks.iter().map(|check| check.status).collect();
            assert_eq!(found, expected, "{checks:?}");
            assert!(checks.iter().map(|check| check.name.as_str()).eq(names));
        }
        let unread = compare(&parse(FILE.as_bytes()), &Snapshot::default(), None);
        assert_eq!(unread, []);
    }
}
