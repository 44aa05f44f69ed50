//! A server process of the control plane that ends with the test process.

use std::fs::File;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running server with its own directory. The process ends and the directory is removed
/// when it is dropped, or when the test process ends for any cause.
pub struct Server {
    watchdog: Child,
    directory: PathBuf,
    /// Readable even after the server has ended and its directory was removed.
    log: File,
}

impl Server {
    /// A new directory for a server, for the files that it needs at its start: tokens and
    /// policies.
    pub fn directory(name: &str) -> PathBuf {
        tempfile::Builder::new()
            .prefix(&format!("k8s-monitor-{name}-"))
            .tempdir()
            .unwrap_or_else(|error| panic!("cannot make a directory for {name}: {error}"))
            .keep()
    }

    /// Starts `binary` in `directory`, its output in the file `log` there.
    pub fn start(binary: &Path, directory: PathBuf, arguments: &[String]) -> Server {
        let path = directory.join("log");
        let output = File::create(&path).expect("cannot create a server's log");
        let log = File::open(&path).expect("cannot open a server's log");
        let watchdog = Command::new("sh")
            .args(["-c", include_str!("watchdog.sh"), "watchdog"])
            .arg(&directory)
            .arg(binary)
            .args(arguments)
            .current_dir(&directory)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().expect("cannot share a server's log"))
            .stderr(output)
            // Ctrl-C in the terminal ends the test, and the watchdog then ends the server.
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", binary.display()));
        Server {
            watchdog,
            directory,
            log,
        }
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.directory.join(file)
    }

    pub fn has_ended(&mut self) -> bool {
        self.watchdog
            .try_wait()
            .is_ok_and(|status| status.is_some())
    }

    /// The last lines of the server's log, for the message of a failed start.
    pub fn last_log_lines(&mut self) -> String {
        let mut log = String::new();
        let _ = self.log.read_to_string(&mut log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}
