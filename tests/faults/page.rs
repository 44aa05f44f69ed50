//! docs/faults.md holds the table of all cells, as they are run.

use std::fs;

use super::table::{Cell, Notified, Shows};
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
        kubernetes::cells(),
        dependencies::slack(),
        dependencies::github(),
        dependencies::model(),
        dependencies::watcher(),
        dependencies::gateway(),
        state::cells(),
    ];
    for cell in all.iter().flatten() {
        let row = row(cell);
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    rows.join("\n") + "\n"
}

fn row(cell: &Cell) -> String {
    let code = match cell.of.as_str() {
        code if cell.fault.starts_with("ok: false") => format!(" (`{code}`)"),
        _ => String::new(),
    };
    let then = &cell.then;
    let shows = match &then.shows {
        Shows::Nothing => "nothing".to_owned(),
        Shows::Unread(kinds) => unread(kinds, &cell.of),
        Shows::Note(words) => format!("a note: ... {words} ..."),
        Shows::Llm(_) => "`llm.note` says why".to_owned(),
        Shows::Commits(_) => "`correlation.note` says why".to_owned(),
        Shows::Stderr(words) if then.status > 3 => format!("no report; stderr: ... {words} ..."),
        Shows::Stderr(words) => format!("nothing; stderr: {words} ..."),
    };
    let hear = match then.notified {
        Notified::Now => "at once",
        Notified::Later => "in the next cycle",
        Notified::Twice => "at once, and again in the next cycle",
        Notified::Unsure => "at each try",
        Notified::Nobody => "nothing of it",
    };
    let (what, how, status) = (cell.dependency, &cell.fault, then.status);
    format!("| {what} | {how}{code} | {status} | {shows} | {hear} |")
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
    if present != table && std::env::var_os("WRITE_FAULTS").is_some() {
        fs::write(PAGE, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(present, table, "WRITE_FAULTS=1 writes it anew");
}
