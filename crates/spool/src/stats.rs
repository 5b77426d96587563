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
    /// One entry per cursor, in the order of the exporters' names.
    pub cursors: Vec<CursorStats>,
}

impl SignalStats {
    /// When the oldest record was received that some exporter has not settled.
    pub fn oldest_received(&self) -> Option<UnixNanos> {
        self.cursors.iter().filter_map(|cursor| cursor.oldest_received).min()
    }
}

/// The state of one exporter's cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CursorStats {
    /// The exporter's name.
    pub exporter: String,
    /// Records that it has not settled.
    pub held_records: u64,
    /// When the oldest of them was received; refreshed each second.
    pub oldest_received: Option<UnixNanos>,
}
