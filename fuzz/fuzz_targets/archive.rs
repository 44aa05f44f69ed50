//! Snapshots from strangers: archives and folders of every shape. Nothing
//! outside of them is read, nothing is written, no bound is passed, and what
//! was read is written and read again as it was.

#![no_main]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use k8s_monitor::cluster::dump::{self, Limits};
use k8s_monitor::cluster::{Resource, Snapshot};
use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use tar::{EntryType, Header};
use tempfile::TempDir;

/// Of an object that lies beside the snapshots, where nobody may look.
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

#[derive(Debug, Arbitrary)]
struct Entry<'a> {
    name: Name<'a>,
    kind: Kind,
    content: Content<'a>,
}

#[derive(Debug, Arbitrary)]
enum Name<'a> {
    Plain(u8),
    Upwards,
    Absolute,
    Hidden,
    Long(u16),
    Deep(u8),
    Any(&'a [u8]),
}

#[derive(Debug, Arbitrary)]
enum Kind {
    File,
    Folder,
    Symlink(u8),
    Hardlink(u8),
    Pipe,
    LongName,
    Pax,
}

#[derive(Debug, Arbitrary)]
enum Content<'a> {
    Pod(u8),
    Many(u8),
    Text(&'a str),
    Bytes(&'a [u8]),
    /// A bomb, once it is packed.
    Zeros(u32),
    Brackets(u16),
    Aliases(u8),
    Log(u16),
}

static GROUND: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("secret")).expect("writes");
    fs::write(folder.path().join("secret/pods.json"), pod(OUTSIDE)).expect("writes");
    folder
});

fuzz_target!(|data: &[u8]| {
    let ground = GROUND.path();
    let is_archive = data.starts_with(&[0x1f, 0x8b]) || data.get(257..262) == Some(b"ustar");
    let path = if is_archive {
        let path = ground.join("dump.tar.gz");
        fs::write(&path, data).expect("writes");
        path
    } else {
        let mut unstructured = Unstructured::new(data);
        let Ok(input) = Input::arbitrary(&mut unstructured) else {
            return;
        };
        if input.is_folder {
            folder(&input, ground)
        } else {
            archive(&input, ground)
        }
    };
    let before = listing(ground);
    let read = dump::read_within(&path, None, &LIMITS);
    assert_eq!(listing(ground), before, "reading has written");
    match read {
        Ok(snapshot) => {
            bounded(&snapshot);
            survives(&snapshot, ground);
        }
        Err(error) => assert!(error.to_string().contains("dump"), "{error}"),
    }
    if path.is_dir() {
        fs::remove_dir_all(&path).expect("removes");
    }
});

fn bounded(snapshot: &Snapshot) {
    let pods = &snapshot.objects.pods;
    assert!(
        pods.iter().all(|pod| pod.metadata.name != OUTSIDE),
        "it was read from outside"
    );
    assert!(pods.len() <= LIMITS.objects);
    assert!(snapshot.logs.len() <= 64);
    let text: usize = snapshot.logs.iter().map(|log| log.text.len()).sum();
    assert!(text <= LIMITS.log_bytes, "{text} bytes of logs");
}

