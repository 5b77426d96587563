//! Buffers for pages, shared by all loops.

use parking_lot::Mutex;

/// Buffers kept for the next scrapes. Scrapes are spread over time, so few are needed at once.
const KEPT_MAX: usize = 4;
/// A buffer larger than this is not kept.
const KEPT_BYTES_MAX: usize = 1 << 20;

/// A few buffers that are used again, so that a page does not cost fresh memory each time.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    kept: Mutex<Vec<Vec<u8>>>,
}

impl Buffers {
    /// An empty buffer.
    pub(super) fn take(&self) -> Vec<u8> {
        self.kept.lock().pop().unwrap_or_default()
    }

    /// Takes a buffer back.
    pub(super) fn give(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let mut kept = self.kept.lock();
        if kept.len() < KEPT_MAX && buffer.capacity() <= KEPT_BYTES_MAX {
            kept.push(buffer);
        }
    }

    /// Gives the memory of all kept buffers back.
    pub(super) fn shrink(&self) {
        self.kept.lock().clear();
    }
}
