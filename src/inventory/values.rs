//! Values of keys: names, hosts, lists, workloads, yes and no.

use super::model::{WorkloadKind, WorkloadRef};

/// Names that are read from one list. A longer list is a mistake.
pub(super) const MAX_NAMES: usize = 500;

/// Splits `vault (secrets)` into `vault` and the note `secrets`.
pub(super) fn split_note(text: &str) -> (&str, Option<&str>) {
    let Some(index) = text.find(['(', '[']) else {
        return (text.trim(), None);
    };
    let note = text[index + 1..].trim();
    let note = note.strip_suffix([')', ']']).unwrap_or(note).trim();
    (
        text[..index].trim(),
        Some(note).filter(|note| !note.is_empty()),
    )
}

/// The value without its note and the quotes around it.
pub(super) fn plain(text: &str) -> &str {
    let (body, _) = split_note(text);
    body.trim_matches(|c: char| c.is_whitespace() || "`*\"'<>".contains(c))
}

/// The first word of the value, for names without blanks.
pub(super) fn word(text: &str) -> &str {
    plain(text)
        .split([' ', '\t', ',', ';'])
        .next()
        .unwrap_or_default()
        .trim_matches(['`', '"', '\''])
}

/// Splits a list at commas, semicolons, `and` and `&`, but not inside
/// brackets: `AWS (EC2, S3), mysql and vault` has three parts.
pub(super) fn split_list(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (index, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            ',' | ';' if depth == 0 => {
                parts.push(&text[start..index]);
                start = index + 1;
            }
            ' ' if depth == 0 && index >= start => {
                for joint in [" and ", " & "] {
                    if text[index..].starts_with(joint) {
                        parts.push(&text[start..index]);
                        start = index + joint.len();
                    }
                }
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
        .into_iter()
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

/// Whether a value means none.
pub(super) fn is_none(text: &str) -> bool {
    let body = plain(text).trim_end_matches('.').to_ascii_lowercase();
    [
        "none",
        "n/a",
        "na",
        "nothing",
        "-",
        "–",
        "—",
        "nil",
        "not applicable",
    ]
    .contains(&body.as_str())
}

/// Host names in a value: `https://a.b/path (admin), c.d` gives `a.b`, `c.d`.
pub(super) fn hosts(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || ",;()[]<>`\"'".contains(c))
        .filter_map(host)
        .collect()
}

fn host(word: &str) -> Option<String> {
    let (scheme, rest) = match word.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, word),
    };
    let name = rest.split(['/', '?', '#']).next()?;
    let name = name
        .rsplit('@')
        .next()?
        .split(':')
        .next()?
        .trim_end_matches('.');
    let shaped = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._*".contains(c))
        && !name.starts_with('.')
        && name.chars().any(|c| c.is_ascii_alphabetic());
    // Without a scheme a name needs a dot, because it may be an ordinary word.
    (shaped && (scheme || name.contains('.'))).then(|| name.to_ascii_lowercase())
}

/// A valid name of a Kubernetes object: at most 253 lower-case letters, digits, dashes and dots.
pub(super) fn is_object_name(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() <= 253
        && text.starts_with(inner)
        && text.ends_with(inner)
        && text.chars().all(|c| inner(c) || c == '-' || c == '.')
}

/// A valid name of a namespace: without dots, at most 63 characters.
pub(super) fn is_namespace_name(text: &str) -> bool {
    text.len() <= 63 && !text.contains('.') && is_object_name(text)
}

/// `2 (HA enabled)`, `2 replicas`, `2-5` (the lower end), or `one per node` (no fixed number). `Err`
/// for anything else.
pub(super) fn replicas(text: &str) -> Result<Option<u32>, ()> {
    let body = plain(text).to_ascii_lowercase();
    let free = ["per node", "daemonset", "n/a", "varies", "auto"];
    if is_none(text) || free.iter().any(|words| body.contains(words)) {
        return Ok(None);
    }
    let end = body
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(body.len());
    let (digits, rest) = body.split_at(end);
    let rest = rest.trim_start();
    let upper = rest
        .trim_start_matches(['-', '–', '—', ' '])
        .trim_start_matches("to ");
    let fits = rest.is_empty()
        || ["replica", "pod", "instance", ",", "x "]
            .iter()
            .any(|word| rest.starts_with(word))
        || rest == "x"
        || (upper.len() < rest.len() && upper.starts_with(|c: char| c.is_ascii_digit()))
        || rest.starts_with("- ");
    digits.parse().ok().filter(|_| fits).map(Some).ok_or(())
}

