//! The database of a client: what affects many clients is fixed once, at the
//! database.

use super::evidence::line;
use super::table::matches;
use crate::detect::{Address, Workload};
use crate::diagnose::{Proof, RuleContext};
use crate::model::{Cause, FactKind};

/// Names of database images.
const IMAGES: &[&str] = &[
    "mysql",
    "mariadb",
    "percona",
    "postgres",
    "pgvector",
    "timescale",
    "redis",
    "valkey",
    "mongo",
    "cockroach",
    "clickhouse",
];
/// Parts of variables with the address of a database.
const VARIABLES: &[&str] = &[
    "DB",
    "DATABASE",
    "MYSQL",
    "MARIADB",
    "POSTGRES",
    "PG",
    "SQL",
    "REDIS",
    "MONGO",
    "JDBC",
    "DATASOURCE",
];

/// A database that responds and refuses a request; `how` completes "the database ...".
pub fn refuses(context: &RuleContext, cause: Cause, how: &str) -> Option<Proof> {
    if let Some(event) = own_probe(context, cause) {
        return Some(
            Proof::of(FactKind::Event, event.clone())
                .message(format!("the database {how}: {event}")),
        );
    }
    let line = line(context, cause)?;
    let proof = Proof::of(FactKind::Log, line.clone());
    if context.workload.is_some_and(is_database) {
        return Some(proof.message(format!("the database {how}: {line}")));
    }
    let Some(database) = behind(context, &line).or_else(|| by_probe(context, cause)) else {
        return Some(proof.message(format!("its database {how}: {line}")));
    };
    let service = context.index.service_of(database).map(|s| s.name.as_str());
    let name = &database.name;
    Some(proof.message(format!("its database {name} {how}")).root(
        database.reference(),
        service,
        format!("{name} {how}; its clients fail"),
    ))
}

/// The output of the database's own probe.
fn own_probe(context: &RuleContext, cause: Cause) -> Option<String> {
    if !context.workload.is_some_and(is_database) {
        return None;
    }
    let probes = context.events_of(&["Unhealthy"]);
    probes
        .into_iter()
        .find(|e| matches(cause, &e.message.to_lowercase()))
        .map(|e| e.message.to_string())
}

/// The only database whose own probe fails with the error of its client.
fn by_probe<'a>(context: &RuleContext<'a>, cause: Cause) -> Option<&'a Workload<'a>> {
    let index = context.index;
    let mut found = index
        .probe_failures()
        .filter(|(w, text)| is_database(w) && matches(cause, &text.to_lowercase()))
        .map(|(w, _)| w);
    let first = found.next()?;
    found.all(|w| std::ptr::eq(w, first)).then_some(first)
}

/// The database of a client: by the address in its log line, by its environment,
/// or by the services file.
#[must_use]
pub fn behind<'a>(context: &RuleContext<'a>, line: &str) -> Option<&'a Workload<'a>> {
    by_address(context, line)
        .or_else(|| by_environment(context))
        .or_else(|| by_inventory(context))
}

/// Host names in the line that are Services of the cluster.
fn by_address<'a>(context: &RuleContext<'a>, line: &str) -> Option<&'a Workload<'a>> {
    let namespace = context.namespace();
    line.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')))
        .filter(|word| word.len() > 1 && word.chars().any(|c| c.is_ascii_alphabetic()))
        .filter_map(|word| context.index.resolve(word.trim_matches('.'), namespace))
        .filter_map(|endpoint| context.index.workload_behind(endpoint))
        .find(|w| is_database(w) && !is_own(context, w))
}

fn by_environment<'a>(context: &RuleContext<'a>) -> Option<&'a Workload<'a>> {
    let containers = &context.spec()?.containers;
    containers
        .iter()
        .flat_map(|c| &c.env)
        .filter(|v| {
            let name = v.name.to_uppercase();
            VARIABLES.iter().any(|word| name.contains(word))
        })
        .filter_map(|v| Address::read(&v.value))
        .filter_map(|a| context.index.resolve(a.host, context.namespace()))
        .filter_map(|endpoint| context.index.workload_behind(endpoint))
        .find(|w| !is_own(context, w))
}

/// The only data layer that it depends on by the services file.
fn by_inventory<'a>(context: &RuleContext<'a>) -> Option<&'a Workload<'a>> {
    let index = context.index;
    let needed = |name: &str| {
        index
            .monitored
            .iter()
            .position(|s| s.name == name && s.data_layer)
    };
    let dependencies = &context.service?.dependencies;
    let mut found = dependencies
        .iter()
        .filter_map(|d| needed(d.service.as_deref()?));
    let only = found.next()?;
    if found.next().is_some() {
        return None;
    }
    index
        .workloads
        .iter()
        .find(|w| w.service == Some(only) && is_database(w))
}

fn is_own(context: &RuleContext, workload: &Workload) -> bool {
    context
        .workload
        .is_some_and(|own| std::ptr::eq(own, workload))
}

/// Whether a workload is a database, by its images.
#[must_use]
pub fn is_database(workload: &Workload) -> bool {
    let Some(spec) = workload.pod_spec() else {
        return false;
    };
    spec.containers.iter().any(|c| {
        let name = c.image.rsplit('/').next().unwrap_or(&c.image);
        let name = name.split([':', '@']).next().unwrap_or(name);
        let is = |word: &&str| name.contains(*word) || c.name == **word;
        IMAGES.iter().any(is) && !name.contains("exporter") && !name.contains("admin")
    })
}
