//! Requests as the official SDK types them. Needs a Python with the packages
//! `anthropic` and `pydantic`: `python3`, or the one that
//! `K8S_MONITOR_ANTHROPIC_PYTHON` names; skipped, visibly, without.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::api::{Api, Says};
use super::world::{World, good};

#[test]
fn requests_are_what_the_official_sdk_would_send() {
    let named = std::env::var_os("K8S_MONITOR_ANTHROPIC_PYTHON");
    let python = named.clone().unwrap_or_else(|| "python3".into());
    let imports = Command::new(&python)
        .args(["-c", "import anthropic, pydantic"])
        .stderr(Stdio::null())
        .status();
    if !imports.is_ok_and(|status| status.success()) {
        assert!(named.is_none(), "{python:?} has no package anthropic");
        eprintln!(
            "SKIPPED: no Python with the package anthropic; set K8S_MONITOR_ANTHROPIC_PYTHON"
        );
        return;
    }
    let api = Api::new(|role, _, _| Says::Json(good(role)));
    World::new(&api).cycle();
    let bodies = api.bodies();
    assert_eq!(bodies.len(), 4);
    let mut child = Command::new(&python)
        .arg("tests/agents/validate.py")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for body in bodies {
        writeln!(stdin, "{body}").unwrap();
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}
