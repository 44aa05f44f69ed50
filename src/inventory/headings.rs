//! The role of a heading: section, service or subheading. Numbered list items, sentences that begin
//! with a number and `#` comments only look like headings. Reading one as a service would report an
//! outage that does not exist.

use super::lines::Heading;
use crate::model::Tier;

/// The kind of the previous line.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum PreviousLine {
    /// A blank line, a rule, a table, a heading, or the start of the file.
    Blank,
    Prose,
    Bullet,
}

/// What the role of a heading depends on.
#[derive(Clone, Debug)]
pub(super) struct HeadingContext {
    /// Hashes of the section's heading; `None` before the first section.
    pub(super) section_hashes: Option<usize>,
    /// Hashes of the open heading below the section, or 0.
    pub(super) block_hashes: usize,
    /// Number of the last numbered section.
    pub(super) last_number: u32,
    /// Indent of the open key's bullet.
    pub(super) key_indent: Option<usize>,
    pub(super) before: PreviousLine,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum HeadingRole {
    Section,
    /// A service, or part of a prose section, which depends on its keys.
    Service,
    /// A heading inside the service above.
    Subheading,
}

/// The role of a heading, or `None` if the line is not a heading.
pub(super) fn role(heading: &Heading, context: &HeadingContext) -> Option<HeadingRole> {
    if context.block_hashes > 0 && heading.hashes > context.block_hashes {
        return Some(HeadingRole::Subheading);
    }
    match heading.number.len() {
        0 => unnumbered(heading, context),
        1 => is_section(heading, context).then_some(HeadingRole::Section),
        2 => is_service(heading, context).then_some(HeadingRole::Service),
        _ => (!heading.is_plain() || context.before == PreviousLine::Blank)
            .then_some(HeadingRole::Subheading),
    }
}

/// `## Critical (P0)`, `### mysql`, `**Critical (P0)**`. In a file whose
/// sections have no hashes, a `#` line is a comment.
fn unnumbered(heading: &Heading, context: &HeadingContext) -> Option<HeadingRole> {
    if heading.hashes == 0 {
        return tier_in_bracket(&heading.title).map(|_| HeadingRole::Section);
    }
    match context.section_hashes {
        Some(own) if own > 0 && heading.hashes > own => {
            let tiered = tier_in_title(&heading.title).is_some();
            // `# Services` above `## Critical (P0)` is the title of the file.
            let first = own == 1 && heading.hashes == 2 && tiered;
            Some(if first {
                HeadingRole::Section
            } else {
                HeadingRole::Service
            })
        }
        Some(0) => tier_in_title(&heading.title).map(|_| HeadingRole::Section),
        _ => Some(HeadingRole::Section),
    }
}

/// A plain `2. ...` opens a section when its title has a tier in brackets, or when it follows a
/// blank line and continues the numbering. Otherwise it is a list item.
fn is_section(heading: &Heading, context: &HeadingContext) -> bool {
    if heading.hashes > 0 {
        return true;
    }
    let follows_blank = context.before == PreviousLine::Blank;
    if tier_in_bracket(&heading.title).is_some() {
        return follows_blank || !is_deep(heading, context);
    }
    // In a file whose sections have hashes, a plain number is a list item.
    let is_plain_file = context.section_hashes.unwrap_or(0) == 0;
    is_plain_file
        && follows_blank
        && !is_deep(heading, context)
        && heading.number.first() > Some(&context.last_number)
}

/// A plain `1.3 ...` opens a service when it follows a blank line, or when it cannot be the rest of
/// a sentence.
fn is_service(heading: &Heading, context: &HeadingContext) -> bool {
    if !heading.is_plain() || context.before == PreviousLine::Blank {
        return true;
    }
    let is_one_word = !heading.title.is_empty() && !heading.title.contains(char::is_whitespace);
    match context.before {
        PreviousLine::Prose => is_one_word,
        _ => !is_deep(heading, context),
    }
}

fn is_deep(heading: &Heading, context: &HeadingContext) -> bool {
    heading.is_plain()
        && context
            .key_indent
            .is_some_and(|indent| heading.indent > indent)
}

/// The tier in a title: `(P0 - ...)`, `(P2-P3)` (the more critical one), `[P1]`, or without
/// brackets `P1 services` or `Tier P1`.
pub(super) fn tier_in_title(title: &str) -> Option<Tier> {
    tier_in_bracket(title).or_else(|| {
        let words: Vec<&str> = title
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| !w.is_empty())
            .collect();
        let named = words
            .windows(2)
            .find(|pair| {
                ["tier", "priority"]
                    .iter()
                    .any(|word| pair[0].eq_ignore_ascii_case(word))
            })
            .map(|pair| pair[1]);
        let candidates = [words.first().copied(), words.last().copied(), named];
        candidates
            .into_iter()
            .flatten()
            .find_map(|word| word.parse().ok())
    })
}

/// The most critical tier in the brackets of a title.
pub(super) fn tier_in_bracket(title: &str) -> Option<Tier> {
    let inside = &title[title.find(['(', '['])?..];
    inside
        .split(|c: char| !c.is_alphanumeric())
        .filter_map(|word| word.parse().ok())
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_in_titles() {
        for (title, tier) in [
            ("Critical Services (P0 - Business Critical)", Some(Tier::P0)),
            ("Support Services (P2-P3)", Some(Tier::P2)),
            ("Support [p3/P2]", Some(Tier::P2)),
            ("P1 services", Some(Tier::P1)),
            ("Services of tier P1 and so on", Some(Tier::P1)),
            ("What we do when a P0 fails at night", None),
            ("Common Patterns", None),
            ("Extras (P4)", None),
        ] {
            assert_eq!(tier_in_title(title), tier, "{title}");
        }
    }
}
