//! The commits and objects that a text of a model names. Pure.

use std::sync::LazyLock;

use regex::Regex;

use super::commands::AllowedNames;

/// A word of hexadecimal digits that may be a commit.
static HEX: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\b[0-9a-f]{7,64}\b").ok());

/// A commit by the word before it, or by its short id.
static AFTER_COMMIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:commit|revision|sha|changeset)\s+(?P<sha>[0-9a-f]{4,64})\b|\bC(?P<number>[0-9]{1,3})\b|(?:^|[\s(])#(?P<pull>[0-9]{1,7})\b").ok()
});

/// The short id of a commit.
static SHORT_ID: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(?:[Cc]ommit )?C(?P<number>[0-9]{1,3})\b").ok());

/// A name after a kind, or after a kind and a slash.
static AFTER_KIND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:pods?|deployments?|stateful ?sets?|daemon ?sets?|replica ?sets?|jobs?|cron ?jobs?|services?|secrets?|config ?maps?|pvcs?",
        r"|claims?|persistentvolumeclaims?|pvs?|persistentvolumes?|volumes?|nodes?|namespaces?|ingress(?:es)?|certificates?|(?:cluster)?issuers?",
        r"|(?:cluster)?secretstores?|externalsecrets?|applications?|gateways?|httproutes?|containers?|databases?)",
        r"(?:/|\s+(?:called\s+|named\s+)?)(?P<name>[a-z0-9][a-z0-9._-]*[a-z0-9])\b",
    ))
    .ok()
});

/// A name in the form of a pod's: with an ordinal, or with the hashes of a Deployment.
static POD_LIKE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(?P<base>[a-z][a-z0-9-]*?)-(?:[0-9]{1,3}|[0-9a-f]{6,10}-[a-z0-9]{5})\b").ok()
});

/// Whether every commit, digest and pull request that a text names was shown to the model.
#[must_use]
pub fn commits_exist(text: &str, shown: &str, names: &AllowedNames) -> bool {
    let (Some(hex), Some(after)) = (HEX.as_ref(), AFTER_COMMIT.as_ref()) else {
        return false;
    };
    let is_known = |word: &str| {
        let word = word.to_ascii_lowercase();
        shown.contains(&word) || names.commits.iter().any(|sha| sha.starts_with(&word))
    };
    let looks_like_hash = |word: &str| {
        let has = |is: fn(&u8) -> bool| word.as_bytes().iter().any(is);
        word.len() >= 40 || has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
    };
    let hashes = hex.find_iter(text).map(|found| found.as_str());
    hashes.filter(|word| looks_like_hash(word)).all(is_known)
        && after.captures_iter(text).all(|found| {
            let group = |name| found.name(name).map(|found| found.as_str());
            group("sha").is_none_or(is_known)
                && group("number").is_none_or(|number| {
                    names.commit(&format!("C{number}")).is_some()
                        || is_word(shown, &format!("C{number}"))
                })
                && group("pull").is_none_or(|pull| {
                    shown.contains(&format!("#{pull}")) || shown.contains(&format!("pull/{pull}"))
                })
        })
}

/// Whether every object that a text names exists or was shown to the model.
#[must_use]
pub fn objects_exist(text: &str, shown: &str, names: &AllowedNames) -> bool {
    let (Some(after_kind), Some(pod_like)) = (AFTER_KIND.as_ref(), POD_LIKE.as_ref()) else {
        return false;
    };
    let lower = text.to_lowercase();
    let is_known = |name: &str| is_word(shown, name) || names.scope.exists(name);
    let is_base = |name: &str| is_known(name) || is_word(shown, name);
    after_kind.captures_iter(&lower).all(|found| {
        let name = found["name"].trim_end_matches(['.', '-', '_']);
        let after_slash = found[0].contains('/');
        !(after_slash || looks_like_name(name, &is_base)) || is_known(name)
    }) && pod_like
        .captures_iter(&lower)
        .all(|found| !is_base(&found["base"]) || is_known(&found[0]))
}

/// Whether a word after a kind is a name and no word of English: it has a digit, or a hyphen after
/// the name of something.
fn looks_like_name(word: &str, is_base: &dyn Fn(&str) -> bool) -> bool {
    let has_digit = word.bytes().any(|b| b.is_ascii_digit());
    let has_letter = word.bytes().any(|b| b.is_ascii_alphabetic());
    match word.split_once('-') {
        Some((base, _)) => has_letter && (has_digit || is_base(base)),
        None => false,
    }
}

/// Whether a text has a word, with no letter, digit or hyphen beside it.
fn is_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// The text with the SHA in place of a commit's short id.
#[must_use]
pub fn with_commits(text: &str, names: &AllowedNames) -> String {
    let Some(regex) = SHORT_ID.as_ref() else {
        return text.to_owned();
    };
    let replaced = regex.replace_all(text, |found: &regex::Captures| {
        match names.commit(&format!("C{}", &found["number"])) {
            Some(sha) => format!("commit {}", sha.get(..7).unwrap_or(sha)),
            None => found[0].to_owned(),
        }
    });
    replaced.into_owned()
}

/// Whether a text names one of the subjects. Hyphens, blanks and case make no difference, and of a
/// name of several parts two suffice.
#[must_use]
pub fn names_subject(text: &str, subjects: &[&str]) -> bool {
    let plain = |text: &str| -> String {
        text.to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric())
            .collect()
    };
    let whole = plain(text);
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .collect();
    subjects
        .iter()
        .filter(|subject| !subject.is_empty())
        .any(|subject| {
            let parts: Vec<_> = subject
                .split(['-', '_', '.', ' '])
                .filter(|part| part.len() > 2)
                .map(str::to_lowercase)
                .collect();
            let found = parts.iter().filter(|part| words.contains(part)).count();
            whole.contains(&plain(subject)) || found >= 2
        })
}
