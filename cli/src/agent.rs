//! `weir agent`: the configuration with the flags applied; the rest is weir-agent's.

use std::process::ExitCode;

use weir_config::{Loaded, Mistakes};
use weir_pipeline::Options;

use crate::arguments::AgentArguments;
use crate::launch::{launch, tracing_settings};
use crate::output::complain_about;

/// Runs the agent until it is told to stop. Fails when it cannot start, and when records were lost.
pub(crate) fn run(arguments: AgentArguments) -> ExitCode {
    let loaded = match load(&arguments) {
        Ok(loaded) => loaded,
        Err(mistakes) => {
            complain_about(&mistakes);
            return ExitCode::FAILURE;
        }
    };
    let settings = tracing_settings(&loaded.config.telemetry, None);
    let options = Options {
        loaded,
        print: arguments.print,
        dev: None,
        reload: Box::new(move || load(&arguments).map_err(|mistakes| mistakes.to_string())),
    };
    launch(&settings, options)
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

#[cfg(test)]
mod tests;
