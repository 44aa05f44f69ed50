//! What the fuzz targets share.

pub mod entries;
#[path = "../../tests/support/hostile.rs"]
pub mod hostile;
pub mod json;
pub mod text;
