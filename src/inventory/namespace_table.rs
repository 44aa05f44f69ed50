//! The namespace table: the Argo CD Application and the namespace of each service.

use super::diagnostic::{Diagnostics, did_you_mean, quote};
use super::fields::Draft;
use super::suggest::Nearest;
use super::values;

/// Rows that are read from one file.
const MAX_ROWS: usize = 5_000;

/// Indices of the columns.
struct Columns {
    service: usize,
    app_name: Option<usize>,
    app_file: Option<usize>,
    namespace: Option<usize>,
}

impl Columns {
    /// Reads a header. `None` if it is another table.
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
        let is_useful = columns
            .app_name
            .or(columns.app_file)
            .or(columns.namespace)
            .is_some();
        is_useful.then_some(columns)
    }
}

/// Fills in what services leave out, and warns where a row contradicts a service.
pub(super) fn apply(
    drafts: &mut [Draft],
    tables: &[Vec<(usize, String)>],
    diagnostics: &mut Diagnostics<'_, '_>,
) {
    let mut rows_left = MAX_ROWS;
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
                apply_row(drafts, &columns, &cells, *line, diagnostics);
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
    diagnostics: &mut Diagnostics<'_, '_>,
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
    let Some(index) = find(drafts, name, file) else {
        warn_if_misspelled(drafts, name, line, diagnostics);
        return;
    };
    if values::is_object_name(name) && !drafts.iter().any(|draft| draft.service.is_called(name)) {
        drafts[index].service.aliases.push(name.to_owned());
    }
    let service = &mut drafts[index].service;
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
                "the table lists `{}` in namespace {}",
                service.name,
                quote(namespace)
            );
            let help = format!(
                "{} was read first and counts; correct one of the two",
                quote(known)
            );
            diagnostics.warn(diagnostics.span(line, namespace), message, Some(help));
        }
        Some(_) => {}
    }
}

/// Finds a service by name or alias, else by the file of its Application.
fn find(drafts: &[Draft], name: &str, file: Option<&str>) -> Option<usize> {
    let index = |wanted: &dyn Fn(&Draft) -> bool| drafts.iter().position(wanted);
    index(&|draft| draft.service.name.eq_ignore_ascii_case(name))
        .or_else(|| index(&|draft| draft.service.is_called(name)))
        .or_else(|| {
            let file = file?;
            index(&|draft| draft.service.gitops.app_file.as_deref() == Some(file))
        })
}

fn warn_if_misspelled(
    drafts: &[Draft],
    name: &str,
    line: usize,
    diagnostics: &mut Diagnostics<'_, '_>,
) {
    let mut nearest = Nearest::to(name);
    for draft in drafts {
        nearest.consider(&draft.service.name);
    }
    if let Some(near) = nearest.found().map(did_you_mean) {
        diagnostics.warn(
            diagnostics.span(line, name),
            format!("{} is not a listed service", quote(name)),
            Some(near),
        );
    }
}
