//! Paths of files that are replaced atomically.

use std::io;
use std::path::{Path, PathBuf};
use std::{fs, io::ErrorKind};

/// Follows symbolic links, so that a rename replaces their target and not the link. The target need
/// not exist.
///
/// # Errors
/// When the path is not a regular file, such as a device, or cannot be examined.
pub fn resolve_link(path: &Path) -> io::Result<PathBuf> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            return Err(io::Error::other("the path is not a regular file"));
        }
        Err(cause) if cause.kind() != ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let mut path = path.to_owned();
    // A loop of links was an error of `metadata` above.
    while let Ok(next) = fs::read_link(&path) {
        path.set_file_name(next);
    }
    Ok(path)
}

/// The directory of a file.
#[must_use]
pub fn parent_dir(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if dir != Path::new("") => dir,
        _ => Path::new("."),
    }
}
