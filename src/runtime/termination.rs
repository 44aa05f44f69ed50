//! SIGTERM, SIGINT and SIGHUP end the program within two seconds, whatever it waits for. So does
//! the time limit of [`exit_after`].
//!
//! A handler is needed because PID 1 of a container ignores signals without one and would be killed
//! at the end of the termination grace period.
//!
//! A thread waits for the signal. Stored state is consistent at any moment, so most work is simply
//! abandoned. The exit waits for two things: a message that is being delivered, so that the state
//! records it and the next cycle is not locked out ([`finish_before_exit`]), and a result that is
//! being printed ([`start_printing`]).

use std::io::{self, Read as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError, mpsc};
use std::time::{Duration, Instant};
use std::{process, thread};

use crate::exit::ExitStatus;

/// How long the exit waits for unfinished work and for the shutdown hook.
const FINISH_TIMEOUT: Duration = Duration::from_secs(1);
/// How much longer the exit waits for the last line on stderr.
const MESSAGE_TIMEOUT: Duration = Duration::from_millis(300);

static RUN: Mutex<Run> = Mutex::new(Run {
    is_terminating: false,
    has_printed_reason: false,
    phase: Phase::Interruptible,
    shutdown_hook: None,
    end: None,
});
static CHANGED: Condvar = Condvar::new();

/// What the thread that waits for signals knows about the rest of the program.
struct Run {
    is_terminating: bool,
    has_printed_reason: bool,
    phase: Phase,
    shutdown_hook: Option<ShutdownHook>,
    /// When the time limit ends the program.
    end: Option<Instant>,
}

type ShutdownHook = Box<dyn FnOnce(&str) + Send>;

#[derive(PartialEq)]
enum Phase {
    /// Work that can be abandoned at any moment.
    Interruptible,
    /// Work that ends early when the program is being terminated, and that the exit waits for.
    Finishing,
    /// The result is being printed.
    Printing,
}

/// Installs the signal handlers.
pub fn watch_signals() {
    #[cfg(unix)]
    {
        // When this fails, signals have their default effect.
        let _ = install_handlers();
    }
}

#[cfg(unix)]
fn install_handlers() -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::{flag, low_level::pipe};
    let (mut receiver, sender) = std::os::unix::net::UnixStream::pair()?;
    let status = Arc::new(AtomicUsize::new(0));
    // The first action stores which signal it was, the second wakes the thread.
    for (signal, exit_status) in [
        (SIGTERM, ExitStatus::Terminated),
        (SIGINT, ExitStatus::Interrupted),
        (SIGHUP, ExitStatus::HungUp),
    ] {
        if signal == SIGHUP && is_hangup_ignored() {
            continue;
        }
        flag::register_usize(signal, Arc::clone(&status), exit_status.code().into())?;
        pipe::register(signal, sender.try_clone()?)?;
    }
    thread::Builder::new().spawn(move || {
        if receiver.read_exact(&mut [0]).is_ok() {
            match status.load(Ordering::SeqCst) {
                129 => end("SIGHUP", ExitStatus::HungUp),
                130 => end("SIGINT", ExitStatus::Interrupted),
                _ => end("SIGTERM", ExitStatus::Terminated),
            }
        }
    })?;
    Ok(())
}

/// Whether SIGHUP keeps its current handling: under `nohup` it is ignored, and without `/proc` it is
/// unknown whether it is.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = (status.lines()).find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_none_or(|mask| mask & (1 << (signal_hook::consts::SIGHUP - 1)) != 0)
}

/// Ends the program after this time unless it is printing by then. Some waits have no deadline of
/// their own: an exec plugin of a kubeconfig, a file that is a pipe. A second call replaces the
/// first.
pub fn exit_after(time: Duration) {
    let is_first = run().end.replace(Instant::now() + time).is_none();
    CHANGED.notify_all();
    if is_first {
        // When the thread cannot be started, there is no time limit.
        let _ = thread::Builder::new().spawn(watch_time);
    }
}

