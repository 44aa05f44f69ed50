//! The form for a terminal.

use unicode_width::UnicodeWidthStr as _;

use super::RenderOptions;
use super::blocks::{Block, Entry, Event, Fact, Headline, Item, Line, Page, Style, Table};
use super::terminal::{Piece, Terminal, glued, words};

/// Columns for the labels of facts.
const LABEL: usize = 14;

/// Renders a page as text.
pub fn render(page: &Page, options: RenderOptions) -> String {
    let mut out = Terminal::new(options.color, options.width);
    for block in &page.blocks {
        if !matches!(block, Block::Section { .. }) {
            out.gap();
        }
        write_block(&mut out, 0, block);
    }
    if let Some(footer) = &page.footer {
        out.gap();
        let faint = out.styles.faint;
        let words = words(footer, &out.styles, faint);
        out.wrapped(0, 0, &words);
    }
    out.finish()
}

fn write_block(out: &mut Terminal, indent: usize, block: &Block) {
    match block {
        Block::Headline(headline) => write_headline(out, headline),
        Block::Section { title, blocks } => {
            out.gap();
            let strong = out.styles.strong;
            let words = words(title, &out.styles, strong);
            out.wrapped(indent, indent, &words);
            for block in blocks {
                // A table begins at the edge, for grep.
                let inside = match block {
                    Block::Table(_) => indent,
                    _ => indent + 2,
                };
                write_block(out, inside, block);
            }
        }
        Block::Entries(entries) => entries
            .iter()
            .enumerate()
            .for_each(|(at, entry)| write_entry(out, at, entry)),
        Block::Facts(facts) => facts.iter().for_each(|fact| write_fact(out, indent, fact)),
        Block::Table(table) => write_table(out, indent, table),
        Block::List { ordered, items } => write_list(out, indent, *ordered, items),
        Block::Code { lines } => {
            for line in lines {
                out.verbatim(indent, out.styles.plain, line);
            }
        }
        Block::Command(command) => out.verbatim(indent, out.styles.command, command),
        Block::Timeline(events) => events
            .iter()
            .for_each(|event| write_event(out, indent, event)),
        Block::Graph { .. } => {}
        Block::Paragraph(line) => write_line(out, indent, indent, line),
    }
}

/// A line, and the addresses of its links below it, whole for copying.
fn write_line(out: &mut Terminal, column: usize, hang: usize, line: &Line) {
    let words = words(line, &out.styles, out.styles.plain);
    out.wrapped(column, hang, &words);
    for span in line.spans() {
        if let Style::Link(url) = span.style() {
            let faint = out.styles.faint;
            out.verbatim(hang, faint, url);
        }
    }
}

fn write_headline(out: &mut Terminal, headline: &Headline) {
    let styles = out.styles;
    let mut indent = 0;
    if let Some(severity) = headline.severity {
        out.lead(0, styles.severity(severity), severity.as_str());
        indent = severity.as_str().len() + 2;
    }
    let mut sentence = words(&headline.sentence, &styles, styles.strong);
    if !headline.context.is_empty() {
        let mut context = vec![(styles.plain, "(".to_owned())];
        context.extend(glued(&headline.context, &styles, styles.plain));
        context.push((styles.plain, ")".to_owned()));
        sentence.push(context);
    }
    out.wrapped(indent, indent, &sentence);
    for detail in &headline.details {
        write_line(out, indent, indent, detail);
    }
    for note in &headline.notes {
        out.lead(indent, styles.yellow, "Note:");
        write_line(out, indent + 6, indent + 6, note);
    }
}

fn write_entry(out: &mut Terminal, at: usize, entry: &Entry) {
    let styles = out.styles;
    let color = if entry.muted {
        styles.faint
    } else {
        styles.severity(entry.severity)
    };
    let severity = vec![(color, entry.severity.as_str().to_owned())];
    let mut head = vec![severity];
    head.extend(words(&entry.title, &styles, styles.strong));
    let indent = if let Some(number) = entry.number {
        if at > 0 {
            out.gap();
        }
        out.lead(0, styles.strong, &format!("{number}."));
        out.wrapped(3, 3, &head);
        let status = Line::from(&entry.id).text(", ").line(entry.status.clone());
        write_line(out, 3, 3, &status);
        3
    } else {
        out.lead(0, styles.strong, &entry.id);
        out.wrapped(entry.id.width() + 2, 4, &head);
        write_line(out, 4, 4, &entry.status);
        4
    };
    for block in &entry.blocks {
        write_block(out, indent, block);
    }
}

fn write_fact(out: &mut Terminal, indent: usize, fact: &Fact) {
    let faint = out.styles.faint;
    out.lead(indent, faint, &fact.label);
    if fact.label.width() + 1 > LABEL {
        out.flush();
    }
    for block in &fact.value {
        write_block(out, indent + LABEL, block);
    }
    out.flush();
}

