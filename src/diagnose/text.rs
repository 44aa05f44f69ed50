//! Reading other people's sentences.

/// Longest fact that is quoted; the rest says no more.
const LONGEST: usize = 300;

/// All of it in one line, without doubled spaces.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Cut where it gets too long to read.
#[must_use]
pub fn clip(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// Whether one of the words stands in the text. Both in lower context.
#[must_use]
pub fn has_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// What stands between two marks.
#[must_use]
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after).map_or(rest, |(inner, _)| inner))
}

/// What stands after a mark, up to a character that no name holds.
#[must_use]
pub fn name_after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(mark)?;
    let rest = rest.trim_start_matches(['"', '\'', '\\', ' ', '`']);
    let name = rest
        .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')))
        .next()?
        .trim_end_matches('.');
    (!name.is_empty()).then_some(name)
}

/// Things side by side, the first few of many.
#[must_use]
pub fn listed<T: AsRef<str>>(items: &[T]) -> String {
    const MOST: usize = 4;
    let shown: Vec<_> = items.iter().take(MOST).map(AsRef::as_ref).collect();
    match items.len().checked_sub(MOST) {
        None | Some(0) => shown.join(", "),
        Some(more) => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_out_of_sentences() {
        assert_eq!(
            name_after("lookup db.prod.svc: no such host", "lookup "),
            Some("db.prod.svc")
        );
        assert_eq!(name_after("secret \"x\" not found", "secret "), Some("x"));
        assert_eq!(name_after("secret", "secret "), None);
        assert_eq!(between("a [b] c", "[", "]"), Some("b"));
    }

    #[test]
    fn long_lists_and_texts_are_cut() {
        assert_eq!(listed(&["a", "b", "c", "d", "e"]), "a, b, c, d and 1 more");
        assert!(clip(&"ä".repeat(999)).ends_with("..."));
    }
}
