//! Container logs in a dump: told by their path or by kubectl's marks, and cut
//! to their last lines while they are read.

use std::collections::HashSet;
use std::io::{self, BufRead};

use super::tail::{Tail, next_line};
use crate::cluster::ContainerLog;
use crate::cluster::types::Pod;

const START: &str = "==== START logs for container ";
const END: &str = "==== END logs for container ";

/// The suffix of the output of the run before.
const PREVIOUS: &str = "-previous";

/// Whose output a file is, by its path.
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

    /// The path below a dump's folder; none when a name would lead elsewhere.
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

    /// Whose output begins at one of kubectl's marks.
    fn of_mark(line: &str) -> Option<Self> {
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

/// What Kubernetes allows as a name, so that it is a file's name too.
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

    /// Reads one file of logs, of one container or with marks of several.
    pub(super) fn read(&mut self, place: &LogSource, content: &mut dyn BufRead) -> io::Result<()> {
        let mut sections = Sections::new(Some(place.clone()));
        let mut line = Vec::new();
        while next_line(content, &mut line)? {
            sections.line(self, &String::from_utf8_lossy(&line));
        }
        sections.finish(self);
        Ok(())
    }

    /// `kubectl cluster-info dump` to a single stream: takes the logs out and
    /// gives back the rest, if there are any.
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

    /// A container may be called `x-previous`: where the pod says so, its
    /// output is that of its present run.
    pub(super) fn settle_names(&mut self, pods: &[Pod]) {
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

    fn keep(&mut self, place: LogSource, text: String) {
        let key = (
            place.namespace.clone(),
            place.pod.clone(),
            place.container.clone(),
            place.previous,
        );
        if text.len() > self.left || !place.is_named() || !self.known.insert(key) {
            log::debug!(
                "log of {}/{} {} is not kept",
                place.namespace,
                place.pod,
                place.container
            );
            return;
        }
        self.left -= text.len();
        self.kept.push(ContainerLog {
            namespace: place.namespace,
            pod: place.pod,
            container: place.container,
            previous: place.previous,
            text,
        });
    }
}

/// Output between kubectl's marks, or without any.
struct Sections {
    /// Whose output lines without a mark are.
    place: Option<LogSource>,
    open: Option<(LogSource, Tail)>,
    marked: bool,
}

impl Sections {
    fn new(place: Option<LogSource>) -> Self {
        let open = place.clone().map(|place| (place, Tail::default()));
        Self {
            place,
            open,
            marked: false,
        }
    }

    /// Takes a line; false when it belongs to no log.
    fn line(&mut self, logs: &mut Logs, line: &str) -> bool {
        if let Some(place) = LogSource::of_mark(line) {
            // What stood before the first mark of a file is no output.
            self.close(logs);
            self.marked = true;
            self.open = Some((place, Tail::default()));
            return true;
        }
        // Output that ends without a line break has the mark on its last line.
        let end = line
            .find(END)
            .filter(|_| self.marked && line.trim_end().ends_with("===="));
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
        if let Some((place, tail)) = self.open.take()
            && (self.marked || !tail.is_empty())
        {
            logs.keep(place, tail.text());
        }
    }

    fn finish(mut self, logs: &mut Logs) {
        // A file without marks is a log even when it is empty.
        if !self.marked
            && let (Some(place), Some((_, tail))) = (self.place.take(), self.open.take())
        {
            logs.keep(place, tail.text());
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
        let place = LogSource::of(path).expect(path);
        logs.read(&place, &mut text.as_bytes()).expect(path);
        let told = logs.kept.into_iter();
        told.map(|l| {
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
    fn paths_tell_whose_output_it_is() {
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
    fn marks_tell_containers_apart() {
        let text = "==== START logs for container a of pod ns/p ====\none\n==== END logs for container a of pod ns/p ====\n\
                    ==== START logs for container b of pod ns/p ====\ntwo==== END logs for container b of pod ns/p ====\n";
        let told = [one("ns/p/a", false, "one\n"), one("ns/p/b", false, "two")];
        assert_eq!(read("ns/p/logs.txt", text), told);
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
    fn names_that_lead_elsewhere_are_not_kept() {
        let text = "==== START logs for container a of pod ../../etc ====\nx\n";
        assert!(read("ns/p/logs.txt", text).is_empty());
    }
}
