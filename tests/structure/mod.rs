//! The direction of imports: modules stand in the order of the data, and no two import each other.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the crate from the bottom up. Each may import those before it.
const ORDER: &[&str] = &[
    "model",
    "exit",
    "redact",
    "runtime",
    "config",
    "net",
    "render",
    "inventory",
    "cluster",
    "detect",
    "diagnose",
    "assess",
    "draft",
    "report",
    "state",
    "correlate",
    "agents",
    "lifecycle",
    "notify",
    "telemetry",
    "error",
    "doctor",
    "cycle",
    "cli",
    "commands",
];

/// A path of modules below the crate: `["cluster", "api", "page"]`.
type ModulePath = Vec<String>;

struct Source {
    /// Its place below `src`, for messages.
    file: String,
    module: ModulePath,
    /// Paths that it names, from the crate's root.
    imports: BTreeSet<ModulePath>,
    /// Names that it exports again, and the path of each.
    exports: BTreeMap<String, ModulePath>,
}

#[test]
fn every_module_has_its_place_in_the_order() {
    let modules: BTreeSet<_> = sources()
        .into_iter()
        .filter_map(|s| s.module.first().cloned())
        .collect();
    let ordered = ORDER.iter().map(|m| (*m).to_owned()).collect();
    assert_eq!(modules, ordered, "src and ORDER differ");
}

#[test]
fn no_module_imports_one_above_it() {
    let place = |module: &str| ORDER.iter().position(|m| *m == module);
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(own) = source.module.first().and_then(|m| place(m)) else {
            continue;
        };
        for import in &source.imports {
            if place(&import[0]).is_some_and(|other| other > own) {
                wrong.push(format!("{} imports {}", source.file, import.join("::")));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "against the direction of the data:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn no_modules_of_a_folder_import_each_other() {
    let sources = sources();
    let known: BTreeSet<_> = sources.iter().map(|s| s.module.clone()).collect();
    let exports: BTreeMap<_, _> = sources.iter().map(|s| (&s.module, &s.exports)).collect();
    // Folder, module in it, and the modules beside it that it imports with the file that does.
    let mut edges: BTreeMap<ModulePath, BTreeMap<String, BTreeMap<String, String>>> =
        BTreeMap::new();
    for source in &sources {
        for import in &source.imports {
            let import = resolve(import, &exports);
            let common = source
                .module
                .iter()
                .zip(&import)
                .take_while(|(a, b)| a == b)
                .count();
            let (folder, own) = source.module.split_at(common);
            let (Some(own), Some(other)) = (own.first(), import.get(common)) else {
                continue;
            };
            let mut beside = folder.to_vec();
            beside.push(other.clone());
            if known.contains(&beside) {
                let from = edges.entry(folder.to_vec()).or_default();
                let to = from.entry(own.clone()).or_default();
                to.entry(other.clone())
                    .or_insert_with(|| source.file.clone());
            }
        }
    }
    let circles: Vec<_> = edges
        .iter()
        .filter_map(|(folder, edges)| Some((folder, circle(edges)?)))
        .map(|(folder, circle)| format!("in {}: {circle}", folder.join("::")))
        .collect();
    assert!(circles.is_empty(), "circles:\n{}", circles.join("\n"));
}

/// A name within a command is checked and quoted by `model::command` only.
#[test]
fn no_command_is_formatted() {
    let programs = [
        "kubectl", "git", "argocd", "flux", "ssh", "curl", "gh", "helm",
    ];
    let mut files = Vec::new();
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod").next().unwrap();
        for program in programs {
            let start = format!("\"{program} ");
            let literals = code.split(&start).skip(1);
            let literals = literals.map(|rest| rest.split('"').next().unwrap());
            let formatted = literals.filter(|text| text.contains('{'));
            wrong.extend(formatted.map(|text| format!("{}: {program} {text}", file.display())));
        }
    }
    assert!(
        wrong.is_empty(),
        "build these with `Program::command`: {wrong:#?}"
    );
}

/// Follows names that a module exports from another one, as `pub use page::Reader` does.
fn resolve(
    import: &[String],
    exports: &BTreeMap<&ModulePath, &BTreeMap<String, ModulePath>>,
) -> ModulePath {
    let mut path = import.to_vec();
    for _ in 0..5 {
        let Some(next) = (1..path.len()).rev().find_map(|at| {
            let target = exports.get(&path[..at].to_vec())?.get(&path[at])?;
            Some([target.as_slice(), &path[at + 1..]].concat())
        }) else {
            break;
        };
        path = next;
    }
    path
}

/// A circle of imports, as `a -> b -> a`, with the files that make it.
fn circle(edges: &BTreeMap<String, BTreeMap<String, String>>) -> Option<String> {
    fn walk<'a>(
        at: &'a str,
        edges: &'a BTreeMap<String, BTreeMap<String, String>>,
        path: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<String> {
        if let Some(start) = path.iter().position(|m| *m == at) {
            let mut names = path[start..].to_vec();
            names.push(at);
            let files: Vec<_> = names
                .windows(2)
                .map(|w| edges[w[0]][w[1]].as_str())
                .collect();
            return Some(format!("{} ({})", names.join(" -> "), files.join(", ")));
        }
        if !done.insert(at) {
            return None;
        }
        path.push(at);
        let next = edges.get(at).into_iter().flat_map(BTreeMap::keys);
        for other in next {
            if let Some(found) = walk(other, edges, path, done) {
                return Some(found);
            }
        }
        path.pop();
        None
    }
    let mut done = BTreeSet::new();
    edges
        .keys()
        .find_map(|start| walk(start, edges, &mut Vec::new(), &mut done))
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files
        .iter()
        .map(|path| source(path, path.strip_prefix(&root).unwrap()))
        .filter(|source| !source.module.is_empty())
        .collect()
}

/// Test modules in files of their own may import what they like.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("tests") {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
}

