//! The files of a dump: of a folder, of an archive, or a single one. Nothing is unpacked to disk, and
//! what is not a regular file is skipped.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Component, Path};

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use super::budget::{Budget, Unreadable};
use super::{DumpError, Limits};
use crate::runtime::fs_util;

/// Bytes of a long name in an archive. File systems allow at most 4 KiB.
const NAME_MAX: u64 = 8 * 1024;

/// One file of a dump.
pub(super) struct DumpFile<'a> {
    /// Path within the dump, with `/`.
    pub(super) path: String,
    /// Whether the requested path is this file.
    pub(super) is_root: bool,
    /// Its content.
    pub(super) content: Box<dyn BufRead + 'a>,
}

type Visit<'v> = dyn FnMut(DumpFile) -> Result<(), LimitReached> + 'v;

/// A limit that stops reading.
pub(super) struct LimitReached {
    /// The limit that was reached, with its unit.
    pub(super) limit: String,
}

/// Calls `visit` for every plain file: of a folder in the order of their names,
/// of an archive in its own order.
pub(super) fn walk(path: &Path, limits: &Limits, visit: &mut Visit) -> Result<(), DumpError> {
    let metadata = fs::metadata(path).map_err(|e| DumpError::opening(path, e))?;
    let mut walker = Walker {
        root: path,
        limits,
        budget: Budget::new(limits.total_bytes),
        entries: 0,
        visit,
    };
    if metadata.is_dir() {
        fs::read_dir(path).map_err(|e| DumpError::opening(path, e))?;
        walker.folder(path, "", 0)
    } else {
        // A device or a pipe has no end or never answers.
        fs_util::check_regular(path).map_err(|e| DumpError::opening(path, e))?;
        let file = File::open(path).map_err(|e| DumpError::opening(path, e))?;
        walker.file(file)
    }
}

struct Walker<'w, 'v> {
    root: &'w Path,
    limits: &'w Limits,
    budget: Budget,
    entries: u64,
    visit: &'w mut Visit<'v>,
}

