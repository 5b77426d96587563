//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

const EXAMPLE: &str = "\
Example:
  weir dev
  weir validate weir.yaml
  weir agent --config weir.yaml
  weir collector --config collector.yaml

A prometheus.yml with scrape_configs and remote_write is a complete configuration.";

const DEV_EXAMPLE: &str = "\
Example:
  weir dev                          then open the address that it prints
  weir dev --config weir.yaml       an agent's configuration, and the store beside its exporters
  weir dev --listen 0.0.0.0:9465 --token-file token";

const SLO_EXAMPLE: &str = "\
Example:
  weir slo generate alert-rules/slos --out alert-rules/generated
  weir slo check alert-rules/slos --out alert-rules/generated
  weir slo test alert-rules/generated";

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
    Agent(ProgramArguments),
    /// Runs the tier behind the agents until SIGTERM: tail sampling and span metrics.
    Collector(ProgramArguments),
    /// Runs everything on this machine alone: the agent, a store beside its exporters, and a console in the browser.
    #[command(after_help = DEV_EXAMPLE)]
    Dev(DevArguments),
    /// Turns service level objectives into Prometheus rules and their tests.
    #[command(after_help = SLO_EXAMPLE)]
    Slo(SloArguments),
    /// Checks configuration files and lists every mistake.
    Validate(ValidateArguments),
}

/// `weir agent` and `weir collector`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ProgramArguments {
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

/// `weir dev`.
#[derive(Clone, Debug, Args)]
pub(crate) struct DevArguments {
    /// An agent's configuration. Without one: host metrics, this machine's logs, OTLP, weir itself, and what is put into
    /// the folders that it prints.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of the store and the spool; takes the place of spool.path [default: ~/.local/state/weir/dev].
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Address of the console; any but a loopback address needs a token [default: 127.0.0.1:9465, or a free port].
    #[arg(long, value_name = "IP:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// A file with the token that the console asks for; or set WEIR_CONSOLE_TOKEN.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// A host name under which the console may be opened, besides localhost and addresses. May be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) host_name: Vec<String>,
    /// Bytes that the store may take, such as 512MiB; past it the oldest records go [default: 1GiB].
    #[arg(long, value_name = "BYTES", value_parser = weir_config::parse_bytes)]
    pub(crate) store_bytes_max: Option<u64>,
    /// How long the store keeps a record, such as 12h [default: 7d].
    #[arg(long, value_name = "DURATION", value_parser = weir_config::parse_duration)]
    pub(crate) store_age_max: Option<Duration>,
}

/// `weir slo`.
#[derive(Debug, Args)]
pub(crate) struct SloArguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: SloCommand,
}

/// What is done with objectives.
#[derive(Debug, Subcommand)]
pub(crate) enum SloCommand {
    /// Writes the rules of OpenSLO v1 documents, and their promtool tests. Files of SLOs that are gone are removed.
    Generate {
        /// The documents.
        #[command(flatten)]
        input: SloInput,
        /// Folder of the rules.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Checks OpenSLO v1 documents, and whether a folder has the rules that they make.
    Check {
        /// The documents.
        #[command(flatten)]
        input: SloInput,
        /// Folder of the rules.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Runs the tests of a folder of rules with promtool.
    Test {
        /// Folder of the rules.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// Where objectives are.
#[derive(Debug, Args)]
pub(crate) struct SloInput {
    /// Files of OpenSLO v1 documents, or folders of them.
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Where the alerts' runbooks are; each alert links <URL>/<alert>.md.
    #[arg(long, value_name = "URL", default_value = "alert-rules/runbooks")]
    pub(crate) runbooks: String,
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
