//! Requests as the official SDK types them.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::api::{Api, Reply};
use super::harness::{Harness, good};
use crate::support::skip;

#[test]
fn requests_are_what_the_official_sdk_would_send() {
    let Some(python) = skip::python("anthropic, pydantic") else {
        return;
    };
    let api = Api::new(|role, _, _| Reply::Json(good(role)));
    Harness::new(&api).cycle();
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
