//! Causes as tables. Every file in `tests/fixtures/diagnose` is a list of cases;
//! `tests/diagnose/fixture.rs` has their fields.

#![allow(clippy::unwrap_used, clippy::struct_field_names, missing_docs)]

mod bench;
mod docs;
mod fixture;

use crate::support::objects;

use std::collections::BTreeSet;

use fixture::Case;
use k8s_monitor::model::Cause;

#[test]
fn every_case_has_its_cause() {
    let mut failures = Vec::new();
    let mut count = 0;
    for path in fixture::tables() {
        for case in fixture::table(&path) {
            count += 1;
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            failures
                .extend(difference(&case).map(|d| format!("{file}: {}\n    {d}", case.sentence)));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {count} cases differ\n\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn every_cause_has_a_case_that_proves_it() {
    let proved: BTreeSet<String> = fixture::tables()
        .iter()
        .flat_map(|path| fixture::table(path))
        .map(|case| case.cause)
        .collect();
    let missing: Vec<_> = Cause::ALL
        .iter()
        .filter(|c| !proved.contains(c.as_str()))
        .collect();
    assert!(missing.is_empty(), "without a case: {missing:?}");
}

/// The difference between the result and what the case expects.
fn difference(case: &Case) -> Option<String> {
    let verdict = case.evaluate();
    let shown: Vec<_> = verdict
        .incidents
        .iter()
        .map(|i| format!("{} | {} | {}", i.severity, i.title, i.root().message))
        .collect();
    let shown = format!("found {shown:#?}");
    let wanted = match case.cause.as_str() {
        "silent" => 0,
        _ => case.incidents.unwrap_or(1),
    };
    if verdict.incidents.len() != wanted {
        return Some(format!("expected {wanted} incidents, {shown}"));
    }
    let incident = verdict.incidents.first()?;
    let root = incident.root();
    let cause = root.cause.map_or("none", Cause::as_str);
    if cause != case.cause {
        return Some(format!(
            "expected {}, {shown} {:#?}",
            case.cause, root.evidence
        ));
    }
    if let Some(resource) = &case.resource
        && root.resource.to_string() != *resource
    {
        return Some(format!("expected {resource}, found {}", root.resource));
    }
    if let Some(part) = &case.says {
        let texts = std::iter::once(&root.message).chain(root.evidence.iter().map(|f| &f.text));
        let texts: Vec<_> = texts.collect();
        if !texts.iter().any(|text| text.contains(part.as_str())) {
            return Some(format!("expected the text {part:?}, found {texts:#?}"));
        }
    }
    if let Some(affects) = &case.affects
        && incident.affects != *affects
    {
        return Some(format!(
            "expected to affect {affects:?}, found {:?}",
            incident.affects
        ));
    }
    // Every cause has evidence.
    (cause != "none" && root.evidence.is_empty()).then(|| "has no evidence".to_owned())
}
