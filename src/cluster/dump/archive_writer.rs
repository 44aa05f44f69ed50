//! Writes the files of a snapshot to a folder or a `.tar.gz`. They are written
//! under a temporary name beside the target, which is renamed when complete.
//! Only the owner can read them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};
use tempfile::{NamedTempFile, TempDir};

use super::DumpError;
use crate::model::Time;

/// File name endings of formats that are not supported.
const OTHER_FORMATS: &[&str] = &[
    "json", "yaml", "yml", "zip", "gz", "tar", "xz", "zst", "txt",
];

/// A snapshot that is being written.
pub(super) struct ArchiveWriter {
    target: PathBuf,
    kind: Container,
    pub(super) files: usize,
    pub(super) bytes: u64,
}

enum Container {
    Folder(TempDir),
    Archive(Box<Archive>),
}

struct Archive {
    builder: Builder<GzEncoder<NamedTempFile>>,
    /// The folder within the archive.
    prefix: String,
    time: u64,
}

impl ArchiveWriter {
    /// Opens a writer for a path that does not exist yet. `time` is the
    /// modification time of the files in an archive, so that equal snapshots
    /// give archives that are equal byte by byte.
    pub(super) fn open(target: &Path, time: Time) -> Result<Self, DumpError> {
        let failed = |error| DumpError::writing(target, error);
        check_is_free(target)?;
        let parent = target.parent().filter(|p| !p.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let name = target.file_name().map(|n| n.to_string_lossy().into_owned());
        let name = name.ok_or_else(|| DumpError::Target {
            path: target.to_path_buf(),
        })?;
        let kind = match archive_stem(&name) {
            Some(stem) => {
                Container::Archive(Box::new(Archive::open(parent, stem, time).map_err(failed)?))
            }
            None if is_other_format(&name) => {
                return Err(DumpError::Target {
                    path: target.to_path_buf(),
                });
            }
            None => Container::Folder(private_folder(parent).map_err(failed)?),
        };
        Ok(Self {
            target: target.to_path_buf(),
            kind,
            files: 0,
            bytes: 0,
        })
    }

    /// Adds a file. Its path is relative, with `/`, and does not leave the folder.
    pub(super) fn add(&mut self, path: &str, content: &[u8]) -> Result<(), DumpError> {
        let added = match &mut self.kind {
            Container::Folder(folder) => add_to_folder(folder.path(), path, content),
            Container::Archive(archive) => archive.add(path, content),
        };
        added.map_err(|error| DumpError::writing(&self.target, error))?;
        self.files += 1;
        self.bytes += content.len() as u64;
        Ok(())
    }

    /// Renames the files to the target.
    pub(super) fn finish(self) -> Result<(), DumpError> {
        let target = self.target;
        let moved = match self.kind {
            Container::Folder(folder) => {
                fs::rename(folder.path(), &target).map(|()| drop(folder.keep()))
            }
            Container::Archive(archive) => archive.finish(&target),
        };
        moved.map_err(|error| DumpError::writing(&target, error))
    }
}

/// Fails when there is anything at the path but an empty folder.
fn check_is_free(target: &Path) -> Result<(), DumpError> {
    let taken = match fs::symlink_metadata(target) {
        Ok(metadata) if metadata.is_dir() => {
            let mut entries = fs::read_dir(target).map_err(|e| DumpError::writing(target, e))?;
            entries.next().is_some()
        }
        Ok(_) => true,
        Err(_) => false,
    };
    if taken {
        Err(DumpError::Exists {
            path: target.to_path_buf(),
        })
    } else {
        Ok(())
    }
}

fn archive_stem(name: &str) -> Option<&str> {
    name.strip_suffix(".tar.gz")
        .or_else(|| name.strip_suffix(".tgz"))
        .filter(|stem| !stem.is_empty())
}

fn is_other_format(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| OTHER_FORMATS.contains(&ending.to_ascii_lowercase().as_str()))
}

fn private_folder(parent: &Path) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".k8s-monitor-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(parent)
}

fn add_to_folder(folder: &Path, path: &str, content: &[u8]) -> io::Result<()> {
    let file = folder.join(path);
    if let Some(parent) = file.parent() {
        create_private(parent)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(file)?;
    file.write_all(content)
}

fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

impl Archive {
    fn open(parent: &Path, stem: &str, time: Time) -> io::Result<Self> {
        // The library creates temporary files with permissions for their owner only.
        let file = tempfile::Builder::new()
            .prefix(".k8s-monitor-")
            .tempfile_in(parent)?;
        let encoder = GzEncoder::new(file, Compression::default());
        Ok(Self {
            builder: Builder::new(encoder),
            prefix: stem.to_owned(),
            time: u64::try_from(time.timestamp()).unwrap_or(0),
        })
    }

    fn add(&mut self, path: &str, content: &[u8]) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(self.time);
        self.builder
            .append_data(&mut header, format!("{}/{path}", self.prefix), content)
    }

    fn finish(self, target: &Path) -> io::Result<()> {
        let file = self.builder.into_inner()?.finish()?;
        file.as_file().sync_all()?;
        file.persist_noclobber(target)
            .map(drop)
            .map_err(|error| error.error)
    }
}
