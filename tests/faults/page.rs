//! docs/faults.md lists the cases of these tests.

use std::fs;

use super::table::{FaultCase, Notified, Reported};
use super::{dependencies, kubernetes, state};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/faults.md");
const BEGIN: &str = "<!-- the table of tests/faults begins -->\n";
const END: &str = "<!-- the table of tests/faults ends -->\n";

fn table() -> String {
    let mut rows = vec![
        "| dependency | fault | status | report | notified |".to_owned(),
        "| --- | --- | --- | --- | --- |".to_owned(),
    ];
    let all = [
        kubernetes::cases(),
        dependencies::slack(),
        dependencies::github(),
        dependencies::model(),
        dependencies::heartbeat(),
        dependencies::pushgateway(),
        state::cases(),
    ];
    for case in all.iter().flatten() {
        let row = row(case);
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    rows.join("\n") + "\n"
}

fn row(case: &FaultCase) -> String {
    let code = match case.subject.as_str() {
        code if case.fault.starts_with("ok: false") => format!(" (`{code}`)"),
        _ => String::new(),
    };
    let expected = &case.expected;
    let reported = match &expected.reported {
        Reported::Nothing => "nothing".to_owned(),
        Reported::Unread(kinds) => unread(kinds, &case.subject),
        Reported::Note(words) => format!("a note: ... {words} ..."),
        Reported::Llm(_) => "`llm.note` says why".to_owned(),
        Reported::Commits(_) => "`correlation.note` says why".to_owned(),
        Reported::Stderr(words) if expected.status > 3 => {
            format!("no report; stderr: ... {words} ...")
        }
        Reported::Stderr(words) => format!("nothing; stderr: {words} ..."),
    };
    let notified = match expected.notified {
        Notified::Now => "at once",
        Notified::Later => "in the next cycle",
        Notified::Twice => "at once, and again in the next cycle",
        Notified::EachAttempt => "at each attempt",
        Notified::Never => "not notified",
    };
    let (what, how, status) = (case.dependency, &case.fault, expected.status);
    format!("| {what} | {how}{code} | {status} | {reported} | {notified} |")
}

fn unread(kinds: &[(String, &str)], of: &str) -> String {
    let mut parts = Vec::new();
    let optional = kinds.iter().filter(|(kind, _)| kind.contains('.')).count();
    for (kind, reason) in kinds {
        let kind = match kind.as_str() {
            kind if kind == of => "the kind",
            kind if optional > 3 && kind.contains('.') => "optional kinds",
            kind => kind,
        };
        let part = format!("{kind} unread: {reason}");
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join(", ")
}

#[test]
fn the_faults_page_lists_every_case() {
    let page = fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (present, after) = rest.split_once(END).unwrap();
    let table = table();
    if present != table && std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(PAGE, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(present, table, "UPDATE_DOCS=1 writes the table");
}
