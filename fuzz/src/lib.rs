//! What the fuzz targets share.

pub mod entries;
pub mod json;
pub mod text;
