//! The tables of docs/findings.md are the rows of reasons and causes.

use std::collections::BTreeSet;
use std::fs;

use k8s_monitor::diagnose;
use k8s_monitor::model::{Cause, Reason};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/findings.md");

fn row(cells: &[&str]) -> String {
    assert!(
        cells.iter().all(|cell| !cell.contains(['|', '\n'])),
        "{cells:?}"
    );
    let cells: Vec<_> = cells
        .iter()
        .map(|c| if c.is_empty() { "-" } else { c })
        .collect();
    format!("| {} |\n", cells.join(" | "))
}

fn reasons() -> String {
    let header = [
        "reason",
        "what is checked",
        "why it matters",
        "not reported",
        "what to do",
    ];
    let rows = Reason::ALL.map(|reason| {
        let (name, it) = (format!("`{reason}`"), reason.row());
        row(&[&name, it.checked, it.matters, it.not_reported, it.remedy])
    });
    row(&header) + &row(&["---"; 5]) + &rows.concat()
}

fn causes() -> String {
    let header = ["cause", "proof", "not to be confused with", "what to do"];
    let rows = Cause::ALL.map(|cause| {
        let (name, it) = (format!("`{cause}`"), cause.row());
        row(&[&name, it.proof, it.not_when, it.remedy])
    });
    row(&header) + &row(&["---"; 4]) + &rows.concat()
}

/// `UPDATE_DOCS=1` writes the tables into the page.
#[test]
fn the_findings_page_holds_every_row() {
    let page = fs::read_to_string(PAGE).unwrap();
    let mut updated = page.clone();
    for (name, table) in [("reasons", reasons()), ("causes", causes())] {
        let begin = format!("<!-- the table of {name} begins -->\n");
        let end = format!("<!-- the table of {name} ends -->\n");
        let (before, rest) = updated.split_once(&begin).expect(&begin);
        let (_, after) = rest.split_once(&end).expect(&end);
        updated = [before, &begin, &table, &end, after].concat();
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(PAGE, updated).unwrap();
        return;
    }
    assert!(
        page == updated,
        "UPDATE_DOCS=1 cargo test --test rules findings_page"
    );
}

/// Each text is a sentence.
#[test]
fn the_texts_of_rows_are_sentences() {
    let of_reasons = Reason::ALL
        .map(Reason::row)
        .map(|r| [r.checked, r.matters, r.not_reported, r.remedy]);
    let of_causes = Cause::ALL
        .map(Cause::row)
        .map(|c| [c.proof, c.not_when, c.remedy]);
    let optional = |text: &&str| !text.is_empty();
    for text in of_reasons
        .iter()
        .flatten()
        .chain(of_causes.iter().flatten())
        .copied()
        .filter(optional)
    {
        assert!(
            text.ends_with('.') && !text.starts_with(char::is_whitespace),
            "{text:?}"
        );
    }
    for reason in Reason::ALL {
        let row = reason.row();
        assert!(
            [row.checked, row.matters, row.remedy].iter().all(optional),
            "{reason}"
        );
    }
    for cause in Cause::ALL {
        assert!(
            [cause.row().proof, cause.row().remedy].iter().all(optional),
            "{cause}"
        );
    }
}

/// Causes that the detector names together with the symptom.
const BY_DETECTORS: &[Cause] = &[
    Cause::ServiceSelectorMismatch,
    Cause::ServicePortMismatch,
    Cause::ServiceProtocolMismatch,
    Cause::MemoryPressure,
    Cause::DiskPressure,
    Cause::PidPressure,
    Cause::NodeCertificateExpiring,
    Cause::ControlPlaneUnavailable,
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
