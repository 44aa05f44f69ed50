//! The report in all forms: snapshots, the JSON schema, and hostile text.

#![allow(clippy::unwrap_used, missing_docs)]

mod browser;
mod openmetrics;
mod page;
mod samples;

use crate::support::metrics_text;

use k8s_monitor::model::Severity;
use k8s_monitor::render::{Document, Format, RenderOptions, render};
use k8s_monitor::report::{CheckDocument, Report, RunDocument, ServiceDetails};
use serde_json::Value;

/// Reports of every shape, by name.
fn reports() -> Vec<(&'static str, Report)> {
    vec![
        ("healthy", samples::healthy()),
        ("outage", samples::outage()),
        ("hostile", samples::hostile()),
    ]
}

fn plain() -> RenderOptions {
    RenderOptions::default()
}

fn rendered(document: &impl Document, format: Format) -> String {
    render(document, format, plain()).expect("renders")
}

fn with(report: &Report, options: RenderOptions) -> String {
    render(&RunDocument::new(report, None), Format::Text, options).expect("renders")
}

fn text(report: &Report) -> String {
    with(report, plain())
}

fn form(report: &Report, format: Format) -> String {
    rendered(&RunDocument::new(report, None), format)
}

#[test]
fn the_text_is_as_in_the_snapshots() {
    for (name, report) in reports() {
        insta::assert_snapshot!(format!("text-{name}"), text(&report));
    }
    let mut report = samples::healthy();
    report.visibility = samples::outage().visibility;
    report.cycle.dry_run = true;
    insta::assert_snapshot!("text-pods-unread", text(&report));
}

/// A silenced outage is not part of the verdict, but is mentioned.
#[test]
fn a_silenced_outage_is_mentioned() {
    let mut report = samples::outage();
    report.severity = Severity::Sev4;
    report
        .incidents
        .retain(|incident| incident.silenced_until.is_some());
    assert_eq!(report.incidents.len(), 1);
    let shown = text(&report);
    let verdict = shown.lines().next().expect("a verdict");
    let expected = "SEV-4  1 of 5 services healthy; 1 kind could not be read";
    assert!(verdict.starts_with(expected), "{verdict}");
    assert!(shown.contains("1 silenced"), "{shown}");
}

#[test]
fn markdown_is_as_in_the_snapshots() {
    for (name, report) in reports() {
        insta::assert_snapshot!(format!("markdown-{name}"), form(&report, Format::Markdown));
    }
}

#[test]
fn a_check_is_as_in_the_snapshots() {
    let (report, details) = samples::check();
    let document = CheckDocument {
        report: &report,
        details: &details,
    };
    insta::assert_snapshot!("check-text", rendered(&document, Format::Text));
    insta::assert_snapshot!("check-markdown", rendered(&document, Format::Markdown));
    insta::assert_snapshot!("check-json", rendered(&document, Format::Json));
    // A service with few details has no empty sections.
    let mut report = Report::new(report.cycle);
    report.services.push(k8s_monitor::report::Service {
        name: "n8n".into(),
        ..Default::default()
    });
    let bare = CheckDocument {
        report: &report,
        details: &ServiceDetails {
            service: "n8n".into(),
            ..ServiceDetails::default()
        },
    };
    insta::assert_snapshot!("check-bare", rendered(&bare, Format::Text));
}

#[test]
fn json_and_yaml_are_as_in_the_snapshots() {
    let report = samples::outage();
    insta::assert_snapshot!("json-outage", form(&report, Format::Json));
    insta::assert_snapshot!("yaml-outage", form(&report, Format::Yaml));
}

#[test]
fn colour_does_not_change_the_text() {
    for (name, report) in reports() {
        let colored = RenderOptions {
            color: true,
            ..plain()
        };
        let shown = with(&report, colored);
        assert!(shown.contains("\u{1b}["), "{name} has no colour");
        assert_eq!(without_colour(&shown), text(&report), "{name}");
    }
}

#[test]
fn text_fits_the_width() {
    let report = samples::outage();
    for width in [40, 60, 80, 120] {
        let page = with(&report, RenderOptions { width, ..plain() });
        // Commands and URLs are not wrapped, so that they can be copied.
        for line in page.lines() {
            let whole = ["https://", "git revert", "kubectl"]
                .iter()
                .any(|start| line.trim_start().starts_with(start));
            let one_word = !line.trim().contains(' ');
            let fits = one_word || line.chars().count() <= width;
            assert!(whole || fits, "wider than {width}: {line}");
            assert_eq!(line, line.trim_end(), "blanks at the end");
        }
    }
}

#[test]
fn rows_of_a_table_that_does_not_fit_are_sentences() {
    let narrow = RenderOptions {
        width: 50,
        ..plain()
    };
    insta::assert_snapshot!("text-narrow", with(&samples::outage(), narrow));
    let (report, details) = samples::check();
    let check = CheckDocument {
        report: &report,
        details: &details,
    };
    let text = render(&check, Format::Text, narrow).expect("renders");
    insta::assert_snapshot!("check-narrow", text);
}

#[test]
fn the_first_two_lines_have_severity_and_cause() {
    let page = text(&samples::outage());
    let head: Vec<&str> = page.lines().take(2).collect();
    let head = head.join("\n");
    for fact in [
        "SEV-1",
        "mysql is unavailable",
        "OOMKilled",
        "homelab",
        "03:04 UTC",
    ] {
        assert!(head.contains(fact), "{fact} is not in:\n{head}");
    }
}

