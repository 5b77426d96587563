//! What the OTLP listeners count about themselves.

use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};
use weir_model::Receiver;

use crate::Accepted;

/// Counters of the OTLP listeners, labelled by receiver (`otlp_grpc`, `otlp_http`).
#[derive(Clone, Debug)]
pub struct OtlpMetrics {
    requests: IntCounterVec,
    connections: IntGaugeVec,
    in_flight_bytes: IntGaugeVec,
}

impl OtlpMetrics {
    /// Registers `weir_otlp_requests_total{receiver,outcome}`, `weir_otlp_connections{receiver}` and
    /// `weir_otlp_in_flight_bytes{receiver}`.
    ///
    /// # Errors
    /// When `registry` has metrics of these names.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self::unregistered()?;
        registry.register(Box::new(metrics.requests.clone()))?;
        registry.register(Box::new(metrics.connections.clone()))?;
        registry.register(Box::new(metrics.in_flight_bytes.clone()))?;
        Ok(metrics)
    }

    fn unregistered() -> Result<Self, prometheus::Error> {
        Ok(Self {
            requests: IntCounterVec::new(
                Opts::new("weir_otlp_requests_total", "OTLP requests by how they were answered."),
                &["receiver", "outcome"],
            )?,
            connections: IntGaugeVec::new(
                Opts::new("weir_otlp_connections", "Open connections to the OTLP listener."),
                &["receiver"],
            )?,
            in_flight_bytes: IntGaugeVec::new(
                Opts::new("weir_otlp_in_flight_bytes", "Bytes of the OTLP requests that are being handled."),
                &["receiver"],
            )?,
        })
    }

    pub(crate) fn of(&self, receiver: Receiver) -> ListenerMetrics {
        let receiver = receiver.as_str();
        ListenerMetrics {
            requests: Outcome::ALL
                .map(|outcome| self.requests.with_label_values(&[receiver, outcome.as_str()])),
            connections: self.connections.with_label_values(&[receiver]),
            in_flight_bytes: self.in_flight_bytes.with_label_values(&[receiver]),
        }
    }
}

/// The metrics of one listener, looked up once.
#[derive(Clone, Debug)]
pub(crate) struct ListenerMetrics {
    requests: [prometheus::IntCounter; Outcome::ALL.len()],
    pub(crate) connections: prometheus::IntGauge,
    pub(crate) in_flight_bytes: prometheus::IntGauge,
}

impl ListenerMetrics {
    pub(crate) fn count(&self, outcome: Outcome) {
        self.requests[outcome as usize].inc();
    }
}

/// How a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accepted,
    Partial,
    Malformed,
    TooLarge,
    Full,
    Unavailable,
    TimedOut,
    Unsupported,
    CutOff,
}

impl Outcome {
    pub(crate) fn of(accepted: &Accepted) -> Self {
        if accepted.rejected > 0 { Self::Partial } else { Self::Accepted }
    }

    pub(crate) const ALL: [Self; 9] = [
        Self::Accepted,
        Self::Partial,
        Self::Malformed,
        Self::TooLarge,
        Self::Full,
        Self::Unavailable,
        Self::TimedOut,
        Self::Unsupported,
        Self::CutOff,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Partial => "partial",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::Full => "full",
            Self::Unavailable => "unavailable",
            Self::TimedOut => "timed_out",
            Self::Unsupported => "unsupported",
            Self::CutOff => "cut_off",
        }
    }
}
