//! Container logs in a dump. Their path or kubectl's header lines name the container. They are cut to
//! their last lines while they are read.

use std::collections::HashSet;
use std::io::{self, BufRead};

use super::tail::{Tail, next_line};
use crate::cluster::ContainerLog;
use crate::cluster::types::Pod;

const START: &str = "==== START logs for container ";

/// Whether a file has logs between its objects, as `kubectl cluster-info dump` writes them.
pub(super) fn has_section(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, START.as_bytes()).is_some()
}
const END: &str = "==== END logs for container ";

/// The suffix of the log of the previous run.
const PREVIOUS: &str = "-previous";

/// The container whose log a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogSource {
    namespace: String,
    pod: String,
    container: String,
    previous: bool,
}

impl LogSource {
    /// `NS/POD/logs.txt` as kubectl writes it, `logs/NS/POD/CONTAINER.log` as
    /// support bundles and we do.
    pub(super) fn of(path: &str) -> Option<Self> {
        let mut parts = path.rsplit('/');
        let file = parts.next()?;
        let (pod, namespace) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        let (container, previous) = if file == "logs.txt" {
            ("", false)
        } else {
            let stem = file.strip_suffix(".log")?;
            if parts.next()? != "logs" || stem.ends_with("-logs-errors") {
                return None;
            }
            stem.strip_suffix(PREVIOUS)
                .map_or((stem, false), |stem| (stem, true))
        };
        Some(Self {
            namespace: namespace.to_owned(),
            pod: pod.to_owned(),
            container: container.to_owned(),
            previous,
        })
    }

    /// The path below a dump's folder; none when a name is not valid in a path.
    pub(super) fn path(log: &ContainerLog) -> Option<String> {
        let ContainerLog {
            namespace,
            pod,
            container,
            previous,
            ..
        } = log;
        if !(is_name(namespace) && is_name(pod) && (container.is_empty() || is_name(container))) {
            return None;
        }
        Some(match (container.as_str(), previous) {
            ("", _) => format!("logs/{namespace}/{pod}/logs.txt"),
            (_, false) => format!("logs/{namespace}/{pod}/{container}.log"),
            (_, true) => format!("logs/{namespace}/{pod}/{container}{PREVIOUS}.log"),
        })
    }

    /// The container that a header line of kubectl names.
    fn of_header(line: &str) -> Option<Self> {
        let rest = line.strip_prefix(START)?.trim_end().strip_suffix(" ====")?;
        let (container, pod) = rest.split_once(" of pod ")?;
        let (namespace, pod) = pod.split_once('/')?;
        Some(Self {
            namespace: namespace.to_owned(),
            pod: pod.to_owned(),
            container: container.to_owned(),
            previous: false,
        })
    }

    fn is_named(&self) -> bool {
        is_name(&self.namespace)
            && is_name(&self.pod)
            && (self.container.is_empty() || is_name(&self.container))
    }
}

/// Whether Kubernetes allows the name, so that it is safe as a file name.
fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    (1..=253).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(allowed)
}

/// The logs of a dump while it is read.
pub(super) struct Logs {
    pub(super) kept: Vec<ContainerLog>,
    /// A log file that could not be read to its end.
    pub(super) damaged: Option<String>,
    known: HashSet<(String, String, String, bool)>,
    left: usize,
}

impl Logs {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            kept: Vec::new(),
            damaged: None,
            known: HashSet::new(),
            left: limit,
        }
    }

    /// Reads one file of logs, of one container or with header lines of several.
    pub(super) fn read(&mut self, source: &LogSource, content: &mut dyn BufRead) -> io::Result<()> {
        let mut sections = Sections::new(Some(source.clone()));
        let mut line = Vec::new();
        while next_line(content, &mut line)? {
            sections.line(self, &String::from_utf8_lossy(&line));
        }
        sections.finish(self);
        Ok(())
    }

    /// Takes the logs out of the single stream that `kubectl cluster-info dump` writes, and returns the
    /// rest; none without logs.
    pub(super) fn take_sections(&mut self, text: &str) -> Option<String> {
        if !(text.starts_with(START) || text.contains(&format!("\n{START}"))) {
            return None;
        }
        let mut sections = Sections::new(None);
        let mut rest = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            if !sections.line(self, line) {
                rest.push_str(line);
            }
        }
        sections.finish(self);
        Some(rest)
    }

    /// Corrects the logs of containers whose own name ends in `-previous`, by the pods' specs.
    pub(super) fn correct_names(&mut self, pods: &[Pod]) {
        for log in self.kept.iter_mut().filter(|log| log.previous) {
            let name = format!("{}{PREVIOUS}", log.container);
            let pod = pods
                .iter()
                .find(|p| p.metadata.name == log.pod && p.metadata.namespace == log.namespace);
            if pod.is_some_and(|p| p.spec.containers.iter().any(|c| c.name == name)) {
                log.container = name;
                log.previous = false;
            }
        }
    }

    fn keep(&mut self, source: LogSource, text: String) {
        let key = (
            source.namespace.clone(),
            source.pod.clone(),
            source.container.clone(),
            source.previous,
        );
        if text.len() > self.left || !source.is_named() || !self.known.insert(key) {
            log::debug!(
                "log of {}/{} {} is not kept",
                source.namespace,
                source.pod,
                source.container
            );
            return;
        }
        self.left -= text.len();
        self.kept.push(ContainerLog {
            namespace: source.namespace,
            pod: source.pod,
            container: source.container,
            previous: source.previous,
            text,
        });
    }
}