fn write_event(out: &mut Terminal, indent: usize, event: &Event) {
    let mut line = Line::new()
        .time(event.at)
        .text("  ")
        .line(event.text.clone());
    if !event.lag.is_empty() {
        line = line.text(&format!(", {}", event.lag));
    }
    write_line(out, indent, indent + 2, &line);
}

fn write_list(out: &mut Terminal, indent: usize, ordered: bool, items: &[Item]) {
    let styles = out.styles;
    let marks = items.iter().filter_map(|item| item.mark.as_ref());
    let widest = marks.map(|mark| mark.text().width()).max();
    let hang = match widest {
        Some(widest) => indent + widest + 2,
        None if ordered => indent + 3,
        None => indent + 2,
    };
    for (index, item) in items.iter().enumerate() {
        match &item.mark {
            Some(mark) => out.lead(indent, styles.of(mark.style(), styles.plain), mark.text()),
            None if ordered => out.lead(indent, styles.plain, &format!("{}.", index + 1)),
            None => out.lead(indent, styles.plain, "-"),
        }
        write_line(out, hang, hang, &item.text);
        for block in &item.blocks {
            write_block(out, hang, block);
        }
    }
}

/// A table. Where it is wider than the page, its columns move together; where that is not
/// enough, each row becomes a sentence.
fn write_table(out: &mut Terminal, indent: usize, table: &Table) {
    let styles = out.styles;
    let titles = table.titles.iter();
    let header = titles.map(|title| vec![(styles.faint, title.to_uppercase())]);
    let mut rows: Vec<Vec<Vec<Piece>>> = vec![header.collect()];
    for row in &table.rows {
        let cells = row.iter().enumerate();
        let cells = cells.map(|(at, cell)| {
            let base = match (table.grouped, at) {
                (true, 0) => styles.strong,
                _ => styles.plain,
            };
            glued(cell, &styles, base)
        });
        rows.push(cells.collect());
    }
    let widths: Vec<usize> = (0..table.titles.len())
        .map(|at| rows.iter().map(|row| width(&row[at])).max().unwrap_or(0))
        .collect();
    let total = indent + widths.iter().sum::<usize>();
    let gaps = widths.len().saturating_sub(1);
    if let Some(gap) = [2, 1]
        .into_iter()
        .find(|gap| total + gap * gaps <= out.width)
    {
        for row in &rows {
            out.row(indent, gap, row, &widths, &table.right);
        }
    } else {
        for row in &table.rows {
            write_sentence(out, indent, table, row);
        }
    }
}

fn width(cell: &[Piece]) -> usize {
    cell.iter().map(|(_, text)| text.width()).sum()
}

/// The cells that name the row, then title and text of the others.
fn write_sentence(out: &mut Terminal, indent: usize, table: &Table, row: &[Line]) {
    let styles = out.styles;
    let (names, others) = row.split_at(table.names);
    let names: Vec<_> = names.iter().map(Line::plain).collect();
    let mut sentence = words(
        &Line::new().strong(&format!("{}:", names.join(" "))),
        &styles,
        styles.plain,
    );
    let titles = table.titles.iter().skip(table.names);
    for (title, cell) in titles.zip(others).filter(|(_, cell)| !cell.is_empty()) {
        let mut word = vec![(styles.plain, format!("{} ", title.to_lowercase()))];
        word.extend(glued(cell, &styles, styles.plain));
        word.push((styles.plain, ",".to_owned()));
        sentence.push(word);
    }
    if let Some(word) = sentence.last_mut() {
        word.pop_if(|(_, text)| text == ",");
    }
    out.wrapped(indent, indent + 2, &sentence);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Fact;

    fn shown(blocks: Vec<Block>, width: usize) -> String {
        let page = Page {
            blocks,
            ..Page::default()
        };
        let color = false;
        render(&page, RenderOptions { color, width })
    }

    #[test]
    fn lines_wrap_by_display_columns() {
        let wide = "世界".repeat(5);
        let text = shown(vec![Block::paragraph(format!("{wide} {wide} {wide}"))], 45);
        assert_eq!(text, format!("{wide} {wide}\n{wide}\n"));
    }

    #[test]
    fn spans_without_a_blank_stay_together() {
        let line = Line::new().code("a").text(": b").strong(" c");
        let styles = Terminal::new(false, 80).styles;
        assert_eq!(words(&line, &styles, styles.plain).len(), 3);
    }

    #[test]
    fn labels_and_bullets_share_the_first_line() {
        let nested = Item::new("two").with(Block::list([Item::new("three")]));
        let list = Block::list([Item::new("one"), nested]);
        let facts = vec![
            Fact::of("Findings", list.into_iter().collect()),
            Fact::new("A label that is too long", "value"),
        ];
        let expected = "\
Findings      - one
              - two
                - three
A label that is too long
              value
";
        assert_eq!(shown(vec![Block::Facts(facts)], 80), expected);
    }
}
