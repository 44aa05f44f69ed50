//! What the fuzz targets share.

pub mod json;
pub mod text;
