//! What `weir dev` prints once it is ready: where the console is, and lines to copy.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use weir_pipeline::DevAddresses;

use super::machine::Machine;

/// What the lines depend on.
pub(super) struct Banner {
    pub(super) data: PathBuf,
    /// What is read without a configuration.
    pub(super) machine: Option<Machine>,
    pub(super) has_token: bool,
}

impl Banner {
    /// The lines.
    pub(super) fn text(&self, addresses: &DevAddresses) -> String {
        let has_colour =
            io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        self.lines(addresses, has_colour)
    }

    fn lines(&self, addresses: &DevAddresses, has_colour: bool) -> String {
        let bold = |text: &str| if has_colour { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() };
        let token = if self.has_token { "?token=YOUR-TOKEN" } else { "" };
        let mut lines = vec![
            String::new(),
            format!("  weir {} is ready", env!("CARGO_PKG_VERSION")),
            String::new(),
            format!("  console   {}", bold(&format!("http://{}/{token}", addresses.console))),
            format!("  metrics   http://{}/metrics", addresses.telemetry),
            format!("  data      {}", self.data.display()),
        ];
        if let Some(machine) = &self.machine {
            lines.push(format!("  reading   {}", machine.reads()));
        }
        let inputs = addresses.inputs.iter().map(|input| format!("    {}", input.example));
        if !addresses.inputs.is_empty() {
            lines.push(String::new());
            lines.push("  send it something, each a line to copy:".to_owned());
            lines.extend(inputs);
        }
        lines.push(String::new());
        lines.push("  Ctrl-C ends it".to_owned());
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests;