/// `deployment/api`, also with a short name of the kind.
pub(super) fn workload(text: &str) -> Option<WorkloadRef> {
    let (kind, name) = plain(text).split_once('/')?;
    let kind = kind.trim().to_ascii_lowercase();
    let kind = match kind.split('.').next().unwrap_or_default() {
        "deployment" | "deployments" | "deploy" => WorkloadKind::Deployment,
        "statefulset" | "statefulsets" | "sts" => WorkloadKind::StatefulSet,
        "daemonset" | "daemonsets" | "ds" => WorkloadKind::DaemonSet,
        "cronjob" | "cronjobs" | "cj" => WorkloadKind::CronJob,
        "rollout" | "rollouts" => WorkloadKind::Rollout,
        "cluster" | "clusters" => WorkloadKind::Cluster,
        "workflow" | "workflows" => WorkloadKind::Workflow,
        "cronworkflow" | "cronworkflows" => WorkloadKind::CronWorkflow,
        _ => return None,
    };
    let name = name.trim();
    is_object_name(name).then(|| WorkloadRef {
        kind,
        name: name.to_owned(),
    })
}

/// `yes`, `no` or a synonym.
pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    match plain(text).to_ascii_lowercase().as_str() {
        "yes" | "true" | "y" | "on" => Some(true),
        "no" | "false" | "n" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_their_brackets() {
        for (text, parts) in [
            (
                "mysql, vault (a, b), ecr-auth",
                vec!["mysql", "vault (a, b)", "ecr-auth"],
            ),
            (
                "mysql and vault & n8n; x",
                vec!["mysql", "vault", "n8n", "x"],
            ),
            ("AWS (EC2 and S3)", vec!["AWS (EC2 and S3)"]),
            ("a (b, c", vec!["a (b, c"]),
            ("a), b", vec!["a)", "b"]),
            (" , ,", vec![]),
            ("a and  and b", vec!["a", "b"]),
        ] {
            let read: Vec<_> = split_list(text);
            let joined: Vec<&str> = read
                .into_iter()
                .filter(|part| *part != "and")
                .map(|part| part.trim_start_matches("and "))
                .collect();
            assert_eq!(joined, parts, "{text}");
        }
    }

    #[test]
    fn notes_and_words() {
        assert_eq!(split_note("vault (secrets)"), ("vault", Some("secrets")));
        assert_eq!(split_note("vault ()"), ("vault", None));
        assert_eq!(
            word("`crossplane-system` (provisions)"),
            "crossplane-system"
        );
        assert_eq!(word("a, b"), "a");
    }

    #[test]
    fn host_names() {
        for (text, names) in [
            (
                "https://api.chores.example.com",
                vec!["api.chores.example.com"],
            ),
            (
                "https://a.b:8443/x (admin), hooks.b",
                vec!["a.b", "hooks.b"],
            ),
            ("http://localhost and *.B.c", vec!["localhost", "*.b.c"]),
            ("None", vec![]),
            ("internal only", vec![]),
        ] {
            assert_eq!(hosts(text), names, "{text}");
        }
    }

    #[test]
    fn numbers_of_replicas() {
        for (text, read) in [
            ("2 (HA enabled)", Ok(Some(2))),
            ("2 replicas", Ok(Some(2))),
            ("2-5 (HPA)", Ok(Some(2))),
            ("2 – 5", Ok(Some(2))),
            ("one per node (DaemonSet)", Ok(None)),
            ("N/A", Ok(None)),
            ("many", Err(())),
            ("", Err(())),
            ("2Gi", Err(())),
            ("99999999999", Err(())),
        ] {
            assert_eq!(replicas(text), read, "{text}");
        }
    }

    #[test]
    fn workloads_and_answers() {
        let read = |text| workload(text).map(|it| format!("{}/{}", it.kind, it.name));
        assert_eq!(read("deployment/api").as_deref(), Some("Deployment/api"));
        assert_eq!(
            read("sts/db (principal)").as_deref(),
            Some("StatefulSet/db")
        );
        assert_eq!(
            read("deployment.apps/api").as_deref(),
            Some("Deployment/api")
        );
        for text in ["api", "job/x", "deployment/", "deployment/UPPER"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(yes_or_no("Yes (since June)"), Some(true));
        assert_eq!(yes_or_no("maybe"), None);
    }
}
