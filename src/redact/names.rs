//! Names of variables, keys, fields and headers with secret values. Their words are in [`words`].

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::values::{self, is_name_byte};
use super::words;

/// Longer names are not looked at.
pub(super) const NAME_MAX: usize = 80;

/// Every secret name contains one of these.
static STEMS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    // `session id` is a name of two words.
    let stems = ["key", "auth", "sess", "ion id", "connection"].iter();
    let owned = words::OWNED.iter().map(|(word, _)| word);
    let listed = words::FOREIGN
        .iter()
        .chain(words::GENERATED)
        .chain(words::SECRET)
        .chain(words::ENDINGS)
        .chain(words::SESSIONS);
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(stems.chain(owned).chain(listed))
        .ok()
});

/// The parts of a text that may be secret names, as (start, end).
pub(super) fn candidates(text: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let Some(stems) = STEMS.as_ref() else {
        return found;
    };
    for stem in stems.find_iter(text) {
        if found.last().is_none_or(|(_, end)| stem.end() > *end) {
            found.push((name_start(text, stem.end()), name_end(text, stem.end())));
        }
    }
    found
}

/// Whether a name is worth a closer look.
pub(super) fn is_candidate(name: &str) -> bool {
    // Letters of other scripts have capitals of their own.
    !name.is_ascii() || STEMS.as_ref().is_some_and(|stems| stems.is_match(name))
}

/// The beginning of the name that ends at an offset. Names of other languages have letters of their own.
pub(super) fn name_start(text: &str, end: usize) -> usize {
    let window = &text[text.floor_char_boundary(end.saturating_sub(NAME_MAX))..end];
    let name = window.chars().rev().take_while(|c| is_name_char(*c));
    end - name.map(char::len_utf8).sum::<usize>()
}

/// The end of the name that an offset is in.
fn name_end(text: &str, from: usize) -> usize {
    let window = &text[from..values::char_end(text, from + NAME_MAX)];
    from + window.find(|c| !is_name_char(c)).unwrap_or(window.len())
}

pub(super) fn is_name_char(c: char) -> bool {
    match u8::try_from(c) {
        Ok(b) if b.is_ascii() => is_name_byte(b),
        _ => c.is_alphanumeric() || is_mark(c),
    }
}

/// Whether the value of a variable, key, field, flag or header with this name is secret:
/// `MYSQL_ROOT_PASSWORD`, `apiKey`, `--auth-token`, `X-Vault-Token`, but not `secretName` or
/// `TOKEN_FILE`.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    if !is_candidate(name) {
        return false;
    }
    let all = split(name);
    // `API_KEY_V2_PROD`: what is left without the qualifiers decides.
    is_secret(name, &all) || is_secret(name, without_qualifiers(&all))
}

/// Whether a value with this name is secret if it looks generated: `session`, `CACHE_SIGNING`, `key`.
pub(super) fn may_be_secret(name: &str) -> bool {
    if !is_candidate(name) {
        return false;
    }
    let all = split(name);
    let kept = without_qualifiers(&all);
    let Some((last, before)) = kept.split_last() else {
        return false;
    };
    let any = |list: &[&str]| kept.iter().any(|w| list.contains(&w.as_str()));
    match last.as_str() {
        "key" | "keys" => !any(words::PUBLIC_KEYS),
        "id" => before
            .last()
            .is_some_and(|w| w.ends_with("session") || w == "sess"),
        last if words::ABOUT.contains(&last) => false,
        _ => any(words::GENERATED) || words::SESSIONS.contains(&kept.concat().as_str()),
    }
}

/// Whether only the word before says whose or which it is: `api key`, `mot de passe`.
pub(super) fn needs_owner(word: &str) -> bool {
    let word = word.to_lowercase();
    word == "key" || word == "keys" || words::OWNED.iter().any(|(owned, _)| *owned == word)
}

fn is_secret(name: &str, words: &[String]) -> bool {
    let Some((last, before)) = words.split_last() else {
        return false;
    };
    if last == "id" {
        let before = before.join(" ");
        return words::SECRET_IDS
            .iter()
            .any(|owner| before.ends_with(owner));
    }
    if words::ABOUT.contains(&last.as_str()) {
        return false;
    }
    let is_any = |list: &[&str]| before.iter().any(|w| list.contains(&w.as_str()));
    // `existingSecret`, `existingSecretPasswordKey`, `passwordSecret`
    if matches!(last.as_str(), "secret" | "key") && is_any(&["existing"])
        || last == "secret"
            && before
                .last()
                .is_some_and(|w| words::NAMED_SECRETS.contains(&w.as_str()))
    {
        return false;
    }
    if last.ends_with('s') && is_any(words::LISTED) {
        return false;
    }
    words.iter().any(|word| is_secret_word(word))
        || is_key(before, last)
        || is_owned(before, last)
        || is_auth(name, before, last)
}

