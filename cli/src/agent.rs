//! `weir agent`: the configuration with the flags applied, logs and traces, the runtime; the rest is weir-agent's.

use std::error::Error;
use std::process::ExitCode;

use tokio::runtime::{Builder, Runtime};
use weir_agent::cgroup::Limits;
use weir_agent::pipeline::{self, Options};
use weir_config::{Config, Loaded, LogFormat, Mistakes};
use weir_telemetry::{OwnTraces, TracingSettings, init_tracing};

use crate::arguments::AgentArguments;
use crate::open_files;
use crate::output::{complain, complain_about};

/// Runs the agent until it is told to stop. Fails when it cannot start, and when records were lost.
pub(crate) fn run(arguments: AgentArguments) -> ExitCode {
    let loaded = match load(&arguments) {
        Ok(loaded) => loaded,
        Err(mistakes) => {
            complain_about(&mistakes);
            return ExitCode::FAILURE;
        }
    };
    match start(arguments, loaded) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("weir: {}", whole(error.as_ref())));
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: AgentArguments, loaded: Loaded) -> Result<(), Box<dyn Error>> {
    // Another part of the process may have chosen a provider already; any choice will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = tracing_settings(&loaded.config);
    let options = Options {
        loaded,
        print: arguments.print,
        reload: Box::new(move || load(&arguments).map_err(|mistakes| mistakes.to_string())),
    };
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let tracing = init_tracing(&settings)?;
        open_files::raise_limit();
        let ended = pipeline::run(options).await;
        if let Err(error) = &ended {
            tracing::error!(error = whole(error), "weir agent failed");
        }
        tracing.stop().await;
        Ok(ended?)
    });
    // A read that hangs in the kernel (a dead network file system) must not hold up the end.
    runtime.shutdown_background();
    ended
}

/// Reads the configuration and puts the flags in place of its settings.
fn load(arguments: &AgentArguments) -> Result<Loaded, Mistakes> {
    weir_config::load(&arguments.config).map(|loaded| with_flags(loaded, arguments))
}

/// The flags win over the file; `/config` says so.
fn with_flags(mut loaded: Loaded, arguments: &AgentArguments) -> Loaded {
    let mut flags = String::new();
    if let Some(data) = &arguments.data {
        loaded.config.spool.path.clone_from(data);
        flags.push_str(&format!("# --data {} takes the place of spool.path\n", data.display()));
    }
    if let Some(listen) = arguments.listen {
        loaded.config.telemetry.listen = listen;
        flags.push_str(&format!("# --listen {listen} takes the place of telemetry.listen\n"));
    }
    loaded.rendered.insert_str(0, &flags);
    loaded
}

/// A thread per CPU of the limit; with one CPU no other thread is needed.
fn runtime() -> std::io::Result<Runtime> {
    match Limits::read().workers().get() {
        1 => Builder::new_current_thread().enable_all().build(),
        workers => Builder::new_multi_thread().worker_threads(workers).enable_all().build(),
    }
}

fn tracing_settings(config: &Config) -> TracingSettings {
    let telemetry = &config.telemetry;
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
