//! The destination's wish that nobody comes before a certain time.

use parking_lot::Mutex;
use tokio::time::Instant;

/// Holds back all requests of an exporter while its destination wants to be left alone.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    opens: Mutex<Option<Instant>>,
}

impl Gate {
    /// Nobody shall come before `time`.
    pub(crate) fn close_until(&self, time: Instant) {
        let mut opens = self.opens.lock();
        *opens = (*opens).max(Some(time));
    }

    /// When the next attempt may be made; `None` when at once.
    pub(crate) fn opens(&self) -> Option<Instant> {
        let mut opens = self.opens.lock();
        if opens.is_some_and(|time| time <= Instant::now()) {
            *opens = None;
        }
        *opens
    }
}
