//! Signals and the receivers that bring them in.

use std::fmt;

/// A kind of telemetry. Each has its own encoding, spool log and ledger account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// Samples and histograms.
    Metrics,
    /// Log records.
    Logs,
    /// Spans.
    Traces,
}

impl Signal {
    /// Every signal, in label order.
    pub const ALL: [Self; 3] = [Self::Metrics, Self::Logs, Self::Traces];

    /// The label value: `metrics`, `logs` or `traces`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Logs => "logs",
            Self::Traces => "traces",
        }
    }

    /// A small dense number, for arrays with one entry per signal.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What brings records in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Receiver {
    /// Prometheus scrapes.
    Scrape,
    /// The node's own metrics.
    HostMetrics,
    /// Log files.
    Tail,
    /// The systemd journal.
    Journald,
    /// OTLP over gRPC.
    OtlpGrpc,
    /// OTLP over HTTP.
    OtlpHttp,
    /// Weir's own traces and logs.
    Own,
    /// Traces that tail sampling has kept.
    TailSampling,
    /// Metrics counted from spans.
    SpanMetrics,
}

impl Receiver {
    /// Every receiver, in label order.
    pub const ALL: [Self; 9] = [
        Self::Scrape,
        Self::HostMetrics,
        Self::Tail,
        Self::Journald,
        Self::OtlpGrpc,
        Self::OtlpHttp,
        Self::Own,
        Self::TailSampling,
        Self::SpanMetrics,
    ];

    /// The label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scrape => "scrape",
            Self::HostMetrics => "host_metrics",
            Self::Tail => "tail",
            Self::Journald => "journald",
            Self::OtlpGrpc => "otlp_grpc",
            Self::OtlpHttp => "otlp_http",
            Self::Own => "own",
            Self::TailSampling => "tail_sampling",
            Self::SpanMetrics => "span_metrics",
        }
    }

    /// Whether it can bring in `signal`.
    pub const fn brings(self, signal: Signal) -> bool {
        match self {
            Self::Scrape | Self::HostMetrics | Self::SpanMetrics => matches!(signal, Signal::Metrics),
            Self::Tail | Self::Journald => matches!(signal, Signal::Logs),
            Self::TailSampling => matches!(signal, Signal::Traces),
            Self::OtlpGrpc | Self::OtlpHttp | Self::Own => !matches!(signal, Signal::Metrics),
        }
    }

    /// Whether it brings in what weir makes of records that it has: then it is shown only where it does.
    pub const fn is_inner(self) -> bool {
        matches!(self, Self::TailSampling | Self::SpanMetrics)
    }

    /// A small dense number, for arrays with one entry per receiver.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
