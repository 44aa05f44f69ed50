//! Words of a command: which are shown, and how.

use std::fmt;

/// Why there is no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    what: &'static str,
    why: &'static str,
}

impl Refusal {
    pub(super) const fn new(what: &'static str, why: &'static str) -> Self {
        Self { what, why }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what, self.why)
    }
}

/// What a word is, and so which text it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordKind {
    /// The name of an object or a namespace.
    Name,
    /// A kind, with its group where it needs one: `replicaset.example.org`.
    Kind,
    /// A commit, by its SHA.
    Commit,
    /// A branch of a repository.
    Branch,
    /// A path or a location: any text that can be quoted.
    Text,
}

const LONGEST_NAME: usize = 253;
const LONGEST_TEXT: usize = 400;

impl WordKind {
    /// Why this text is no word of the kind.
    pub fn problem(self, text: &str) -> Option<&'static str> {
        let longest = match self {
            Self::Name | Self::Kind | Self::Commit | Self::Branch => LONGEST_NAME,
            Self::Text => LONGEST_TEXT,
        };
        if text.is_empty() {
            return Some("is empty");
        }
        if text.starts_with('-') {
            return Some("begins with a hyphen, like an option");
        }
        if text.chars().count() > longest {
            return Some("is too long");
        }
        match self {
            Self::Name | Self::Kind if !is_name(text) => {
                Some("has characters that Kubernetes does not allow in names")
            }
            Self::Commit if !is_commit(text) => Some("is not a SHA"),
            Self::Branch if !is_branch(text) => Some("has characters that are unsafe in a command"),
            Self::Text if !text.chars().all(is_showable) || text.starts_with(':') => {
                Some("has characters that are unsafe in a command")
            }
            Self::Name | Self::Kind | Self::Commit | Self::Branch | Self::Text => None,
        }
    }
}

/// A subset of what the API server allows for the kinds that commands name.
fn is_name(text: &str) -> bool {
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    is_end(text.chars().next()) && is_end(text.chars().last()) && text.chars().all(allowed)
}

fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_hexdigit())
}

/// Neither a refspec (`+x`, `x:y`) nor an expression of revisions (`x~1`, `x..y`).
fn is_branch(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._/".contains(c);
    let first = text.chars().next();
    first.is_some_and(|c| c.is_ascii_alphanumeric())
        && text.chars().all(allowed)
        && !text.contains("..")
        && !text.ends_with('/')
}

/// A character that every form of output shows unchanged and that is itself within quotes. A
/// backslash is not in fish, nor an exclamation mark in csh; Slack changes backticks and mentions.
pub fn is_showable(c: char) -> bool {
    match c {
        ' '..='~' => !matches!(c, '\\' | '`' | '!' | '@'),
        c => c.is_alphanumeric() && !is_blank_letter(c) && !is_right_to_left(c),
    }
}

/// Letters that are shown as nothing.
fn is_blank_letter(c: char) -> bool {
    matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
}

/// Letters that change the order in which the characters beside them are shown.
fn is_right_to_left(c: char) -> bool {
    matches!(c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// The word as a shell reads it: as it is if it is plain in every shell, else in single quotes.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=+".contains(c);
    // A leading `=` is replaced in zsh.
    if !word.is_empty() && word.chars().all(is_plain) && !word.starts_with('=') {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