/// Logs between kubectl's header lines, or without any.
struct Sections {
    /// The container of lines without a header.
    source: Option<LogSource>,
    open: Option<(LogSource, Tail)>,
    has_headers: bool,
}

impl Sections {
    fn new(source: Option<LogSource>) -> Self {
        let open = source.clone().map(|source| (source, Tail::default()));
        Self {
            source,
            open,
            has_headers: false,
        }
    }

    /// Adds a line; false when it belongs to no log.
    fn line(&mut self, logs: &mut Logs, line: &str) -> bool {
        if let Some(source) = LogSource::of_header(line) {
            // Lines before the first header of a file are not a log.
            self.close(logs);
            self.has_headers = true;
            self.open = Some((source, Tail::default()));
            return true;
        }
        // A log that ends without a line break has the footer on its last line.
        let end = line
            .find(END)
            .filter(|_| self.has_headers && line.trim_end().ends_with("===="));
        let Some((_, tail)) = &mut self.open else {
            return end == Some(0);
        };
        match end {
            Some(end) => {
                if end > 0 {
                    tail.push(&line[..end]);
                }
                self.close(logs);
            }
            None => tail.push(line),
        }
        true
    }

    fn close(&mut self, logs: &mut Logs) {
        if let Some((source, tail)) = self.open.take()
            && (self.has_headers || !tail.is_empty())
        {
            logs.keep(source, tail.text());
        }
    }

    fn finish(mut self, logs: &mut Logs) {
        // A file without header lines is a log even if it is empty.
        if !self.has_headers
            && let (Some(source), Some((_, tail))) = (self.source.take(), self.open.take())
        {
            logs.keep(source, tail.text());
        }
        self.close(logs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::dump::tail::{MAX_LINE, MAX_LINES};

    fn read(path: &str, text: &str) -> Vec<(String, bool, String)> {
        let mut logs = Logs::new(1 << 20);
        let source = LogSource::of(path).expect(path);
        logs.read(&source, &mut text.as_bytes()).expect(path);
        let kept = logs.kept.into_iter();
        kept.map(|l| {
            (
                format!("{}/{}/{}", l.namespace, l.pod, l.container),
                l.previous,
                l.text,
            )
        })
        .collect()
    }

    fn one(whose: &str, previous: bool, text: &str) -> (String, bool, String) {
        (whose.to_owned(), previous, text.to_owned())
    }

    #[test]
    fn paths_name_the_container() {
        assert_eq!(
            read("x/logs/ns/pod/app.log", "hi"),
            [one("ns/pod/app", false, "hi")]
        );
        assert_eq!(
            read("logs/ns/pod/app-previous.log", "hi\n"),
            [one("ns/pod/app", true, "hi\n")]
        );
        assert_eq!(
            read("ns/pod/logs.txt", "plain\n"),
            [one("ns/pod/", false, "plain\n")]
        );
        for path in [
            "ns/pod/app.log",
            "logs/ns/pod/app-logs-errors.log",
            "notes.txt",
        ] {
            assert_eq!(LogSource::of(path), None, "{path}");
        }
    }

    #[test]
    fn header_lines_separate_containers() {
        let text = "==== START logs for container a of pod ns/p ====\none\n==== END logs for container a of pod ns/p ====\n\
                    ==== START logs for container b of pod ns/p ====\ntwo==== END logs for container b of pod ns/p ====\n";
        let expected = [one("ns/p/a", false, "one\n"), one("ns/p/b", false, "two")];
        assert_eq!(read("ns/p/logs.txt", text), expected);
    }

    #[test]
    fn only_the_end_of_a_log_is_kept() {
        let lines: Vec<_> = (0..1000).map(|n| format!("line {n}\n")).collect();
        let text = lines.concat();
        let kept = &read("logs/n/p/c.log", &text)[0].2;
        assert_eq!(kept.lines().count(), MAX_LINES);
        assert!(kept.ends_with("line 999\n"));
        let kept = read("logs/n/p/c.log", &"x".repeat(1 << 20)).remove(0).2;
        assert_eq!(kept.len(), MAX_LINE);
    }

    #[test]
    fn logs_with_invalid_names_are_not_kept() {
        let text = "==== START logs for container a of pod ../../etc ====\nx\n";
        assert!(read("ns/p/logs.txt", text).is_empty());
    }
}
