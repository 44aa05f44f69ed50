//! Text that nobody vouches for, made safe for Slack. Pure.
//!
//! The order matters: credentials are masked while the text still has its
//! lines and once more when nothing invisible can hide them; it is cut by what
//! it will cost *after* escaping; and it is escaped last, so that no cut goes
//! through an entity.

use crate::model::text::{clean, clean_lines};
use crate::redact::redact;

/// A backtick would end a span of code; this looks the same and does not.
const LOOKALIKE: char = '\u{2cb}';
/// Invisible, without width, and no part of a word that Slack knows.
const JOINER: char = '\u{2060}';
/// Words that call everybody, where a client reads them in plain text.
const CALLS: [&str; 4] = ["here", "channel", "everyone", "group"];

/// What one character takes of a limit: escaped for Slack, then for JSON, in
/// the units that both kinds of counting stay below.
fn char_cost(c: char) -> usize {
    match c {
        '&' => 5,
        '<' | '>' => 4,
        '@' | '"' | '\\' | '\n' => 2,
        c => c.len_utf16(),
    }
}

/// What finished text takes of a limit.
pub fn cost(finished: &str) -> usize {
    let unit = |c| match c {
        '"' | '\\' | '\n' => 2,
        c => char::len_utf16(c),
    };
    finished.chars().map(unit).sum()
}

/// One line of prose.
pub fn say(text: &str, cap: usize) -> String {
    let text = clean(&redact(text));
    escape(&cut(&redact(&text), cap)).replace('`', "'")
}

/// The same as a sentence: with a full stop, unless it ends with a mark.
pub fn sentence(text: &str, cap: usize) -> String {
    let said = say(text, cap.saturating_sub(1));
    match said.chars().last() {
        None | Some('.' | '!' | '?' | '…' | ':') => said,
        Some(_) => said + ".",
    }
}

/// A span of code; nothing for nothing.
pub fn code(text: &str, cap: usize) -> String {
    let text = clean(&redact(text));
    let text = cut(&redact(&text), cap.saturating_sub(2));
    if text.is_empty() {
        return text;
    }
    format!("`{}`", inert(&escape(&text)))
}

/// A block of code to be pasted. One that does not fit is none: half a command
/// must not be pasted.
pub fn command(text: &str, cap: usize) -> Option<String> {
    let text = clean_lines(&redact(text)).join("\n");
    let text = redact(text.trim()).into_owned();
    if text.is_empty() || text.chars().map(char_cost).sum::<usize>() + 6 > cap {
        return None;
    }
    Some(format!("```{}```", inert(&escape(&text))))
}

/// A link to a page, if the address can be one and nothing else; else its label.
pub fn link(label: &str, url: &str, cap: usize) -> String {
    let label = say(label, cap / 4).replace('|', "/");
    let is_safe = url.starts_with("https://")
        && url
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._~:/?#=%+".contains(c))
        && redact(url) == url;
    let link = format!("<{url}|{label}>");
    if is_safe && !label.is_empty() && cost(&link) <= cap {
        link
    } else {
        label
    }
}

fn inert(code: &str) -> String {
    code.replace('`', &LOOKALIKE.to_string())
}

/// The beginning that fits, with a mark where something is missing.
fn cut(text: &str, cap: usize) -> String {
    if text.chars().map(char_cost).sum::<usize>() <= cap {
        return text.to_owned();
    }
    let mut left = cap.saturating_sub(1);
    let fits = |c: &char| {
        let fits = char_cost(*c) <= left;
        left = left.saturating_sub(char_cost(*c));
        fits
    };
    let kept: String = text.chars().take_while(fits).collect();
    if cap == 0 {
        return String::new();
    }
    kept.trim_end().to_owned() + "…"
}

/// Nothing is left that Slack would read as a mention or a link.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (place, c) in text.char_indices() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => {
                out.push('@');
                if calls_everybody(&text[place + 1..]) {
                    out.push(JOINER);
                }
            }
            c => out.push(c),
        }
    }
    out
}

fn calls_everybody(rest: &str) -> bool {
    CALLS.iter().any(|word| {
        rest.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        for (text, said) in [
            ("plain", "plain"),
            ("<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;@U1&gt;"),
            ("ask @Here now", "ask @\u{2060}Here now"),
            ("me@example.com", "[redacted:email]"),
            ("a `b` c", "a 'b' c"),
            ("two\nlines\u{202e}\u{1b}[31m", "two lines"),
            ("app:1@sha256:ab", "app:1@sha256:ab"),
        ] {
            assert_eq!(say(text, 100), said, "{text:?}");
        }
    }

    #[test]
    fn what_is_cut_is_cut_before_it_is_escaped() {
        assert_eq!(say("abcdef", 6), "abcdef");
        assert_eq!(say("abcdefg", 6), "abcde…");
        assert_eq!(say("ab&&", 12), "ab&amp;&amp;");
        assert_eq!(say("ab&&", 11), "ab&amp;…");
        assert_eq!(say("<<<", 4), "…");
        assert_eq!(say("世界世界", 3), "世界…");
        assert_eq!(say("abc", 0), "");
    }

    #[test]
    fn code_stays_code() {
        assert_eq!(code("a`b", 20), "`aˋb`");
        assert_eq!(code(" \u{0}", 20), "");
        assert_eq!(
            command("echo `id` > x\n```", 99).unwrap(),
            "```echo ˋidˋ &gt; x\nˋˋˋ```"
        );
        assert_eq!(command("0123456789", 12), None);
        assert_eq!(command("", 12), None);
    }

    #[test]
    fn only_clean_addresses_become_links() {
        assert_eq!(link("a", "https://x/y", 99), "<https://x/y|a>");
        for url in [
            "http://x",
            "javascript:x",
            "https://x/|y",
            "https://x/> <!here",
            "",
        ] {
            assert_eq!(link("a", url, 99), "a", "{url}");
        }
        assert_eq!(link("a|b<", "https://x", 99), "<https://x|a/b&lt;>");
        assert_eq!(link("label", "https://a.very.long/address", 20), "label");
    }

    #[test]
    fn credentials_do_not_get_through_in_any_form() {
        let token = format!("ghp_{}", "a1B2".repeat(9));
        for text in [
            token.clone(),
            format!("x {token} y"),
            format!("ghp_\u{200b}{}", &token[4..]),
        ] {
            for said in [say(&text, 99), code(&text, 99), command(&text, 99).unwrap()] {
                assert!(!said.contains("a1B2a1B2"), "{said}");
            }
        }
    }
}
