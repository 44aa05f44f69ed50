//! What programming languages write around a value when they print it: `Some("x")`, `b'x'`,
//! `(string) (len=1) "x"`, `string(1) "x"`, `!!str x`.

use std::sync::LazyLock;

use regex::Regex;

use super::values;

/// The maximum length of what is before a value.
const BEFORE_MAX: usize = 80;

/// Before a quote.
static BEFORE_QUOTE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"^(?:\(\*?[a-z]+\) ?(?:\((?:len=|cap=|0x)?[0-9a-f]+\) ?)*|string\([0-9]+\) ?|s:[0-9]+:|<<|\[|(?:[A-Za-z_][A-Za-z0-9_:.]*(?:<[A-Za-z0-9_:, ]*>)?\(){1,3}|&?(?:'static )?(?:str|String|string|text|bytes|char)\??(?:\[\])? = |\*{0,2}&[a-z]+ |[bBuUrRfFN@$])\\*["'`]"#,
    )
    .ok()
});

/// Before any value: tags and anchors of YAML, pointers of Go, `Some(`, opening quotation marks.
static BEFORE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"^(?:!+[A-Za-z][A-Za-z0-9/.:-]* +|&[A-Za-z0-9_-]+ +|\(\*?string\) ?(?:\((?:len=)?[0-9a-fx]+\) ?)*|Some\(|[“‘„«「『]|"""|''')"#,
    )
    .ok()
});

/// The offset of the value without what is around it.
pub(super) fn skip(text: &str, value: usize) -> usize {
    let window = &text[value..values::char_end(text, value + BEFORE_MAX)];
    if !window.starts_with(|c: char| !c.is_ascii_whitespace()) {
        return value;
    }
    let length = |regex: &LazyLock<Option<Regex>>| {
        let found = regex.as_ref().and_then(|regex| regex.find(window));
        found.map(|found| found.end())
    };
    if let Some(length) = length(&BEFORE_QUOTE) {
        let before = window[..length - 1].trim_end_matches('\\').len();
        // A list is left to who reads lists.
        return if window.starts_with('[') {
            value
        } else {
            value + before
        };
    }
    match length(&BEFORE) {
        Some(3) if window.len() == 3 || window[3..].starts_with(['"', '\'']) => value,
        Some(length) => value + length,
        None => value,
    }
}
