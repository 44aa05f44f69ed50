//! Reads each file of a dump: as objects, as a log, as the manifest of this program, or not at all.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use super::Limits;
use super::collect::Collector;
use super::error::one_line;
use super::file_name;
use super::logs::{self, LogSource, Logs};
use super::manifest::{self, Manifest};
use super::walk::{DumpFile, LimitReached};
use super::{json, yaml};
use crate::cluster::trim::TrimmedReader;

/// Everything that the files of a dump held.
pub(super) struct Files {
    pub(super) collector: Collector,
    pub(super) logs: Logs,
    /// The manifest of this program, and its depth in the folders.
    pub(super) manifest: Option<(usize, Manifest)>,
    /// Damage that cannot be assigned to a kind.
    pub(super) damage: Option<String>,
    skipped: u32,
    limits: Limits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Yaml,
}

impl Files {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            collector: Collector::new(limits.objects),
            logs: Logs::new(limits.log_bytes),
            manifest: None,
            damage: None,
            skipped: 0,
            limits: *limits,
        }
    }

    /// Reads one file. Only a limit that is reached stops the reading.
    pub(super) fn take(&mut self, file: DumpFile) -> Result<(), LimitReached> {
        let DumpFile {
            path,
            is_root,
            mut content,
        } = file;
        self.collector.begin_file(&path);
        if let Err(error) = self.dispatch(&path, is_root, &mut content) {
            self.damaged(&path, &error);
        }
        self.collector
            .reached_limit()
            .map_or(Ok(()), |limit| Err(LimitReached { limit }))
    }

    fn dispatch(&mut self, path: &str, is_root: bool, content: &mut dyn BufRead) -> io::Result<()> {
        let name = path.rsplit('/').next().unwrap_or(path);
        if name == manifest::FILE {
            return self.manifest(path, content);
        }
        if let Some(source) = LogSource::of(path) {
            return self.logs.read(&source, content);
        }
        let format = match ending_of(name) {
            Ending::Known(format) => Some(format),
            Ending::Other if !is_root => None,
            Ending::Other => sniff(content)?.or(Some(Format::Yaml)),
            Ending::Missing => sniff(content)?,
        };
        match format {
            Some(format) => self.objects(path, format, content)?,
            None => self.skip(path),
        }
        Ok(())
    }

    /// A file of objects: whole when it is small enough, else as a stream.
    fn objects(&mut self, path: &str, format: Format, content: &mut dyn BufRead) -> io::Result<()> {
        let limit = self.limits.whole_file_bytes;
        let is_json = format == Format::Json || sniff(content)? == Some(Format::Json);
        let is_json = is_json && !content.fill_buf()?.starts_with(UTF_16);
        let mut trimmed = is_json.then(|| TrimmedReader::new(&mut *content));
        let content: &mut dyn Read = match &mut trimmed {
            Some(trimmed) => trimmed,
            None => content,
        };
        let mut bytes = Vec::new();
        let first = if is_json { limit.min(STREAMED) } else { limit };
        (&mut *content).take(first + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > first && logs::has_section(&bytes) {
            (&mut *content)
                .take(limit - first)
                .read_to_end(&mut bytes)?;
        }
        let whole = if logs::has_section(&bytes) {
            limit
        } else {
            first
        };
        if bytes.len() as u64 > whole {
            return match sniff(&mut bytes.as_slice())? {
                Some(Format::Json) => {
                    let whole = bytes.as_slice().chain(content);
                    json::stream(whole, self.limits.object_bytes, &mut self.collector)
                }
                _ => Err(io::Error::other(format!(
                    "more than {limit} bytes of YAML: convert it to JSON"
                ))),
            };
        }
        let Some(text) = decode(&bytes).filter(|text| may_have_objects(text)) else {
            self.skip(path);
            return Ok(());
        };
        let without_logs = self.logs.take_sections(&text);
        let text = without_logs.as_deref().unwrap_or(&text).as_bytes();
        // JSON is YAML, but reading it as such would take ten times as long.
        match if format == Format::Yaml {
            sniff(&mut &*text)?
        } else {
            Some(format)
        } {
            Some(Format::Json) => json::slice(text, &mut self.collector),
            _ => yaml::documents(text, &mut self.collector),
        }
    }

    fn manifest(&mut self, path: &str, content: &mut dyn BufRead) -> io::Result<()> {
        let depth = path.split('/').count();
        let manifest = Manifest::read(content)?;
        if self
            .manifest
            .as_ref()
            .is_none_or(|(other, _)| depth < *other)
        {
            self.manifest = manifest.map(|manifest| (depth, manifest));
        }
        Ok(())
    }

    /// A damaged file makes the kinds that it held unread; if it held none so far, the kind that it is
    /// named after.
    fn damaged(&mut self, path: &str, error: &io::Error) {
        let message = format!("{path} is damaged: {}", one_line(&error.to_string()));
        log::warn!("{message}");
        if LogSource::of(path).is_some() {
            self.logs.damaged.get_or_insert(message);
        } else if !self.collector.note_damaged_file(&message) {
            match file_name::kind(path) {
                Some(resource) => self.collector.note_damage(resource, &message),
                None => drop(self.damage.get_or_insert(message)),
            }
        }
    }

    fn skip(&mut self, path: &str) {
        self.skipped += 1;
        log::debug!(
            "{path}: no Kubernetes objects ({} files skipped)",
            self.skipped
        );
    }
}

