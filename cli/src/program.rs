//! `weir agent` and `weir collector`: the configuration with the flags applied; the rest is weir-pipeline's.

use std::process::ExitCode;

use weir_config::{Loaded, Mistakes};
use weir_pipeline::{Options, Program};

use crate::arguments::ProgramArguments;
use crate::launch::{launch, tracing_settings};
use crate::output::complain_about;

/// Runs a program until it is told to stop. Fails when it cannot start, and when records were lost.
pub(crate) fn run(program: Program, arguments: ProgramArguments) -> ExitCode {
    let loaded = match load(&arguments) {
        Ok(loaded) => loaded,
        Err(mistakes) => {
            complain_about(&mistakes);
            return ExitCode::FAILURE;
        }
    };
    let settings = tracing_settings(&loaded.config.telemetry, None);
    let options = Options {
        program,
        loaded,
        print: arguments.print,
        dev: None,
        reload: Box::new(move || load(&arguments).map_err(|mistakes| mistakes.to_string())),
    };
    launch(&settings, options)
}

/// Reads the configuration and puts the flags in place of its settings.
fn load(arguments: &ProgramArguments) -> Result<Loaded, Mistakes> {
    weir_config::load(&arguments.config).map(|loaded| with_flags(loaded, arguments))
}

/// The flags win over the file; `/config` says so.
fn with_flags(mut loaded: Loaded, arguments: &ProgramArguments) -> Loaded {
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
