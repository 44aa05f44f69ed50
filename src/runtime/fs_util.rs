//! Files that are read up to a limit, and paths of files that are replaced atomically.

use std::fs::{self, File, FileType};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

/// Reads a regular file of at most `limit` bytes. A device or a pipe, which may have no end or never
/// answer, is not opened. Links are followed: Kubernetes mounts files as links.
///
/// # Errors
/// When it is no regular file, is larger, or cannot be read. The error says which.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    check_size(path, limit)?;
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_large(limit));
    }
    Ok(bytes)
}

/// The same, of a text.
///
/// # Errors
/// As [`read`], and when it is not UTF-8.
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    let not_text = |_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8");
    String::from_utf8(read(path, limit)?).map_err(not_text)
}

/// Checks that a path is a regular file of at most `limit` bytes. It is not opened.
///
/// # Errors
/// As [`read`].
pub fn check_size(path: &Path, limit: u64) -> io::Result<()> {
    check_regular(path)?;
    if fs::metadata(path)?.len() > limit {
        return Err(too_large(limit));
    }
    Ok(())
}

/// Checks that a path is a regular file, or leads to one. It is not opened.
///
/// # Errors
/// When it is something else, or cannot be examined.
pub fn check_regular(path: &Path) -> io::Result<()> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_file() {
        return Ok(());
    }
    let what = what_it_is(kind);
    let message = format!("it is {what}, not a regular file; give the path of a file");
    Err(io::Error::other(message))
}

#[cfg(unix)]
fn what_it_is(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    match kind {
        kind if kind.is_dir() => "a directory",
        kind if kind.is_fifo() => "a pipe",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

#[cfg(not(unix))]
fn what_it_is(kind: FileType) -> &'static str {
    if kind.is_dir() {
        "a directory"
    } else {
        "a device"
    }
}

fn too_large(limit: u64) -> io::Error {
    let mib = limit.div_ceil(1 << 20);
    io::Error::other(format!(
        "it is larger than the {mib} MiB that are read; give a smaller file"
    ))
}

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
