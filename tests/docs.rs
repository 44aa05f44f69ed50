//! The documentation says what the program does.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::Command;

use k8s_monitor::assess::{Rule, Severity};
use k8s_monitor::exit::ExitStatus;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// What the program prints for people, without the line that times it.
fn output(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_k8s-monitor"))
        .args(arguments)
        .env_clear()
        .current_dir(root())
        .output()
        .expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let end = text.find("\ncycle ").unwrap_or(text.len());
    text[..end].trim_end().to_owned()
}

/// The README leads with what the program really prints. `UPDATE_DOCS=1`
/// writes it anew.
#[test]
fn the_readme_shows_the_real_output() {
    const COMMAND: &str = "$ k8s-monitor run --snapshot docs/example/homelab\n";
    let readme = page("README.md");
    let begin = readme.find(COMMAND).expect("the command") + COMMAND.len();
    let end = begin + readme[begin..].find("```").expect("the end of the block");
    let real = output(&["run", "--snapshot", "docs/example/homelab"]) + "\n";
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let updated = [&readme[..begin], &real, &readme[end..]].concat();
        fs::write(root().join("README.md"), updated).expect("written");
        return;
    }
    assert_eq!(
        &readme[begin..end],
        real,
        "UPDATE_DOCS=1 cargo test --test docs"
    );
}

#[test]
fn every_rule_is_in_the_severity_page_in_its_order() {
    let page = page("docs/severity.md");
    let rows: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .filter(|cell| {
            cell.chars()
                .all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())
        })
        .collect();
    let rules: Vec<&str> = Rule::ALL.iter().map(|r| r.as_str()).collect();
    assert_eq!(rows, rules);
    for rule in Rule::ALL {
        let row = page
            .lines()
            .find(|l| l.starts_with(&format!("| {} |", rule.as_str())))
            .expect("a row");
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells[2], rule.severity().as_str(), "{row}");
        let digit = |s: Severity| s.as_str().trim_start_matches("SEV-").to_owned();
        let (highest, lowest) = rule.band();
        let band = if highest == lowest {
            String::new()
        } else {
            format!("{}-{}", digit(highest), digit(lowest))
        };
        assert_eq!(cells[3], band, "{row}");
    }
}

#[test]
fn every_exit_status_is_in_the_readme() {
    let readme = page("README.md");
    for status in ExitStatus::ALL {
        let code = status.code();
        let named = readme.lines().any(|l| {
            l.starts_with('|')
                && l.split('|')
                    .nth(1)
                    .is_some_and(|cell| cell.split(',').any(|c| c.trim() == code.to_string()))
        });
        assert!(named, "{code}");
    }
}

#[test]
fn links_lead_somewhere() {
    let docs = fs::read_dir(root().join("docs")).expect("docs");
    let pages = docs
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .chain(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name)));
    for path in pages {
        let text = fs::read_to_string(&path).expect("a page");
        let folder = path.parent().expect("a folder");
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', '#']).next())
        {
            let is_local = !target.starts_with("http");
            assert!(
                !is_local || folder.join(target).exists(),
                "{}: {target}",
                path.display()
            );
        }
    }
}
