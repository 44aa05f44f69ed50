//! Measures a program: time, CPU and memory.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The unit of CPU times in `/proc`, the same on every Linux.
const TICK: Duration = Duration::from_millis(10);
/// How often the peak memory is read. It never decreases, so that little is missed.
const LOOK: Duration = Duration::from_millis(1);

/// The cost of one run.
#[derive(Debug)]
pub struct Cost {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub wall: Duration,
    pub cpu: Duration,
    /// The peak of resident memory, in KiB.
    pub peak: usize,
}

impl Cost {
    /// The peak in MiB.
    #[must_use]
    pub fn mebibytes(&self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "far from 2^52")]
        let kibibytes = self.peak as f64;
        kibibytes / 1024.0
    }
}

/// Runs a program to its end.
///
/// # Panics
///
/// When the program does not start.
#[must_use]
pub fn cost(command: &mut Command) -> Cost {
    let folder = tempfile::tempdir().unwrap();
    let [out, err] = ["out", "err"].map(|name| folder.path().join(name));
    let began = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let proc = Path::new("/proc").join(child.id().to_string());
    let mut peak = 0;
    // The entry in `/proc` remains until the process is waited for, with its CPU time.
    let (wall, cpu) = loop {
        peak = peak.max(peak_of(&proc));
        let (state, cpu) = state_of(&proc);
        if state == 'Z' {
            break (began.elapsed(), cpu);
        }
        sleep(LOOK);
    };
    Cost {
        status: child.wait().unwrap(),
        stdout: fs::read(&out).unwrap(),
        stderr: String::from_utf8_lossy(&fs::read(&err).unwrap()).into_owned(),
        wall,
        cpu,
        peak,
    }
}

fn peak_of(proc: &Path) -> usize {
    let status = fs::read_to_string(proc.join("status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let words = line.unwrap_or_default().trim().split(' ').next();
    words.and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

/// The letter of the process state, and the CPU time of all threads.
fn state_of(proc: &Path) -> (char, Duration) {
    let stat = fs::read_to_string(proc.join("stat")).unwrap();
    // The name of the process may contain any characters.
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let words: Vec<_> = rest.split(' ').collect();
    let ticks = |at: usize| words[at].parse::<u32>().unwrap();
    let state = words[0].chars().next().unwrap();
    (state, TICK * (ticks(11) + ticks(12)))
}
