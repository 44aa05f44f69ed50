//! The form for a browser: one page without scripts, which loads nothing.
//!
//! The template escapes all text. The page's policy also forbids the browser to run or
//! load anything. No meaning is given by colour alone.

mod graph;
mod inline;
mod uptime_bar;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::blocks::{Block, Entry, Event, Fact, Headline, Item, Line, Page, Table};
use inline::{inline, severity_class, span};

const STYLE: &str = include_str!("style.css");

/// What a browser may do with the page: apply [`STYLE`], by its SHA-256.
const POLICY: &str = "default-src 'none'; \
     style-src 'sha256-KydNHEisqwPMm5MTlV+fXWSSTAJvwwkEttkBWRhjcVw='; \
     base-uri 'none'; form-action 'none'";

/// Renders a page as HTML.
pub fn render(page: &Page) -> String {
    let (headline, blocks) = match page.blocks.split_first() {
        Some((Block::Headline(headline), rest)) => (Some(headline), rest),
        _ => (None, page.blocks.as_slice()),
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (page.title.plain()) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                @match headline {
                    Some(headline) => { (header(headline)) }
                    None => { header { h1 { (inline(&page.title)) } } }
                }
                main { @for item in blocks { (block(item, 2)) } }
                @if let Some(line) = &page.footer { footer { p { (inline(line)) } } }
            }
        }
    };
    page.into_string()
}

fn header(headline: &Headline) -> Markup {
    html! {
        header class=[headline.severity.map(severity_class)] {
            @if !headline.context.is_empty() { p.context { (inline(&headline.context)) } }
            h1 {
                @if let Some(severity) = headline.severity { (inline::badge(severity)) " " }
                (inline(&headline.sentence))
            }
            @for detail in &headline.details { p { (inline(detail)) } }
            @for note in &headline.notes { p.note { strong { "Note: " } (inline(note)) } }
        }
    }
}

/// A block. Headings in it have this level.
fn block(block: &Block, level: usize) -> Markup {
    html! {
        @match block {
            Block::Headline(headline) => { p { (inline(&headline.sentence)) } }
            Block::Section { title, blocks } => {
                section {
                    (heading(level, &inline(title)))
                    @for item in blocks { (self::block(item, level + 1)) }
                }
            }
            Block::Entries(entries) => { @for item in entries { (entry(item, level)) } }
            Block::Facts(items) => { (facts(items, level)) }
            Block::Table(items) => { (table(items)) }
            Block::List { ordered, items } => { (list(*ordered, items, level)) }
            Block::Code { lines } => { pre { code { (lines.join("\n")) } } }
            Block::Command(command) => { pre { code { (command) } } }
            Block::Timeline(events) => { (timeline(events)) }
            Block::Graph { title, steps } => {
                (heading(level, &html! { (title) }))
                (graph::graph(steps))
            }
            Block::Paragraph(line) => { p { (inline(line)) } }
        }
    }
}

fn heading(level: usize, text: &Markup) -> Markup {
    html! {
        @match level {
            2 => { h2 { (text) } }
            3 => { h3 { (text) } }
            4 => { h4 { (text) } }
            _ => { h5 { (text) } }
        }
    }
}

fn entry(entry: &Entry, level: usize) -> Markup {
    let title = html! { (inline::badge(entry.severity)) " " (inline(&entry.title)) };
    let status = Line::from(&entry.id).text(", ").line(entry.status.clone());
    html! {
        details id=(entry.id) class={ "incident " (severity_class(entry.severity)) }
            open[!entry.folded] {
            summary {
                (heading(level, &title))
                p.status-line { (inline(&status)) }
            }
            @for item in &entry.blocks { (block(item, level + 1)) }
        }
    }
}

/// Facts of one line share a list of terms; others have a heading.
fn facts(facts: &[Fact], level: usize) -> Markup {
    let is_short = |fact: &Fact| matches!(fact.value.as_slice(), [Block::Paragraph(_)]);
    let groups = facts.chunk_by(|a, b| is_short(a) && is_short(b));
    html! {
        @for group in groups {
            @if is_short(&group[0]) {
                dl {
                    @for fact in group {
                        dt { (fact.label) }
                        dd {
                            @for item in &fact.value {
                                @if let Block::Paragraph(line) = item { (inline(line)) }
                            }
                        }
                    }
                }
            } @else {
                @for fact in group {
                    (heading(level, &html! { (fact.label) }))
                    @for item in &fact.value { (block(item, level + 1)) }
                }
            }
        }
    }
}

fn list(ordered: bool, items: &[Item], level: usize) -> Markup {
    let is_marked = items.iter().any(|item| item.mark.is_some());
    let items = html! {
        @for item in items {
            li {
                @if let Some(mark) = &item.mark { strong { (span(mark)) } " " }
                (inline(&item.text))
                @for nested in &item.blocks { (block(nested, level)) }
            }
        }
    };
    html! {
        @if ordered { ol { (items) } }
        @else if is_marked { ul.marked { (items) } }
        @else { ul { (items) } }
    }
}

fn timeline(events: &[Event]) -> Markup {
    html! {
        ol.timeline {
            @for event in events {
                li {
                    (inline(&Line::new().time(event.at)))
                    span { (inline(&event.text)) " " span.lag { (event.lag) } }
                }
            }
        }
    }
}

fn table(table: &Table) -> Markup {
    let strips = table.strips.as_ref();
    let skipped = usize::from(table.grouped);
    let columns = table.titles.len() - skipped + usize::from(strips.is_some());
    let rows: Vec<_> = table.rows.iter().enumerate().collect();
    html! {
        @if strips.is_some() { (uptime_bar::legend()) }
        table {
            thead {
                tr {
                    @for title in &table.titles[skipped..] { th scope="col" { (title) } }
                    @if strips.is_some() { th scope="col" { (uptime_bar::TITLE) } }
                }
            }
            @for group in rows.chunk_by(|(_, a), (_, b)| !table.grouped || a[0] == b[0]) {
                tbody {
                    @if table.grouped {
                        tr.group { th colspan=(columns) scope="rowgroup" { (inline(&group[0].1[0])) } }
                    }
                    @for (at, cells) in group { (row(table, *at, &cells[skipped..])) }
                }
            }
        }
    }
}

fn row(table: &Table, at: usize, cells: &[Line]) -> Markup {
    let titles = &table.titles[table.titles.len() - cells.len()..];
    html! {
        tr {
            @for (index, (title, cell)) in titles.iter().zip(cells).enumerate() {
                @if index == 0 { th scope="row" { (inline(cell)) } }
                @else { td data-label=(title) { (inline(cell)) } }
            }
            @if let Some(strips) = &table.strips {
                td data-label=(uptime_bar::TITLE) {
                    @if let Some(days) = strips.rows.get(at) {
                        (uptime_bar::strip(days, strips.today))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use ring::digest::{SHA256, digest};

    use super::*;

    #[test]
    fn the_policy_names_the_style() {
        let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
        assert!(
            POLICY.contains(&format!("'sha256-{hash}'")),
            "the style has changed: its hash is {hash}"
        );
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    }
}
