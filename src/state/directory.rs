//! The state in a directory: `state.json`, replaced atomically, under a lock.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::model::State;
use super::quarantine::{self, DocumentStore, StoredDocument};
use super::store::{CycleLock, Loaded, Store, StoreError, Version};
use crate::model::Time;
use crate::runtime::fs_util;

const FILE: &str = "state.json";
/// Bytes of the file that are read. The program writes less than one mebibyte.
const MAX_FILE: u64 = 4 << 20;
/// Letters and digits that the library adds to the name of a temporary file.
const TEMPORARY_LETTERS: usize = 6;
/// Beginning of the name of a file that is being written.
const TEMPORARY: &str = ".state-";
/// A temporary file of this age belongs to a process that was killed, even where other directories
/// have their files beside it. To write one takes milliseconds.
const LEFT_OVER: Duration = Duration::from_mins(10);
const LOCK: &str = "state.lock";
/// Held by a cycle from beginning to end.
const CYCLE: &str = "cycle.lock";

/// A directory that holds the state.
#[derive(Debug, Clone)]
pub struct DirectoryStore {
    directory: PathBuf,
    now: Time,
}

impl DirectoryStore {
    /// The directory is created when the state is first saved. `now` dates the name of a document
    /// that is set aside.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>, now: Time) -> Self {
        Self {
            directory: directory.into(),
            now,
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.join(FILE)
    }

    fn bytes(&self) -> Result<Option<Vec<u8>>, StoreError> {
        match fs_util::read(&self.file(), MAX_FILE) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(failed("read", &self.file(), cause)),
        }
    }

    /// The lock of that name; none while another process has it.
    fn lock(&self, name: &str) -> Result<Option<File>, StoreError> {
        let path = self.directory.join(name);
        fs::create_dir_all(&self.directory)
            .map_err(|cause| failed("create", &self.directory, cause))?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|cause| failed("write", &path, cause))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(lock)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(failed("lock", &path, cause)),
        }
    }

    /// Removes what processes left that were killed while they wrote. What cannot be removed stays.
    fn remove_left_over(&self) {
        let Ok(path) = fs_util::resolve_link(&self.file()) else {
            return;
        };
        let folder = fs_util::parent_dir(&path);
        // The directory's lock says nothing of those who write to the target of a link.
        let is_locked = folder == self.directory;
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        for entry in entries.filter(is_temporary) {
            if is_locked || age(&entry).is_some_and(|age| age > LEFT_OVER) {
                let path = entry.path();
                log::debug!("{}: left by a run that was killed; removed", path.display());
                drop(fs::remove_file(path));
            }
        }
    }

    fn conflict(&self) -> StoreError {
        StoreError::Conflict {
            place: self.place(),
        }
    }

    fn replace(&self, text: &str) -> io::Result<()> {
        let path = fs_util::resolve_link(&self.file())?;
        let folder = fs_util::parent_dir(&path);
        let mut file = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .tempfile_in(folder)
            // The library's error ends with a random name, so equal errors would differ.
            .map_err(|error| io::Error::from(error.kind()))?;
        file.as_file_mut().write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        // After a power cut the new name is there only if the directory was synced.
        File::open(folder)?.sync_all()
    }
}

impl DocumentStore for DirectoryStore {
    type Guard = File;

    fn read(&self) -> Result<Option<StoredDocument>, StoreError> {
        let bytes = self.bytes()?;
        Ok(bytes
            .map(|bytes| StoredDocument::of(&String::from_utf8_lossy(&bytes), version_of(&bytes))))
    }

    fn quarantine_name(&self, why: &str) -> String {
        format!("state-{why}-{}.json", self.now.format("%Y%m%dT%H%M%SZ"))
    }

    /// The lock is held for a few milliseconds. A process that finds it taken would find another
    /// version afterwards.
    fn lock_version(&self, at: Option<&str>) -> Result<File, StoreError> {
        let lock = self.lock(LOCK)?.ok_or_else(|| self.conflict())?;
        let present = self.bytes()?.map(|bytes| version_of(&bytes));
        if present.as_deref() != at {
            return Err(self.conflict());
        }
        Ok(lock)
    }

    /// Renames the file. A name that is taken gets a number.
    fn set_aside(&self, _: &str, name: &str) -> Result<(), StoreError> {
        let mut target = self.directory.join(name);
        let mut number = 1;
        while target.exists() {
            target = self.directory.join(format!("{name}.{number}"));
            number += 1;
        }
        fs::rename(self.file(), &target).map_err(|cause| failed("write", &target, cause))
    }

    fn write(&self, text: &str, _: Option<&str>) -> Result<String, StoreError> {
        self.replace(text)
            .map_err(|cause| failed("write", &self.file(), cause))?;
        Ok(version_of(text.as_bytes()))
    }
}

impl Store for DirectoryStore {
    fn load(&self) -> Result<Loaded, StoreError> {
        quarantine::load(self)
    }

    fn save(&self, state: &State, version: &Version) -> Result<Version, StoreError> {
        quarantine::save(self, state, version)
    }

    fn hold(&self) -> Result<CycleLock, StoreError> {
        let cycle = self.lock(CYCLE)?;
        // Whoever writes has this lock.
        if let (Some(_), Some(_writing)) = (&cycle, self.lock(LOCK)?) {
            self.remove_left_over();
        }
        Ok(cycle.map_or(CycleLock::Taken, CycleLock::Own))
    }

    fn place(&self) -> String {
        format!("dir:{}", self.directory.display())
    }
}

fn is_temporary(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    let rest = name.to_str().and_then(|name| name.strip_prefix(TEMPORARY));
    let is_ours = rest.is_some_and(|rest| {
        rest.len() == TEMPORARY_LETTERS && rest.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    // Not a link, which may lead to any file.
    is_ours && entry.file_type().is_ok_and(|kind| kind.is_file())
}

fn age(entry: &fs::DirEntry) -> Option<Duration> {
    let written = entry.metadata().ok()?.modified().ok()?;
    SystemTime::now().duration_since(written).ok()
}

/// The version is a hash of the content.
fn version_of(bytes: &[u8]) -> String {
    use std::hash::{DefaultHasher, Hasher as _};
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    format!("{:016x}-{}", hasher.finish(), bytes.len())
}

fn failed(doing: &'static str, path: &Path, cause: io::Error) -> StoreError {
    StoreError::Io {
        doing,
        path: path.to_owned(),
        cause,
    }
}
