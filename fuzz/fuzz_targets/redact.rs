//! Any text: redaction terminates, is idempotent, and masks every credential in any
//! context, by its own format or by a name in any notation.

#![no_main]

use k8s_monitor::redact::{is_secret_name, redact, redact_args, redact_value};
use k8s_monitor_fuzz::text::secret;
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    kind: u8,
    random: u64,
    gap: u8,
    place: u16,
    /// The last field, so that a plain file is a seed.
    text: &'a str,
}

/// A name and a notation: `N` is the name, `V` the value.
const NAMES: &[&str] = &[
    "DB_PASSWORD_V2",
    "apiKey",
    "client-secret",
    "Passwort",
    "contraseña",
];
const NOTATIONS: &[&str] = &[
    "N=V",
    "N: V",
    "\"N\":\"V\"",
    "N => 'V'",
    "{N: Some(\"V\")}",
    "<N>V</N>",
    "('N', 'V')",
    "N is V",
    "- name: N\n  value: V",
    "N:\n  V",
    "export N=V",
];

fuzz_target!(|input: Input| {
    let secret = secret(input.kind, &mut fastrand::Rng::with_seed(input.random));
    // Within a longer word it is not a credential, and mutations produce that.
    if input.text.contains(&secret) {
        return;
    }
    let gap = [" ", "\n", "\t", ": ", " = ", "\r\n"][usize::from(input.gap) % 6];
    let place = usize::from(input.place) % (input.text.len() + 1);
    let (before, after) = input.text.split_at(input.text.floor_char_boundary(place));
    let text = format!("{before}{gap}{secret}{gap}{after}");
    let once = redact(&text);
    assert!(!once.contains(&secret), "{secret} is left: {once}");
    for text in [&text, before, after] {
        let once = redact(text);
        assert_eq!(redact(&once), once, "done twice it is something else");
    }
    // By itself: text around it can make the name another one.
    let value = format!("q7Z{:013x}xK", input.random >> 12);
    let name = NAMES[usize::from(input.kind) % NAMES.len()];
    let notation = NOTATIONS[usize::from(input.gap) % NOTATIONS.len()];
    let named = notation
        .replace('N', "\0")
        .replace('V', &value)
        .replace('\0', name);
    let once = redact(&named);
    assert!(!once.contains(&value), "{value} is left: {once}");
    let name = before.lines().last().unwrap_or_default();
    _ = is_secret_name(name);
    let once = redact_value(name, &text);
    assert!(!once.contains(&secret), "{secret} is left: {once}");
    assert_eq!(redact_value(name, &once), once, "{name}");
    let words: Vec<&str> = text.split(' ').collect();
    let once = redact_args(&words);
    assert!(once.iter().all(|word| !word.contains(&secret)), "{once:?}");
    assert_eq!(redact_args(&once), once);
});
