//! Sentences of a model's text, without the marks of Markdown. Pure.

/// Marks around a name or words: they carry no meaning where the text is shown.
const MARKS: &[&str] = &["**", "__"];

/// Programs whose name at the start of code means that the code is a command.
const PROGRAMS: &[&str] = &[
    "kubectl",
    "helm",
    "git",
    "argocd",
    "flux",
    "rm",
    "curl",
    "wget",
    "sudo",
    "ssh",
    "psql",
    "mysql",
    "bash",
    "sh",
    "docker",
    "k3s",
    "systemctl",
    "chmod",
    "chown",
    "vault",
    "velero",
    "redis-cli",
    "etcdctl",
];

/// The text without the marks of bold text and code. Code that is a command keeps its marks, so that
/// the filter finds it.
#[must_use]
pub fn without_marks(text: &str) -> String {
    let mut text = text.to_owned();
    for mark in MARKS {
        text = text.replace(mark, "");
    }
    let mut parts = text.split('`');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    let parts: Vec<_> = parts.collect();
    for (index, part) in parts.iter().enumerate() {
        // Every second part is code, if its mark is closed.
        let is_code = index % 2 == 0 && index + 1 < parts.len();
        if is_code && is_command(part) {
            plain += &format!("`{part}` ");
        } else {
            plain += part;
        }
    }
    plain
}

fn is_command(code: &str) -> bool {
    let mut words = code.split_whitespace();
    let first = words.next().unwrap_or_default();
    words.next().is_some() && PROGRAMS.contains(&first)
        || code.contains("$(")
        || code.contains(" | ")
        || code.contains("&&")
}

/// The sentences of a text: each ends with a full stop, exclamation or question mark
/// before a blank.
#[must_use]
pub fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let bytes = text.as_bytes();
    for (at, mark) in text.match_indices(['.', '!', '?']) {
        let end = at + mark.len();
        let ends = end == bytes.len() || bytes[end] == b' ';
        if ends && !is_abbreviation(&text[start..end]) {
            found.push(text[start..end].trim());
            start = end;
        }
    }
    found.push(text[start..].trim());
    found.retain(|sentence| !sentence.is_empty());
    found
}

fn is_abbreviation(text: &str) -> bool {
    let last = text.rsplit([' ', '(']).next().unwrap_or_default();
    matches!(last, "e.g." | "i.e." | "etc." | "vs." | "approx." | "no.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_names_are_removed_and_commands_are_kept_as_code() {
        for (text, plain) in [
            ("The `mysql` pod is **killed**.", "The mysql pod is killed."),
            (
                "It reads `DB_HOST` from `api-env`.",
                "It reads DB_HOST from api-env.",
            ),
            ("Run `kubectl get pods`.", "Run `kubectl get pods` ."),
            ("One ` is open.", "One  is open."),
        ] {
            assert_eq!(without_marks(text), plain, "{text}");
        }
    }

    #[test]
    fn a_sentence_ends_with_its_mark() {
        assert_eq!(
            sentences("MySQL 8.4 is down (e.g. OOM). Users wait; the app fails! v1.2"),
            [
                "MySQL 8.4 is down (e.g. OOM).",
                "Users wait; the app fails!",
                "v1.2"
            ]
        );
    }
}
