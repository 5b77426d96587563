//! What `weir dev` reads without a configuration: this machine, and what a person points it to.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use weir_agent::journald;
use weir_query_api::{Input, InputKind};

/// Log files that machines without a journal have by custom.
const SYSTEM_LOGS: [&str; 4] = ["/var/log/*.log", "/var/log/syslog", "/var/log/messages", "/var/log/*/*.log"];

const OTLP_GRPC_PORT: u16 = 4317;
const OTLP_HTTP_PORT: u16 = 4318;
const TELEMETRY_PORT: u16 = 9464;

/// What was found on the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Machine {
    /// Whether the machine's own logs are in a journal.
    has_journal: bool,
    grpc_port: u16,
    http_port: u16,
    telemetry_port: u16,
}

impl Machine {
    /// Looks for a journal and free ports, and makes the folders that a person puts files into.
    pub(super) fn look(data: &Path) -> Result<Self, String> {
        for folder in [targets_folder(data), logs_folder(data)] {
            std::fs::create_dir_all(&folder).map_err(|error| {
                format!("create {}: {error}; give another folder with --data DIR", folder.display())
            })?;
        }
        Ok(Self {
            has_journal: journald::is_available(),
            grpc_port: free_port(OTLP_GRPC_PORT),
            http_port: free_port(OTLP_HTTP_PORT),
            telemetry_port: free_port(TELEMETRY_PORT),
        })
    }

    /// The configuration, as a person could write it.
    pub(super) fn config(&self, data: &Path) -> String {
        let Self { grpc_port, http_port, telemetry_port, .. } = self;
        let targets = quoted(&targets_folder(data).join("*.json"));
        let logs = quoted(&logs_folder(data).join("*.log"));
        let of_machine = if self.has_journal {
            "journald: {since: 1h}\nlogs:\n".to_owned()
        } else {
            format!(
                "logs:\n  - name: system\n    paths: [{}]\n",
                SYSTEM_LOGS.map(|path| format!("\"{path}\"")).join(", ")
            )
        };
        format!(
            "global: {{scrape_interval: 5s}}\n\
             scrape_configs:\n  \
             - job_name: weir\n    static_configs: [{{targets: [\"127.0.0.1:{telemetry_port}\"]}}]\n  \
             - job_name: dev\n    file_sd_configs: [{{files: [{targets}]}}]\n\
             host_metrics: {{interval: 5s}}\n\
             {of_machine}  - name: dev\n    paths: [{logs}]\n\
             otlp:\n  grpc: {{listen: \"127.0.0.1:{grpc_port}\"}}\n  http: {{listen: \"127.0.0.1:{http_port}\"}}\n\
             spool: {{bytes_max: 512MiB}}\n\
             telemetry: {{listen: \"127.0.0.1:{telemetry_port}\", log_level: warn}}\n"
        )
    }

    /// The ways to point it to something by a file.
    pub(super) fn inputs(&self, data: &Path) -> Vec<Input> {
        let target = shell_word(&targets_folder(data).join("app.json"));
        let log = shell_word(&logs_folder(data).join("app.log"));
        let input = |kind, example| Input { kind, address: None, example };
        vec![
            input(InputKind::Scrape, format!("echo '[{{\"targets\": [\"127.0.0.1:8080\"]}}]' > {target}")),
            input(InputKind::Logs, format!("echo '{{\"level\": \"info\", \"msg\": \"hello\"}}' >> {log}")),
        ]
    }

    /// What is read without anybody sending anything.
    pub(super) fn reads(&self) -> &'static str {
        if self.has_journal {
            "host metrics, the journal, weir itself"
        } else {
            "host metrics, /var/log, weir itself"
        }
    }
}

fn targets_folder(data: &Path) -> PathBuf {
    data.join("targets")
}

fn logs_folder(data: &Path) -> PathBuf {
    data.join("logs")
}

/// `port`, or another one when somebody listens there already; nobody listens on it yet.
pub(super) fn free_port(port: u16) -> u16 {
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let listener = bind(port).or_else(|_| bind(0));
    // Without any free port the listener says so, with the address.
    listener.and_then(|listener| listener.local_addr()).map_or(port, |address| address.port())
}

/// A path as YAML text; `${` would begin a variable.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "''").replace("${", "$${"))
}

/// A path as one word of a shell's line, short where it is under the home folder.
fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |each: char| each.is_ascii_alphanumeric() || "/._-+@:,".contains(each);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests;
