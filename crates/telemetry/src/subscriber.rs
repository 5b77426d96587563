//! Weir's own logs on standard error, its own traces over OTLP, and both into its own pipeline.
//!
//! Spans of the pipeline are created with `tracing` under the target [`OWN_TRACES`]. They never show in the logs;
//! with own traces off no subscriber wants them, so that each costs one check of a cached flag.

use std::io::{self, IsTerminal};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, Registry, fmt};
use weir_model::OWN_TRACES;

use crate::own::OwnSender;

/// How weir tells what it does.
#[derive(Clone, Debug)]
pub struct TracingSettings {
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    /// How log lines look.
    pub format: LogFormat,
    /// Own traces; off when absent.
    pub traces: Option<OwnTraces>,
    /// Own traces and logs also into the own pipeline.
    pub own: Option<OwnTelemetry>,
}

/// Own traces and logs on their way into the own pipeline.
#[derive(Clone, Debug)]
pub struct OwnTelemetry {
    /// The way.
    pub sender: OwnSender,
    /// The level of the logs that take it; what weir's libraries say is never among them.
    pub level: String,
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

/// Keeps own traces and logs going; stop it last.
#[must_use]
#[derive(Debug)]
pub struct TracingGuard {
    traces: Option<SdkTracerProvider>,
    logs: Option<SdkLoggerProvider>,
}

impl TracingGuard {
    /// Sends what still waits, for at most a few seconds. Dropped half way, it may be lost.
    pub async fn stop(self) {
        let Self { traces, logs } = self;
        let stopped = tokio::task::spawn_blocking(move || {
            let traces = traces.map_or(Ok(()), |provider| provider.shutdown());
            traces.and(logs.map_or(Ok(()), |provider| provider.shutdown()))
        });
        if let Ok(Err(error)) = stopped.await {
            tracing::warn!(%error, "own traces and logs were not all sent");
        }
    }
}

/// Sets up logs and traces for the whole process. With own traces on it must be called within the runtime, which
/// carries their connection.
///
/// # Errors
/// The settings are wrong, or logs are set up already.
pub fn init_tracing(settings: &TracingSettings) -> Result<TracingGuard, TracingError> {
    let traces = tracer_provider(settings)?;
    let logs = settings.own.as_ref().map(logger_provider);
    let own_logs = settings.own.as_ref().zip(logs.as_ref());
    let own_logs = own_logs.map(|(own, provider)| own_log_layer(own, provider)).transpose()?;
    Registry::default()
        .with(log_layer(settings, io::stderr, io::stderr().is_terminal())?)
        .with(traces.as_ref().map(trace_layer))
        .with(own_logs)
        .try_init()?;
    Ok(TracingGuard { traces, logs })
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

/// The layer that brings weir's own events, and not those of its libraries, into its own pipeline: those would tell of
/// this very way.
fn own_log_layer<S>(
    own: &OwnTelemetry,
    provider: &SdkLoggerProvider,
) -> Result<impl Layer<S> + use<S>, TracingError>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let level: LevelFilter = own.level.parse().map_err(|_| TracingError::Level(own.level.clone()))?;
    let only = Targets::new().with_target("weir", level).with_target(OWN_TRACES, LevelFilter::OFF);
    Ok(OpenTelemetryTracingBridge::new(provider).with_filter(only))
}

fn tracer_provider(settings: &TracingSettings) -> Result<Option<SdkTracerProvider>, TracingError> {
    let mut builder = SdkTracerProvider::builder().with_resource(resource());
    if let Some(traces) = &settings.traces {
        let exporter = SpanExporter::builder().with_tonic().with_endpoint(&traces.endpoint).build()?;
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(traces.ratio)));
        builder = builder.with_batch_exporter(exporter).with_sampler(sampler);
    }
    if let Some(own) = &settings.own {
        builder = builder.with_batch_exporter(own.sender.clone());
    }
    Ok((settings.traces.is_some() || settings.own.is_some()).then(|| builder.build()))
}

fn logger_provider(own: &OwnTelemetry) -> SdkLoggerProvider {
    SdkLoggerProvider::builder().with_batch_exporter(own.sender.clone()).with_resource(resource()).build()
}

fn resource() -> Resource {
    Resource::builder().with_service_name("weir").build()
}

#[cfg(test)]
mod tests;
