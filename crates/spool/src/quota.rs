//! How many bytes each signal may use.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use weir_model::Signal;

/// Shares `bytes_max` between the signals.
///
/// Invariant, as long as nothing is forced: `sum(max(used, guaranteed)) <= bytes_max` over the signals in use. So a
/// signal whose destination is down cannot take the last bytes from one whose destination is up.
#[derive(Debug)]
pub(crate) struct Quota {
    bytes_max: u64,
    guaranteed: u64,
    shares: Mutex<[Share; 3]>,
    /// Bytes of the batch that was refused last; 0 when one was admitted since.
    refused: [AtomicU64; 3],
}

#[derive(Clone, Copy, Debug, Default)]
struct Share {
    used: u64,
    in_use: bool,
}

impl Quota {
    pub(crate) fn new(bytes_max: u64) -> Self {
        let refused = [AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0)];
        Self { bytes_max, guaranteed: bytes_max / 8, shares: Mutex::default(), refused }
    }

    /// Guarantees a share to `signal`.
    pub(crate) fn open(&self, signal: Signal) {
        self.shares.lock()[signal.index()].in_use = true;
    }

    /// Takes `bytes` for `signal` if there is room.
    pub(crate) fn reserve(&self, signal: Signal, bytes: u64) -> bool {
        let mut shares = self.shares.lock();
        let admitted = self.has_room(&shares, signal, bytes);
        if admitted {
            shares[signal.index()].used += bytes;
            shares[signal.index()].in_use = true;
        }
        self.refused[signal.index()].store(if admitted { 0 } else { bytes }, Ordering::Relaxed);
        admitted
    }

    /// Takes `bytes` whether or not there is room.
    pub(crate) fn force(&self, signal: Signal, bytes: u64) {
        self.shares.lock()[signal.index()].used += bytes;
    }

    /// Gives `bytes` back.
    pub(crate) fn release(&self, signal: Signal, bytes: u64) {
        let used = &mut self.shares.lock()[signal.index()].used;
        *used = used.saturating_sub(bytes);
    }

    /// Whether the last batch of `signal` was refused and would be refused again.
    pub(crate) fn is_full(&self, signal: Signal) -> bool {
        let refused = self.refused[signal.index()].load(Ordering::Relaxed);
        refused > 0 && !self.has_room(&self.shares.lock(), signal, refused)
    }

    /// Whether more is used than there is.
    pub(crate) fn is_over(&self) -> bool {
        self.shares.lock().iter().map(|share| share.used).sum::<u64>() > self.bytes_max
    }

    /// Whether `signal` uses more than it is guaranteed, and so is the one to drop something.
    pub(crate) fn exceeds_guarantee(&self, signal: Signal) -> bool {
        self.used(signal) > self.guaranteed
    }

    /// Bytes that `signal` uses.
    pub(crate) fn used(&self, signal: Signal) -> u64 {
        self.shares.lock()[signal.index()].used
    }

    fn has_room(&self, shares: &[Share; 3], signal: Signal, bytes: u64) -> bool {
        let kept_for = |(index, share): (usize, &Share)| {
            let used = if index == signal.index() { share.used + bytes } else { share.used };
            if share.in_use || index == signal.index() { used.max(self.guaranteed) } else { used }
        };
        let is_guaranteed = shares[signal.index()].used + bytes <= self.guaranteed;
        is_guaranteed || shares.iter().enumerate().map(kept_for).sum::<u64>() <= self.bytes_max
    }
}

#[cfg(test)]
mod tests;