impl Walker<'_, '_> {
    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<(), DumpError> {
        if depth > self.limits.depth {
            log::debug!("{}: deeper folders are not read", folder.display());
            return Ok(());
        }
        let mut entries: Vec<_> = match fs::read_dir(folder) {
            Ok(entries) => entries.filter_map(Result::ok).collect(),
            Err(error) => {
                let path = prefix.to_owned();
                return self.offer(path, false, Box::new(Unreadable(Some(error))));
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            self.count_entry()?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if prefix.is_empty() {
                name.clone()
            } else {
                format!("{prefix}/{name}")
            };
            match entry.file_type() {
                // Dot files belong to version control and editors. Links may loop or point outside.
                _ if name.starts_with('.') => {}
                Ok(kind) if kind.is_dir() => self.folder(&entry.path(), &path, depth + 1)?,
                Ok(kind) if kind.is_file() => self.plain_file(&entry.path(), path)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn plain_file(&mut self, file: &Path, path: String) -> Result<(), DumpError> {
        match File::open(file) {
            Ok(opened) => {
                let content = BufReader::with_capacity(64 * 1024, self.budget.watch(opened));
                self.offer(path, false, Box::new(content))?;
                // An error while this file is read damages this file only.
                self.budget.take_failure();
                Ok(())
            }
            Err(error) => self.offer(path, false, Box::new(Unreadable(Some(error)))),
        }
    }

    /// A single path: plain or compressed, an archive or one document.
    fn file(&mut self, mut file: File) -> Result<(), DumpError> {
        let head = peek(&mut file).map_err(|e| DumpError::opening(self.root, e))?;
        let whole = Cursor::new(head.clone()).chain(file);
        if let Some((found, advice)) = unsupported(&head) {
            return Err(DumpError::Format {
                path: self.root.to_path_buf(),
                found,
                advice,
            });
        }
        if !head.starts_with(&[0x1f, 0x8b]) {
            return self.unpacked(&head, Box::new(self.budget.watch(whole)));
        }
        let mut unpacked = self
            .budget
            .watch(MultiGzDecoder::new(BufReader::new(whole)));
        let head = peek(&mut unpacked).map_err(|e| self.corrupt(&e))?;
        let whole = Cursor::new(head.clone()).chain(unpacked);
        self.unpacked(&head, Box::new(whole))
    }

    fn unpacked(&mut self, head: &[u8], content: Box<dyn Read>) -> Result<(), DumpError> {
        let name = self
            .root
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let lower = name.to_ascii_lowercase();
        let is_tar = head.get(257..262) == Some(b"ustar")
            || [".tar", ".tgz", ".tar.gz"]
                .iter()
                .any(|end| lower.ends_with(end));
        if is_tar {
            return self.archive(content);
        }
        let path = name.strip_suffix(".gz").unwrap_or(&name).to_owned();
        self.offer(
            path,
            true,
            Box::new(BufReader::with_capacity(64 * 1024, content)),
        )
    }

    /// Reads the entries of a tar raw, because the library keeps a long name of any length in memory.
    fn archive(&mut self, content: Box<dyn Read>) -> Result<(), DumpError> {
        let mut archive = Archive::new(content);
        let entries = archive.entries().map_err(|e| self.corrupt(&e))?.raw(true);
        let mut long_name = None;
        let mut plain_files = 0;
        for entry in entries {
            self.count_entry()?;
            let mut entry = entry.map_err(|e| self.corrupt(&e))?;
            match entry.header().entry_type() {
                EntryType::GNULongName | EntryType::XHeader => {
                    long_name = read_long_name(&mut entry)
                        .map_err(|e| self.corrupt(&e))?
                        .or(long_name);
                }
                EntryType::Regular | EntryType::Continuous => {
                    plain_files += 1;
                    let name = long_name
                        .take()
                        .unwrap_or_else(|| entry.path_bytes().into_owned());
                    if let Some(path) = safe_path(&name) {
                        let content = BufReader::with_capacity(64 * 1024, entry);
                        self.offer(path, false, Box::new(content))?;
                    }
                }
                _ => long_name = None,
            }
        }
        if plain_files == 0 {
            return Err(self.corrupt(&io::Error::other("it contains no file")));
        }
        Ok(())
    }

    fn offer(
        &mut self,
        path: String,
        is_root: bool,
        content: Box<dyn BufRead + '_>,
    ) -> Result<(), DumpError> {
        let outcome = (self.visit)(DumpFile {
            path,
            is_root,
            content,
        });
        if self.budget.is_spent() {
            return Err(self.too_large(format!("{} bytes unpacked", self.limits.total_bytes)));
        }
        if let Some(detail) = self.budget.take_failure() {
            return Err(DumpError::Corrupt {
                path: self.root.to_path_buf(),
                detail,
            });
        }
        outcome.map_err(|stop| self.too_large(stop.limit))
    }

    fn count_entry(&mut self) -> Result<(), DumpError> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(self.too_large(format!("{} files", self.limits.entries)));
        }
        Ok(())
    }

    fn corrupt(&self, error: &io::Error) -> DumpError {
        if self.budget.is_spent() {
            return self.too_large(format!("{} bytes unpacked", self.limits.total_bytes));
        }
        DumpError::Corrupt {
            path: self.root.to_path_buf(),
            detail: error.to_string(),
        }
    }

    fn too_large(&self, limit: String) -> DumpError {
        DumpError::TooLarge {
            path: self.root.to_path_buf(),
            limit,
        }
    }
}

/// The first bytes, as many as identify a tar.
fn peek(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(512);
    reader.take(512).read_to_end(&mut head)?;
    Ok(head)
}

/// Formats that are recognized by their first bytes and not supported.
fn unsupported(head: &[u8]) -> Option<(&'static str, &'static str)> {
    const UNPACK: &str = "unpack it and give the folder, or pack it as .tar.gz";
    [
        (&b"PK\x03\x04"[..], "a zip archive"),
        (b"\xfd7zXZ\0", "compressed with xz"),
        (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
        (b"BZh", "compressed with bzip2"),
        (b"7z\xbc\xaf", "a 7z archive"),
    ]
    .into_iter()
    .find(|(magic, _)| head.starts_with(magic))
    .map(|(_, found)| (found, UNPACK))
}

/// The name in a GNU long name entry or a pax header; none when it is longer than a file's may be.
fn read_long_name(entry: &mut Entry<impl Read>) -> io::Result<Option<Vec<u8>>> {
    let is_pax = entry.header().entry_type() == EntryType::XHeader;
    let mut bytes = Vec::new();
    entry
        .take(if is_pax { 8 * NAME_MAX } else { NAME_MAX })
        .read_to_end(&mut bytes)?;
    if !is_pax {
        let length = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        bytes.truncate(length);
        return Ok(Some(bytes));
    }
    let path = tar::PaxExtensions::new(&bytes)
        .filter_map(Result::ok)
        .find(|extension| extension.key_bytes() == b"path")
        .map(|extension| extension.value_bytes().to_vec());
    Ok(path)
}

/// The path of an archive's entry, unless it points out of the archive.
fn safe_path(name: &[u8]) -> Option<String> {
    let name = String::from_utf8_lossy(name).into_owned();
    let mut parts = Vec::new();
    for component in Path::new(&name).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?.to_owned()),
            Component::CurDir => {}
            _ => {
                log::debug!("{name}: the path leaves the archive; the entry is skipped");
                return None;
            }
        }
    }
    (!parts.is_empty() && !parts.iter().any(|p| p.starts_with('.'))).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_outside_are_refused() {
        for (name, path) in [
            ("a/b.json", Some("a/b.json")),
            ("./a/b.json", Some("a/b.json")),
            ("../a.json", None),
            ("a/../../b.json", None),
            ("/etc/passwd", None),
            ("a/._b.json", None),
            ("", None),
        ] {
            assert_eq!(safe_path(name.as_bytes()).as_deref(), path, "{name}");
        }
    }
}