/// The format by the ending of a file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Known(Format),
    /// No ending: the content decides.
    Missing,
    /// Another ending: skipped, unless it is the requested file.
    Other,
}

fn ending_of(name: &str) -> Ending {
    let Some((_, ending)) = name.rsplit_once('.') else {
        return Ending::Missing;
    };
    match ending.to_ascii_lowercase().as_str() {
        "json" | "jsonl" | "ndjson" => Ending::Known(Format::Json),
        "yaml" | "yml" => Ending::Known(Format::Yaml),
        _ => Ending::Other,
    }
}

/// The format by the first bytes, which are not consumed.
fn sniff(content: &mut dyn BufRead) -> io::Result<Option<Format>> {
    let head = content.fill_buf()?;
    let head = &head[..head.len().min(512)];
    let head = String::from_utf8_lossy(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head));
    let text = head.trim_start();
    let yaml = [
        "---",
        "apiVersion:",
        "kind:",
        "items:",
        "metadata:",
        "- apiVersion:",
        "#",
        "%YAML",
    ];
    Ok(if text.starts_with(['{', '[']) {
        Some(Format::Json)
    } else {
        yaml.iter()
            .any(|start| text.starts_with(start))
            .then_some(Format::Yaml)
    })
}

/// Bytes of JSON from which on a file is read object by object, unless it has logs between the objects.
const STREAMED: u64 = 8 << 20;

/// The byte order mark of UTF-16.
const UTF_16: &[u8] = b"\xff\xfe";

/// The text of a file, without a byte order mark; none when it is not text. PowerShell redirects as
/// UTF-16.
fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if let Some(wide) = bytes.strip_prefix(UTF_16) {
        let units = wide
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        return text.ok().map(Cow::Owned);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // One byte in error is one text in error. Only what has a zero is no text.
    let is_text = !bytes.contains(&0);
    is_text.then(|| String::from_utf8_lossy(bytes))
}

/// Whether a file may contain a Kubernetes object.
fn may_have_objects(text: &str) -> bool {
    text.contains("kind") && text.contains("apiVersion")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_name_or_content() {
        assert_eq!(ending_of("pods.JSON"), Ending::Known(Format::Json));
        assert_eq!(ending_of("pods"), Ending::Missing);
        assert_eq!(ending_of("pods.txt"), Ending::Other);
        for (text, format) in [
            ("\n {\"a\"", Some(Format::Json)),
            ("apiVersion: v1", Some(Format::Yaml)),
            ("hello", None),
        ] {
            assert_eq!(sniff(&mut text.as_bytes()).expect(text), format, "{text}");
        }
    }
}
