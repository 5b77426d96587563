//! Alertmanager.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{Server, StartError, free_port, locate, try_get_text};

const START_TIMEOUT: Duration = Duration::from_secs(60);

/// An Alertmanager with its folder.
#[derive(Debug)]
pub struct Alertmanager {
    port: u16,
    server: Option<Server>,
}

impl Alertmanager {
    /// Starts one with `config`, the path of an `alertmanager.yaml`, and its data under `folder`.
    pub fn start(folder: &Path, config: &Path) -> Result<Self, StartError> {
        let failed = |source| StartError::Spawn { name: "alertmanager".to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let port = free_port();
        let mut command = Command::new(locate("alertmanager")?);
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            // Alone: it listens for no peers.
            .arg("--cluster.listen-address=")
            .arg("--log.level=warn");
        let ready = format!("http://127.0.0.1:{port}/-/ready");
        let log = folder.join("alertmanager.log");
        let server = Server::start("alertmanager", &mut command, &log, START_TIMEOUT, || {
            try_get_text(&ready).is_ok()
        })?;
        Ok(Self { port, server: Some(server) })
    }

    /// `127.0.0.1:PORT`
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.server.as_ref().map(Server::log).unwrap_or_default()
    }
}

/// The path of amtool.
pub fn amtool() -> Result<PathBuf, crate::NotInstalled> {
    locate("amtool")
}
