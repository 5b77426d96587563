//! What the tailer tells about itself. No label has a file's or container's name.

use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// Why bytes of a file could not be read any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// The file was truncated or replaced in place.
    Truncated,
    /// The file was gone when weir started.
    Vanished,
    /// More deleted files were unread than may be held.
    Budget,
}

impl Unread {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Vanished => "vanished",
            Self::Budget => "budget",
        }
    }
}

/// How a file was rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// Its name went to another file or away.
    Renamed,
    /// Its content began anew.
    Truncated,
}

impl Rotation {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Renamed => "renamed",
            Self::Truncated => "truncated",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct TailMetrics {
    pub(crate) files_open: IntGauge,
    pub(crate) files_waiting: IntGauge,
    pub(crate) bytes_read: IntCounter,
    pub(crate) lines_cut: IntCounter,
    pub(crate) lines_invalid_utf8: IntCounter,
    pub(crate) lines_not_in_format: IntCounter,
    pub(crate) partials_joined: IntCounter,
    pub(crate) nul_bytes_skipped: IntCounter,
    pub(crate) files_compressed: IntCounter,
    pub(crate) read_errors: IntCounter,
    pub(crate) watch_errors: IntCounter,
    pub(crate) checkpoint_damaged: IntCounter,
    pub(crate) checkpoint_errors: IntCounter,
    pub(crate) deleted_bytes: IntGauge,
    pub(crate) pods_unknown: IntCounter,
    rotations: IntCounterVec,
    bytes_unread: IntCounterVec,
}

impl TailMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str| register(registry, IntCounter::new(name, help)?);
        let gauge = |name: &str, help: &str| register(registry, IntGauge::new(name, help)?);
        let labelled = |name: &str, help: &str, label: &str| {
            register(registry, IntCounterVec::new(Opts::new(name, help), &[label])?)
        };
        Ok(Self {
            files_open: gauge("weir_tail_files_open", "Log files held open.")?,
            files_waiting: gauge("weir_tail_files_waiting", "Log files not opened since too many are open.")?,
            bytes_read: counter("weir_tail_bytes_read_total", "Bytes of log files turned into records.")?,
            lines_cut: counter("weir_lines_cut_total", "Lines cut at line_bytes_max.")?,
            lines_invalid_utf8: counter(
                "weir_tail_lines_invalid_utf8_total",
                "Lines in which bytes that are not UTF-8 were replaced.",
            )?,
            lines_not_in_format: counter(
                "weir_tail_lines_not_in_format_total",
                "Lines that are not of the configured format and were taken as plain text.",
            )?,
            partials_joined: counter(
                "weir_tail_partial_lines_joined_total",
                "Partial lines of container runtimes that were joined to others.",
            )?,
            nul_bytes_skipped: counter(
                "weir_tail_nul_bytes_skipped_total",
                "NUL bytes skipped before lines, as left by a truncation under an open file.",
            )?,
            files_compressed: counter(
                "weir_tail_files_compressed_total",
                "Matching files not read since they are compressed.",
            )?,
            read_errors: counter("weir_tail_read_errors_total", "Reads of log files that failed.")?,
            watch_errors: counter(
                "weir_tail_watch_errors_total",
                "Files or folders that could not be watched and are polled.",
            )?,
            checkpoint_damaged: counter(
                "weir_tail_checkpoint_damaged_total",
                "Starts without a checkpoint since it was damaged.",
            )?,
            checkpoint_errors: counter(
                "weir_tail_checkpoint_errors_total",
                "Attempts to save the checkpoint that failed.",
            )?,
            deleted_bytes: gauge("weir_tail_deleted_bytes", "Bytes of deleted files held open.")?,
            pods_unknown: counter(
                "weir_tail_pods_unknown_total",
                "Files whose pod the API server did not tell of in time; their first lines have only what the path says.",
            )?,
            rotations: labelled("weir_tail_rotations_total", "Rotations of log files seen.", "kind")?,
            bytes_unread: labelled(
                "weir_tail_bytes_unread_at_delete_total",
                "Bytes of log files that went away before they were read, as far as known.",
                "cause",
            )?,
        })
    }

    pub(crate) fn rotated(&self, how: Rotation) {
        self.rotations.with_label_values(&[how.as_str()]).inc();
    }

    pub(crate) fn unread(&self, cause: Unread, bytes: u64) {
        self.bytes_unread.with_label_values(&[cause.as_str()]).inc_by(bytes);
    }
}

fn register<C: prometheus::core::Collector + Clone + 'static>(
    registry: &Registry,
    collector: C,
) -> Result<C, prometheus::Error> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}
