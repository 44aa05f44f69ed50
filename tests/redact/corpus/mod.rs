//! Texts with credentials and texts that only look so, by family, and how many of each are treated
//! rightly: the figures of docs/security.md.

mod template;

use std::fs;

use k8s_monitor::redact::redact;

use crate::support::skip::external;
use template::Template;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/security.md");

const LEAKS: &str = include_str!("leaks.txt");
const KEEPS: &str = include_str!("keeps.txt");

/// How many random credentials each text is tried with.
const ROUNDS: u64 = 4;

/// A family of texts, and how many are treated rightly.
struct Family {
    name: String,
    texts: usize,
    right: usize,
}

/// The families of a file: lines below `## name`.
fn families(
    file: &'static str,
    mut is_right: impl FnMut(&str) -> Result<(), String>,
) -> (Vec<Family>, Vec<String>) {
    let (mut families, mut wrong): (Vec<Family>, Vec<String>) = (Vec::new(), Vec::new());
    for line in file.lines().filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix("## ") {
            families.push(Family {
                name: name.to_owned(),
                texts: 0,
                right: 0,
            });
            continue;
        }
        let family = families.last_mut().expect("a family first");
        family.texts += 1;
        match is_right(line) {
            Ok(()) => family.right += 1,
            Err(text) => wrong.push(format!("{}: {text}", family.name)),
        }
    }
    (families, wrong)
}

/// Whether no credential of the text survives.
fn is_masked(line: &str) -> Result<(), String> {
    for round in 0..ROUNDS {
        let text = Template::parse(line).fill(round);
        let shown = redact(&text.whole).into_owned();
        if text
            .secrets
            .iter()
            .any(|secret| shown.contains(secret.as_str()))
        {
            return Err(format!("{:?}\n    -> {shown:?}", text.whole));
        }
        if redact(&shown) != shown {
            return Err(format!("{shown:?} is redacted again"));
        }
    }
    Ok(())
}

/// Whether the text is unchanged.
fn is_kept(line: &str) -> Result<(), String> {
    let text = Template::parse(line).fill(0).whole;
    let shown = redact(&text).into_owned();
    if shown == text {
        Ok(())
    } else {
        Err(format!("{text:?}\n    -> {shown:?}"))
    }
}

#[test]
fn no_credential_of_the_corpus_survives() {
    let (families, wrong) = families(LEAKS, is_masked);
    assert!(families.iter().map(|f| f.texts).sum::<usize>() >= 1000);
    assert!(
        wrong.is_empty(),
        "{} leak\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn no_other_text_of_the_corpus_is_changed() {
    let (families, wrong) = families(KEEPS, is_kept);
    assert!(families.iter().map(|f| f.texts).sum::<usize>() >= 300);
    assert!(
        wrong.is_empty(),
        "{} changed\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// `UPDATE_DOCS=1` writes the figures into the page.
#[test]
fn the_security_page_holds_the_figures() {
    let mut table = "| texts | number | right |\n| --- | ---: | ---: |\n".to_owned();
    for (kind, families) in [
        ("masked", families(LEAKS, is_masked).0),
        ("kept", families(KEEPS, is_kept).0),
    ] {
        for family in families {
            let Family { name, texts, right } = family;
            table += &format!("| {kind}: {name} | {texts} | {right} |\n");
        }
    }
    let page = fs::read_to_string(PAGE).unwrap();
    let (begin, end) = (
        "<!-- the figures of redaction begin -->\n",
        "<!-- the figures of redaction end -->\n",
    );
    let (before, rest) = page.split_once(begin).expect(begin);
    let (_, after) = rest.split_once(end).expect(end);
    let updated = [before, begin, &table, end, after].concat();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(PAGE, updated).unwrap();
        return;
    }
    assert!(
        page == updated,
        "UPDATE_DOCS=1 cargo test --test rules security_page"
    );
}

/// A page of shapes that leaked once, in a table whose first column is the text, and a list of texts
/// that must survive.
#[test]
fn shapes_that_leaked_are_masked() {
    let Some(page) = external("K8S_MONITOR_REDACTION_SHAPES") else {
        return;
    };
    let page = fs::read_to_string(page).unwrap();
    let mut wrong = Vec::new();
    for line in page.lines() {
        let leaked = line
            .strip_prefix("| `")
            .and_then(|rest| rest.split_once("` |"));
        let kept = line
            .strip_prefix("- `")
            .and_then(|rest| rest.strip_suffix('`'));
        if let Some((text, _)) = leaked {
            let text = text.replace("\\|", "|").replace('⏎', "\n");
            let shown = redact(&text);
            // The credential is the longest word with letters and digits.
            let words = text.split(|c: char| !c.is_ascii_alphanumeric());
            let mixed = words.filter(|w| w.bytes().any(|b| b.is_ascii_digit()));
            let secret = mixed.max_by_key(|word| word.len()).unwrap_or(&text);
            if shown.contains(secret) {
                wrong.push(shown.into_owned());
            }
        } else if let Some(text) = kept
            && redact(text) != text
        {
            wrong.push(redact(text).into_owned());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every kind of generated secret behind every name, in every notation.
#[test]
fn names_and_notations_combine() {
    let names = [
        "password",
        "DB_PASSWORD",
        "DB_PASSWORD_V2",
        "dbPassword",
        "api_key",
        "API_KEY_PROD",
        "apiKey",
        "access-token",
        "X-Auth-Token",
        "clientSecret",
        "client_secret_staging",
        "N8N_ENCRYPTION_KEY",
        "passphrase",
        "Passwort",
        "contraseña",
        "пароль",
        "密码",
        "JWT_SECRET",
        "smtp_pass",
    ];
    let notations = [
        "N=V",
        "N = V",
        "N: V",
        "N:V",
        "N => V",
        "N := V",
        "N -> V",
        "N V",
        "N is V",
        "N: \"V\"",
        "N='V'",
        "\"N\":\"V\"",
        "\"N\": \"V\", \"x\": 1",
        "\\\"N\\\":\\\"V\\\"",
        "{N:V}",
        "{N: Some(\"V\")}",
        "[N] => V",
        "<N>V</N>",
        "<x N=\"V\"/>",
        "x?N=V&y=1",
        "-e N=V",
        "export N=V",
        "set N=V",
        "N:\n  V",
        "N: |\n  V\n",
        "- name: N\n  value: V",
        "{\"name\":\"N\",\"value\":\"V\"}",
        "('N', 'V')",
        "level=info N=V err=x",
        "error: N V rejected",
        "N = \"V\" # x",
        "@N=\"V\"",
        "$N = 'V';",
        "N|V",
        "N (V)",
        "env[N] = V",
    ];
    let kinds = [
        "{a12}", "{a20}", "{a40}", "{x32}", "{x64}", "{s43}", "{p14}",
    ];
    let mut survivors = Vec::new();
    for (round, kind) in (0..).zip(kinds) {
        let secret = Template::parse(kind).fill(round).whole;
        for name in names {
            for notation in notations {
                let text = notation
                    .replace('N', "\u{0}")
                    .replace('V', &secret)
                    .replace('\u{0}', name);
                let shown = redact(&text).into_owned();
                if shown.contains(&secret) || redact(&shown) != shown {
                    survivors.push(format!("{text:?} -> {shown:?}"));
                }
            }
        }
    }
    assert!(
        survivors.is_empty(),
        "{}\n{}",
        survivors.len(),
        survivors.join("\n")
    );
}
