//! Secrets in command lines: after an option (`--password x`) or attached to it (`mysql -px`), in a
//! text or as a list of arguments.

use super::names::{self, is_secret_name};
use super::programs::{NAMES, PLACES, PROGRAMS, Short};
use super::values::{self, is_name_byte, is_quote};
use super::{MASK, MAX_PASSES, Span, allowlist, redact, shapes};

/// The options of a command are searched in this many bytes after its name.
const LINE_MAX: usize = 1000;

/// Subcommands of `mc alias set`, also by its former name.
const ALIASES: &[&str] = &["alias", "host"];

pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    long_options(text, spans);
    aliases(text, spans);
    shapes::find(&PLACES, text, spans);
    let Some(programs) = NAMES.as_ref() else {
        return;
    };
    let mut done = [0; PROGRAMS.len()];
    for found in programs.find_overlapping_iter(text) {
        let row = found.pattern().as_usize();
        let start = found.end();
        let is_word = !text[..found.start()].ends_with(|c: char| c.is_ascii_alphanumeric());
        // The rest of a line is read once.
        if !is_word || start < done[row] {
            continue;
        }
        done[row] = line_end(text, start);
        for short in PROGRAMS[row].1 {
            short_options(&text[start..done[row]], start, *short, spans);
        }
    }
}

/// Masks secrets in the arguments of a command, also those that only the preceding argument
/// identifies.
#[must_use]
pub fn redact_args<S: AsRef<str>>(args: &[S]) -> Vec<String> {
    let mut redacted = once(args);
    // As in `redact`: a mask can reveal an adjacent secret.
    for _ in 1..MAX_PASSES {
        let again = once(&redacted);
        if again == redacted {
            break;
        }
        redacted = again;
    }
    redacted
}

fn once<S: AsRef<str>>(args: &[S]) -> Vec<String> {
    let mut program: &[Short] = &[];
    let mut previous = "";
    let mut alias = Alias::default();
    let mut out = Vec::with_capacity(args.len());
    for arg in args.iter().map(AsRef::as_ref) {
        out.push(if alias.is_secret(arg) {
            format!("{MASK}key]")
        } else {
            redact_arg(program, previous, arg)
        });
        let base = arg.rsplit('/').next().unwrap_or(arg);
        if program.is_empty() {
            let known = PROGRAMS.iter().filter(|(p, _)| base.starts_with(p));
            // `mysqldump` is more than `mysql`.
            let longest = known.max_by_key(|(p, _)| p.len());
            program = longest.map_or(&[], |(_, options)| options);
        }
        previous = arg;
    }
    out
}

fn redact_arg(program: &[Short], previous: &str, arg: &str) -> String {
    let hide = |kept: &str, label: &str| format!("{kept}{MASK}{label}]");
    let option = previous
        .strip_prefix('-')
        .map(|o| o.trim_start_matches('-'))
        .filter(|o| o.bytes().all(is_name_byte));
    if let Some(option) = option
        && is_secret_name(option)
        && !arg.starts_with('-')
        && !allowlist::is_allowed(option, arg)
    {
        return hide("", names::label(option));
    }
    for short in program {
        if let Some(skip) = short.secret(previous, arg)
            && skip < arg.len()
            && !allowlist::is_allowed("password", &arg[skip..])
            // A mask contains a colon, too.
            && super::mask_at(&arg[skip.saturating_sub(MASK.len())..]).is_none()
        {
            return redact(&hide(&arg[..skip], "password")).into_owned();
        }
    }
    redact(arg).into_owned()
}

/// `--password x`, `-token x`, also as elements of a list in JSON or YAML. `--password=x` is left to
/// [`super::pairs`].
fn long_options(text: &str, spans: &mut Vec<Span>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(found) = text[from..].find('-') {
        let dash = from + found;
        let dashes = bytes[dash..].iter().take_while(|b| **b == b'-').count();
        let name = dash + dashes;
        let length = bytes[name..]
            .iter()
            .take_while(|b| is_name_byte(**b))
            .count();
        from = name + length;
        let begins =
            dash == 0 || !bytes[dash - 1].is_ascii_alphanumeric() && bytes[dash - 1] != b'_';
        if length == 0 || length > 64 || dashes > 2 || !begins || !is_secret_name(&text[name..from])
        {
            continue;
        }
        if let Some(value) = argument(text, from) {
            let word = value.of(text);
            let option = &text[name..name + length];
            if !word.starts_with('-')
                && !allowlist::is_allowed(option, word)
                && !allowlist::is_prose(word)
            {
                spans.push(Span {
                    start: value.start,
                    end: value.end,
                    label: names::label(option),
                });
            }
        }
    }
}

