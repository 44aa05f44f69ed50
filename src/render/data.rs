//! The forms for programs: JSON and YAML.

use serde::Serialize;

/// Indented JSON.
pub fn json(data: &impl Serialize) -> Result<String, String> {
    let text = serde_json::to_string_pretty(data).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}

/// The same document as YAML.
pub fn yaml(data: &impl Serialize) -> Result<String, String> {
    let text = serde_yaml::to_string(data).map_err(|error| error.to_string())?;
    Ok(format!("{}\n", text.trim_end()))
}