/// Without the environment, version or encoding at the end.
fn without_qualifiers(words: &[String]) -> &[String] {
    let is_qualifier = |w: &String| words::QUALIFIERS.contains(&w.as_str());
    let qualifiers = words.iter().rev().take_while(|w| is_qualifier(w)).count();
    &words[..words.len() - qualifiers]
}

/// Whether it is the name of a password. Passwords are also masked where a word after `token` or
/// `secret` would be prose.
pub(super) fn is_password(name: &str) -> bool {
    let stem = |w: &String| {
        let word = w.as_str();
        w.contains("pass") || word == "pwd" || is_foreign(word)
    };
    split(name).iter().any(stem)
}

/// The label of the mask for a value with this name.
pub(super) fn label(name: &str) -> &'static str {
    let words = split(name);
    let any = |stem: &str| words.iter().any(|w| w.contains(stem));
    if is_password(name) {
        "password"
    } else if any("token") || any("authorization") || any("jwt") || any("bearer") {
        "token"
    } else if any("key") {
        "key"
    } else if any("secret") {
        "secret"
    } else {
        "credential"
    }
}

/// A plural that may be a list of names or a count: `secrets: 3`, `Tokens: default-token`.
pub(super) fn is_plural(name: &str) -> bool {
    split(name).last().is_some_and(|w| {
        matches!(
            w.as_str(),
            "secrets" | "tokens" | "keys" | "creds" | "credentials"
        )
    })
}

fn is_secret_word(word: &str) -> bool {
    words::SECRET.contains(&word)
        || is_foreign(word)
        || words::ENDINGS.iter().any(|ending| word.ends_with(ending))
}

/// A word for password, also at the end of a compound: `datenbankpasswort`, `数据库密码`.
fn is_foreign(word: &str) -> bool {
    let word = word.trim_end_matches(words::PARTICLES);
    words::FOREIGN.iter().any(|foreign| {
        word == *foreign || word.ends_with(foreign) && (foreign.len() >= 8 || !foreign.is_ascii())
    })
}

fn is_key(before: &[String], last: &str) -> bool {
    let owner = before.last().map(String::as_str).unwrap_or_default();
    match last {
        "key" | "keys" => {
            let any = |list: &[&str]| before.iter().any(|w| list.contains(&w.as_str()));
            any(words::KEY_OWNERS) && !any(words::PUBLIC_KEYS)
        }
        // `client-key-data` of a kubeconfig, `keys_base64` of `vault operator init`
        "data" => owner == "key",
        "base" => owner == "keys",
        "string" => owner == "connection",
        _ => false,
    }
}

fn is_auth(name: &str, before: &[String], last: &str) -> bool {
    last == "auth"
        && (name.starts_with("_auth")
            || before
                .last()
                .is_some_and(|w| words::AUTH_OWNERS.contains(&w.as_str())))
}

/// Words that are secret after certain others only.
fn is_owned(before: &[String], last: &str) -> bool {
    words::OWNED
        .iter()
        .any(|(word, owners)| *word == last && before.iter().any(|w| owners.contains(&w.as_str())))
}

/// Splits a name into lower-case words, also in camel case. Trailing digits of a word are dropped.
fn split(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for part in name.split(|c: char| !(c.is_alphanumeric() || is_mark(c))) {
        let bytes = part.as_bytes();
        let mut start = 0;
        for i in 1..bytes.len() {
            let upper = bytes[i].is_ascii_uppercase();
            let after_small = !bytes[i - 1].is_ascii_uppercase();
            let before_small = bytes.get(i + 1).is_some_and(u8::is_ascii_lowercase);
            if upper && (after_small || before_small) {
                push(&mut words, &part[start..i]);
                start = i;
            }
        }
        push(&mut words, &part[start..]);
    }
    words
}

/// Signs that some scripts write within a word.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{93e}'..='\u{94d}' | '\u{e31}' | '\u{e34}'..='\u{e4e}')
}

fn push(words: &mut Vec<String>, word: &str) {
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
    if !word.is_empty() {
        words.push(word.to_lowercase());
    }
}
