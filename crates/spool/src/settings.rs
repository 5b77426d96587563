//! What the spool may use and what it promises.

use std::path::PathBuf;
use std::time::Duration;

/// The spool's limits and guarantees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolSettings {
    /// The folder of segments and cursors; created when absent.
    pub path: PathBuf,
    /// Bytes of all segments together. Each signal is guaranteed an eighth of it, so that one signal whose
    /// destination is down cannot stop the others. Default 2 GiB.
    pub bytes_max: u64,
    /// Batches received longer ago are dropped and counted as expired. Default 24 h.
    pub age_max: Duration,
    /// Whether `append` waits for the sync. Default no: acknowledged once written, synced every second.
    pub power_loss: bool,
    /// Whether the oldest segment makes room at `bytes_max`. Default no: `append` fails as full.
    pub drop_oldest: bool,
    /// Bytes of one segment; the unit of retention. At most a 32nd of `bytes_max` is used. Default 16 MiB.
    pub segment_bytes_max: u64,
    /// Bytes of batches kept per signal for readers that have caught up. Default 8 MiB.
    pub memory_bytes_max: u64,
    /// Bytes per signal waiting for the writer; past it `append` waits. Default 8 MiB.
    pub in_flight_bytes_max: u64,
}

impl Default for SpoolSettings {
    fn default() -> Self {
        Self {
            path: PathBuf::from("/var/lib/weir"),
            bytes_max: 2 << 30,
            age_max: Duration::from_secs(24 * 60 * 60),
            power_loss: false,
            drop_oldest: false,
            segment_bytes_max: 16 << 20,
            memory_bytes_max: 8 << 20,
            in_flight_bytes_max: 8 << 20,
        }
    }
}

/// How much one `take` may return. It returns at least one entry, however large that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakeLimits {
    /// Bytes of payload.
    pub bytes_max: usize,
    /// Records.
    pub records_max: u64,
    /// Entries.
    pub entries_max: usize,
}

impl Default for TakeLimits {
    fn default() -> Self {
        Self { bytes_max: 1 << 20, records_max: u64::MAX, entries_max: 1024 }
    }
}
