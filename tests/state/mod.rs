//! The state: its document, its size limit, the directory store, and the lists of incidents and
//! silences.

mod document;
mod listing;

use crate::lifecycle::harness;
use crate::support::store_suite;

use std::fs;
use std::path::Path;

use k8s_monitor::state::{DirectoryStore, NoStore, State, Store, StoreError, Version};
use tempfile::TempDir;

struct Directory(TempDir);

impl Directory {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    /// A path of two missing directories.
    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("var/k8s-monitor")
    }
}

impl store_suite::StoreFixture for Directory {
    fn open(&self) -> Box<dyn Store + '_> {
        Box::new(DirectoryStore::new(self.path(), store_suite::now()))
    }

    fn overwrite(&self, text: &str) {
        fs::create_dir_all(self.path()).expect("made");
        fs::write(self.path().join("state.json"), text).expect("written");
    }

    fn quarantined(&self, name: &str) -> Option<String> {
        // The last of several that were set aside in the same second.
        let names = ["", ".1", ".2", ".3"].map(|end| format!("{name}{end}"));
        let mut found = names.iter().rev();
        found.find_map(|name| fs::read_to_string(self.path().join(name)).ok())
    }

    fn clear(&self) {
        let _ = fs::remove_dir_all(self.path());
    }
}

#[test]
fn a_directory_is_a_store() {
    store_suite::all(&Directory::new());
}

#[test]
fn a_symbolic_link_is_kept_and_equal_errors_have_equal_text() {
    let place = tempfile::tempdir().expect("a directory");
    let [mine, other] = ["mine", "other"].map(|name| place.path().join(name));
    fs::create_dir(&mine).expect("made");
    let link = mine.join("state.json");
    std::os::unix::fs::symlink("../other/real.json", &link).expect("linked");
    let store = DirectoryStore::new(&mine, store_suite::now());
    let save = |version: &Version| store.save(&State::default(), version);
    let failures = [(); 2].map(|()| save(&Version::Absent).expect_err("no folder").to_string());
    assert_eq!(failures[0], failures[1]);
    fs::create_dir(&other).expect("made");
    let first = save(&Version::Absent).expect("saved");
    save(&first).expect("saved again");
    assert!(link.is_symlink());
    assert!(fs::read_to_string(other.join("real.json")).is_ok_and(|text| text.contains("schema")));
}

#[test]
fn a_directory_has_no_temporary_files_after_a_save() {
    use store_suite::StoreFixture as _;
    let directory = Directory::new();
    let store = directory.open();
    let mut version = Version::Absent;
    for _ in 0..3 {
        version = store.save(&State::default(), &version).expect("saved");
    }
    let mut names: Vec<_> = fs::read_dir(directory.path())
        .expect("listed")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["state.json", "state.lock"]);
    let mode = {
        use std::os::unix::fs::PermissionsExt as _;
        let file = fs::metadata(directory.path().join("state.json")).expect("there");
        file.permissions().mode() & 0o777
    };
    assert_eq!(mode, 0o600);
}

#[test]
fn what_a_killed_run_left_is_removed_at_the_next_start() {
    use store_suite::StoreFixture as _;
    let directory = Directory::new();
    fs::create_dir_all(directory.path()).expect("made");
    let others = ["state.json.bak", ".state-mine", ".state-notes.md", "other"];
    for name in [".state-a1B2c3", ".state-XXXXXX"].iter().chain(&others) {
        fs::write(directory.path().join(name), "left").expect("written");
    }
    let link = directory.path().join(".state-Linked");
    std::os::unix::fs::symlink("other", &link).expect("linked");
    let store = directory.open();
    {
        // Somebody is writing.
        let lock = fs::File::create(directory.path().join("state.lock")).expect("made");
        lock.lock().expect("locked");
        store.hold().expect("held");
        assert!(directory.path().join(".state-a1B2c3").exists());
    }
    store.hold().expect("held");
    let names = fs::read_dir(directory.path()).expect("listed");
    let mut names: Vec<_> = names.map(|e| e.expect("an entry").file_name()).collect();
    names.sort();
    let mut expected = vec![".state-Linked", "cycle.lock", "state.lock"];
    expected.extend(others);
    expected.sort_unstable();
    assert_eq!(names, expected);
}

/// A device has no end, a pipe may never answer, and no state is that large.
#[test]
fn a_state_that_is_no_file_of_ours_is_refused_at_once() {
    let place = tempfile::tempdir().expect("a directory");
    let state = place.path().join("state.json");
    let store = DirectoryStore::new(place.path(), store_suite::now());
    let refused = |words: &str| {
        let error = store.load().expect_err("refused").to_string();
        assert!(error.contains(words), "{error}");
        fs::remove_file(&state).expect("removed");
    };
    std::os::unix::fs::symlink("/dev/zero", &state).expect("linked");
    refused("it is a device, not a regular file");
    let large = fs::File::create(&state).expect("made");
    large.set_len(3 << 30).expect("sparse");
    refused("it is larger than the 4 MiB that are read");
}

#[test]
fn a_save_while_the_lock_is_taken_is_a_conflict() {
    use store_suite::StoreFixture as _;
    let directory = Directory::new();
    fs::create_dir_all(directory.path()).expect("made");
    let lock = fs::File::create(directory.path().join("state.lock")).expect("made");
    lock.lock().expect("locked");
    let refused = directory.open().save(&State::default(), &Version::Absent);
    assert!(refused.is_err_and(|error| error.is_conflict()));
    lock.unlock().expect("unlocked");
    let saved = directory.open().save(&State::default(), &Version::Absent);
    assert!(saved.is_ok());
}

#[test]
fn a_path_that_is_no_directory_is_an_error_with_a_remedy() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let store = DirectoryStore::new(file.path(), store_suite::now());
    for error in [
        store.load().err(),
        store.save(&State::default(), &Version::Absent).err(),
    ] {
        let error = error.expect("a file is no directory");
        assert!(matches!(error, StoreError::Io { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(&file.path().display().to_string()), "{text}");
        assert!(text.contains("check the path"), "{text}");
    }
}

#[test]
fn of_many_concurrent_writers_one_succeeds() {
    let directory = Directory::new();
    let path = directory.path();
    let won = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|number| {
                let path: &Path = &path;
                scope.spawn(move || {
                    let state = State {
                        last_message: number,
                        ..State::default()
                    };
                    let store = DirectoryStore::new(path, store_suite::now());
                    store.save(&state, &Version::Absent).is_ok()
                })
            })
            .collect();
        let results = writers.into_iter().map(|w| w.join().expect("no panic"));
        results.filter(|won| *won).count()
    });
    assert_eq!(won, 1);
}

#[test]
fn the_store_none_saves_nothing() {
    let version = NoStore.save(&State::default(), &Version::Absent);
    assert_eq!(version.expect("no error"), Version::Absent);
    assert_eq!(NoStore.load().expect("no error").state, State::default());
    assert_eq!(NoStore.place(), "none");
}
