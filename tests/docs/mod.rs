//! The documentation matches the program.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use k8s_monitor::assess::Rule;
use k8s_monitor::exit::ExitStatus;
use k8s_monitor::model::Severity;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The text output of the program, without the line with its duration.
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

/// `UPDATE_DOCS=1` updates the output in the README.
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
        "UPDATE_DOCS=1 cargo test --test commands docs"
    );
}

/// A stranger sees the way to a verdict on their own cluster before anything else.
#[test]
fn the_readme_begins_with_three_commands() {
    const SCREEN: usize = 30;
    let readme = page("README.md");
    let commands = crate::support::commands::of(&readme);
    let first: Vec<_> = commands.iter().take(3).map(|c| c.line.as_str()).collect();
    assert_eq!(
        first,
        [
            "cargo install --locked --path .",
            "k8s-monitor run",
            "k8s-monitor services init > services.txt",
        ]
    );
    let place = |text: &str| readme.lines().position(|line| line.contains(text));
    assert!(place(first[2]) < Some(SCREEN), "{:?}", place(first[2]));
    assert!(
        place(first[2]) < place("## Deploy"),
        "deployment comes later"
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

/// Every page by its path, with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let docs = fs::read_dir(root().join("docs")).expect("docs");
    let mut paths: Vec<_> = docs
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .chain(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name)))
        .collect();
    paths.sort();
    let text = |path: &PathBuf| fs::read_to_string(path).expect("a page");
    paths
        .into_iter()
        .map(|path| (path.clone(), text(&path)))
        .collect()
}

/// The anchors of headings, as on GitHub.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let name = |heading: &str| {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.collect::<String>().replace(' ', "-")
    };
    headings.map(name).collect()
}

#[test]
fn links_resolve() {
    let mut seen = 0;
    for (path, text) in pages() {
        let folder = path.parent().expect("a folder");
        for target in text.split("](").skip(1).filter_map(|t| t.split(')').next()) {
            if target.starts_with("http") {
                continue;
            }
            let place = format!("{}: {target}", path.display());
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() {
                path.clone()
            } else {
                folder.join(file)
            };
            assert!(file.exists(), "{place}");
            if !anchor.is_empty() {
                let there = anchors(&fs::read_to_string(&file).expect("a page"));
                assert!(there.contains(anchor), "{place}: {there:?}");
            }
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn every_page_is_linked_from_the_readme() {
    let readme = page("README.md");
    for (path, _) in pages() {
        let name = path
            .strip_prefix(root())
            .expect("below it")
            .display()
            .to_string();
        let link = format!("]({name}");
        assert!(name == "README.md" || readme.contains(&link), "{name}");
    }
}

#[test]
fn every_module_is_in_the_architecture_page() {
    let (page, code) = (page("docs/architecture.md"), page("src/lib.rs"));
    let rooms: Vec<_> = code
        .lines()
        .filter_map(|l| l.strip_prefix("pub mod "))
        .collect();
    assert!(rooms.len() > 20, "{rooms:?}");
    for room in rooms {
        let room = room.trim_end_matches(';');
        let named = ["`", "::"].map(|end| page.contains(&format!("`{room}{end}")));
        assert!(named.contains(&true), "{room}");
    }
    let drawn = |text: &str| {
        let from = text.find("```text\n").expect("a picture") + "```text\n".len();
        let lines = text[from..]
            .lines()
            .map(|l| l.trim_start_matches("//!").trim());
        lines
            .take_while(|l| !l.starts_with("```"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(drawn(&page), drawn(&code));
}

/// The text between backticks, outside code blocks.
fn spans(text: &str) -> Vec<String> {
    let mut is_block = false;
    let mut prose = String::new();
    for line in text.lines() {
        is_block ^= line.trim_start().starts_with("```");
        if !is_block {
            prose.extend([line, "\n"]);
        }
    }
    let inside = prose.split('`').skip(1).step_by(2);
    inside
        .map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// Files, targets, commands and flags that the documentation names.
#[test]
fn files_named_in_the_documentation_exist() {
    const FOLDERS: [&str; 8] = [
        "deploy/",
        "docs/",
        "src/",
        "tests/",
        "prompts/",
        "packaging/",
        "benches/",
        ".ci/",
    ];
    let makefile = page("Makefile");
    let manual = output(&["man"]).replace("\\-", "-");
    let mut seen = [0; 4];
    for (path, text) in pages() {
        // The changelog names former files.
        if path.ends_with("CHANGELOG.md") {
            continue;
        }
        for span in spans(&text) {
            let place = format!("{}: `{span}`", path.display());
            let is_path = FOLDERS.iter().any(|folder| span.starts_with(folder));
            if is_path && !span.contains([' ', '{', '*']) {
                assert!(root().join(&span).exists(), "{place}");
                seen[0] += 1;
            } else if let Some(target) = span.strip_prefix("make ") {
                let target = target.split(' ').next().unwrap_or_default();
                assert!(makefile.contains(&format!("\n{target}:")), "{place}");
                seen[1] += 1;
            } else if let Some(line) = span.strip_prefix("k8s-monitor ") {
                let is_word = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
                let words: Vec<_> = line.split(' ').take_while(is_word).collect();
                let help = output(&[&["help"], &words[..]].concat());
                assert!(help.contains("Usage: k8s-monitor"), "{place}");
                seen[2] += 1;
            } else if span.starts_with("--") {
                let flag = span.split([' ', '=']).next().unwrap_or_default();
                assert!(manual.contains(flag), "{place}");
                seen[3] += 1;
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 3), "{seen:?}");
}
