//! Which file a path means, for what is put in its place whole.

use std::io;
use std::path::{Path, PathBuf};
use std::{fs, io::ErrorKind};

/// The file that a path leads to, there or not yet: a link stays, and what is no file,
/// such as a device, is never replaced.
///
/// # Errors
/// When something else than a file is there, or nobody can tell.
pub fn of(path: &Path) -> io::Result<PathBuf> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            return Err(io::Error::other("what is there is no regular file"));
        }
        Err(cause) if cause.kind() != ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let mut path = path.to_owned();
    // Links in a circle were an error above.
    while let Ok(next) = fs::read_link(&path) {
        path.set_file_name(next);
    }
    Ok(path)
}

/// The folder that a file is in.
#[must_use]
pub fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}
