//! SIGTERM, SIGINT and SIGHUP: the program ends within two seconds, whatever it
//! waits for. So it does when its time is long over.
//!
//! A handler is needed at all: the first process of a container that has none
//! never sees these signals, and would be killed when its grace is over.
//!
//! A thread waits for the signal. What is stored is whole at any moment, so
//! most of a run is simply left where it is. Two things are waited for a
//! moment: a message that is on its way to Slack, so that it is marked and no
//! other cycle is held up ([`finishing`]), and a result that is being printed
//! ([`printing`]).

use std::io::{self, Read as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError, mpsc};
use std::time::{Duration, Instant};
use std::{process, thread};

use crate::exit::ExitStatus;

/// What goes on is over by then or never: two seconds are promised.
const PATIENCE: Duration = Duration::from_secs(1);
/// For the last words.
const GRACE: Duration = Duration::from_millis(300);

static RUN: Mutex<Run> = Mutex::new(Run {
    is_asked: false,
    is_said: false,
    doing: Phase::Anything,
    farewell: None,
    end: None,
});
static CHANGED: Condvar = Condvar::new();

/// The program's work, as the thread that waits for signals knows it.
struct Run {
    is_asked: bool,
    is_said: bool,
    doing: Phase,
    farewell: Option<ShutdownHook>,
    /// When it is long over.
    end: Option<Instant>,
}

type ShutdownHook = Box<dyn FnOnce(&str) + Send>;

#[derive(PartialEq)]
enum Phase {
    /// What can be left at any moment.
    Anything,
    /// What is brought to an end when somebody asks.
    Something,
    /// The last of all.
    Printing,
}

/// From now on a signal ends the program.
pub fn watch() {
    #[cfg(unix)]
    {
        // Without it signals do what they did before.
        let _ = handle();
    }
}

#[cfg(unix)]
fn handle() -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::{flag, low_level::pipe};
    let (mut wakes, wake) = std::os::unix::net::UnixStream::pair()?;
    let which = Arc::new(AtomicUsize::new(0));
    // The first action tells which it was, the second wakes the thread.
    for (signal, status) in [
        (SIGTERM, ExitStatus::Terminated),
        (SIGINT, ExitStatus::Interrupted),
        (SIGHUP, ExitStatus::HungUp),
    ] {
        if signal == SIGHUP && !hangs_up() {
            continue;
        }
        flag::register_usize(signal, Arc::clone(&which), status.code().into())?;
        pipe::register(signal, wake.try_clone()?)?;
    }
    thread::Builder::new().spawn(move || {
        if wakes.read_exact(&mut [0]).is_ok() {
            match which.load(Ordering::SeqCst) {
                129 => end("SIGHUP", ExitStatus::HungUp),
                130 => end("SIGINT", ExitStatus::Interrupted),
                _ => end("SIGTERM", ExitStatus::Terminated),
            }
        }
    })?;
    Ok(())
}

/// Whether SIGHUP ends the program: not under `nohup`, which lets it ignore the signal.
/// Where nobody can tell it does what it did before.
#[cfg(unix)]
fn hangs_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = (status.lines()).find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & (1 << (signal_hook::consts::SIGHUP - 1)) == 0)
}

/// Ends the program after this time if it is not printing by then. Some things
/// wait without end and know no deadline: a kubeconfig's plugin, a file that is a
/// pipe. Of two calls the later counts.
pub fn limit(time: Duration) {
    let is_first = run().end.replace(Instant::now() + time).is_none();
    CHANGED.notify_all();
    if is_first {
        // Without the thread such things wait without end, as they would anyway.
        let _ = thread::Builder::new().spawn(watch_time);
    }
}

fn watch_time() {
    let mut run = run();
    while let Some(end) = run.end {
        if run.is_asked || run.doing == Phase::Printing {
            return;
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            drop(run);
            self::end("its deadline", ExitStatus::DeadlineExceeded);
        }
        let waited = CHANGED.wait_timeout(run, left);
        run = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
}

/// Whether the program is to end: what is begun now may not come to its end.
#[must_use]
pub fn is_asked() -> bool {
    run().is_asked
}

/// Waits; what the end of the program waits for no longer than until then.
pub fn pause(pause: Duration) {
    let until_asked = |run: &mut Run| !(run.is_asked && run.doing == Phase::Something);
    drop(CHANGED.wait_timeout_while(run(), pause, until_asked));
}

/// Work that comes to its end soon once [`is_asked`] says so, and that the end
/// of the program waits for.
pub fn finishing<T>(work: impl FnOnce() -> T) -> T {
    turn_to(Phase::Something);
    let done = work();
    turn_to(Phase::Anything);
    done
}

/// The result is about to be printed: from here on the program ends by itself
/// and with its own status, unless nobody reads.
pub fn printing() {
    turn_to(Phase::Printing);
    run().farewell = None;
}

/// Does not come back when the program is to end: nothing new is begun.
fn turn_to(doing: Phase) {
    let mut run = run();
    if !run.is_asked {
        run.doing = doing;
        return;
    }
    run.doing = Phase::Anything;
    CHANGED.notify_all();
    loop {
        run = CHANGED.wait(run).unwrap_or_else(PoisonError::into_inner);
    }
}

/// What to do in at most a second when a signal or a defect ends the program before it
/// prints its result; gets why.
pub fn set_farewell(farewell: impl FnOnce(&str) + Send + 'static) {
    run().farewell = Some(Box::new(farewell));
}

/// Says farewell for a panic, which may have happened anywhere: a lock that is held is
/// not waited for, nor what takes too long.
pub fn say_farewell(why: &'static str) {
    let farewell = match RUN.try_lock() {
        Ok(mut run) => run.farewell.take(),
        Err(TryLockError::Poisoned(run)) => run.into_inner().farewell.take(),
        Err(TryLockError::WouldBlock) => None,
    };
    let Some(farewell) = farewell else {
        return;
    };
    let (said, is_said) = mpsc::channel();
    let speaker = thread::Builder::new().spawn(move || {
        farewell(why);
        let _ = said.send(());
    });
    if speaker.is_ok() {
        let _ = is_said.recv_timeout(PATIENCE);
    }
}

fn end(signal: &'static str, status: ExitStatus) -> ! {
    let farewell = {
        let mut run = run();
        run.is_asked = true;
        run.farewell.take()
    };
    CHANGED.notify_all();
    let until = Instant::now() + PATIENCE;
    // Apart, so that neither a watcher nor a stderr that nobody reads holds the end up.
    let last = thread::Builder::new().spawn(move || {
        let why = format!(
            "ended by {signal}: this run gives no verdict; what was stored stays, and the next one \
             says what is still due"
        );
        if let Some(farewell) = farewell {
            farewell(&why);
        }
        let left = until.saturating_duration_since(Instant::now());
        let is_busy = |run: &mut Run| run.doing != Phase::Anything;
        drop(CHANGED.wait_timeout_while(run(), left, is_busy));
        let _ = writeln!(io::stderr(), "k8s-monitor: {why}");
        run().is_said = true;
        CHANGED.notify_all();
    });
    if last.is_ok() {
        let is_speaking = |run: &mut Run| !run.is_said;
        drop(CHANGED.wait_timeout_while(run(), PATIENCE + GRACE, is_speaking));
    }
    #[allow(clippy::disallowed_methods, reason = "the work is in another thread")]
    process::exit(status.code().into())
}

fn run() -> MutexGuard<'static, Run> {
    RUN.lock().unwrap_or_else(PoisonError::into_inner)
}
