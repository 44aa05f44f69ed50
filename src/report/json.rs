//! The document for programs.

use super::Report;

/// Indented JSON, with a newline at the end.
///
/// # Errors
/// When a number in it is none (a cost that is not finite): a defect.
pub fn json(report: &Report) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    Ok(text)
}

/// The same document as YAML.
///
/// # Errors
/// As for [`json`].
pub fn yaml(report: &Report) -> Result<String, serde_yaml::SerializeError> {
    let mut text = serde_yaml::to_string(report)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}
