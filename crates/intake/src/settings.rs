//! What happens to records on their way in.

use std::sync::Arc;

use tracing::warn;
use weir_correlation::CorrelationKeys;
use weir_model::Signal;
use weir_sampling::Sampler;

/// The part of the configuration that concerns records on their way in.
#[derive(Clone, Debug, PartialEq)]
pub struct IntakeSettings {
    /// Resource attributes put on logs and traces where absent.
    pub resource: Vec<(String, String)>,
    /// Attributes and baggage entries that hold a correlation id, in order of preference. With none, no record gets
    /// one: the trace id alone would only be written twice.
    pub correlation_keys: Vec<String>,
    /// Share of traces that is kept, 0 to 1.
    pub traces_ratio: f64,
    /// Whether log records with a trace id are sampled as that trace is.
    pub logs_follow_traces: bool,
    /// Whether any exporter takes the signal, by [`Signal::index`].
    pub has_exporter: [bool; 3],
}

/// Settings and what is derived from them once.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) settings: Arc<IntakeSettings>,
    pub(crate) keys: CorrelationKeys,
    pub(crate) sampler: Sampler,
}

impl Plan {
    pub(crate) fn new(settings: IntakeSettings) -> Self {
        let sampler = Sampler::new(settings.traces_ratio).unwrap_or_else(|error| {
            warn!(%error, "keeping every trace");
            Sampler::KEEP_ALL
        });
        Self { keys: CorrelationKeys::new(&settings.correlation_keys), sampler, settings: Arc::new(settings) }
    }

    pub(crate) fn has_exporter(&self, signal: Signal) -> bool {
        self.settings.has_exporter[signal.index()]
    }

    pub(crate) fn samples(&self, signal: Signal) -> bool {
        let concerned =
            signal == Signal::Traces || (signal == Signal::Logs && self.settings.logs_follow_traces);
        concerned && !self.sampler.keeps_all()
    }

    /// Whether a request of `signal` may be changed at all.
    pub(crate) fn edits(&self, signal: Signal) -> bool {
        !self.settings.resource.is_empty() || !self.keys.is_empty() || self.samples(signal)
    }
}
