//! The form in Markdown, as GitHub renders it.
//!
//! Text goes through [`escape`], [`code`] or a block of code: it cannot become markup,
//! break a table or mention anybody.

use std::ops::Deref;

use super::blocks::{Block, Entry, Fact, Headline, Item, Line, Page, Span, Style, Table, Tone};

/// Renders a page as Markdown.
pub fn render(page: &Page) -> String {
    let mut out = String::new();
    if !matches!(page.blocks.first(), Some(Block::Headline(_))) {
        push(&mut out, &format!("# {}", inline(&page.title)));
    }
    write_blocks(&mut out, 2, &page.blocks);
    match &page.footer {
        Some(footer) => format!("{out}---\n\n{}\n", inline(footer)),
        None => out.trim_end().to_owned() + "\n",
    }
}

fn write_blocks(out: &mut String, level: usize, blocks: &[Block]) {
    for block in blocks {
        write_block(out, level, block);
    }
}

/// A block with an empty line after it.
fn write_block(out: &mut String, level: usize, block: &Block) {
    match block {
        Block::Headline(headline) => write_headline(out, headline),
        Block::Section { title, blocks } => {
            push(out, &format!("{} {}", "#".repeat(level), inline(title)));
            write_blocks(out, level + 1, blocks);
        }
        Block::Entries(entries) => {
            for entry in entries {
                write_entry(out, level, entry);
            }
        }
        Block::Facts(facts) => write_facts(out, level, facts),
        Block::Table(table) => write_table(out, table),
        Block::List { ordered, items } => {
            write_list(out, 0, *ordered, items);
            out.push('\n');
        }
        Block::Code { lines } => {
            out.push_str(&fenced("text", lines, 0));
            out.push('\n');
        }
        Block::Command(command) => {
            out.push_str(&fenced("sh", &[command.as_str()], 0));
            out.push('\n');
        }
        Block::Timeline(events) => {
            for event in events {
                let lag = match event.lag.as_str() {
                    "" => String::new(),
                    lag => format!(", {}", escape(lag)),
                };
                let at = inline(&Line::new().time(event.at));
                *out += &format!("- {at}: {}{lag}\n", inline(&event.text));
            }
            out.push('\n');
        }
        Block::Graph { .. } => {}
        Block::Paragraph(line) => push(out, &inline(line)),
    }
}

fn write_headline(out: &mut String, headline: &Headline) {
    let severity = headline
        .severity
        .map_or_else(String::new, |severity| format!("{severity}: "));
    push(out, &format!("# {severity}{}", inline(&headline.sentence)));
    if !headline.context.is_empty() {
        push(out, &format!("**{}**", inline(&headline.context)));
    }
    for detail in &headline.details {
        push(out, &inline(detail));
    }
    for note in &headline.notes {
        push(out, &format!("> **Note:** {}", inline(note)));
    }
}

fn write_entry(out: &mut String, level: usize, entry: &Entry) {
    let number = entry
        .number
        .map_or_else(String::new, |number| format!("{number}. "));
    let (marks, title) = ("#".repeat(level), inline(&entry.title));
    push(out, &format!("{marks} {number}{}: {title}", entry.severity));
    push(
        out,
        &format!("{}, {}", code(&entry.id), inline(&entry.status)),
    );
    write_blocks(out, level + 1, &entry.blocks);
}

/// Facts of one line form a table; others have a label above them.
fn write_facts(out: &mut String, level: usize, facts: &[Fact]) {
    let mut is_table = false;
    for fact in facts {
        let label = escape(&fact.label);
        if let [Block::Paragraph(line)] = fact.value.as_slice() {
            if !is_table {
                *out += "| | |\n| --- | --- |\n";
            }
            *out += &format!("| {label} | {} |\n", cell(line));
            is_table = true;
            continue;
        }
        if is_table {
            out.push('\n');
        }
        is_table = false;
        let (first, rest) = match fact.value.as_slice() {
            [Block::Paragraph(line), rest @ ..] => (format!(": {}", inline(line)), rest),
            all => (String::new(), all),
        };
        push(out, &format!("**{label}**{first}"));
        write_blocks(out, level, rest);
    }
    if is_table {
        out.push('\n');
    }
}

fn write_table(out: &mut String, table: &Table) {
    *out += &format!("| {} |\n", table.titles.join(" | "));
    *out += &format!("|{}\n", " --- |".repeat(table.titles.len()));
    for row in &table.rows {
        let cells: Vec<_> = row.iter().map(cell).collect();
        *out += &format!("| {} |\n", cells.join(" | "));
    }
    out.push('\n');
}

