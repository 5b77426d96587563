//! Weir's own logs on standard error and its own traces over OTLP.
//!
//! Spans of the pipeline are created with `tracing` under the target [`OWN_TRACES`]. They never show in the logs;
//! with own traces off no subscriber wants them, so that each costs one check of a cached flag.

use std::io::{self, IsTerminal};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, Registry, fmt};
use weir_model::OWN_TRACES;

/// How weir tells what it does.
#[derive(Clone, Debug, PartialEq)]
pub struct TracingSettings {
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    /// How log lines look.
    pub format: LogFormat,
    /// Own traces; off when absent.
    pub traces: Option<OwnTraces>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One line for people, coloured on a terminal.
    Text,
    /// One JSON object per line.
    Json,
}

/// Where own traces go.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnTraces {
    /// OTLP gRPC, `http://host:port`.
    pub endpoint: String,
    /// Share of own traces that are kept, 0 to 1.
    pub ratio: f64,
}

/// Why logs and traces could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TracingError {
    /// The level is none of the five.
    #[error("{0:?} is not a log level")]
    Level(String),
    /// The exporter of own traces refused its settings.
    #[error("own traces cannot be exported")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// A subscriber is in place already.
    #[error("logs are set up already")]
    AlreadySet(#[from] TryInitError),
}

/// Keeps own traces going; stop it last.
#[must_use]
#[derive(Debug)]
pub struct TracingGuard {
    provider: Option<SdkTracerProvider>,
}

impl TracingGuard {
    /// Sends the spans that still wait, for at most a few seconds. Dropped half way, they may be lost.
    pub async fn stop(self) {
        let Some(provider) = self.provider else { return };
        let stopped = tokio::task::spawn_blocking(move || provider.shutdown()).await;
        if let Ok(Err(error)) = stopped {
            tracing::warn!(%error, "own traces were not all sent");
        }
    }
}

/// Sets up logs and traces for the whole process. With own traces on it must be called within the runtime, which
/// carries their connection.
///
/// # Errors
/// The settings are wrong, or logs are set up already.
pub fn init_tracing(settings: &TracingSettings) -> Result<TracingGuard, TracingError> {
    let provider = settings.traces.as_ref().map(provider).transpose()?;
    let logs = log_layer(settings, io::stderr, io::stderr().is_terminal())?;
    Registry::default().with(logs).with(provider.as_ref().map(trace_layer)).try_init()?;
    Ok(TracingGuard { provider })
}

/// The layer that writes log lines: everything up to the level except spans for own traces.
fn log_layer<S, W>(
    settings: &TracingSettings,
    writer: W,
    terminal: bool,
) -> Result<Box<dyn Layer<S> + Send + Sync>, TracingError>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let level: LevelFilter =
        settings.level.parse().map_err(|_| TracingError::Level(settings.level.clone()))?;
    let wanted = Targets::new().with_default(level).with_target(OWN_TRACES, LevelFilter::OFF);
    let layer = fmt::layer().with_writer(writer).with_ansi(terminal);
    Ok(match settings.format {
        LogFormat::Text => layer.compact().with_filter(wanted).boxed(),
        LogFormat::Json => layer.with_ansi(false).json().flatten_event(true).with_filter(wanted).boxed(),
    })
}

/// The layer that turns spans for own traces, and nothing else, into OpenTelemetry's.
fn trace_layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let only = Targets::new().with_target(OWN_TRACES, LevelFilter::TRACE);
    tracing_opentelemetry::layer().with_tracer(provider.tracer("weir")).with_filter(only)
}

fn provider(traces: &OwnTraces) -> Result<SdkTracerProvider, TracingError> {
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(&traces.endpoint).build()?;
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(traces.ratio)));
    let resource = Resource::builder().with_service_name("weir").build();
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(sampler)
        .with_resource(resource)
        .build())
}

#[cfg(test)]
mod tests;
