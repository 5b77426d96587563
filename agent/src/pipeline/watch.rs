//! What is looked at once a second.

use weir_model::Signal;
use weir_spool::{Spool, SpoolStats};
use weir_telemetry::Readiness;

/// A spool without room is a reason not to be ready: senders that have a choice should go elsewhere.
pub(super) fn readiness(readiness: &Readiness, stats: &SpoolStats, spool: &Spool) {
    let full: Vec<&str> =
        Signal::ALL.into_iter().filter(|&signal| spool.is_full(signal)).map(Signal::as_str).collect();
    if stats.disk_full {
        readiness.block("spool", "the disk is full; receivers wait");
    } else if full.is_empty() {
        readiness.clear("spool");
    } else {
        readiness.block("spool", format!("bytes_max is reached for {}; receivers wait", full.join(", ")));
    }
}
