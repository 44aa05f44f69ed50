//! Slack's mrkdwn. Pure.
//!
//! Text is escaped last, after it was cut, so that no cut goes through an entity.

use crate::notify::text::is_safe_url;
use crate::state::{Line, Marker, Span};

/// In place of a backtick, which would end a span of code.
const LOOKALIKE: char = '\u{2cb}';
/// Invisible, without width, and not part of a word that Slack knows.
const JOINER: char = '\u{2060}';
/// Words that notify everybody where a client finds them after an `@` in plain text.
const BROADCASTS: [&str; 4] = ["here", "channel", "everyone", "group"];
/// The longest link.
const LINK: usize = 240;

/// What escaped text takes of Slack's limits, which count characters before or after JSON escapes.
pub fn cost(escaped: &str) -> usize {
    let unit = |c| match c {
        '"' | '\\' | '\n' => 2,
        c => char::len_utf16(c),
    };
    escaped.chars().map(unit).sum()
}

/// Prose: nothing in it is a mention, a link or code.
pub fn prose(text: &str) -> String {
    escape(text).replace('`', "'")
}

/// Bold prose.
pub fn strong(text: &str) -> String {
    format!("*{}*", prose(text).replace('*', "∗"))
}

/// A line with its marker and its command.
pub fn line(line: &Line) -> String {
    let marker = match line.marker {
        Marker::None => String::new(),
        Marker::Bullet => "• ".to_owned(),
        Marker::SubBullet => "    ◦ ".to_owned(),
        Marker::Number(number) => format!("{number}. "),
    };
    let text: String = line.spans.iter().map(span).collect();
    let command = line.command.as_deref().map_or_else(String::new, |command| {
        format!("\n```{}```", escape(command))
    });
    format!("{marker}{text}{command}")
}

fn span(span: &Span) -> String {
    match span {
        Span::Text(text) => prose(text),
        Span::Strong(text) => strong(text),
        Span::Code(text) if text.trim().is_empty() => String::new(),
        Span::Code(text) => format!("`{}`", inert(&escape(text))),
        Span::Link { text, url } => link(&prose(text).replace('|', "/"), url),
    }
}

fn link(label: &str, url: &str) -> String {
    let link = format!("<{url}|{label}>");
    if is_safe_url(url) && !label.is_empty() && cost(&link) <= LINK {
        link
    } else {
        label.to_owned()
    }
}

fn inert(code: &str) -> String {
    code.replace('`', &LOOKALIKE.to_string())
}

/// Nothing is left that Slack would read as a mention or a link.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => {
                out.push('@');
                if is_broadcast(&text[at + 1..]) {
                    out.push(JOINER);
                }
            }
            c => out.push(c),
        }
    }
    out
}

fn is_broadcast(rest: &str) -> bool {
    BROADCASTS.iter().any(|word| {
        rest.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ShellCommand;

    #[test]
    fn prose_is_neither_mention_nor_code() {
        for (text, escaped) in [
            ("plain", "plain"),
            ("<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;@U1&gt;"),
            ("ask @Here now", "ask @\u{2060}Here now"),
            ("a `b` c", "a 'b' c"),
        ] {
            assert_eq!(prose(text), escaped, "{text:?}");
        }
    }

    #[test]
    fn code_cannot_be_ended_from_within() {
        let text = Line::default().code("a`b");
        assert_eq!(line(&text), "`aˋb`");
        let step = Line {
            command: ShellCommand::parse("git log -p -- 'R&D <x>'"),
            ..Line::text("Run")
        };
        assert_eq!(line(&step), "Run\n```git log -p -- 'R&amp;D &lt;x&gt;'```");
    }

    #[test]
    fn links_are_checked_again() {
        let to = |text: &str, url: &str| {
            span(&Span::Link {
                text: text.to_owned(),
                url: url.to_owned(),
            })
        };
        assert_eq!(to("a|b<", "https://x"), "<https://x|a/b&lt;>");
        assert_eq!(to("a", "https://x/> <!here"), "a");
    }
}
