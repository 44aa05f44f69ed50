//! What a heading opens, judged by what stands around it. Numbered items of a
//! list, sentences that begin with a number and `#` comments look like
//! headings and are none; taking one for a service would invent an outage.

use super::lines::Heading;
use crate::model::Tier;

/// What the line before was.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum PreviousLine {
    /// A blank line, a rule, a table, a heading, or the file's start.
    Gap,
    Prose,
    Bullet,
}

/// What the judgement rests on.
#[derive(Clone, Debug)]
pub(super) struct HeadingContext {
    /// Hashes of the section's heading; `None` before the first section.
    pub(super) section_hashes: Option<usize>,
    /// Hashes of the open heading below the section; 0 without.
    pub(super) block_hashes: usize,
    /// Number of the last numbered section.
    pub(super) last_number: u32,
    /// Indent of the open key's bullet.
    pub(super) key_indent: Option<usize>,
    pub(super) before: PreviousLine,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Section,
    /// A service, or a part of a prose section: its keys will tell.
    Service,
    /// A part of the service above.
    Part,
}

/// The role of a heading, or `None` if it is none after all.
pub(super) fn role(heading: &Heading, around: &HeadingContext) -> Option<Role> {
    if around.block_hashes > 0 && heading.hashes > around.block_hashes {
        return Some(Role::Part);
    }
    match heading.number.len() {
        0 => unnumbered(heading, around),
        1 => is_section(heading, around).then_some(Role::Section),
        2 => is_service(heading, around).then_some(Role::Service),
        _ => (!heading.is_plain() || around.before == PreviousLine::Gap).then_some(Role::Part),
    }
}

/// `## Critical (P0)`, `### mysql`, `**Critical (P0)**`. In a file whose
/// sections have no hashes, a `#` line is a comment.
fn unnumbered(heading: &Heading, around: &HeadingContext) -> Option<Role> {
    if heading.hashes == 0 {
        return tier_in_bracket(&heading.title).map(|_| Role::Section);
    }
    match around.section_hashes {
        Some(own) if own > 0 && heading.hashes > own => {
            let tiered = tier_in_title(&heading.title).is_some();
            // `# Services` above `## Critical (P0)` is the title of the file.
            let first = own == 1 && heading.hashes == 2 && tiered;
            Some(if first { Role::Section } else { Role::Service })
        }
        Some(0) => tier_in_title(&heading.title).map(|_| Role::Section),
        _ => Some(Role::Section),
    }
}

/// A plain `2. ...` opens a section when its bracket names a tier, or when it
/// stands apart and counts on; else it is an item of a list.
fn is_section(heading: &Heading, around: &HeadingContext) -> bool {
    if heading.hashes > 0 {
        return true;
    }
    let apart = around.before == PreviousLine::Gap;
    if tier_in_bracket(&heading.title).is_some() {
        return apart || !is_deep(heading, around);
    }
    // Where sections have hashes, a plain number begins an item of a list.
    let plain_file = around.section_hashes.unwrap_or(0) == 0;
    plain_file
        && apart
        && !is_deep(heading, around)
        && heading.number.first() > Some(&around.last_number)
}

/// A plain `1.3 ...` opens a service when it stands apart; close to other
/// lines only if it cannot be the rest of a sentence.
fn is_service(heading: &Heading, around: &HeadingContext) -> bool {
    if !heading.is_plain() || around.before == PreviousLine::Gap {
        return true;
    }
    let one_word = !heading.title.is_empty() && !heading.title.contains(char::is_whitespace);
    match around.before {
        PreviousLine::Prose => one_word,
        _ => !is_deep(heading, around),
    }
}

fn is_deep(heading: &Heading, around: &HeadingContext) -> bool {
    heading.is_plain()
        && around
            .key_indent
            .is_some_and(|indent| heading.indent > indent)
}

/// The tier that a title states: `(P0 - ...)`, `(P2-P3)` (the more critical
/// end), `[P1]`; without a bracket, `P1 services` or `Tier P1` too.
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
        let places = [words.first().copied(), words.last().copied(), named];
        places
            .into_iter()
            .flatten()
            .find_map(|word| word.parse().ok())
    })
}

/// The most critical tier named inside a bracket of the title.
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
