//! Text from the cluster, from GitHub and from the model, made safe for a message. Pure.
//!
//! Credentials are masked while the text still has its lines, and again when no invisible
//! character can hide them. Then the text is cut. Notifiers escape it for their own markup.

use crate::model::ShellCommand;
use crate::model::text::clean;
use crate::redact::redact;
use crate::state::Span;

/// What one character takes of a limit. Characters that most receivers escape, in HTML or in JSON,
/// count as much as their escape: a text within its limit stays within it.
fn char_cost(c: char) -> usize {
    match c {
        '&' => 5,
        '<' | '>' => 4,
        '@' | '"' | '\\' | '\n' => 2,
        c => c.len_utf16(),
    }
}

/// What a text takes of a limit.
pub fn cost(text: &str) -> usize {
    text.chars().map(char_cost).sum()
}

/// One line of prose.
pub fn prose(text: &str, cap: usize) -> String {
    let text = clean(&redact(text));
    cut(&redact(&text), cap)
}

/// One line of prose that ends with a full stop, unless it ends with another mark.
pub fn sentence(text: &str, cap: usize) -> String {
    let text = prose(text, cap.saturating_sub(1));
    match text.chars().last() {
        None | Some('.' | '!' | '?' | '…' | ':') => text,
        Some(_) => text + ".",
    }
}

/// A name or a value.
pub fn code(text: &str, cap: usize) -> String {
    prose(text, cap.saturating_sub(2))
}

/// Why a command is not in a message: part of a command, or one with a gap, must not be pasted.
pub fn command_problem(command: &ShellCommand, cap: usize) -> Option<&'static str> {
    if redact(command) != **command {
        Some("the command contains what looks like a credential")
    } else if cost(command) + 6 > cap {
        Some("the command is too long for a message: see the report")
    } else {
        None
    }
}

/// A link, if the address is safe to show; otherwise its label.
pub fn link(label: &str, url: &str, cap: usize) -> Span {
    let text = prose(label, cap / 4);
    if is_safe_url(url) && cost(url) + cost(&text) + 3 <= cap && !text.is_empty() {
        let url = url.to_owned();
        Span::Link { text, url }
    } else {
        Span::Text(text)
    }
}

/// An https address without a credential and without a character that could end a link.
pub fn is_safe_url(url: &str) -> bool {
    url.starts_with("https://")
        && url
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._~:/?#=%+".contains(c))
        && redact(url) == url
}

/// The beginning that fits, with an ellipsis where something is missing.
pub fn cut(text: &str, cap: usize) -> String {
    if cost(text) <= cap {
        return text.to_owned();
    }
    if cap == 0 {
        return String::new();
    }
    let mut left = cap - 1;
    let fits = |c: &char| {
        let fits = char_cost(*c) <= left;
        left = left.saturating_sub(char_cost(*c));
        fits
    };
    let kept: String = text.chars().take_while(fits).collect();
    kept.trim_end().to_owned() + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_one_clean_line_without_credentials() {
        for (text, expected) in [
            ("plain", "plain"),
            ("<!channel> & <@U1>", "<!channel> & <@U1>"),
            ("me@example.com", "[redacted:email]"),
            ("two\nlines\u{202e}\u{1b}[31m", "two lines"),
            ("app:1@sha256:ab", "app:1@sha256:ab"),
        ] {
            assert_eq!(prose(text, 100), expected, "{text:?}");
        }
    }

    #[test]
    fn a_cut_allows_for_escapes() {
        for (text, cap, expected) in [
            ("abcdef", 6, "abcdef"),
            ("abcdefg", 6, "abcde…"),
            ("ab&&", 12, "ab&&"),
            ("ab&&", 11, "ab&…"),
            ("<<<", 4, "…"),
            ("世界世界", 3, "世界…"),
            ("abc", 0, ""),
        ] {
            assert_eq!(prose(text, cap), expected, "{text:?} {cap}");
        }
    }

    #[test]
    fn a_command_is_whole_or_left_out() {
        let command = ShellCommand::parse("k8s-monitor doctor").unwrap();
        assert_eq!(command_problem(&command, 24), None);
        assert!(command_problem(&command, 23).unwrap().contains("too long"));
        let name = format!("xoxb-1234567890-1234567890-{}", "a".repeat(24));
        let command = ShellCommand::parse(&format!("kubectl describe pod {name}")).unwrap();
        let problem = command_problem(&command, 600);
        assert!(problem.unwrap().contains("credential"));
    }

    #[test]
    fn only_safe_addresses_become_links() {
        let text = |text: &str| Span::Text(text.to_owned());
        let url = "https://x/y".to_owned();
        let link_to = |url: &str, cap| link("a", url, cap);
        assert_eq!(
            link_to(&url, 99),
            Span::Link {
                text: "a".to_owned(),
                url
            }
        );
        for url in [
            "http://x",
            "javascript:x",
            "https://x/|y",
            "https://x/> <!here",
            "",
        ] {
            assert_eq!(link_to(url, 99), text("a"), "{url}");
        }
        assert_eq!(
            link("label", "https://a.very.long/address", 20),
            text("label")
        );
    }

    #[test]
    fn no_credential_passes_in_any_form() {
        let token = format!("ghp_{}", "a1B2".repeat(9));
        for text in [
            token.clone(),
            format!("x {token} y"),
            format!("ghp_\u{200b}{}", &token[4..]),
        ] {
            for shown in [prose(&text, 99), code(&text, 99)] {
                assert!(!shown.contains("a1B2a1B2"), "{shown}");
            }
        }
    }
}
