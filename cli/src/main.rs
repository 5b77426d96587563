//! weir: metrics, logs and traces from a node to Prometheus, Elasticsearch and Jaeger, each record accounted for.

mod arguments;
mod dev;
mod launch;
mod open_files;
mod output;
mod program;
mod slo;
mod validate;

use std::process::ExitCode;

use clap::Parser;
use weir_pipeline::Program;

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Agent(arguments) => program::run(Program::Agent, arguments),
        Command::Collector(arguments) => program::run(Program::Collector, arguments),
        Command::Dev(arguments) => dev::run(arguments),
        Command::Slo(arguments) => slo::run(arguments),
        Command::Validate(arguments) => validate::run(&arguments),
    }
}
