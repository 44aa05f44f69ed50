//! The inventory as JSON, for programs.

use serde_json::{Value, json};

use super::graph::Inventory;
use super::model::Service;

/// Value of `schema` in the JSON of services.
pub const SERVICES: &str = "k8s-monitor/services/v1";
/// Value of `schema` in the JSON of diagnostics.
pub const LINT: &str = "k8s-monitor/lint/v1";

/// All services in the order of the file.
#[must_use]
pub fn list(inventory: &Inventory) -> Value {
    json!({ "schema": SERVICES, "services": inventory.services })
}

/// One service, in the form of a list.
#[must_use]
pub fn show(service: &Service) -> Value {
    json!({ "schema": SERVICES, "services": [service] })
}

/// What is wrong with the file, in the order of its lines.
#[must_use]
pub fn lint(inventory: &Inventory, file_name: &str) -> Value {
    json!({
        "schema": LINT,
        "file": file_name,
        "services": inventory.services.len(),
        "diagnostics": inventory.diagnostics,
    })
}
