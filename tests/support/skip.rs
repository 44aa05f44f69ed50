//! Tests that cannot run on this machine: `make test` lists them at its end.

use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

/// One line for each skipped test.
const FILE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/skipped");

/// Records that the current test did not run. With `K8S_MONITOR_REQUIRE_ALL`, as in CI, it fails:
/// `tests/tools/install.sh` installs what is missing.
pub fn skip(reason: &str) {
    assert!(
        env::var_os("K8S_MONITOR_REQUIRE_ALL").is_none(),
        "skipped, and K8S_MONITOR_REQUIRE_ALL is set: {reason}"
    );
    record(reason);
}

/// A file or folder that is not part of the project, named by a variable. Without it the test is
/// skipped, in CI as well.
pub fn external(variable: &str) -> Option<PathBuf> {
    let path = env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        record(&format!("{variable} is not set"));
    }
    path
}

/// The Python that `K8S_MONITOR_PYTHON` names, else `python3`, if it has these modules.
pub fn python(modules: &str) -> Option<PathBuf> {
    let python = env::var_os("K8S_MONITOR_PYTHON").unwrap_or_else(|| "python3".into());
    let imports = Command::new(&python)
        .args(["-c", &format!("import {modules}")])
        .stderr(Stdio::null())
        .status();
    if imports.is_ok_and(|status| status.success()) {
        return Some(python.into());
    }
    let python = Path::new(&python).display();
    skip(&format!("{python} has no {modules} (K8S_MONITOR_PYTHON)"));
    None
}

fn record(reason: &str) {
    let thread = thread::current();
    let line = format!("{}: {reason}\n", thread.name().unwrap_or("a test"));
    eprint!("skipped: {line}");
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(FILE)
        .and_then(|mut file| file.write_all(line.as_bytes()))
        .expect("the list of skipped tests is written");
}
