//! Bytes that all requests of a listener may take together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use prometheus::IntGauge;

/// A budget of bytes. Invariant: the open shares add up to `used`, and `used <= bytes_max`.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    books: Arc<Books>,
}

#[derive(Debug)]
struct Books {
    bytes_max: usize,
    used: AtomicUsize,
    gauge: IntGauge,
}

impl Budget {
    pub(crate) fn new(bytes_max: usize, gauge: IntGauge) -> Self {
        Self { books: Arc::new(Books { bytes_max, used: AtomicUsize::new(0), gauge }) }
    }

    /// Takes `bytes` out of the budget, or nothing when there is not as much left.
    pub(crate) fn try_take(&self, bytes: usize) -> Option<Share> {
        let mut share = Share { budget: self.clone(), bytes: 0 };
        share.try_grow(bytes).then_some(share)
    }

    #[cfg(test)]
    pub(crate) fn used(&self) -> usize {
        self.books.used.load(Ordering::Acquire)
    }
}

/// Bytes taken from a budget; given back on drop.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Budget,
    bytes: usize,
}

impl Share {
    /// Takes `more` bytes; false, and nothing taken, when there is not as much left.
    pub(crate) fn try_grow(&mut self, more: usize) -> bool {
        let books = &self.budget.books;
        let fits = |used: usize| used.checked_add(more).filter(|sum| *sum <= books.bytes_max);
        if books.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).is_err() {
            return false;
        }
        books.gauge.add(more as i64);
        self.bytes += more;
        true
    }

    /// Gives `fewer` bytes back, at most what the share has.
    pub(crate) fn shrink(&mut self, fewer: usize) {
        let fewer = fewer.min(self.bytes);
        self.bytes -= fewer;
        self.budget.books.used.fetch_sub(fewer, Ordering::AcqRel);
        self.budget.books.gauge.sub(fewer as i64);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

#[cfg(test)]
mod tests;
