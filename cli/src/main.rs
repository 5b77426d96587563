//! weir: metrics, logs and traces from a node to Prometheus, Elasticsearch and Jaeger, each record accounted for.

mod agent;
mod arguments;
mod dev;
mod launch;
mod open_files;
mod output;
mod validate;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Agent(arguments) => agent::run(arguments),
        Command::Dev(arguments) => dev::run(arguments),
        Command::Validate(arguments) => validate::run(&arguments),
    }
}
