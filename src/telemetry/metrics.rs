//! Exports metrics: to a file for node exporter's textfile collector, and to a Pushgateway.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;

use super::RETRY;

use crate::model::secret::Secret;
use crate::model::text::clean;
use crate::net::{Http, HttpError, Peer, Request};
use crate::redact::redact;
use crate::runtime::fs_util;

/// Timeout of a push.
const PUSH: Duration = Duration::from_secs(5);
/// Longest error message of the Pushgateway, in characters.
const SUMMARY: usize = 200;
/// The text is valid in both formats. Not every Pushgateway accepts the newer one.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Why metrics were not exported.
#[derive(Debug, Error)]
pub enum MetricsError {
    /// The file could not be written.
    #[error("metrics cannot be written to {}: {cause}; it must be a file in a writable directory", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// The Pushgateway did not answer.
    #[error("metrics were not pushed: {0}")]
    Unsent(#[from] HttpError),
    /// The Pushgateway rejected the metrics.
    #[error(
        "metrics were rejected with status {status}{}; check METRICS_PUSH_URL",
        detail(message)
    )]
    Refused {
        /// The status.
        status: u16,
        /// The error message; may be empty.
        message: String,
    },
}

fn detail(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    }
}

/// Writes the file atomically.
///
/// # Errors
/// When the file cannot be written, or the path is not a file.
pub fn write(path: &Path, text: &str) -> Result<(), MetricsError> {
    replace(path, text).map_err(|cause| MetricsError::Write {
        path: path.to_owned(),
        cause,
    })
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs_util::resolve_link(path)?;
    // The collector reads every *.prom file, so the temporary file has another suffix.
    let mut file = tempfile::Builder::new()
        .prefix(".k8s-monitor-")
        .suffix(".tmp")
        .tempfile_in(fs_util::parent_dir(&path))?;
    file.write_all(text.as_bytes())?;
    readable_by_all(file.as_file())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The collector runs as another user. Metrics are not secret.
#[cfg(unix)]
fn readable_by_all(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &std::fs::File) -> io::Result<()> {
    Ok(())
}

/// Pushes the metrics with PUT, which replaces the group of the cluster. POST would keep
/// metrics that no longer exist, for example of a removed service.
///
/// # Errors
/// When the Pushgateway cannot be reached in time or rejects the metrics.
pub fn push(
    http: &Http,
    gateway: &Secret,
    cluster: &str,
    text: &str,
    deadline: Instant,
) -> Result<(), MetricsError> {
    let address = address(gateway.expose(), cluster);
    let request = Request {
        timeout: PUSH,
        limit: 64 * 1024,
        ..Request::put(
            Peer::Pushgateway,
            &address,
            CONTENT_TYPE,
            text.as_bytes().to_vec(),
        )
    };
    let deadline = deadline.min(http.clock().now() + PUSH);
    let answer = http.send(&request, &RETRY, deadline)?;
    if (200..300).contains(&answer.status) {
        return Ok(());
    }
    let message = clean(&String::from_utf8_lossy(&answer.body));
    Err(MetricsError::Refused {
        status: answer.status,
        message: redact(&message).chars().take(SUMMARY).collect(),
    })
}

/// The URL of the group. The name of a cluster may contain slashes, so it is encoded.
fn address(gateway: &str, cluster: &str) -> String {
    let cluster = match URL_SAFE_NO_PAD.encode(cluster) {
        // The Pushgateway's syntax of an empty value.
        empty if empty.is_empty() => "=".to_owned(),
        encoded => encoded,
    };
    let gateway = gateway.trim_end_matches('/');
    format!("{gateway}/metrics/job/k8s-monitor/cluster@base64/{cluster}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cluster_has_its_group() {
        for (gateway, cluster, expected) in [
            (
                "http://push:9091",
                "homelab",
                "http://push:9091/metrics/job/k8s-monitor/cluster@base64/aG9tZWxhYg",
            ),
            (
                "http://push:9091/sub/",
                "a/b?c",
                "http://push:9091/sub/metrics/job/k8s-monitor/cluster@base64/YS9iP2M",
            ),
            (
                "http://push:9091",
                "",
                "http://push:9091/metrics/job/k8s-monitor/cluster@base64/=",
            ),
        ] {
            assert_eq!(address(gateway, cluster), expected);
        }
    }

    #[test]
    fn a_file_is_replaced_and_readable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k8s-monitor.prom");
        write(&path, "old\n").unwrap();
        write(&path, "new\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new\n");
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1, "the temporary file is gone");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o644);
        }
        #[cfg(unix)]
        {
            // `first` leads to `second`, and that to a file that is not there yet.
            let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
            std::os::unix::fs::symlink("second", &first).unwrap();
            std::os::unix::fs::symlink("there.prom", &second).unwrap();
            for text in ["made\n", "again\n"] {
                write(&first, text).unwrap();
                let there = std::fs::read_to_string(folder.path().join("there.prom")).unwrap();
                assert_eq!(there, text);
                assert!(first.is_symlink() && second.is_symlink());
            }
            std::os::unix::fs::symlink("round", folder.path().join("round")).unwrap();
            assert!(write(&folder.path().join("round"), "").is_err());
        }
        let lost = write(&folder.path().join("none/x.prom"), "").unwrap_err();
        assert!(lost.to_string().contains("none/x.prom"), "{lost}");
    }
}