fn watch_time() {
    let mut run = run();
    while let Some(end) = run.end {
        if run.is_terminating || run.phase == Phase::Printing {
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

/// Whether the program is being terminated. Work that is started now may not be finished.
#[must_use]
pub fn is_terminating() -> bool {
    run().is_terminating
}

/// Waits. In [`finish_before_exit`] the wait ends when the program is being terminated.
pub fn pause(pause: Duration) {
    let is_waiting = |run: &mut Run| !(run.is_terminating && run.phase == Phase::Finishing);
    drop(CHANGED.wait_timeout_while(run(), pause, is_waiting));
}

/// Runs work that the exit waits for. It has to end soon after [`is_terminating`] becomes true.
pub fn finish_before_exit<T>(work: impl FnOnce() -> T) -> T {
    enter(Phase::Finishing);
    let result = work();
    enter(Phase::Interruptible);
    result
}

/// Call before the result is printed. From here on the program ends by itself and with its own
/// status, unless stdout blocks.
pub fn start_printing() {
    enter(Phase::Printing);
    run().shutdown_hook = None;
}

/// Enters a phase. Does not return when the program is being terminated.
fn enter(phase: Phase) {
    let mut run = run();
    if !run.is_terminating {
        run.phase = phase;
        return;
    }
    run.phase = Phase::Interruptible;
    CHANGED.notify_all();
    loop {
        run = CHANGED.wait(run).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Sets what to do when a signal, the time limit or a panic ends the program before it prints its
/// result. The hook gets the reason and has one second.
pub fn set_shutdown_hook(hook: impl FnOnce(&str) + Send + 'static) {
    run().shutdown_hook = Some(Box::new(hook));
}

/// Runs the shutdown hook after a panic. The panicking thread may hold the lock, so this does not
/// wait for it.
pub fn run_shutdown_hook(reason: &'static str) {
    let hook = match RUN.try_lock() {
        Ok(mut run) => run.shutdown_hook.take(),
        Err(TryLockError::Poisoned(run)) => run.into_inner().shutdown_hook.take(),
        Err(TryLockError::WouldBlock) => None,
    };
    let Some(hook) = hook else {
        return;
    };
    let (sender, receiver) = mpsc::channel();
    let thread = thread::Builder::new().spawn(move || {
        hook(reason);
        let _ = sender.send(());
    });
    if thread.is_ok() {
        let _ = receiver.recv_timeout(FINISH_TIMEOUT);
    }
}

fn end(signal: &'static str, status: ExitStatus) -> ! {
    let hook = {
        let mut run = run();
        run.is_terminating = true;
        run.shutdown_hook.take()
    };
    CHANGED.notify_all();
    let deadline = Instant::now() + FINISH_TIMEOUT;
    // In a thread of its own, so that neither the hook nor a blocked stderr delays the exit.
    let thread = thread::Builder::new().spawn(move || {
        let reason = format!(
            "ended by {signal} without a result; the stored state is unchanged or complete, and the \
             next run sends the notifications that are still due"
        );
        if let Some(hook) = hook {
            hook(&reason);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let is_busy = |run: &mut Run| run.phase != Phase::Interruptible;
        drop(CHANGED.wait_timeout_while(run(), left, is_busy));
        let _ = writeln!(io::stderr(), "k8s-monitor: {reason}");
        run().has_printed_reason = true;
        CHANGED.notify_all();
    });
    if thread.is_ok() {
        let is_printing = |run: &mut Run| !run.has_printed_reason;
        drop(CHANGED.wait_timeout_while(run(), FINISH_TIMEOUT + MESSAGE_TIMEOUT, is_printing));
    }
    #[allow(clippy::disallowed_methods, reason = "the main thread may be blocked")]
    process::exit(status.code().into())
}

fn run() -> MutexGuard<'static, Run> {
    RUN.lock().unwrap_or_else(PoisonError::into_inner)
}
