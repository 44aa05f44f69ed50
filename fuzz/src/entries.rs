//! Entries of hostile archives and folders. Their target is `secret/pods.json` beside
//! the archive or folder.

use std::fs;
use std::path::{Path, PathBuf};

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use tar::{EntryType, Header};

/// An entry of an archive or folder.
#[derive(Debug, Arbitrary)]
pub struct Entry<'a> {
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
    /// A compression bomb.
    Zeros(u32),
    Brackets(u16),
    Aliases(u8),
    Log(u16),
}

/// An archive of the entries. Only the checksums are always valid.
#[must_use]
pub fn tar(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
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
    bytes
}

/// A folder of the entries that the file system allows.
///
/// # Panics
/// When the folder exists already.
pub fn folder(entries: &[Entry], root: &Path) {
    fs::create_dir(root).expect("creates");
    for entry in entries {
        let name = String::from_utf8_lossy(&entry.name.bytes()).into_owned();
        let parts = name.split('/');
        let parts = parts.filter(|part| !matches!(*part, "" | "." | ".."));
        let path = root.join(parts.collect::<PathBuf>());
        if path == root || path.symlink_metadata().is_ok() {
            continue;
        }
        let parent = path.parent().unwrap_or(root);
        // Links of earlier entries are not followed.
        let is_inside = parent.ancestors().all(|a| !a.is_symlink());
        if !is_inside || fs::create_dir_all(parent).is_err() {
            continue;
        }
        _ = match &entry.kind {
            Kind::Folder => fs::create_dir(&path),
            Kind::Symlink(to) => std::os::unix::fs::symlink(target(*to), &path),
            _ => fs::write(&path, entry.content.bytes()),
        };
    }
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

/// A billion laughs: every line expands to nine times the line before.
fn aliases(levels: u8) -> Vec<u8> {
    let mut yaml = "a0: &a0 lol\n".to_owned();
    for level in 1..=levels % 16 {
        let nine = vec![format!("*a{}", level - 1); 9].join(", ");
        yaml += &format!("a{level}: &a{level} [{nine}]\n");
    }
    (yaml + "kind: Pod\napiVersion: v1\nmetadata: {name: a}\n").into_bytes()
}

/// A pod in JSON.
#[must_use]
pub fn pod(name: &str) -> String {
    format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{name}","namespace":"default"}},
        "status":{{"phase":"Running","startTime":"2026-11-23T06:00:00Z"}}}}"#
    )
}
