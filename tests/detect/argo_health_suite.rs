//! The judge of conditions against the test data of Argo CD's health checks.
//! `K8S_MONITOR_ARGO_HEALTH` names the folder `resource_customizations` of its source.

use std::fs;
use std::path::{Path, PathBuf};

use k8s_monitor::cluster::types::CustomObject;
use k8s_monitor::detect::complaint;
use serde_json::Value;

use crate::support::skip::external;

/// Of the objects that Argo CD calls degraded, in percent, so many must be seen.
const FOUND: usize = 92;
/// Of those that it calls healthy or suspended, in percent, so many may be taken for broken.
const FALSE_ALARMS: usize = 2;

#[test]
fn objects_that_argo_cd_calls_degraded_are_seen() {
    let Some(root) = external("K8S_MONITOR_ARGO_HEALTH") else {
        return;
    };
    let (mut degraded, mut found) = (0, 0);
    let (mut well, mut wrong) = (0, 0);
    for suite in files(&root, "health_test.yaml") {
        for (status, path) in tests(&suite) {
            let Some(object) = read(&path) else {
                continue;
            };
            let is_bad = complaint(&object).is_some();
            match status.as_str() {
                "Degraded" => {
                    degraded += 1;
                    found += usize::from(is_bad);
                    if !is_bad {
                        eprintln!("missed: {}", path.display());
                    }
                }
                "Healthy" | "Suspended" => {
                    well += 1;
                    wrong += usize::from(is_bad);
                    if is_bad {
                        eprintln!("false alarm: {}", path.display());
                    }
                }
                _ => {}
            }
        }
    }
    eprintln!("found {found} of {degraded} degraded, {wrong} false alarms of {well}");
    assert!(degraded > 100, "{} has no health checks", root.display());
    assert!(found * 100 >= degraded * FOUND);
    assert!(wrong * 100 <= well * FALSE_ALARMS);
}

/// Expected status and object of each test.
fn tests(suite: &Path) -> Vec<(String, PathBuf)> {
    let text = fs::read_to_string(suite).unwrap();
    let suite_of: Value = serde_yaml::from_str(&text).unwrap_or_default();
    let tests = suite_of["tests"].as_array().cloned().unwrap_or_default();
    let path = |test: &Value| Some(suite.with_file_name("").join(test["inputPath"].as_str()?));
    tests
        .iter()
        .filter_map(|test| {
            let status = test["healthStatus"]["status"].as_str()?;
            Some((status.to_owned(), path(test)?))
        })
        .collect()
}

fn read(path: &Path) -> Option<CustomObject> {
    let text = fs::read_to_string(path).ok()?;
    let documents = serde_yaml::from_multiple::<Value>(&text).ok()?;
    serde_json::from_value(documents.into_iter().next()?).ok()
}

fn files(folder: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, name));
        } else if path.ends_with(name) {
            found.push(path);
        }
    }
    found.sort();
    found
}
