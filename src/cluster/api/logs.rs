//! The last log lines of failing containers.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::failure::Failure;
use super::outcome::Outcome;
use super::transport::{Get, Transport};
use crate::cluster::ContainerLog;
use crate::cluster::log_targets::LogTarget;

/// Time for all logs together. Those that are late are left out.
pub(super) const TIME_FOR_ALL: Duration = Duration::from_secs(15);

/// Time for one log. A kubelet that takes longer has a problem of its own.
const TIME_FOR_ONE: Duration = Duration::from_secs(5);
/// Logs that are requested at the same time.
const CONCURRENCY: usize = 8;
/// Lines of one log.
const LINES: usize = 60;
/// Bytes of one log that are kept: its end, where the error is.
const BYTES: usize = 16 << 10;
/// Bytes of one log that are requested. The kubelet counts from the first of the lines, so that a
/// limit of [`BYTES`] would cut off the end of long lines.
const LIMIT_BYTES: usize = 4 * BYTES;

/// Reads the logs of all targets, in their order, as far as they can be read.
pub(super) async fn read(
    transport: &Transport<'_>,
    targets: &[LogTarget],
) -> (Vec<ContainerLog>, Outcome) {
    let wanted = targets
        .iter()
        .filter(|target| target.has_valid_names())
        .flat_map(|target| {
            let runs = [
                target.current.then_some(false),
                target.previous.then_some(true),
            ];
            runs.into_iter()
                .flatten()
                .map(move |previous| (target, previous))
        });
    let answers: Vec<_> = stream::iter(wanted)
        .map(|(target, previous)| read_one(transport, target, previous))
        .buffered(CONCURRENCY)
        .collect()
        .await;
    let mut logs = Vec::new();
    let mut worst: Option<Failure> = None;
    for answer in answers {
        match answer {
            Ok(log) => logs.extend(log),
            // A missing right outweighs other failures: the user can grant it.
            Err(failure) if worst.is_none() || failure.code() == Some(403) => {
                worst = Some(failure);
            }
            Err(_) => {}
        }
    }
    (logs, worst.map_or(Outcome::Complete, Outcome::Failed))
}

async fn read_one(
    transport: &Transport<'_>,
    target: &LogTarget,
    previous: bool,
) -> Result<Option<ContainerLog>, Failure> {
    let LogTarget {
        namespace,
        pod,
        container,
        ..
    } = target;
    let get = Get {
        time_limit: TIME_FOR_ONE,
        // Each failing pod may be on such a kubelet, and a retry within a second rarely helps.
        final_status: Some(500),
        retries_timeouts: false,
        accept: "text/plain, application/json, */*",
        ..Get::json(format!(
            "/api/v1/namespaces/{namespace}/pods/{pod}/log?container={container}\
             &tailLines={LINES}&limitBytes={LIMIT_BYTES}&previous={previous}"
        ))
    };
    let mut body = Vec::new();
    match transport.get(&get, &mut body).await {
        Ok(()) => {}
        // The container has not started, no earlier run is kept, or the pod was deleted.
        Err(failure) if matches!(failure.code(), Some(400 | 404)) => return Ok(None),
        Err(failure) => return Err(failure),
    }
    let text = tail(&String::from_utf8_lossy(&body));
    Ok((!text.is_empty()).then(|| ContainerLog {
        namespace: namespace.clone(),
        pod: pod.clone(),
        container: container.clone(),
        previous,
        text,
    }))
}

impl LogTarget {
    /// Whether Kubernetes admits these names: they become a part of the path.
    fn has_valid_names(&self) -> bool {
        [&self.namespace, &self.pod, &self.container]
            .into_iter()
            .all(|name| {
                !name.is_empty()
                    && name
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
            })
    }
}

/// The last [`LINES`] lines within the last [`BYTES`] bytes.
fn tail(text: &str) -> String {
    let text = text.trim_end();
    let lines = text
        .rmatch_indices('\n')
        .nth(LINES - 1)
        .map_or(0, |(at, _)| at + 1);
    let mut start = lines.max(text.len().saturating_sub(BYTES));
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text[start..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_is_kept() {
        assert_eq!(tail("\n"), "");
        assert_eq!(tail("a\nb\n"), "a\nb");
        let many = (1..=100)
            .map(|n| n.to_string())
            .collect::<Vec<_>>()
            .join("\n");
        assert!(tail(&many).starts_with("41\n") && tail(&many).ends_with("\n100"));
        let long = format!("{}the end", "ü".repeat(BYTES));
        assert!(tail(&long).len() <= BYTES && tail(&long).ends_with("the end"));
    }

    #[test]
    fn logs_of_invalid_names_are_not_requested() {
        let target = |pod: &str| LogTarget {
            namespace: "a".into(),
            pod: pod.into(),
            container: "c".into(),
            previous: false,
            current: true,
        };
        assert!(target("web-0.x").has_valid_names());
        for pod in ["", "../../secrets/x", "a?b", "a/b"] {
            assert!(!target(pod).has_valid_names(), "{pod}");
        }
        assert!(
            target("..").has_valid_names(),
            "not a valid name either, but the server rejects it"
        );
    }
}