fn survives(snapshot: &Snapshot, ground: &Path) {
    let copy = ground.join("copy.tar.gz");
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

fn archive(input: &Input, ground: &Path) -> PathBuf {
    let mut bytes = Vec::new();
    for entry in &input.entries {
        let content = entry.content.bytes();
        let mut header = Header::new_gnu();
        let (kind, link) = entry.kind.of_tar();
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        let name = entry.name.bytes();
        let field = &mut header.as_old_mut().name;
        let length = name.len().min(field.len());
        field[..length].copy_from_slice(&name[..length]);
        let target = &mut header.as_old_mut().linkname;
        target[..link.len()].copy_from_slice(link.as_bytes());
        header.set_cksum();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(&content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    let path = ground.join(if input.is_zipped {
        "dump.tar.gz"
    } else {
        "dump.tar"
    });
    let file = fs::File::create(&path).expect("creates");
    if input.is_zipped {
        let mut encoder = GzEncoder::new(file, Compression::fast());
        encoder.write_all(&bytes).expect("writes");
        encoder.finish().expect("writes");
    } else {
        (&file).write_all(&bytes).expect("writes");
    }
    path
}

/// What the system refuses is not in the folder.
fn folder(input: &Input, ground: &Path) -> PathBuf {
    let root = ground.join("dump");
    fs::create_dir(&root).expect("creates");
    for entry in &input.entries {
        let name = String::from_utf8_lossy(&entry.name.bytes()).into_owned();
        let parts = name
            .split('/')
            .filter(|part| !matches!(*part, "" | "." | ".."));
        let path = root.join(parts.collect::<PathBuf>());
        if path == root || path.symlink_metadata().is_ok() {
            continue;
        }
        let parent = path.parent().unwrap_or(&root);
        // Not through a link that an earlier entry made.
        let is_inside = |p: &Path| p.ancestors().all(|a| !a.is_symlink());
        if !is_inside(parent) || fs::create_dir_all(parent).is_err() {
            continue;
        }
        _ = match &entry.kind {
            Kind::Folder => fs::create_dir(&path),
            Kind::Symlink(to) => std::os::unix::fs::symlink(target(*to), &path),
            _ => fs::write(&path, entry.content.bytes()),
        };
    }
    root
}

fn target(choice: u8) -> &'static str {
    const TARGETS: &[&str] = &[
        "..",
        ".",
        "../secret",
        "../secret/pods.json",
        "../../secret/pods.json",
        "/",
        "/etc/passwd",
        "pods.json",
        "/proc/self/environ",
    ];
    TARGETS[usize::from(choice) % TARGETS.len()]
}

impl Name<'_> {
    fn bytes(&self) -> Vec<u8> {
        const PLAIN: &[&str] = &[
            "pods.json",
            "nodes.yaml",
            "a/pods.json",
            "kube-system/pods.json",
            "events.json",
            "default/api-1/logs.txt",
            "api.log",
            "snapshot.json",
            "dump",
            "x.tar.gz",
        ];
        match self {
            Self::Plain(at) => PLAIN[usize::from(*at) % PLAIN.len()].into(),
            Self::Upwards => "../secret/pods.json".into(),
            Self::Absolute => "/etc/pods.json".into(),
            Self::Hidden => ".git/pods.json".into(),
            Self::Long(length) => "x".repeat(usize::from(*length)).into_bytes(),
            Self::Deep(depth) => ("d/".repeat(usize::from(*depth)) + "pods.json").into_bytes(),
            Self::Any(bytes) => bytes.to_vec(),
        }
    }
}

impl Kind {
    fn of_tar(&self) -> (EntryType, &'static str) {
        match self {
            Self::File => (EntryType::Regular, ""),
            Self::Folder => (EntryType::Directory, ""),
            Self::Symlink(to) => (EntryType::Symlink, target(*to)),
            Self::Hardlink(to) => (EntryType::Link, target(*to)),
            Self::Pipe => (EntryType::Fifo, ""),
            Self::LongName => (EntryType::GNULongName, ""),
            Self::Pax => (EntryType::XHeader, ""),
        }
    }
}

impl Content<'_> {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Pod(name) => pod(&format!("pod-{name}")).into_bytes(),
            Self::Many(count) => {
                let pods: Vec<_> = (0..*count).map(|n| pod(&format!("pod-{n}"))).collect();
                let list = pods.join(",");
                format!(r#"{{"kind":"List","apiVersion":"v1","items":[{list}]}}"#).into_bytes()
            }
            Self::Text(text) => (*text).into(),
            Self::Bytes(bytes) => bytes.to_vec(),
            Self::Zeros(count) => vec![0; usize::try_from(*count % (8 << 20)).unwrap_or(0)],
            Self::Brackets(count) => vec![b'['; usize::from(*count)],
            Self::Aliases(levels) => aliases(*levels),
            Self::Log(lines) => "panic: it is dead\n"
                .repeat(usize::from(*lines))
                .into_bytes(),
        }
    }
}

/// The laughs of billions: every line is nine times the one before.
fn aliases(levels: u8) -> Vec<u8> {
    let mut yaml = "a0: &a0 lol\n".to_owned();
    for level in 1..=levels % 16 {
        let nine = vec![format!("*a{}", level - 1); 9].join(", ");
        yaml += &format!("a{level}: &a{level} [{nine}]\n");
    }
    (yaml + "kind: Pod\napiVersion: v1\nmetadata: {name: a}\n").into_bytes()
}

fn pod(name: &str) -> String {
    format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{name}","namespace":"default"}},
        "status":{{"phase":"Running","startTime":"2026-11-23T06:00:00Z"}}}}"#
    )
}

/// Everything on the ground, links not followed.
fn listing(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("lists") {
            let entry = entry.expect("lists");
            let metadata = entry.metadata().expect("looks");
            if metadata.is_dir() {
                folders.push(entry.path());
            }
            found.push((entry.path(), metadata.len()));
        }
    }
    found.sort();
    found
}
