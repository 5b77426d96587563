//! Why a record was dropped.

use std::fmt;

/// The closed list of reasons under which `weir_records_dropped_total` counts. Nothing is dropped without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The bytes break the format's rules.
    Malformed,
    /// A size limit was passed.
    TooLarge,
    /// Head sampling decided against the trace.
    Sampled,
    /// A relabelling or filter rule of the configuration dropped it.
    Filtered,
    /// No exporter takes this signal.
    NoExporter,
    /// The destination refused the record for good.
    Rejected,
    /// The destination refused the record and it was written to the dead-letter file.
    DeadLetter,
    /// The destination's answer said that it dropped the record (OTLP partial success, remote-write 2.0 counts).
    PartialSuccess,
    /// Older than the spool's `age_max`.
    Expired,
    /// The spool was full and its policy is to drop the oldest.
    SpoolFull,
    /// The spool's file was damaged at this frame.
    Damaged,
    /// The process ended before the record was safe.
    Shutdown,
    /// A file vanished before its end was read.
    FileVanished,
    /// The configuration no longer names the exporter that the spool held it for.
    ExporterRemoved,
}

impl Reason {
    /// Every reason, in label order.
    pub const ALL: [Self; 14] = [
        Self::Malformed,
        Self::TooLarge,
        Self::Sampled,
        Self::Filtered,
        Self::NoExporter,
        Self::Rejected,
        Self::DeadLetter,
        Self::PartialSuccess,
        Self::Expired,
        Self::SpoolFull,
        Self::Damaged,
        Self::Shutdown,
        Self::FileVanished,
        Self::ExporterRemoved,
    ];

    /// The label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::Sampled => "sampled",
            Self::Filtered => "filtered",
            Self::NoExporter => "no_exporter",
            Self::Rejected => "rejected",
            Self::DeadLetter => "dead_letter",
            Self::PartialSuccess => "partial_success",
            Self::Expired => "expired",
            Self::SpoolFull => "spool_full",
            Self::Damaged => "damaged",
            Self::Shutdown => "shutdown",
            Self::FileVanished => "file_vanished",
            Self::ExporterRemoved => "exporter_removed",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
