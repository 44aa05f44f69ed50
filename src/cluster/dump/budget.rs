//! Readers that stop at a limit on the bytes of a whole dump.

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, Read};
use std::rc::Rc;

/// The bytes that may still be read, and the last error of the readers below.
#[derive(Clone)]
pub(super) struct Budget {
    left: Rc<Cell<u64>>,
    failure: Rc<RefCell<Option<String>>>,
}

impl Budget {
    pub(super) fn new(total: u64) -> Self {
        Self {
            left: Rc::new(Cell::new(total)),
            failure: Rc::default(),
        }
    }

    /// Whether nothing more may be read.
    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    /// The error since the last call.
    pub(super) fn take_failure(&self) -> Option<String> {
        self.failure.take()
    }

    pub(super) fn watch<R: Read>(&self, inner: R) -> Watched<R> {
        Watched {
            inner,
            budget: self.clone(),
        }
    }
}

/// Counts the bytes, and keeps errors that a parser would drop.
pub(super) struct Watched<R> {
    inner: R,
    budget: Budget,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.budget.left.get();
        if left == 0 {
            return Err(io::Error::other("too large"));
        }
        let count = self.inner.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.budget.failure.replace(Some(error.to_string()));
            }
        })?;
        self.budget.left.set(left.saturating_sub(count as u64));
        Ok(count)
    }
}

/// The content of a file that could not be opened. To read it returns the error.
pub(super) struct Unreadable(pub(super) Option<io::Error>);

impl Read for Unreadable {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

impl BufRead for Unreadable {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.take().map_or(Ok(&[]), Err)
    }

    fn consume(&mut self, _: usize) {}
}