/// The argument after an option that ends at an offset.
fn argument(text: &str, end: usize) -> Option<values::Extent> {
    let bytes = text.as_bytes();
    let escaped = bytes[end..].iter().take_while(|b| **b == b'\\').count();
    let quoted = bytes.get(end + escaped).is_some_and(|b| is_quote(*b));
    let mut at = if quoted { end + escaped + 1 } else { end };
    let gap = at;
    let skip = |b: u8| b.is_ascii_whitespace() || (quoted && b == b',');
    while at < bytes.len() && at - gap < 100 && skip(bytes[at]) {
        at += 1;
    }
    let is_list = text[gap..at].contains('\n');
    if is_list && !text[at..].starts_with("- ") && !quoted {
        return None;
    }
    if is_list && let Some(rest) = text[at..].strip_prefix("- ") {
        at = text.len() - rest.trim_start_matches(' ').len();
    }
    if at == gap {
        return None;
    }
    let value = values::quoted(text, at).unwrap_or_else(|| shell_word(text, at));
    (value.start < value.end).then_some(value)
}

/// An argument of a command line, up to the next blank, quote or escape. Unlike in a query it may
/// contain `&name=`.
fn shell_word(text: &str, start: usize) -> values::Extent {
    let word = values::word(text, start, None);
    let ends = |c: char| c.is_whitespace() || c.is_control() || "\"'`\\".contains(c);
    let rest = &text[start..];
    let whole = &rest[..rest.find(ends).unwrap_or(rest.len())];
    let whole = whole.trim_end_matches([',', ';', ')', ']', '}']);
    values::Extent {
        end: word.end.max(start + whole.len()),
        ..word
    }
}

/// The words before an argument of `mc alias set NAME URL KEY SECRET`.
#[derive(Default)]
struct Alias<'t>([&'t str; 5]);

impl<'t> Alias<'t> {
    /// Whether the next argument is the secret of an alias.
    fn is_secret(&mut self, arg: &'t str) -> bool {
        if arg.starts_with('-') {
            return false;
        }
        let is_secret = match self.0 {
            ["alias", "set", _, url, _] | ["host", "add", _, url, _] => {
                (url.contains("://") || url.starts_with('$'))
                    && !allowlist::is_allowed("secret", arg)
            }
            _ => false,
        };
        self.0.rotate_left(1);
        self.0[4] = arg;
        is_secret
    }
}

fn aliases(text: &str, spans: &mut Vec<Span>) {
    for word in ALIASES {
        let mut from = 0;
        while let Some(found) = text[from..].find(word) {
            let start = from + found;
            let end = line_end(text, start + word.len());
            let mut alias = Alias::default();
            for (at, arg) in arguments(&text[start..end]) {
                if alias.is_secret(arg) {
                    spans.push(Span {
                        start: start + at,
                        end: start + at + arg.len(),
                        label: "key",
                    });
                }
            }
            from = end;
        }
    }
}

fn line_end(text: &str, start: usize) -> usize {
    let rest = &text.as_bytes()[start..];
    let length = rest.iter().take(LINE_MAX).position(|b| *b == b'\n');
    let mut end = start + length.unwrap_or(rest.len().min(LINE_MAX));
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

fn short_options(line: &str, offset: usize, short: Short, spans: &mut Vec<Span>) {
    let mut previous = "";
    for (at, arg) in arguments(line) {
        let start = offset + at;
        if let Some(skip) = short.secret(previous, arg)
            && skip < arg.len()
            && !allowlist::is_allowed("password", &arg[skip..])
        {
            spans.push(Span {
                start: start + skip,
                end: start + arg.len(),
                label: "password",
            });
        }
        previous = arg;
    }
}

/// Arguments with their offsets, separated by blanks and quotes and without list punctuation.
fn arguments(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    line.split(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\'' | '`' | '\\'))
        .map(move |part| {
            let start = at;
            at += part.len() + 1;
            let arg = part.trim_start_matches(['[', '(', '{', ',']);
            let start = start + part.len() - arg.len();
            (start, arg.trim_end_matches([',', ']', ')', '}', ';']))
        })
        .filter(|(_, arg)| !arg.is_empty())
}
