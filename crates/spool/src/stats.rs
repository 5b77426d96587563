//! The spool's state, for `/metrics` and `/readyz`.

use weir_model::UnixNanos;

/// The spool's state at one instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpoolStats {
    /// One entry per signal, in the order of `Signal::ALL`.
    pub signals: [SignalStats; 3],
    /// Bytes that all segments together may have.
    pub bytes_max: u64,
    /// Whether the last write found no room on the file system.
    pub disk_full: bool,
    /// Times that syncing a segment or saving a cursor failed since the start.
    pub sync_failures: u64,
}

/// The state of one signal's log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalStats {
    /// Bytes of the log's segments.
    pub bytes: u64,
    /// Damaged places found since the start; each lost one frame or more.
    pub damaged_frames: u64,
    /// Bytes cut off the log's end when it was opened: frames that were not acknowledged, or not yet synced when power
    /// was lost.
    pub torn_bytes: u64,
    /// When the oldest record was received that some exporter has not settled; to the second, `None` when all is
    /// settled.
    pub oldest_received: Option<UnixNanos>,
}
