//! A running `weir dev`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use weir_stack::{Server, get_json, try_get_json, wait_until};

use crate::weir::binary;

/// Two that look for free ports at the same instant may find the same ones; no person starts two at once.
static STARTING: Mutex<()> = Mutex::new(());
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// `weir dev` in a folder of its own, which holds `data/` and `dev.log`.
#[derive(Debug)]
pub struct Local {
    folder: PathBuf,
    arguments: Vec<String>,
    /// What it sees as /var/log.
    machine_logs: Option<PathBuf>,
    ready_after: Duration,
    console: String,
    server: Option<Server>,
}

impl Local {
    /// Starts it with `arguments` besides `--data` and a free console port.
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::start_on(folder, arguments, None)
    }

    /// Starts it on a machine whose `/var/log` is `logs`, in a mount namespace of its own. It has a journal if one is in
    /// there. Needs root or user namespaces.
    pub fn start_on_machine(folder: &Path, logs: &Path) -> Self {
        Self::start_on(folder, &[], Some(logs))
    }

    fn start_on(folder: &Path, arguments: &[&str], machine_logs: Option<&Path>) -> Self {
        fs::create_dir_all(folder).expect("folder for weir dev");
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let mut local = Self {
            folder: folder.to_owned(),
            arguments,
            machine_logs: machine_logs.map(Path::to_owned),
            ready_after: Duration::ZERO,
            console: String::new(),
            server: None,
        };
        local.start_again();
        local
    }

    /// Starts it after a stop or a kill, on the same data.
    pub fn start_again(&mut self) {
        let mut command = match &self.machine_logs {
            None => Command::new(binary()),
            Some(logs) => on_machine(logs),
        };
        command.current_dir(&self.folder).env_remove("WEIR_CONSOLE_TOKEN");
        command.arg("dev").arg("--data").arg(self.data());
        if !self.arguments.iter().any(|argument| argument == "--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        command.args(&self.arguments);
        let log = self.folder.join("dev.log");
        let before = fs::read_to_string(&log).map_or(0, |log| log.len());
        let printed = || console_in(fs::read_to_string(&log).ok()?.get(before..)?);
        let _alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let began = Instant::now();
        let server = Server::start("weir dev", &mut command, &log, START_TIMEOUT, || printed().is_some());
        self.ready_after = began.elapsed();
        self.server = Some(server.unwrap_or_else(|error| panic!("{error}")));
        self.console = printed().expect("it was there a moment ago");
    }

    /// Time from its start until it said that it is ready.
    pub fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// The printed address of the console with `path` behind it.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.console)
    }

    /// An answer of the API, `path` beginning behind `/api/v1`.
    pub fn api(&self, path: &str) -> Value {
        get_json(&self.url(&format!("/api/v1{path}")))
    }

    /// Waits until an answer of the API satisfies `done`, and returns what that found.
    pub fn await_api<T>(&self, what: &str, path: &str, done: impl Fn(&Value) -> Option<T>) -> T {
        let url = self.url(&format!("/api/v1{path}"));
        wait_until(what, Duration::from_secs(30), || {
            let answer = try_get_json(&url)?;
            done(&answer).ok_or_else(|| answer.to_string())
        })
    }

    /// Records of a signal whose delivery to the store is in the books, which must balance.
    pub fn delivered(&self, signal: &str) -> u64 {
        let ledger = self.api("/ledger");
        assert_eq!(ledger["balances"], Value::Bool(true), "{ledger}");
        let signals = ledger["signals"].as_array().cloned().unwrap_or_default();
        let books = signals.into_iter().find(|books| books["signal"] == signal).unwrap_or_default();
        let exporters = books["exporters"].as_array().cloned().unwrap_or_default();
        let store = exporters.into_iter().find(|account| account["name"] == "store").unwrap_or_default();
        store["delivered"].as_u64().unwrap_or_default()
    }

    /// The lines that it printed to be copied, of its last start.
    pub fn lines_to_copy(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.join("dev.log")).unwrap_or_default();
        let last = log.rsplit("is ready").next().unwrap_or_default();
        last.lines().filter_map(|line| line.strip_prefix("    ")).map(str::to_owned).collect()
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// SIGTERM; waits for the end.
    pub fn stop(&mut self) -> ExitStatus {
        self.server.take().expect("weir dev runs").stop()
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.server.take().expect("weir dev runs").kill();
    }
}

/// The program in a namespace where `logs` is mounted on /var/log and /run is empty.
fn on_machine(logs: &Path) -> Command {
    let mount =
        format!("mount --bind '{}' /var/log && mount -t tmpfs tmpfs /run && exec \"$@\"", logs.display());
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", &mount, "sh"]).arg(binary());
    command
}

/// The printed address, without the slash at its end.
fn console_in(log: &str) -> Option<String> {
    let rest = log.split_once("  console   ")?.1;
    let (line, behind) = rest.split_once('\n')?;
    behind
        .contains("Ctrl-C")
        .then(|| line.split("/?").next().unwrap_or(line).trim_end_matches('/').to_owned())
}
