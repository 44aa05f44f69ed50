//! The namespace table: which Argo CD Application and which namespace belong
//! to which service.

use super::diagnostic::{Sink, did_you_mean, quote};
use super::fields::Draft;
use super::suggest::Nearest;
use super::values;

/// Rows that are read of one file.
const MOST_ROWS: usize = 5_000;

/// Columns of a table, by position.
struct Columns {
    service: usize,
    app_name: Option<usize>,
    app_file: Option<usize>,
    namespace: Option<usize>,
}

impl Columns {
    /// Reads a header; `None` if the table is about something else.
    fn of(header: &[String]) -> Option<Self> {
        let find = |names: &[&str]| {
            header
                .iter()
                .position(|cell| names.iter().any(|name| cell.eq_ignore_ascii_case(name)))
        };
        let columns = Self {
            service: find(&["Service", "Service Name", "Name"])?,
            app_name: find(&[
                "ArgoCD App Name",
                "Argo CD App Name",
                "App Name",
                "ArgoCD App",
                "Argo CD App",
                "Application",
            ]),
            app_file: find(&["ArgoCD App File", "Argo CD App File", "App File", "File"]),
            namespace: find(&["Namespace"]),
        };
        let useful = columns
            .app_name
            .or(columns.app_file)
            .or(columns.namespace)
            .is_some();
        useful.then_some(columns)
    }
}

/// Fills in what services leave out, and complains where a row contradicts.
pub(super) fn apply(
    drafts: &mut [Draft],
    tables: &[Vec<(usize, String)>],
    sink: &mut Sink<'_, '_>,
) {
    let mut rows_left = MOST_ROWS;
    for table in tables {
        let mut rows = table.iter();
        let Some(columns) = rows.next().and_then(|(_, row)| Columns::of(&cells(row))) else {
            continue;
        };
        for (line, row) in rows.take(rows_left) {
            rows_left -= 1;
            let cells = cells(row);
            if !cells
                .iter()
                .all(|cell| cell.chars().all(|c| "-:= ".contains(c)))
            {
                apply_row(drafts, &columns, &cells, *line, sink);
            }
        }
    }
}

fn cells(row: &str) -> Vec<String> {
    let inner = row.trim().trim_start_matches('|');
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    inner
        .split('|')
        .map(|cell| cell.trim().trim_matches(['`', '*']).trim().to_owned())
        .collect()
}

fn apply_row(
    drafts: &mut [Draft],
    columns: &Columns,
    cells: &[String],
    line: usize,
    sink: &mut Sink<'_, '_>,
) {
    let cell = |column: Option<usize>| {
        column
            .and_then(|column| cells.get(column))
            .filter(|cell| !cell.is_empty() && !values::is_none(cell))
    };
    let Some(name) = cell(Some(columns.service)) else {
        return;
    };
    let name = values::word(name);
    let file = cell(columns.app_file).map(|file| values::word(file));
    let Some(place) = find(drafts, name, file) else {
        warn_if_misspelt(drafts, name, line, sink);
        return;
    };
    if values::is_object_name(name) && !drafts.iter().any(|draft| draft.service.is_called(name)) {
        drafts[place].service.aliases.push(name.to_owned());
    }
    let service = &mut drafts[place].service;
    if service.gitops.app_name.is_none() {
        service.gitops.app_name = cell(columns.app_name).map(|app| values::word(app).to_owned());
    }
    if service.gitops.app_file.is_none() {
        service.gitops.app_file = file.map(str::to_owned);
    }
    let Some(namespace) = cell(columns.namespace).map(|it| values::word(it)) else {
        return;
    };
    match service.namespace.as_deref() {
        None => service.namespace = Some(namespace.to_owned()),
        Some(known) if known != namespace => {
            let message = format!(
                "the table puts `{}` into namespace {}",
                service.name,
                quote(namespace)
            );
            let help = format!(
                "{} was read before and counts; make both agree",
                quote(known)
            );
            sink.warn(sink.place(line, namespace), message, Some(help));
        }
        Some(_) => {}
    }
}

/// By name or alias, else by the Application's file: the table may call a
/// service by another name than its heading.
fn find(drafts: &[Draft], name: &str, file: Option<&str>) -> Option<usize> {
    let place = |wanted: &dyn Fn(&Draft) -> bool| drafts.iter().position(wanted);
    place(&|draft| draft.service.name.eq_ignore_ascii_case(name))
        .or_else(|| place(&|draft| draft.service.is_called(name)))
        .or_else(|| {
            let file = file?;
            place(&|draft| draft.service.gitops.app_file.as_deref() == Some(file))
        })
}

fn warn_if_misspelt(drafts: &[Draft], name: &str, line: usize, sink: &mut Sink<'_, '_>) {
    let mut nearest = Nearest::to(name);
    for draft in drafts {
        nearest.consider(&draft.service.name);
    }
    if let Some(near) = nearest.found().map(did_you_mean) {
        sink.warn(
            sink.place(line, name),
            format!("{} is no listed service", quote(name)),
            Some(near),
        );
    }
}
