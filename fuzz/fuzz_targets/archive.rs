//! Untrusted snapshots: archives and folders. Nothing outside of them is read,
//! nothing is written, no limit is exceeded, and what was read can be written and
//! read again without a difference.

#![no_main]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use k8s_monitor::cluster::dump::{self, Limits};
use k8s_monitor::cluster::{Resource, Snapshot};
use k8s_monitor_fuzz::entries::{self, Entry};
use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

/// The name of an object outside of the snapshots, which must not be read.
const OUTSIDE: &str = "outside-q7Z";

const LIMITS: Limits = Limits {
    total_bytes: 4 << 20,
    whole_file_bytes: 256 << 10,
    object_bytes: 64 << 10,
    entries: 64,
    objects: 200,
    depth: 6,
    log_bytes: 64 << 10,
};

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    is_folder: bool,
    is_zipped: bool,
    entries: Vec<Entry<'a>>,
}

static DIRECTORY: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("secret")).expect("writes");
    fs::write(
        folder.path().join("secret/pods.json"),
        entries::pod(OUTSIDE),
    )
    .expect("writes");
    folder
});

fuzz_target!(|data: &[u8]| {
    let directory = DIRECTORY.path();
    let is_archive = data.starts_with(&[0x1f, 0x8b]) || data.get(257..262) == Some(b"ustar");
    let path = if is_archive {
        let path = directory.join("dump.tar.gz");
        fs::write(&path, data).expect("writes");
        path
    } else {
        let mut unstructured = Unstructured::new(data);
        let Ok(input) = Input::arbitrary(&mut unstructured) else {
            return;
        };
        if input.is_folder {
            let root = directory.join("dump");
            entries::folder(&input.entries, &root);
            root
        } else {
            archive(&input, directory)
        }
    };
    let before = listing(directory);
    let read = dump::read_within(&path, None, &LIMITS);
    assert_eq!(listing(directory), before, "reading wrote a file");
    match read {
        Ok(snapshot) => {
            check_limits(&snapshot);
            check_round_trip(&snapshot, directory);
        }
        Err(error) => assert!(error.to_string().contains("dump"), "{error}"),
    }
    if path.is_dir() {
        fs::remove_dir_all(&path).expect("removes");
    }
});

fn check_limits(snapshot: &Snapshot) {
    let pods = &snapshot.objects.pods;
    assert!(
        pods.iter().all(|pod| pod.metadata.name != OUTSIDE),
        "an object outside of the snapshot was read"
    );
    assert!(pods.len() <= LIMITS.objects);
    assert!(snapshot.logs.len() <= 64);
    let text: usize = snapshot.logs.iter().map(|log| log.text.len()).sum();
    assert!(text <= LIMITS.log_bytes, "{text} bytes of logs");
}

fn check_round_trip(snapshot: &Snapshot, directory: &Path) {
    let copy = directory.join("copy.tar.gz");
    dump::write(snapshot, &copy).expect("it can be written");
    let again = dump::read(&copy, None).expect("it reads what it wrote");
    fs::remove_file(copy).expect("removes");
    assert_eq!(again.now.timestamp(), snapshot.now.timestamp());
    assert_eq!(again.objects.pods.len(), snapshot.objects.pods.len());
    for resource in [Resource::Pods, Resource::Nodes, Resource::Events] {
        assert_eq!(
            again.is_read(resource),
            snapshot.is_read(resource),
            "{resource:?}"
        );
    }
}

fn archive(input: &Input, directory: &Path) -> PathBuf {
    let bytes = entries::tar(&input.entries);
    if !input.is_zipped {
        let path = directory.join("dump.tar");
        fs::write(&path, bytes).expect("writes");
        return path;
    }
    let path = directory.join("dump.tar.gz");
    let file = fs::File::create(&path).expect("creates");
    let mut encoder = GzEncoder::new(file, Compression::fast());
    encoder.write_all(&bytes).expect("writes");
    encoder.finish().expect("writes");
    path
}

/// All entries of a directory. Links are not followed.
fn listing(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("lists") {
            let entry = entry.expect("lists");
            let metadata = entry.metadata().expect("has metadata");
            if metadata.is_dir() {
                folders.push(entry.path());
            }
            found.push((entry.path(), metadata.len()));
        }
    }
    found.sort();
    found
}
