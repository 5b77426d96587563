//! `weir dev`: an agent with a store and a console, on one machine and with nothing else installed.

mod banner;
mod machine;
mod token;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use weir_config::{Loaded, Mistakes};
use weir_pipeline::{Dev, Options, Program};
use weir_store::{AGE_MAX_DEFAULT, BYTES_MAX_DEFAULT, BYTES_MAX_MIN, StoreSettings};
use weir_telemetry::{OwnTelemetry, own_channel};

use crate::arguments::DevArguments;
use crate::launch::{launch, tracing_settings};
use crate::output::{complain, complain_about, say};
use banner::Banner;
use machine::Machine;

/// Where the console is, when that port is free.
const CONSOLE_PORT: u16 = 9465;
/// The level of weir's own logs in its own pipeline.
const OWN_LEVEL: &str = "info";

/// Runs until told to stop. Fails when it cannot start, and when records were lost.
pub(crate) fn run(arguments: DevArguments) -> ExitCode {
    match prepare(arguments) {
        Ok((settings, options)) => launch(&settings, options),
        Err(failure) => {
            failure.tell();
            ExitCode::FAILURE
        }
    }
}

/// Why it does not start.
enum Failure {
    Config(Box<Mistakes>),
    Other(String),
}

impl Failure {
    fn tell(&self) {
        match self {
            Self::Config(mistakes) => complain_about(mistakes),
            Self::Other(message) => complain(&format!("weir: {message}")),
        }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Other(message)
    }
}

/// Where the configuration comes from.
enum Source {
    File(PathBuf),
    Machine(Machine),
}

impl Source {
    fn load(&self, data: &std::path::Path) -> Result<Loaded, Mistakes> {
        let mut loaded = match self {
            Self::File(path) => weir_config::load(path)?,
            Self::Machine(machine) => weir_config::parse(&machine.config(data), "weir dev")?,
        };
        data.clone_into(&mut loaded.config.spool.path);
        let note =
            format!("# weir dev keeps its data in {}, which takes the place of spool.path\n", data.display());
        loaded.rendered.insert_str(0, &note);
        Ok(loaded)
    }
}

fn prepare(arguments: DevArguments) -> Result<(weir_telemetry::TracingSettings, Options), Failure> {
    let token = token::read(arguments.token_file.as_deref())?;
    let console = arguments.listen.unwrap_or_else(|| loopback(machine::free_port(CONSOLE_PORT)));
    weir_query_api::check_address(console, token.as_deref()).map_err(|error| error.to_string())?;
    let data = data_folder(arguments.data)?;
    let source = match arguments.config {
        Some(path) => Source::File(path),
        None => Source::Machine(Machine::look(&data)?),
    };
    let loaded = source.load(&data).map_err(|mistakes| Failure::Config(Box::new(mistakes)))?;
    let (sender, own) = own_channel();
    let own_telemetry = OwnTelemetry { sender, level: OWN_LEVEL.to_owned() };
    let settings = tracing_settings(&loaded.config.telemetry, Some(own_telemetry));
    let banner = Banner { data: data.clone(), machine: source.machine(), has_token: token.is_some() };
    let inputs = source.machine().map(|machine| machine.inputs(&data)).unwrap_or_default();
    let dev = Dev {
        store: StoreSettings {
            folder: data.join("store"),
            bytes_max: arguments.store_bytes_max.unwrap_or(BYTES_MAX_DEFAULT).max(BYTES_MAX_MIN),
            age_max: arguments.store_age_max.unwrap_or(AGE_MAX_DEFAULT),
        },
        console,
        access: weir_query_api::Settings {
            token,
            host_names: arguments.host_name,
            version: env!("CARGO_PKG_VERSION"),
        },
        inputs,
        own,
        on_ready: Box::new(move |addresses| say(&banner.text(addresses))),
    };
    let reload = Box::new(move || source.load(&data).map_err(|mistakes| mistakes.to_string()));
    Ok((settings, Options { program: Program::Agent, loaded, reload, print: false, dev: Some(dev) }))
}

impl Source {
    fn machine(&self) -> Option<Machine> {
        match self {
            Self::File(_) => None,
            Self::Machine(machine) => Some(machine.clone()),
        }
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// The XDG base directory specification's place for state.
fn data_folder(given: Option<PathBuf>) -> Result<PathBuf, String> {
    let absolute = |path: PathBuf| {
        std::path::absolute(&path).map_err(|error| format!("--data {}: {error}", path.display()))
    };
    if let Some(given) = given {
        return absolute(given);
    }
    let folder =
        |variable: &str| std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")));
    let state = state.ok_or("no folder for data: HOME is not set; give one with --data DIR")?;
    absolute(state.join("weir/dev"))
}
