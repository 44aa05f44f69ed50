//! The state of a cycle, and the store that it is loaded from and saved to.

use std::time::{Duration, Instant};

use chrono::TimeDelta;

use crate::lifecycle;
use crate::model::{Time, now};
use crate::net::{Clock, SystemClock};
use crate::notify::{MessageHandle, Outbox, OutboxError};
use crate::state::{CycleLock, Sending, Spend, State, Store, StoreError, Version};

/// Between checks whether another cycle has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// A cycle that claims to run longer than this is not believed.
const LONGEST_CYCLE: TimeDelta = TimeDelta::hours(1);
/// Between attempts to write a state that a command has just written.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);
/// After a write that failed this slowly, no other is tried while messages wait: it would use up
/// the time to send them.
const SLOW_WRITE: Duration = Duration::from_secs(2);
/// The number of such attempts.
const RETRIES: usize = 5;

/// A state that was loaded and will be saved.
pub struct StateSession<'a> {
    store: &'a dyn Store,
    /// None when the state could not be loaded or is another cycle's. Nothing is saved then.
    version: Option<Version>,
    /// What the store holds, as far as this cycle knows.
    written: State,
    /// Keeps other cycles out until it is dropped.
    #[allow(dead_code, reason = "it acts by being dropped")]
    lock: Option<CycleLock>,
    /// The state, as loaded and then as the cycle changes it.
    pub state: State,
    /// Problems with the state.
    pub notes: Vec<String>,
    /// Whether another cycle is running, which delivers the messages.
    pub is_other_cycle_running: bool,
    /// The error of a slow write. No other write is tried while messages wait.
    slow_error: Option<OutboxError>,
}

impl<'a> StateSession<'a> {
    /// Loads the state to read it only.
    pub fn load(store: &'a dyn Store) -> Self {
        let mut session = Self {
            store,
            version: None,
            written: State::default(),
            lock: None,
            state: State::default(),
            notes: Vec::new(),
            is_other_cycle_running: false,
            slow_error: None,
        };
        match store.load() {
            Ok(loaded) => {
                session.notes.extend(loaded.warning(&store.place()));
                session.version = Some(loaded.version);
                session.written.clone_from(&loaded.state);
                session.state = loaded.state;
            }
            Err(error) => session.notes.push(format!(
                "{error}; this cycle runs without a state and saves none, so open incidents are \
                 reported as new"
            )),
        }
        session
    }

    /// Loads the state to change it. While another cycle is running this one waits for its end, at
    /// most `patience`; then it only reads.
    pub fn acquire(store: &'a dyn Store, clock: &dyn Clock, patience: Duration) -> Self {
        let end = clock.now() + patience;
        loop {
            let lock = store.hold();
            let mut session = Self::load(store);
            let is_busy = match &lock {
                Ok(CycleLock::Taken) => true,
                Ok(CycleLock::Own(_)) | Err(_) => false,
                Ok(CycleLock::Nobody) => {
                    let sending = session.state.sending.as_ref();
                    sending.is_some_and(|sending| may_be_running(sending.until - now()))
                }
            };
            if !is_busy {
                session.lock = lock.ok();
                return session;
            }
            if clock.now() + POLL_INTERVAL > end {
                session.is_other_cycle_running = true;
                session.version = None;
                session.notes.push(format!(
                    "another cycle is running with the state in {}: it delivers what is due, this one \
                     sends and saves nothing",
                    store.place()
                ));
                return session;
            }
            clock.wait(POLL_INTERVAL);
        }
    }

    /// The store's location, as `--state` spells it.
    pub fn location(&self) -> String {
        self.store.place()
    }

    /// Saves the state. A command that has added or removed a silence meanwhile is not a conflict: it
    /// delivers nothing, so this cycle has to.
    fn save(&mut self) -> Result<(), StoreError> {
        let mut retries = RETRIES;
        loop {
            let Some(version) = &self.version else {
                return Ok(());
            };
            match self.store.save(&self.state, version) {
                Ok(version) => {
                    self.version = Some(version);
                    self.written.clone_from(&self.state);
                    return Ok(());
                }
                Err(StoreError::Conflict { .. }) if retries > 0 && self.merge_silences() => {
                    retries -= 1;
                    SystemClock.wait(RETRY_INTERVAL);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes over the silences that are in the store now; false when anything else there is new.
    fn merge_silences(&mut self) -> bool {
        let Ok(loaded) = self.store.load() else {
            return false;
        };
        if loaded.quarantined.is_some()
            || without_silences(&loaded.state) != without_silences(&self.written)
        {
            return false;
        }
        self.state.silences.clone_from(&loaded.state.silences);
        self.written = loaded.state;
        self.version = Some(loaded.version);
        true
    }
}

/// Whether a cycle that ends after `rest` may still be running. A longer time was written by a wrong
/// clock, or by a killed cycle with a deadline of hours.
fn may_be_running(rest: TimeDelta) -> bool {
    (TimeDelta::zero()..=LONGEST_CYCLE).contains(&rest)
}

/// What only cycles change. Costs are left out: fractions may come back from a document slightly
/// different.
fn without_silences(state: &State) -> State {
    State {
        silences: Vec::new(),
        spend: Spend::default(),
        ..state.clone()
    }
}

/// The outbox of a session during delivery.
pub struct OutboxWriter<'m, 'a> {
    session: &'m mut StateSession<'a>,
    /// The time of the cycle, from which the repeat interval counts.
    at: Time,
    /// What was delivered: the ids of the incidents, and the message.
    pub delivered: Vec<(Vec<String>, MessageHandle)>,
}

impl<'m, 'a> OutboxWriter<'m, 'a> {
    /// Nothing is delivered yet.
    pub fn new(session: &'m mut StateSession<'a>, at: Time) -> Self {
        Self {
            session,
            at,
            delivered: Vec::new(),
        }
    }
}

impl OutboxWriter<'_, '_> {
    /// Records that this cycle is delivering, from the next [`Outbox::store`] on.
    pub fn begin(&mut self, time: Duration) {
        let time = TimeDelta::from_std(time)
            .unwrap_or(LONGEST_CYCLE)
            .min(LONGEST_CYCLE);
        self.session.state.sending = Some(Sending {
            cycle: self.at,
            until: now() + time,
        });
    }

    /// Records that it has ended.
    pub fn end(&mut self) -> Result<(), OutboxError> {
        self.session.state.sending = None;
        self.session.slow_error = None;
        self.store()
    }
}

impl Outbox for OutboxWriter<'_, '_> {
    fn delivered(&mut self, entry: u64, handle: &MessageHandle) {
        let mut outbox = self.session.state.outbox.iter();
        if let Some(found) = outbox.find(|m| m.id == entry).filter(|m| m.counts()) {
            self.delivered
                .push((found.incident_ids.clone(), handle.clone()));
        }
        lifecycle::delivered(&mut self.session.state, entry, self.at, handle);
    }

    fn failed(&mut self, entry: u64, error: &str) {
        lifecycle::failed(&mut self.session.state, entry, error);
    }

    fn dropped(&mut self, entry: u64) {
        lifecycle::dropped(&mut self.session.state, entry);
    }

    fn store(&mut self) -> Result<(), OutboxError> {
        if let Some(error) = &self.session.slow_error {
            return Err(error.clone());
        }
        let began = Instant::now();
        let saved = self.session.save().map_err(|error| match error {
            StoreError::Conflict { .. } => OutboxError::Conflict,
            error => OutboxError::Unwritable(error.to_string()),
        });
        if began.elapsed() > SLOW_WRITE {
            self.session.slow_error = saved.clone().err();
        }
        saved
    }
}
