//! Prometheus: the server that receives remote-write, or the agent that is a peer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use serde_json::Value;

use crate::{Server, StartError, free_port, get_json, locate, try_get_text};

const START_TIMEOUT: Duration = Duration::from_secs(60);

/// What it is started as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrometheusMode {
    /// A server with a remote-write receiver.
    Receiver,
    /// Such a server that keeps the type of each metric, in its label `__type__`.
    TypedReceiver,
    /// `--agent`: scrapes and remote-writes as its configuration says.
    Agent,
}

/// A Prometheus with its folder.
#[derive(Debug)]
pub struct Prometheus {
    mode: PrometheusMode,
    folder: PathBuf,
    port: u16,
    server: Option<Server>,
}

impl Prometheus {
    /// Starts one with `config` (the text of a `prometheus.yml`) and its data under `folder`.
    pub fn start(mode: PrometheusMode, folder: &Path, config: &str) -> Result<Self, StartError> {
        let failed = |source| StartError::Spawn { name: "prometheus".to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        fs::write(folder.join("prometheus.yml"), config).map_err(failed)?;
        let mut prometheus = Self { mode, folder: folder.to_owned(), port: free_port(), server: None };
        prometheus.start_again()?;
        Ok(prometheus)
    }

    /// Writes samples into the data of a Prometheus that is to be started in `folder`: a page of OpenMetrics, without its
    /// end, whose lines have times.
    pub fn write_history(folder: &Path, page: &str) -> Result<(), StartError> {
        let failed = |source| StartError::Spawn { name: "promtool".to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let history = folder.join("history.txt");
        fs::write(&history, format!("{page}# EOF\n")).map_err(failed)?;
        let made = Command::new(locate("promtool")?)
            .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"])
            .args([history, folder.join("data")])
            .output()
            .map_err(failed)?;
        if made.status.success() {
            return Ok(());
        }
        Err(failed(std::io::Error::other(String::from_utf8_lossy(&made.stderr).into_owned())))
    }

    /// Starts it after a stop, on the same port and data.
    pub fn start_again(&mut self) -> Result<(), StartError> {
        let data = self.folder.join("data");
        let mut command = Command::new(locate("prometheus")?);
        command
            .arg(format!("--config.file={}", self.folder.join("prometheus.yml").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{}", self.port))
            .arg("--log.level=warn");
        match self.mode {
            PrometheusMode::Receiver | PrometheusMode::TypedReceiver => {
                command
                    .arg(format!("--storage.tsdb.path={}", data.display()))
                    .arg("--web.enable-remote-write-receiver")
                    .arg("--enable-feature=exemplar-storage");
                if self.mode == PrometheusMode::TypedReceiver {
                    command.arg("--enable-feature=type-and-unit-labels");
                }
                &mut command
            }
            PrometheusMode::Agent => {
                command.arg("--agent").arg(format!("--storage.agent.path={}", data.display()))
            }
        };
        let ready = format!("{}/-/ready", self.url());
        let log = self.folder.join("prometheus.log");
        let server =
            Server::start("prometheus", &mut command, &log, START_TIMEOUT, || try_get_text(&ready).is_ok())?;
        self.server = Some(server);
        Ok(())
    }

    /// SIGTERM and wait.
    pub fn stop(&mut self) -> Option<ExitStatus> {
        self.server.take().map(Server::stop)
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its process id, when it runs.
    pub fn id(&self) -> Option<u32> {
        self.server.as_ref().map(Server::id)
    }

    /// `GET /api/v1/<path>` with query parameters; the `data` of the answer.
    pub fn api(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let query: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={}", percent_encode(value))).collect();
        get_json(&format!("{}/api/v1/{path}?{}", self.url(), query.join("&")))["data"].take()
    }
}

fn percent_encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}