fn source(path: &Path, name: &Path) -> Source {
    let text = code(&fs::read_to_string(path).unwrap());
    let module: ModulePath = name
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .filter(|part| !matches!(part.as_str(), "mod" | "lib" | "main"))
        .collect();
    let mut imports = BTreeSet::new();
    let mut exports = BTreeMap::new();
    for statement in text.split(';') {
        let Some((before, tree)) = statement.rsplit_once("use ") else {
            continue;
        };
        let is_public = before.trim_end().ends_with("pub") || before.trim_end().ends_with(')');
        for path in expand(tree) {
            let (path, alias) = path.split_once(" as ").unwrap_or((&path, ""));
            let Some(path) = absolute(path, &module) else {
                continue;
            };
            let name = if alias.is_empty() {
                path.last().cloned().unwrap()
            } else {
                alias.to_owned()
            };
            if is_public {
                exports.insert(name, path.clone());
            } else {
                imports.insert(path);
            }
        }
    }
    for start in ["crate::", "super::"] {
        for (at, _) in text.match_indices(start) {
            let path: String = text[at..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':'))
                .collect();
            imports.extend(absolute(path.trim_end_matches(':'), &module));
        }
    }
    let is_folder = path.ends_with("mod.rs");
    Source {
        file: name.display().to_string(),
        // A folder's own file stands for the folder, not for a module in it.
        imports: imports
            .into_iter()
            .filter(|import| !(is_folder && import.starts_with(&module)))
            .collect(),
        module,
        exports,
    }
}

/// The code without comments and without its tests.
fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
    text[..end]
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The paths of a tree of imports: `a::{b, c::d}` gives `a::b` and `a::c::d`.
fn expand(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        return vec![tree.split_whitespace().collect::<Vec<_>>().join(" ")];
    };
    let (prefix, rest) = tree.split_at(open);
    let inner = rest
        .trim_end()
        .strip_prefix('{')
        .and_then(|r| r.strip_suffix('}'));
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in inner.unwrap_or_default().chars() {
        match c {
            ',' if depth == 0 => parts.push(String::new()),
            '{' | '}' => {
                depth += if c == '{' { 1 } else { -1 };
                parts.last_mut().unwrap().push(c);
            }
            c => parts.last_mut().unwrap().push(c),
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts
        .flat_map(|part| expand(part))
        .map(|part| format!("{prefix}{part}"))
        .collect()
}

/// A path from the crate's root; none for other crates and for what the module itself holds.
fn absolute(path: &str, module: &[String]) -> Option<ModulePath> {
    let mut parts: Vec<_> = path.split("::").map(|p| p.trim().to_owned()).collect();
    let mut base: ModulePath = match parts[0].as_str() {
        "crate" => Vec::new(),
        "super" => module[..module.len() - 1].to_vec(),
        "self" => module.to_vec(),
        _ => return None,
    };
    parts.remove(0);
    while parts.first().is_some_and(|p| p == "super") {
        parts.remove(0);
        base.pop();
    }
    parts.retain(|p| !matches!(p.as_str(), "self" | "*" | ""));
    base.extend(parts);
    (!base.is_empty()).then_some(base)
}
