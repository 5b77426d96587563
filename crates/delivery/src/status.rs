//! How an exporter fares, for `/readyz` and the console, and the log lines that say so.

use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use tokio::time::Instant;
use tracing::{info, warn};

/// At most one line about rejected requests in this time.
const REJECTION_LOG_INTERVAL: Duration = Duration::from_secs(10);

/// How an exporter fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The words of the last failed attempt.
    pub last_error: Option<String>,
    /// Since when no request got through while some wait to be sent again.
    pub retrying_since: Option<SystemTime>,
    /// Requests under way, those waiting to be sent again included.
    pub in_flight: usize,
}

/// The status of one exporter, as its requests report it.
#[derive(Debug)]
pub(crate) struct Health {
    exporter: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    status: Status,
    rejection_logged: Option<Instant>,
    /// Rejected requests since the last line about one.
    rejections: u64,
}

impl Health {
    pub(crate) fn new(exporter: &str) -> Self {
        Self { exporter: exporter.to_owned(), state: Mutex::default() }
    }

    pub(crate) fn status(&self) -> Status {
        self.state.lock().status.clone()
    }

    pub(crate) fn begin(&self) {
        self.state.lock().status.in_flight += 1;
    }

    pub(crate) fn end(&self) {
        self.state.lock().status.in_flight -= 1;
    }

    /// The destination answered and took something.
    pub(crate) fn delivered(&self) {
        let since = self.state.lock().status.retrying_since.take();
        if since.is_some() {
            info!(exporter = self.exporter, "destination takes requests again");
        }
    }

    /// The destination asked to come back, or did not answer.
    pub(crate) fn retrying(&self, cause: &str) {
        let mut state = self.state.lock();
        let is_news = state.status.retrying_since.is_none();
        state.status.retrying_since.get_or_insert_with(SystemTime::now);
        state.status.last_error = Some(cause.to_owned());
        drop(state);
        if is_news {
            warn!(exporter = self.exporter, cause, "destination does not take requests, retrying");
        }
    }

    /// The destination refused a request for good.
    pub(crate) fn rejected(&self, cause: &str) {
        let mut state = self.state.lock();
        state.status.last_error = Some(cause.to_owned());
        state.status.retrying_since = None;
        state.rejections += 1;
        let is_due = state.rejection_logged.is_none_or(|logged| logged.elapsed() >= REJECTION_LOG_INTERVAL);
        if !is_due {
            return;
        }
        state.rejection_logged = Some(Instant::now());
        let requests = std::mem::take(&mut state.rejections);
        drop(state);
        warn!(exporter = self.exporter, cause, requests, "destination rejected requests");
    }
}
