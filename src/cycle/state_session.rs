//! The state of a cycle, and the place that holds it.

use std::time::{Duration, Instant};

use chrono::TimeDelta;

use crate::lifecycle;
use crate::model::{Time, now};
use crate::net::{Clock, SystemClock};
use crate::notify::{Outbox, OutboxError, Thread};
use crate::state::{CycleLock, Sending, Spend, State, Store, StoreError, Version};

/// Between looks at a state that another cycle is at work on.
const PAUSE: Duration = Duration::from_millis(500);
/// No other cycle is believed to be at work for longer.
const LONGEST: TimeDelta = TimeDelta::hours(1);
/// Between tries to write what a command has just written to.
const TURN: Duration = Duration::from_millis(100);
/// A place that fails after so long would use up the time to tell people.
const LONG: Duration = Duration::from_secs(2);
/// How often that is tried.
const TURNS: usize = 5;

/// A state that was loaded and will be written again.
pub struct StateSession<'a> {
    store: &'a dyn Store,
    /// None: the place could not be read, or is another cycle's, so nothing is
    /// written there.
    version: Option<Version>,
    /// What is there, as far as this cycle knows.
    written: State,
    /// Keeps other cycles out.
    #[allow(dead_code, reason = "it acts by being dropped")]
    hold: Option<CycleLock>,
    /// As loaded, then as the cycle carries it on.
    pub state: State,
    /// What must be known of it.
    pub notes: Vec<String>,
    /// Whether another cycle is at work and says what is due.
    pub is_anothers: bool,
    /// What came of it when a try to write took long. While messages wait none
    /// other is made.
    stuck: Option<OutboxError>,
}

impl<'a> StateSession<'a> {
    /// Loads the state to read it only.
    pub fn load(store: &'a dyn Store) -> Self {
        let mut memory = Self {
            store,
            version: None,
            written: State::default(),
            hold: None,
            state: State::default(),
            notes: Vec::new(),
            is_anothers: false,
            stuck: None,
        };
        match store.load() {
            Ok(loaded) => {
                memory.notes.extend(loaded.warning(&store.place()));
                memory.version = Some(loaded.version);
                memory.written.clone_from(&loaded.state);
                memory.state = loaded.state;
            }
            Err(error) => memory.notes.push(format!(
                "{error}; this cycle goes on without memory and writes none, so what is open is \
                 announced again"
            )),
        }
        memory
    }

    /// Loads the state to carry it on. While another cycle is at work this one
    /// waits for its end; after `patience` it goes on as a reader.
    pub fn take(store: &'a dyn Store, clock: &dyn Clock, patience: Duration) -> Self {
        let end = clock.now() + patience;
        loop {
            let hold = store.hold();
            let mut memory = Self::load(store);
            let is_busy = match &hold {
                Ok(CycleLock::Taken) => true,
                Ok(CycleLock::Own(_)) | Err(_) => false,
                Ok(CycleLock::Nobody) => {
                    let sending = memory.state.sending.as_ref();
                    sending.is_some_and(|sending| is_near(sending.until - now()))
                }
            };
            if !is_busy {
                memory.hold = hold.ok();
                return memory;
            }
            if clock.now() + PAUSE > end {
                memory.is_anothers = true;
                memory.version = None;
                memory.notes.push(format!(
                    "another cycle is at work on {}: it says what is due, this one sends and \
                     stores nothing",
                    store.place()
                ));
                return memory;
            }
            clock.wait(PAUSE);
        }
    }

    /// Where it is kept, as `--state` spells it.
    pub fn place(&self) -> String {
        self.store.place()
    }

    /// Writes the state down. Who adds or ends a silence meanwhile is no other
    /// cycle: nobody else would say what is due.
    fn save(&mut self) -> Result<(), StoreError> {
        let mut turns = TURNS;
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
                Err(StoreError::Conflict { .. }) if turns > 0 && self.takes_silences() => {
                    turns -= 1;
                    SystemClock.wait(TURN);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes the silences over from what is there now; false when more than
    /// those is new.
    fn takes_silences(&mut self) -> bool {
        let Ok(loaded) = self.store.load() else {
            return false;
        };
        if loaded.aside.is_some() || besides(&loaded.state) != besides(&self.written) {
            return false;
        }
        self.state.silences.clone_from(&loaded.state.silences);
        self.written = loaded.state;
        self.version = Some(loaded.version);
        true
    }
}

/// Whether a cycle may still be at work that is over after this. What is
/// farther off was written by a clock that is wrong, or by a cycle with a
/// deadline of hours that was killed: nobody waits for that.
fn is_near(rest: TimeDelta) -> bool {
    (TimeDelta::zero()..=LONGEST).contains(&rest)
}

/// What cycles alone change. Costs are left out: as numbers with a fraction they
/// need not come back from a document as they went in.
fn besides(state: &State) -> State {
    State {
        silences: Vec::new(),
        spend: Spend::default(),
        ..state.clone()
    }
}

/// A memory during delivery.
pub struct OutboxWriter<'m, 'a> {
    memory: &'m mut StateSession<'a>,
    /// The moment of the cycle, from which repetitions are counted.
    at: Time,
    /// What was delivered: ids of the incidents, and where the message is.
    pub posted: Vec<(Vec<String>, Thread)>,
}

impl<'m, 'a> OutboxWriter<'m, 'a> {
    /// A ledger with nothing in it.
    pub fn new(memory: &'m mut StateSession<'a>, at: Time) -> Self {
        Self {
            memory,
            at,
            posted: Vec::new(),
        }
    }
}

impl OutboxWriter<'_, '_> {
    /// Says who is at work from the next [`Journal::store`] on.
    pub fn begin(&mut self, time: Duration) {
        let time = TimeDelta::from_std(time).unwrap_or(LONGEST).min(LONGEST);
        self.memory.state.sending = Some(Sending {
            cycle: self.at,
            until: now() + time,
        });
    }

    /// Ends that.
    pub fn end(&mut self) -> Result<(), OutboxError> {
        self.memory.state.sending = None;
        self.memory.stuck = None;
        self.store()
    }
}

impl Outbox for OutboxWriter<'_, '_> {
    fn delivered(&mut self, message: u64, posted: &Thread) {
        let mut outbox = self.memory.state.outbox.iter();
        if let Some(found) = outbox.find(|m| m.id == message).filter(|m| m.counts()) {
            self.posted
                .push((found.incident_ids.clone(), posted.clone()));
        }
        lifecycle::delivered(&mut self.memory.state, message, self.at, posted);
    }

    fn failed(&mut self, message: u64, error: &str) {
        lifecycle::failed(&mut self.memory.state, message, error);
    }

    fn dropped(&mut self, message: u64) {
        lifecycle::dropped(&mut self.memory.state, message);
    }

    fn store(&mut self) -> Result<(), OutboxError> {
        if let Some(error) = &self.memory.stuck {
            return Err(error.clone());
        }
        let began = Instant::now();
        let saved = self.memory.save().map_err(|error| match error {
            StoreError::Conflict { .. } => OutboxError::Conflict,
            error => OutboxError::Unwritable(error.to_string()),
        });
        if began.elapsed() > LONG {
            self.memory.stuck = saved.clone().err();
        }
        saved
    }
}
