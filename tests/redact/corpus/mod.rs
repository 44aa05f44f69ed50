//! Texts with credentials and texts that only look so, by family, and how many of each are treated
//! rightly: the figures of docs/security.md.

mod template;

use k8s_monitor::redact::redact;

use template::Template;

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
fn families(file: &'static str, mut is_right: impl FnMut(&str) -> Result<(), String>) -> (Vec<Family>, Vec<String>) {
    let (mut families, mut wrong): (Vec<Family>, Vec<String>) = (Vec::new(), Vec::new());
    for line in file.lines().filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix("## ") {
            families.push(Family { name: name.to_owned(), texts: 0, right: 0 });
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
        if text.secrets.iter().any(|secret| shown.contains(secret.as_str())) {
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
    if shown == text { Ok(()) } else { Err(format!("{text:?}\n    -> {shown:?}")) }
}

/// Texts that may be treated wrongly, at most.
const LEFT: usize = 0;

#[test]
fn no_credential_of_the_corpus_survives() {
    let (families, wrong) = families(LEAKS, is_masked);
    assert!(families.iter().map(|f| f.texts).sum::<usize>() >= 800);
    assert!(wrong.len() <= LEFT, "{} leak\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_other_text_of_the_corpus_is_changed() {
    let (families, wrong) = families(KEEPS, is_kept);
    assert!(families.iter().map(|f| f.texts).sum::<usize>() >= 200);
    assert!(wrong.len() <= LEFT, "{} changed\n{}", wrong.len(), wrong.join("\n"));
}
