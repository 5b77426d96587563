//! A running `weir agent` or `weir collector`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};
use std::time::Duration;

use rustix::process::Signal;
use weir_stack::{Server, free_port, get_text, try_get_text, wait_until};

use crate::Books;

const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The program under test with its folder: `weir.yaml`, `data/` and `weir.log`.
#[derive(Debug)]
pub struct Weir {
    program: &'static str,
    folder: PathBuf,
    port: u16,
    /// Size of the file system that `data/` is on, where it has one of its own.
    disk_bytes: Option<u64>,
    server: Option<Server>,
}

impl Weir {
    /// Starts an agent with `config`.
    pub fn start(folder: &Path, config: &str) -> Self {
        Self::start_on("agent", folder, config, None)
    }

    /// Starts a collector with `config`.
    pub fn start_collector(folder: &Path, config: &str) -> Self {
        Self::start_on("collector", folder, config, None)
    }

    /// Starts an agent whose `data/` is a file system of `disk_bytes` in memory, in a mount namespace of its own: nobody
    /// else sees it, and it goes with the process. Needs root or user namespaces.
    pub fn start_on_small_disk(folder: &Path, config: &str, disk_bytes: u64) -> Self {
        Self::start_on("agent", folder, config, Some(disk_bytes))
    }

    fn start_on(program: &'static str, folder: &Path, config: &str, disk_bytes: Option<u64>) -> Self {
        let mut weir =
            Self { program, folder: folder.to_owned(), port: free_port(), disk_bytes, server: None };
        fs::create_dir_all(weir.data()).expect("folder for weir's data");
        weir.write_config(config);
        weir.start_again();
        weir
    }

    /// Replaces the configuration file.
    pub fn write_config(&self, config: &str) {
        fs::write(self.config_path(), config).expect("configuration file");
    }

    /// Starts it after a stop or a kill, on the same ports and data.
    pub fn start_again(&mut self) {
        let mut command = match self.disk_bytes {
            None => Command::new(binary()),
            Some(bytes) => on_small_disk(&self.data(), bytes),
        };
        command
            .arg(self.program)
            .arg("--config")
            .arg(self.config_path())
            .arg("--data")
            .arg(self.data())
            .arg("--listen")
            .arg(format!("127.0.0.1:{}", self.port));
        let ready = self.url("/readyz");
        let log = self.folder.join("weir.log");
        let server =
            Server::start("weir", &mut command, &log, START_TIMEOUT, || try_get_text(&ready).is_ok());
        self.server = Some(server.unwrap_or_else(|error| panic!("{error}")));
    }

    /// SIGTERM; waits for the end.
    pub fn stop(&mut self) -> ExitStatus {
        self.server.take().expect("weir runs").stop()
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.server.take().expect("weir runs").kill();
    }

    /// SIGHUP.
    pub fn hang_up(&mut self) {
        self.server.as_mut().expect("weir runs").signal(Signal::HUP);
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.server.as_ref().expect("weir runs").id()
    }

    /// Its books now.
    pub fn books(&self) -> Books {
        Books::parse(&get_text(&self.url("/metrics")))
    }

    /// Its books now, which must balance.
    pub fn balanced_books(&self) -> Books {
        let books = self.books();
        books
            .balance()
            .unwrap_or_else(|imbalance| panic!("the books do not balance: {imbalance}\n{books:?}"));
        books
    }

    /// Waits until the books satisfy `done`. They must balance each time they are read.
    pub fn await_books(&self, what: &str, timeout: Duration, done: impl Fn(&Books) -> bool) -> Books {
        wait_until(what, timeout, || {
            let books = self.balanced_books();
            if done(&books) {
                Ok(books)
            } else {
                Err(format!("{books:?}its log ends with:\n{}", self.log_tail()))
            }
        })
    }

    /// Waits until nothing is held any more. Returns the books.
    pub fn settled(&self, timeout: Duration) -> Books {
        self.await_books("weir has delivered everything", timeout, |books| {
            books.sum("weir_records_held", &[]) == 0.0
        })
    }

    /// The end of a test: the books balance, and SIGTERM leads to a clean end.
    pub fn finish(&mut self) {
        self.balanced_books();
        let status = self.stop();
        assert!(status.success(), "{status}; its log ends with:\n{}", self.log_tail());
    }

    /// `http://127.0.0.1:PORT<path>` of its own endpoints.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What it has logged over all its lives.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("weir.log")).unwrap_or_default()
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn config_path(&self) -> PathBuf {
        self.folder.join("weir.yaml")
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Runs `weir` with `arguments` to its end.
    pub fn run(arguments: &[&str]) -> Output {
        Self::run_with(arguments, &[])
    }

    /// The same with variables in its environment.
    pub fn run_with(arguments: &[&str], environment: &[(String, String)]) -> Output {
        let environment = environment.iter().map(|(name, value)| (name, value));
        Command::new(binary()).args(arguments).envs(environment).output().expect("weir runs")
    }
}

/// The program with a small file system mounted on `data`.
fn on_small_disk(data: &Path, bytes: u64) -> Command {
    let mount = format!("mount -t tmpfs -o size={bytes} tmpfs '{}' && exec \"$@\"", data.display());
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", &mount, "sh"]).arg(binary());
    command
}

/// The built program: `WEIR_BIN`, or the one beside the tests.
pub(crate) fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("WEIR_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a running test has a path");
    let path = test.ancestors().nth(2).unwrap_or(Path::new(".")).join("weir");
    assert!(path.is_file(), "{} is not built; run: cargo build --workspace --all-targets", path.display());
    path
}

/// A temporary folder that other users may pass, as Elasticsearch's user must.
pub fn world_readable_folder() -> tempfile::TempDir {
    tempfile::Builder::new()
        .prefix("weir-e2e-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir()
        .expect("temporary folder")
}