fn write_list(out: &mut String, indent: usize, ordered: bool, items: &[Item]) {
    let pad = " ".repeat(indent);
    for (index, item) in items.iter().enumerate() {
        let bullet = if ordered {
            format!("{}. ", index + 1)
        } else {
            "- ".to_owned()
        };
        let mark = item
            .mark
            .as_ref()
            .map_or_else(String::new, |mark| format!("**{}** ", escape(mark.text())));
        *out += &format!("{pad}{bullet}{mark}{}\n", inline(&item.text));
        let inside = indent + bullet.len();
        for block in &item.blocks {
            match block {
                Block::List { ordered, items } => write_list(out, inside, *ordered, items),
                Block::Code { lines } => *out += &fenced("text", lines, inside),
                Block::Command(command) => *out += &fenced("sh", &[command.as_str()], inside),
                block => write_nested(out, inside, block),
            }
        }
    }
}

/// Any other block within an item: indented, with an empty line before it.
fn write_nested(out: &mut String, indent: usize, block: &Block) {
    let mut inner = String::new();
    write_block(&mut inner, 6, block);
    let pad = " ".repeat(indent);
    for line in inner.trim_end().lines() {
        *out += &format!("\n{pad}{line}");
    }
    out.push('\n');
}

/// Adds a paragraph.
fn push(out: &mut String, text: &str) {
    out.push_str(text);
    out.push_str("\n\n");
}

fn inline(line: &Line) -> String {
    line.spans().iter().map(span).collect()
}

/// A line within a table, where a pipe would end even a span of code.
fn cell(line: &Line) -> String {
    let spans = line.spans().iter();
    spans
        .map(|part| match part.style() {
            Style::Code => span(part).replace('|', "\\|"),
            _ => span(part),
        })
        .collect()
}

fn span(span: &Span) -> String {
    let text = span.text();
    // Markup that begins or ends with a blank is none.
    let wrapped = |mark: &str| {
        let trimmed = text.trim();
        let (before, after) = text.split_once(trimmed).unwrap_or_default();
        format!("{before}{mark}{}{mark}{after}", escape(trimmed))
    };
    match span.style() {
        Style::Strong | Style::Tone(Tone::Bad | Tone::Warning) => wrapped("**"),
        Style::Code => code(text),
        Style::Link(url) => format!("[{}]({url})", escape(text)),
        Style::Plain
        | Style::Tone(Tone::Good | Tone::Faint)
        | Style::Severity(_)
        | Style::Status(_)
        | Style::Time(_) => escape(text),
    }
}

/// Text that stays text.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // GitHub reads a mention within markup too.
            '@' => escaped.push_str("@\u{200b}"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' => {
                escaped.extend(['\\', c]);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// A span of code.
fn code(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(text) + 1);
    // A backtick at either end would join the fence.
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A block of code, indented to belong to an item of a list.
fn fenced<T: Deref<Target = str>>(language: &str, lines: &[T], indent: usize) -> String {
    let longest = lines.iter().map(|line| longest_run(line)).max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    let pad = " ".repeat(indent);
    let mut block = format!("{pad}{fence}{language}\n");
    for line in lines {
        block += format!("{pad}{}", &**line).trim_end();
        block.push('\n');
    }
    block + &format!("{pad}{fence}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escape("a | b # c"), "a \\| b \\# c");
        assert_eq!(escape("<script>&"), "&lt;script&gt;&amp;");
        assert_eq!(
            escape("**x** `y` [z](u)"),
            "\\*\\*x\\*\\* \\`y\\` \\[z\\](u)"
        );
        assert_eq!(escape("ping @octocat"), "ping @\u{200b}octocat");
        assert_eq!(escape("SLACK_BOT_TOKEN"), "SLACK\\_BOT\\_TOKEN");
    }

    #[test]
    fn code_stays_code() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("a|b"), "`a|b`");
        assert_eq!(cell(&Line::new().code("a|b")), "`a\\|b`");
        let lines = ["x", "```", "y"].map(str::to_owned);
        assert_eq!(
            fenced("sh", &lines, 3),
            "   ````sh\n   x\n   ```\n   y\n   ````\n"
        );
    }

    #[test]
    fn markup_does_not_begin_with_a_blank() {
        let line = Line::new().text("a").strong(" b ").text("c");
        assert_eq!(inline(&line), "a **b** c");
    }
}
