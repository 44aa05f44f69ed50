//! The page on findings and the code know the same words.

use std::collections::BTreeSet;

use k8s_monitor::diagnose;
use k8s_monitor::model::{Cause, Reason};

const PAGE: &str = include_str!("../../docs/findings.md");

/// The words of a table of the page: the first cell of each row, in backticks.
fn documented(title: &str) -> BTreeSet<&'static str> {
    let (_, section) = PAGE.split_once(&format!("\n## {title}\n")).expect(title);
    let section = section.split("\n## ").next().unwrap_or(section);
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect()
}

#[test]
fn every_reason_is_documented_and_no_other() {
    let known: BTreeSet<_> = Reason::ALL.iter().map(|r| r.as_str()).collect();
    assert_eq!(documented("Reasons"), known);
}

#[test]
fn every_cause_is_documented_and_no_other() {
    let known: BTreeSet<_> = Cause::ALL.iter().map(|c| c.as_str()).collect();
    assert_eq!(documented("Causes"), known);
}

/// Causes that the symptom already is: its detector names them.
const BY_DETECTORS: &[Cause] = &[
    Cause::ServiceSelectorMismatch,
    Cause::ServicePortMismatch,
    Cause::ServiceProtocolMismatch,
    Cause::MemoryPressure,
    Cause::DiskPressure,
    Cause::PidPressure,
    Cause::ScaledToZero,
    Cause::WorkloadMissing,
    Cause::JobFailed,
    Cause::BackupOverdue,
    Cause::MonitoringBlind,
    Cause::InventoryInvalid,
];

#[test]
fn every_cause_has_a_rule_or_a_detector() {
    let produced: BTreeSet<_> = diagnose::causes()
        .chain(BY_DETECTORS.iter().copied())
        .map(Cause::as_str)
        .collect();
    let known: BTreeSet<_> = Cause::ALL.iter().map(|c| c.as_str()).collect();
    assert_eq!(produced, known);
}
