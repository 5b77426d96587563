//! Elasticsearch, one node without security.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use rustix::process::geteuid;
use serde_json::{Value, json};

use crate::process::{hand_over, unprivileged};
use crate::{Server, StartError, free_port, locate, post_json, try_get_json};

const START_TIMEOUT: Duration = Duration::from_secs(180);

/// A node with its folder.
#[derive(Debug)]
pub struct Elasticsearch {
    folder: PathBuf,
    port: u16,
    transport_port: u16,
    server: Option<Server>,
}

impl Elasticsearch {
    /// Starts a node with its configuration, logs and data under `folder`; takes about 20 s. As root it runs as
    /// `nobody`, to whom `folder` then belongs; the folders above must let that user pass.
    pub fn start(folder: &Path) -> Result<Self, StartError> {
        let mut node =
            Self { folder: folder.to_owned(), port: free_port(), transport_port: free_port(), server: None };
        node.prepare().map_err(|source| StartError::Spawn { name: "elasticsearch".to_owned(), source })?;
        node.start_again()?;
        Ok(node)
    }

    fn prepare(&self) -> std::io::Result<()> {
        let home = home().map_err(std::io::Error::other)?;
        let config = self.folder.join("config");
        for folder in [&self.folder, &config, &self.folder.join("tmp")] {
            fs::create_dir_all(folder)?;
            hand_over(folder)?;
        }
        for name in ["jvm.options", "log4j2.properties"] {
            let to = config.join(name);
            fs::copy(home.join("config").join(name), &to)?;
            hand_over(&to)?;
        }
        let settings = format!(
            "cluster.name: weir-test\nnode.name: weir\ndiscovery.type: single-node\nxpack.security.enabled: false\n\
             network.host: 127.0.0.1\nhttp.port: {}\ntransport.port: {}\npath.data: {}\npath.logs: {}\n\
             cluster.routing.allocation.disk.threshold_enabled: false\n",
            self.port,
            self.transport_port,
            self.folder.join("data").display(),
            self.folder.join("logs").display()
        );
        fs::write(config.join("elasticsearch.yml"), settings)
    }

    /// Starts it after a stop, on the same port and data.
    pub fn start_again(&mut self) -> Result<(), StartError> {
        let program = self.program()?;
        let mut command = unprivileged(&program);
        command
            .env("ES_PATH_CONF", self.folder.join("config"))
            .envs(java_home().map(|home| ("ES_JAVA_HOME", home)))
            .env("ES_JAVA_OPTS", "-Xms1g -Xmx1g")
            .env("ES_TMPDIR", self.folder.join("tmp"))
            .current_dir(&self.folder);
        let health = format!("{}/_cluster/health?wait_for_status=yellow&timeout=1s", self.url());
        let log = self.folder.join("elasticsearch.log");
        let ready = || try_get_json(&health).is_ok_and(|answer| answer["timed_out"] == json!(false));
        self.server = Some(Server::start("elasticsearch", &mut command, &log, START_TIMEOUT, ready)?);
        Ok(())
    }

    /// The program to run. It may be installed under a home folder that only root can pass, so as root it is a copy in
    /// `folder`, made of hard links where the file system allows.
    fn program(&self) -> Result<PathBuf, StartError> {
        let installed = locate("elasticsearch")?;
        if !geteuid().is_root() {
            return Ok(installed);
        }
        let copy = self.folder.join("home");
        let failed = |source| StartError::Spawn { name: "elasticsearch".to_owned(), source };
        for option in ["-rl", "-r"] {
            if !copy.join("bin").exists() {
                Command::new("cp").arg(option).arg(home()?).arg(&copy).output().map_err(failed)?;
            }
        }
        Ok(copy.join("bin/elasticsearch"))
    }

    /// SIGTERM and wait.
    pub fn stop(&mut self) -> Option<ExitStatus> {
        self.server.take().map(Server::stop)
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Documents of `index` that a search can see, after a refresh.
    pub fn count(&self, index: &str) -> Result<u64, String> {
        self.refresh(index)?;
        let answer = try_get_json(&format!("{}/{index}/_count", self.url()))?;
        answer["count"].as_u64().ok_or_else(|| answer.to_string())
    }

    /// Every document of `index` that matches `query`: (`_id`, `_source`), in pages by `_doc` order.
    pub fn search(&self, index: &str, query: &Value) -> Result<Vec<(String, Value)>, String> {
        self.refresh(index)?;
        let mut found = Vec::new();
        let first = format!("{}/{index}/_search?scroll=1m", self.url());
        let mut page = post_json(&first, &json!({"size": 5000, "query": query, "sort": ["_doc"]}))?;
        loop {
            let hits = page["hits"]["hits"].as_array().cloned().unwrap_or_default();
            if hits.is_empty() {
                return Ok(found);
            }
            found.extend(
                hits.into_iter().map(|mut hit| {
                    (hit["_id"].as_str().unwrap_or_default().to_owned(), hit["_source"].take())
                }),
            );
            let next = json!({"scroll": "1m", "scroll_id": page["_scroll_id"]});
            page = post_json(&format!("{}/_search/scroll", self.url()), &next)?;
        }
    }

    /// `POST /<index>/_search` with a body of its own; the answer.
    pub fn ask(&self, index: &str, body: &Value) -> Result<Value, String> {
        self.refresh(index)?;
        post_json(&format!("{}/{index}/_search", self.url()), body)
    }

    fn refresh(&self, index: &str) -> Result<(), String> {
        try_get_json(&format!("{}/{index}/_refresh", self.url())).map(drop)
    }
}

fn home() -> Result<PathBuf, crate::NotInstalled> {
    let program = locate("elasticsearch")?;
    let program = program.canonicalize().unwrap_or(program);
    Ok(program.ancestors().nth(2).map(Path::to_owned).unwrap_or_default())
}

/// The JDK to run on: as the environment says, otherwise the one whose `java` is on `PATH`. The distribution for
/// integration tests has none of its own.
pub(crate) fn java_home() -> Option<PathBuf> {
    let named = ["ES_JAVA_HOME", "JAVA_HOME"].into_iter().find_map(std::env::var_os).map(PathBuf::from);
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        let java = std::env::split_paths(&path).find_map(|folder| folder.join("java").canonicalize().ok())?;
        java.ancestors().nth(2).map(Path::to_owned)
    };
    named.or_else(on_path)
}