#[test]
fn hostile_text_is_escaped() {
    let report = samples::hostile();
    let page = text(&report);
    assert!(!page.contains(['\u{1b}', '\u{7}', '\u{202e}']));
    let page = form(&report, Format::Markdown);
    for markup in ["<img", "@here", "](http://e)", "javascript:", "\u{1b}"] {
        let outside_code: String = lines_outside_code(&page);
        assert!(!outside_code.contains(markup), "{markup} got through");
    }
}

/// The lines of a page that are not in a block of code.
fn lines_outside_code(page: &str) -> String {
    let mut fence: Option<String> = None;
    let mut kept = String::new();
    for line in page.lines() {
        let ticks: String = line
            .trim_start()
            .chars()
            .take_while(|c| *c == '`')
            .collect();
        match &fence {
            None if ticks.len() >= 3 => fence = Some(ticks),
            Some(open) if line.trim() == open => fence = None,
            Some(_) => {}
            None => {
                kept += &without_spans(line);
                kept.push('\n');
            }
        }
    }
    assert_eq!(fence, None, "a block of code is not closed");
    kept
}

/// The line without code spans and escapes, which have no effect.
fn without_spans(line: &str) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(['`', '\\']) {
        kept += &rest[..start];
        if rest[start..].starts_with('\\') {
            let mut chars = rest[start..].chars();
            chars.nth(1);
            rest = chars.as_str();
            continue;
        }
        let length = rest[start..].chars().take_while(|c| *c == '`').count();
        let (fence, inside) = rest[start..].split_at(length);
        rest = inside.split_once(fence).expect("the span is closed").1;
    }
    kept + rest
}

fn without_colour(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain += part.split_once('m').map_or(part, |(_, rest)| rest);
    }
    plain
}

mod schema {
    use super::*;
    use crate::support::schema;

    fn schema() -> Value {
        serde_json::from_str(include_str!("../../docs/report.schema.json")).expect("valid JSON")
    }

    fn errors(document: &Value) -> Vec<String> {
        schema::errors(&schema(), document)
    }

    #[test]
    fn the_schema_is_valid() {
        let documents = reports().into_iter().map(|(_, report)| report);
        let documents: Vec<Value> = documents
            .map(|report| serde_json::to_value(report).expect("serializes"))
            .collect();
        schema::check_with_python(&schema(), &documents);
    }

    #[test]
    fn every_report_satisfies_the_schema() {
        for (name, report) in reports() {
            let document = serde_json::to_value(&report).expect("serializes");
            assert_eq!(errors(&document), Vec::<String>::new(), "{name}");
            let document = form(&report, Format::Yaml);
            let document: Value = serde_yaml::from_str(&document).expect("reads back");
            assert_eq!(errors(&document), Vec::<String>::new(), "{name} as YAML");
        }
    }

    #[test]
    fn a_check_satisfies_the_schema_without_further_keys() {
        let (report, details) = samples::check();
        let check = CheckDocument {
            report: &report,
            details: &details,
        };
        let text = rendered(&check, Format::Json);
        let document: Value = serde_json::from_str(&text).expect("reads");
        assert_eq!(errors(&document), Vec::<String>::new());
        assert_strict(&document);
    }

    #[test]
    fn json_and_yaml_are_the_same_document() {
        for (name, report) in reports() {
            let one: Value = serde_json::from_str(&form(&report, Format::Json)).expect("reads");
            let other: Value = serde_yaml::from_str(&form(&report, Format::Yaml)).expect("reads");
            assert_eq!(one, other, "{name}");
        }
    }

    #[test]
    fn the_schema_rejects_unknown_keys() {
        let document = serde_json::to_value(samples::outage()).expect("serializes");
        for (pointer, value) in [
            ("/severity", Value::from("SEV-5")),
            ("/exitCode", Value::from(2)),
            ("/cycle/startedAt", Value::from("2026-11-02 03:04:05")),
            ("/incidents/0/rule", Value::from("BECAUSE")),
            ("/incidents/0/id", Value::from("INC-1")),
            ("/incidents/0/analysis/source", Value::from("gpt")),
            ("/incidents/0/notification/decision", Value::from("shout")),
            ("/services/0/ready", Value::from(-1)),
            ("/visibility/complete", Value::Null),
        ] {
            let mut wrong = document.clone();
            *wrong.pointer_mut(pointer).expect(pointer) = value;
            assert!(!errors(&wrong).is_empty(), "{pointer} is not checked");
        }
    }

    /// No key of a full report may be missing and none added.
    #[test]
    fn every_object_of_the_schema_is_strict() {
        assert_strict(&serde_json::to_value(samples::outage()).expect("serializes"));
    }

    fn assert_strict(document: &Value) {
        let mut objects = Vec::new();
        collect_objects(document, String::new(), &mut objects);
        assert!(objects.len() > 30, "{objects:?}");
        for pointer in objects {
            let mut added = document.clone();
            let object = added.pointer_mut(&pointer).and_then(Value::as_object_mut);
            object
                .expect("an object")
                .insert("extra".into(), Value::Null);
            assert!(!errors(&added).is_empty(), "{pointer} accepts any key");

            let object = document.pointer(&pointer).and_then(Value::as_object);
            for key in object.expect("an object").keys() {
                if pointer.is_empty() && key == "details" {
                    continue;
                }
                let mut missing = document.clone();
                let object = missing.pointer_mut(&pointer).and_then(Value::as_object_mut);
                object.expect("an object").remove(key);
                assert!(
                    !errors(&missing).is_empty(),
                    "{pointer}/{key} may be missing"
                );
            }
        }
    }

    fn collect_objects(value: &Value, pointer: String, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    collect_objects(value, format!("{pointer}/{key}"), found);
                }
                found.push(pointer);
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    collect_objects(value, format!("{pointer}/{index}"), found);
                }
            }
            _ => {}
        }
    }
}
