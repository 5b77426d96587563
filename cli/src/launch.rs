//! From settings to a running pipeline: the runtime, logs and traces, limits of the process.

use std::error::Error;
use std::process::ExitCode;

use tokio::runtime::{Builder, Runtime};
use weir_agent::cgroup::Limits;
use weir_config::{LogFormat, TelemetryConfig};
use weir_pipeline::Options;
use weir_telemetry::{OwnTelemetry, OwnTraces, TracingSettings, init_tracing};

use crate::open_files;
use crate::output::complain;

/// Runs the pipeline until it is told to stop. Fails when it cannot start, and when records were lost.
pub(crate) fn launch(settings: &TracingSettings, options: Options) -> ExitCode {
    match run(settings, options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("weir: {}", whole(error.as_ref())));
            ExitCode::FAILURE
        }
    }
}

fn run(settings: &TracingSettings, options: Options) -> Result<(), Box<dyn Error>> {
    // Another part of the process may have chosen a provider already; any choice will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let tracing = init_tracing(settings)?;
        open_files::raise_limit();
        let ended = weir_pipeline::run(options).await;
        if let Err(error) = &ended {
            tracing::error!(error = whole(error), "weir failed");
        }
        tracing.stop().await;
        Ok(ended?)
    });
    // A read that hangs in the kernel (a dead network file system) must not hold up the end.
    runtime.shutdown_background();
    ended
}

/// A thread per CPU of the limit; with one CPU no other thread is needed.
fn runtime() -> std::io::Result<Runtime> {
    match Limits::read().workers().get() {
        1 => Builder::new_current_thread().enable_all().build(),
        workers => Builder::new_multi_thread().worker_threads(workers).enable_all().build(),
    }
}

/// Logs and traces as a configuration says; `own` goes into the own pipeline too.
pub(crate) fn tracing_settings(telemetry: &TelemetryConfig, own: Option<OwnTelemetry>) -> TracingSettings {
    TracingSettings {
        level: telemetry.log_level.clone(),
        format: match telemetry.log_format {
            LogFormat::Text => weir_telemetry::LogFormat::Text,
            LogFormat::Json => weir_telemetry::LogFormat::Json,
        },
        traces: telemetry
            .traces
            .as_ref()
            .map(|traces| OwnTraces { endpoint: traces.endpoint.clone(), ratio: traces.ratio }),
        own,
    }
}

/// An error and its causes in one line; a cause that an error quotes itself is not repeated.
fn whole(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.map(ToString::to_string).fold(error.to_string(), |line, cause| {
        if line.ends_with(&cause) { line } else { format!("{line}: {cause}") }
    })
}

#[cfg(test)]
mod tests;
