//! `docs/doctor.md` shows the output of doctor and documents each check.

use std::fs;

use regex::Regex;

use super::harness::{DoctorResult, Harness, root};

/// `UPDATE_DOCS=1` updates the output in the page.
#[test]
fn the_page_on_doctor_shows_the_real_output() {
    const COMMAND: &str = "$ k8s-monitor doctor     # needs a live cluster\n";
    let harness = Harness::with_rights(|right| right != "list replicasets")
        .with("HEARTBEAT_URL", "https://hc-ping.com/an-id");
    let text = String::from_utf8(harness.run(&[]).stdout).unwrap();
    let real = normalized(&text, &harness);
    let path = root().join("docs/doctor.md");
    let page = fs::read_to_string(&path).unwrap();
    let begin = page.find(COMMAND).expect("the command") + COMMAND.len();
    let end = begin + page[begin..].find("```").expect("the end of the block");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, [&page[..begin], &real, &page[end..]].concat()).unwrap();
        return;
    }
    assert_eq!(
        &page[begin..end],
        real,
        "UPDATE_DOCS=1 cargo test --test commands doctor"
    );
}

/// The output with variable parts replaced, wrapped again.
fn normalized(text: &str, harness: &Harness) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let is_rest = line.starts_with("      ") && !line.trim_start().starts_with("- ");
        match lines.last_mut() {
            Some(last) if is_rest => *last = format!("{last} {}", line.trim()),
            _ => lines.push(line.to_owned()),
        }
    }
    let state = harness.folder.path().join("state").display().to_string();
    let mut joined = lines
        .join("\n")
        .replace(&harness.api.url(), "https://10.0.1.100:6443")
        .replace(&state, "/var/lib/k8s-monitor");
    for (pattern, with) in [
        (r"answered in \d+ ms", "answered in 4 ms"),
        (r"in \d+\.\d s with", "in 0.1 s with"),
        (r"now \w{3} \d\d:\d\d", "now Mon 09:12"),
        (r"spent in \d{4}-\d\d", "spent in 2026-11"),
    ] {
        joined = Regex::new(pattern)
            .unwrap()
            .replace_all(&joined, with)
            .into_owned();
    }
    joined.lines().map(wrapped).collect()
}

fn wrapped(line: &str) -> String {
    let is_remedy = line.starts_with("      - ");
    let hang = if is_remedy { 8 } else { 6 };
    let (mut text, mut column) = (String::new(), 0);
    for word in line.split_inclusive(' ') {
        if column + word.trim_end().len() > 80 {
            text = format!("{}\n{}", text.trim_end(), " ".repeat(hang));
            column = hang;
        }
        text += word;
        column += word.len();
    }
    text.trim_end().to_owned() + "\n"
}

#[test]
fn every_check_is_documented() {
    let page = fs::read_to_string(root().join("docs/doctor.md")).unwrap();
    let seen: DoctorResult = Harness::new().report(&[]);
    for check in seen.checks() {
        let name = check["name"].as_str().unwrap();
        let shown = match name.split_once(' ') {
            Some((first @ ("rbac" | "api"), _)) if name != "rbac excess" => format!("`{first} "),
            _ => format!("`{name}`"),
        };
        assert!(page.contains(&shown), "{name}");
    }
}
