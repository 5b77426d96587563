//! What is looked at once a second.

use std::time::Instant;

use weir_config::Config;
use weir_model::{Signal, UnixNanos};
use weir_spool::{Spool, SpoolStats};
use weir_telemetry::Readiness;

use super::exporters::ExporterStatus;
use super::loss_clock::LossClock;

/// A spool without room is a reason not to be ready: senders that have a choice should go elsewhere.
pub(super) fn readiness(readiness: &Readiness, part: &'static str, stats: &SpoolStats, spool: &Spool) {
    let full: Vec<&str> =
        Signal::ALL.into_iter().filter(|&signal| spool.is_full(signal)).map(Signal::as_str).collect();
    if stats.disk_full {
        readiness.block(part, "the disk is full; receivers wait");
    } else if full.is_empty() {
        readiness.clear(part);
    } else {
        readiness.block(part, format!("bytes_max is reached for {}; receivers wait", full.join(", ")));
    }
}

/// How long each exporter's outage may go on.
pub(super) fn times_to_loss(
    clock: &mut LossClock,
    exporters: &mut [ExporterStatus],
    stats: &SpoolStats,
    config: &Config,
) {
    let bytes = stats.signals.iter().map(|signal| signal.bytes).sum();
    clock.observe(Instant::now(), bytes);
    let free = stats.bytes_max.saturating_sub(bytes);
    for exporter in exporters {
        let cursors = stats.signals.iter().flat_map(|signal| &signal.cursors);
        let own = cursors.filter(|cursor| cursor.exporter == exporter.name);
        let oldest = own.filter_map(|cursor| cursor.oldest_received).min();
        let oldest = oldest.filter(|_| exporter.status.retrying_since.is_some());
        exporter.time_to_loss = clock.seconds(oldest, config.spool.age_max, free, UnixNanos::now());
    }
}
