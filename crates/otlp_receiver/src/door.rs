//! What every request passes, whatever protocol brought it: admission, unpacking, the sink.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use tokio_util::task::TaskTracker;
use tracing::error;
use weir_model::Receiver;

use crate::budget::{Budget, Share};
use crate::gunzip::{GunzipError, gunzip, told_len};
use crate::metrics::ListenerMetrics;
use crate::refusal::Refusal;
use crate::{Accepted, Limits, Sink};

/// One listener's door.
#[derive(Debug)]
pub(crate) struct Door<S> {
    pub(crate) receiver: Receiver,
    pub(crate) limits: Limits,
    pub(crate) metrics: ListenerMetrics,
    /// Calls of the sink; each runs to its end.
    pub(crate) calls: TaskTracker,
    budget: Budget,
    sink: S,
}

/// What a request holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Traces,
    Logs,
}

/// A body and the bytes that it takes from the budget.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) body: Vec<u8>,
    pub(crate) share: Share,
}

impl<S: Sink> Door<S> {
    pub(crate) fn new(receiver: Receiver, limits: Limits, metrics: ListenerMetrics, sink: S) -> Self {
        let budget = Budget::new(limits.in_flight_bytes_max, metrics.in_flight_bytes.clone());
        Self { receiver, limits, metrics, calls: TaskTracker::new(), budget, sink }
    }

    /// Bytes that a body may have. A packed body and what it unpacks to must fit the budget together, or the sender
    /// would be told for ever to come back.
    pub(crate) fn body_bytes_max(&self) -> usize {
        self.limits.request_bytes_max.min(self.limits.in_flight_bytes_max / 2)
    }

    /// Makes room for a body of `len` bytes, before any of them is read.
    pub(crate) fn admit(&self, len: usize) -> Result<Admitted, Refusal> {
        let limit = self.body_bytes_max();
        if len > limit {
            return Err(Refusal::TooLarge { limit });
        }
        let share = self.budget.try_take(len).ok_or(FULL)?;
        Ok(Admitted { body: Vec::with_capacity(len), share })
    }

    /// Makes room for `more` bytes of a body whose length was not told.
    pub(crate) fn admit_more(&self, admitted: &mut Admitted, more: usize) -> Result<(), Refusal> {
        let limit = self.body_bytes_max();
        if more > limit - admitted.body.len() {
            return Err(Refusal::TooLarge { limit });
        }
        if admitted.share.try_grow(more) { Ok(()) } else { Err(FULL) }
    }

    /// Unpacks a gzip body; a large one on the pool for blocking work.
    pub(crate) async fn unpack(&self, packed: Admitted) -> Result<Admitted, Refusal> {
        let limit = self.body_bytes_max();
        let is_large = told_len(&packed.body) > UNPACK_INLINE_BYTES_MAX;
        let unpack = move || {
            let Admitted { body: packed, mut share } = packed;
            let body = gunzip(&packed, limit, &mut share)?;
            share.shrink(packed.len());
            Ok(Admitted { body, share })
        };
        let unpacked = if is_large {
            tokio::task::spawn_blocking(unpack).await.map_err(|_| ended_early())?
        } else {
            unpack()
        };
        unpacked.map_err(|error| match error {
            GunzipError::Malformed(_) => Refusal::Malformed(error.to_string()),
            GunzipError::TooLarge => Refusal::TooLarge { limit },
            GunzipError::Full => FULL,
        })
    }

    /// Hands a body to the sink and waits for its word. Dropped half way, the sink's call still runs to its end.
    pub(crate) async fn hand_in(&self, kind: Kind, admitted: Admitted) -> Result<Accepted, Refusal> {
        let (sink, receiver) = (self.sink.clone(), self.receiver);
        let Admitted { body, share } = admitted;
        let call = self.calls.spawn(async move {
            let _share = share;
            let body = Bytes::from(body);
            match kind {
                Kind::Traces => sink.traces(receiver, body).await,
                Kind::Logs => sink.logs(receiver, body).await,
            }
        });
        match call.await {
            Ok(answer) => answer.map_err(Refusal::from),
            Err(error) => {
                error!(receiver = %self.receiver, %error, "request was not handled to its end");
                Err(ended_early())
            }
        }
    }

    /// Runs `read` within the time that a body may take.
    pub(crate) async fn in_time<T>(
        &self,
        read: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<T, Refusal> {
        let timeout = self.limits.body_timeout;
        tokio::time::timeout(timeout, read).await.unwrap_or(Err(Refusal::TimedOut(timeout)))
    }
}

/// When a sender that found no room comes back. Requests are in flight for milliseconds, and OTLP clients spread
/// their retries.
const RETRY_AFTER: Duration = Duration::from_secs(1);

const FULL: Refusal = Refusal::Full { retry_after: RETRY_AFTER };

/// Bodies that promise to unpack to at most this are unpacked in place, in a fraction of a millisecond.
const UNPACK_INLINE_BYTES_MAX: usize = 256 << 10;

fn ended_early() -> Refusal {
    Refusal::Unavailable("request was not handled to its end".to_owned())
}
