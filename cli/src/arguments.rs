//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

const EXAMPLE: &str = "\
Example:
  weir validate weir.yaml
  weir agent --config weir.yaml

A prometheus.yml with scrape_configs and remote_write is a complete configuration.";

/// Carries metrics, logs and traces from a node to Prometheus, Elasticsearch and Jaeger, and accounts for each record.
#[derive(Debug, Parser)]
#[command(name = "weir", version, after_help = EXAMPLE, max_term_width = 110)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The programs in this binary.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the node agent until SIGTERM.
    Agent(AgentArguments),
    /// Checks configuration files and lists every mistake.
    Validate(ValidateArguments),
}

/// `weir agent`.
#[derive(Clone, Debug, Args)]
pub(crate) struct AgentArguments {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Folder of the spool; takes the place of spool.path.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Address of /metrics and the other endpoints; takes the place of telemetry.listen. Port 0: any free one.
    #[arg(long, value_name = "IP:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// Prints what flows to standard output too.
    #[arg(long)]
    pub(crate) print: bool,
}

/// `weir validate`.
#[derive(Debug, Args)]
pub(crate) struct ValidateArguments {
    /// Configuration files.
    #[arg(value_name = "FILE", required_unless_present = "schema")]
    pub(crate) files: Vec<PathBuf>,
    /// Prints the JSON schema of the configuration, for editors.
    #[arg(long)]
    pub(crate) schema: bool,
}

#[cfg(test)]
mod tests;
