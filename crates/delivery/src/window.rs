//! How many requests may be under way.

use parking_lot::Mutex;

/// Additive increase, multiplicative decrease: one request more for each round that went well, half as many when the
/// destination asks to come back.
///
/// Invariant: `1 <= size <= max`.
#[derive(Debug)]
pub(crate) struct Window {
    max: f64,
    size: Mutex<f64>,
}

impl Window {
    /// A window that starts at its full size.
    pub(crate) fn new(requests_max: usize) -> Self {
        let max = requests_max.max(1) as f64;
        Self { max, size: Mutex::new(max) }
    }

    /// Requests that may be under way now.
    pub(crate) fn size(&self) -> usize {
        *self.size.lock() as usize
    }

    pub(crate) fn grow(&self) {
        let mut size = self.size.lock();
        *size = (*size + 1.0 / *size).min(self.max);
    }

    pub(crate) fn shrink(&self) {
        let mut size = self.size.lock();
        *size = (*size / 2.0).max(1.0);
    }
}

#[cfg(test)]
mod tests;
