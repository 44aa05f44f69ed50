//! The state of a cycle, and the place that holds it.

use crate::cluster::objects::Time;
use crate::lifecycle;
use crate::notify::{Journal, JournalError, Thread};
use crate::state::{State, Store, StoreError, Version};

/// A state that was loaded and will be written again.
pub struct Memory<'a> {
    store: &'a dyn Store,
    /// None: the place could not be read, so nothing is known of what it holds
    /// and nothing is written there.
    version: Option<Version>,
    /// As loaded, then as the cycle carries it on.
    pub state: State,
    /// What must be known of it.
    pub notes: Vec<String>,
}

impl<'a> Memory<'a> {
    /// Loads the state. One that cannot be read is said; the cycle goes on
    /// without memory.
    pub fn load(store: &'a dyn Store) -> Self {
        let mut memory = Self {
            store,
            version: None,
            state: State::default(),
            notes: Vec::new(),
        };
        match store.load() {
            Ok(loaded) => {
                memory.notes.extend(loaded.warning(&store.place()));
                memory.version = Some(loaded.version);
                memory.state = loaded.state;
            }
            Err(error) => memory.notes.push(format!(
                "{error}; this cycle goes on without memory and writes none, so what is open is \
                 announced again"
            )),
        }
        memory
    }

    /// Where it is kept, as `--state` spells it.
    pub fn place(&self) -> String {
        self.store.place()
    }

    /// Writes the state down.
    fn save(&mut self) -> Result<(), StoreError> {
        let Some(version) = &self.version else {
            return Ok(());
        };
        self.version = Some(self.store.save(&self.state, version)?);
        Ok(())
    }
}

/// A memory during delivery.
pub struct Ledger<'m, 'a> {
    memory: &'m mut Memory<'a>,
    /// The moment of the cycle, from which repetitions are counted.
    at: Time,
    /// What was delivered: ids of the incidents, and where the message is.
    pub posted: Vec<(Vec<String>, Thread)>,
}

impl<'m, 'a> Ledger<'m, 'a> {
    /// A ledger with nothing in it.
    pub fn new(memory: &'m mut Memory<'a>, at: Time) -> Self {
        Self {
            memory,
            at,
            posted: Vec::new(),
        }
    }
}

impl Journal for Ledger<'_, '_> {
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

    fn store(&mut self) -> Result<(), JournalError> {
        self.memory.save().map_err(|error| match error {
            StoreError::Conflict { .. } => JournalError::Conflict,
            error => JournalError::Unwritable(error.to_string()),
        })
    }
}
