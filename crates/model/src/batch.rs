//! A batch of encoded records.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use crate::Signal;

/// Nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixNanos(pub u64);

impl UnixNanos {
    /// The wall clock now. A clock before 1970 reads as 0.
    pub fn now() -> Self {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX))
    }

    /// Seconds from `earlier` to `self`; 0 when the clock went backwards.
    pub fn seconds_since(self, earlier: Self) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / 1e9
    }
}

/// Batches with an equal key are delivered in the order in which they were appended.
///
/// Metrics use a hash of the target, so that samples of a series never overtake each other. Logs and traces carry
/// their own identity and time; they use [`OrderKey::ANY`] and may be delivered in any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrderKey(pub u64);

impl OrderKey {
    /// No order is promised.
    pub const ANY: Self = Self(0);
}

/// Encoded records of one signal.
///
/// | signal | payload |
/// |---|---|
/// | metrics | `io.prometheus.write.v2.Request`; a record is one sample or histogram |
/// | logs | `ExportLogsServiceRequest`; a record is one `LogRecord` |
/// | traces | `ExportTraceServiceRequest`; a record is one `Span` |
///
/// Payloads of logs and traces join by concatenation. Invariant: `records` is the number of records in `payload`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// What the payload holds.
    pub signal: Signal,
    /// Number of samples, log records or spans in the payload.
    pub records: u32,
    /// Delivery order, see [`OrderKey`].
    pub key: OrderKey,
    /// When weir received the records.
    pub received: UnixNanos,
    /// The encoded request.
    pub payload: Bytes,
}
