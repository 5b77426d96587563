//! A child process that serves.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};

use crate::NotInstalled;

const POLL: Duration = Duration::from_millis(20);
const STOP_TIMEOUT: Duration = Duration::from_secs(60);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The program is missing.
    #[error(transparent)]
    NotInstalled(#[from] NotInstalled),
    /// A file or the process could not be made.
    #[error("start {name}: {source}")]
    Spawn {
        /// The server.
        name: String,
        /// The cause.
        source: io::Error,
    },
    /// It ended, or was not ready in time.
    #[error("{name} is not ready ({why}); the end of its log {log:?}:\n{tail}")]
    NotReady {
        /// The server.
        name: String,
        /// Ended or out of time.
        why: String,
        /// Its log file.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
}

/// A process with its log file; killed when dropped.
#[derive(Debug)]
pub struct Server {
    name: String,
    log: PathBuf,
    child: Child,
}

impl Server {
    /// Starts `command` with both outputs appended to `log`, and waits until `ready` says so.
    pub fn start(
        name: &str,
        command: &mut Command,
        log: &Path,
        timeout: Duration,
        ready: impl FnMut() -> bool,
    ) -> Result<Self, StartError> {
        let failed = |source| StartError::Spawn { name: name.to_owned(), source };
        let out = File::options().create(true).append(true).open(log).map_err(failed)?;
        let err = out.try_clone().map_err(failed)?;
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn().map_err(failed)?;
        let mut server = Self { name: name.to_owned(), log: log.to_owned(), child };
        server.await_ready(timeout, ready)?;
        Ok(server)
    }

    fn await_ready(&mut self, timeout: Duration, mut ready: impl FnMut() -> bool) -> Result<(), StartError> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(self.not_ready(format!("it ended with {status}")));
            }
            if ready() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(self.not_ready(format!("waited {} s", timeout.as_secs())));
            }
            thread::sleep(POLL);
        }
    }

    fn not_ready(&self, why: String) -> StartError {
        StartError::NotReady { name: self.name.clone(), why, log: self.log.clone(), tail: self.log_tail(30) }
    }

    /// The last `lines` of its log.
    pub fn log_tail(&self, lines: usize) -> String {
        let text = String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned();
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    /// Everything it has logged so far, over all its lives.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal; nothing happens when it has ended.
    pub fn signal(&mut self, signal: Signal) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
            let _ = pid.map(|pid| kill_process(pid, signal));
        }
    }

    /// SIGTERM, and SIGKILL when it has not ended after a minute.
    pub fn stop(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        let deadline = Instant::now() + STOP_TIMEOUT;
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status;
            }
            thread::sleep(POLL);
        }
        self.kill_and_wait()
    }

    /// SIGKILL.
    pub fn kill(mut self) -> ExitStatus {
        self.kill_and_wait()
    }

    fn kill_and_wait(&mut self) -> ExitStatus {
        let _ = self.child.kill();
        self.child.wait().expect("a child that was killed can be waited for")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.kill_and_wait();
        }
    }
}

/// Asks until the answer is `Ok`, and panics with the last complaint when that takes longer than `timeout`.
pub fn wait_until<T>(what: &str, timeout: Duration, mut ask: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + timeout;
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(complaint) if Instant::now() >= deadline => {
                panic!("{what}: not within {} s: {complaint}", timeout.as_secs())
            }
            Err(_) => thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// `nobody`, for programs that refuse to run as root.
const NOBODY: u32 = 65534;

/// A command that runs as `nobody` when this process is root's.
pub(crate) fn unprivileged(program: &Path) -> Command {
    if !geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")])
        .arg("--clear-groups")
        .arg(program);
    command
}

/// Gives a file or folder to the user that [`unprivileged`] programs run as.
pub(crate) fn hand_over(path: &Path) -> io::Result<()> {
    if geteuid().is_root() { chown(path, Some(NOBODY), Some(NOBODY)) } else { Ok(()) }
}
