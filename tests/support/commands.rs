//! The commands of the documentation. Each is run, or names what it needs:
//!
//! ```text
//! $ k8s-monitor services lint
//! $ k8s-monitor run              # needs a cluster: check the current context
//! ```

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// One command of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documented {
    /// As printed, without prompt and comment.
    pub line: String,
    /// What it needs, up to a colon or comma. Without it, the repository is enough.
    pub needs: Option<String>,
    /// The output that the page shows, if any.
    pub output: String,
}

/// The commands in the `console` blocks of a page, in order. Lines without a prompt are output.
pub fn of(page: &str) -> Vec<Documented> {
    let mut is_console = false;
    let mut found: Vec<Documented> = Vec::new();
    for line in page.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            is_console = language == "console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| is_console) {
            found.push(documented(command));
        } else if is_console && let Some(last) = found.last_mut() {
            last.output.extend([line, "\n"]);
        }
    }
    found
}

fn documented(command: &str) -> Documented {
    let (line, remark) = command.rsplit_once(" # ").unwrap_or((command, ""));
    let needs = remark.strip_prefix("needs ").map(|needs| {
        let end = needs.find([':', ',']).unwrap_or(needs.len());
        needs[..end].to_owned()
    });
    Documented {
        line: line.trim_end().to_owned(),
        needs,
        output: String::new(),
    }
}

/// Every page with commands, by its path in the repository.
pub fn pages() -> Vec<PathBuf> {
    let docs = fs::read_dir(root().join("docs")).expect("docs");
    let mut pages: Vec<_> = docs
        .map(|entry| entry.expect("an entry").path())
        .chain(["README.md", "CONTRIBUTING.md"].map(|name| root().join(name)))
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    pages.sort();
    pages
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A copy of the repository for commands that write files.
pub struct Sandbox {
    folder: TempDir,
    path: OsString,
    kubeconfig: Option<PathBuf>,
}

impl Sandbox {
    /// The program is on the path, after a folder of other programs.
    pub fn new(programs: Option<&Path>, kubeconfig: Option<PathBuf>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for name in [
            "docs",
            "deploy",
            "packaging",
            "Makefile",
            "Cargo.toml",
            "src",
            "tests",
        ] {
            symlink(root().join(name), folder.path().join(name)).expect("a link");
        }
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).expect("made");
        symlink(env!("CARGO_BIN_EXE_k8s-monitor"), bin.join("k8s-monitor")).expect("a link");
        let system = std::env::var_os("PATH").unwrap_or_default();
        let folders = programs.into_iter().map(Path::to_owned).chain([bin]);
        let path = std::env::join_paths(folders.chain(std::env::split_paths(&system)));
        Self {
            folder,
            path: path.expect("a path"),
            kubeconfig,
        }
    }

    /// Runs a command as printed. Targets of the Makefile are only looked up, because they run these
    /// tests.
    ///
    /// # Errors
    ///
    /// With the output, if the exit status is not one of a verdict, or if the page shows another output
    /// for a command that needs nothing.
    pub fn run(&self, command: &Documented) -> Result<(), String> {
        let line = match command.line.strip_prefix("make ") {
            Some(target) => format!("make --dry-run {target}"),
            None => command.line.clone(),
        };
        let output = self.shell(&line);
        let is_verdict =
            line.starts_with("k8s-monitor") && matches!(output.status.code(), Some(1..=3));
        if output.status.success() || is_verdict {
            let text = String::from_utf8_lossy(&output.stdout);
            let is_unchecked = command.needs.is_some() || command.output.is_empty();
            return if is_unchecked || text.trim_end() == command.output.trim_end() {
                Ok(())
            } else {
                Err(format!("$ {line}\n{text}is not\n{}", command.output))
            };
        }
        let text = [&output.stdout[..], &output.stderr]
            .map(String::from_utf8_lossy)
            .concat();
        Err(format!("$ {line}\n{}: {text}", output.status))
    }

    fn shell(&self, line: &str) -> Output {
        let mut shell = Command::new("bash");
        shell
            .args(["-euo", "pipefail", "-c", line])
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.folder.path());
        if let Some(kubeconfig) = &self.kubeconfig {
            shell.env("KUBECONFIG", kubeconfig);
        }
        shell.output().expect("bash starts")
    }
}
