//! Tables of patterns, and the spans that they mark.

use regex::{Regex, RegexBuilder};

use super::Span;

/// A pattern. If it has groups, only these are masked.
pub(super) struct Shape {
    pub(super) label: &'static str,
    pub(super) pattern: &'static str,
    /// A further condition on what is masked.
    pub(super) accept: fn(&str) -> bool,
}

pub(super) const fn shape(label: &'static str, pattern: &'static str) -> Shape {
    checked(label, pattern, |_| true)
}

pub(super) const fn checked(
    label: &'static str,
    pattern: &'static str,
    accept: fn(&str) -> bool,
) -> Shape {
    Shape {
        label,
        pattern,
        accept,
    }
}

/// A compiled table.
pub(super) type Compiled = Vec<(Regex, &'static Shape)>;

pub(super) fn compile_all(shapes: &'static [Shape]) -> Compiled {
    shapes
        .iter()
        // `every_pattern_compiles` checks that none is dropped.
        .filter_map(|shape| Some((compile(shape.pattern)?, shape)))
        .collect()
}

/// Patterns are ASCII and need no Unicode tables.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).unicode(false).build().ok()
}

pub(super) fn find(table: &Compiled, text: &str, spans: &mut Vec<Span>) {
    for (regex, shape) in table {
        mark(regex, shape.label, shape.accept, text, spans);
    }
}

/// Marks the groups of each match, or the whole match of a pattern without groups.
pub(super) fn mark(
    regex: &Regex,
    label: &'static str,
    accept: impl Fn(&str) -> bool,
    text: &str,
    spans: &mut Vec<Span>,
) {
    // Most texts have none, and groups cost more.
    if !regex.is_match(text) {
        return;
    }
    for captures in regex.captures_iter(text) {
        let first = usize::from(captures.len() > 1);
        for secret in captures.iter().skip(first).flatten() {
            if accept(secret.as_str()) && super::mask_at(&text[secret.start()..]).is_none() {
                spans.push(Span {
                    start: secret.start(),
                    end: secret.end(),
                    label,
                });
            }
        }
    }
}

#[cfg(test)]
pub(super) fn assert_compiles(shapes: &[Shape]) {
    for shape in shapes {
        assert!(compile(shape.pattern).is_some(), "{}", shape.pattern);
        assert!(
            shape.label.len() <= super::LABEL_MAX,
            "{} is too long",
            shape.label
        );
    }
}
