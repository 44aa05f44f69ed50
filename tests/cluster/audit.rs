//! The requests of the program under test, from the audit log of the API server.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Records all users but the administrator, which is the harness.
pub const POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  userGroups: [system:masters]
- level: Metadata
";

/// One request: verb and resource, its path with the query, and the response status.
#[derive(Debug)]
pub struct Recorded {
    pub verb: String,
    pub resource: String,
    pub uri: String,
    pub status: u64,
}

pub fn requests_by(log: &Path, user: &str) -> Vec<Recorded> {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|event| event["user"]["username"] == user)
        .map(|event| Recorded {
            verb: string(&event["verb"]),
            resource: string(&event["objectRef"]["resource"]),
            uri: string(&event["requestURI"]),
            status: event["responseStatus"]["code"].as_u64().unwrap_or_default(),
        })
        .collect()
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
