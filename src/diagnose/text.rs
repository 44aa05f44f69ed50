//! Parsing of messages, and text for facts.

/// Longer texts are cut.
const LONGEST: usize = 300;

/// The text on one line, without repeated spaces.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Words that say why something failed.
const WHY: &[&str] = &[
    "forbidden",
    "denied",
    "refused",
    "not found",
    "no such",
    "no space",
    "read-only",
    "too many",
    "timed out",
    "deadline exceeded",
    "unauthorized",
    "x509",
];

/// The text, cut in the middle at the maximum length: error messages begin with what was
/// done and end with why it failed. Where the middle says why, a part of it stays.
#[must_use]
pub fn clip(text: &str) -> String {
    const PART: usize = LONGEST / 3 - 5;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let part: String = text.chars().take(PART).collect();
    let end = last(text, PART);
    let middle = &text[part.len()..text.len() - end.len()];
    let lower = middle.to_ascii_lowercase();
    let is_told =
        has_any(&part.to_ascii_lowercase(), WHY) || has_any(&end.to_ascii_lowercase(), WHY);
    let why = WHY.iter().filter_map(|word| lower.find(word)).min();
    let Some(at) = why.filter(|_| !is_told) else {
        let start: String = text.chars().take(LONGEST / 2 - 5).collect();
        return format!("{start} ... {}", last(text, LONGEST / 2 - 5));
    };
    let before = last(&middle[..at], PART / 2);
    let after: String = middle[at..].chars().take(PART / 2).collect();
    format!("{part} ... {before}{after} ... {end}")
}

/// The last characters of a text.
fn last(text: &str, most: usize) -> &str {
    let start = text.char_indices().rev().nth(most.saturating_sub(1));
    start.map_or(text, |(at, _)| &text[at..])
}

/// The end of an error message, where its cause stands: what a command printed, else the
/// text after the object that it is about.
#[must_use]
pub fn ending(text: &str) -> String {
    const MOST: usize = 160;
    let text = one_line(text);
    let text = text.trim_end_matches(": unknown");
    let tail = match text.rsplit_once("Output: ") {
        Some((_, output)) => output,
        None => text.split_once("\" : ").map_or(text, |(_, rest)| rest),
    };
    if tail.chars().count() <= MOST {
        return tail.to_owned();
    }
    let end = last(tail, MOST);
    // Begin with a whole word.
    let end = end.split_once(' ').map_or(end, |(_, rest)| rest);
    format!("... {end}")
}

/// Whether the text contains one of the phrases. Both are in lower case.
#[must_use]
pub fn has_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// The text between two markers, or to the end where the second is missing.
#[must_use]
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after).map_or(rest, |(inner, _)| inner))
}

/// The name after a marker, up to a character that names cannot contain.
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

/// The items as a list, cut after the first few.
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
    fn names_are_found_in_messages() {
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
        let cut = clip(&"ä".repeat(999));
        assert!(cut.contains(" ... ") && clip(&cut) == cut);
    }

    #[test]
    fn what_says_why_stays_in_a_text_that_is_cut() {
        let long = "ö".repeat(400);
        let cut = clip(&format!(
            "{long}: configmaps \"x\" is Forbidden: user y {long}"
        ));
        assert!(
            cut.contains("configmaps \"x\" is Forbidden: user y"),
            "{cut}"
        );
        assert!(cut.chars().count() <= LONGEST && clip(&cut) == cut);
        let told = clip(&format!("access denied {long} not found {long}"));
        assert!(!told.contains("not found"), "{told}");
    }
}
