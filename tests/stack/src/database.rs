//! Redis, PostgreSQL and Kafka, and the exporters that make metrics of what they say.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::elasticsearch::java_home;
use crate::process::{hand_over, unprivileged};
use crate::{Server, StartError, free_port, locate, try_get_text};

const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Of a Kafka cluster; any will do.
const CLUSTER_ID: &str = "4L6g3nShT-eMCtK--X86sw";

/// A running database.
#[derive(Debug)]
pub struct Database {
    port: u16,
    _server: Server,
}

impl Database {
    /// A Redis without persistence, a replica of another one if that is given.
    pub fn redis(folder: &Path, replica_of: Option<&Self>) -> Result<Self, StartError> {
        let port = free_port();
        let mut command = Command::new(locate("redis-server")?);
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.arg("--port").arg(port.to_string()).arg("--dir").arg(folder);
        if let Some(primary) = replica_of {
            command.args(["--replicaof", "127.0.0.1", &primary.port.to_string()]);
        }
        Self::start("redis-server", &mut command, folder, port)
    }

    /// A PostgreSQL whose superuser `weir` needs no password. As root it runs as `nobody`, to whom `folder` then belongs;
    /// the folders above must let that user pass.
    pub fn postgres(folder: &Path) -> Result<Self, StartError> {
        let failed = |source| StartError::Spawn { name: "postgres".to_owned(), source };
        let program = locate("postgres")?.canonicalize().map_err(failed)?;
        hand_over(folder).map_err(failed)?;
        let data = folder.join("data");
        let mut made = unprivileged(&program.with_file_name("initdb"));
        run("initdb", made.args(["-U", "weir", "--auth=trust", "-D"]).arg(&data).current_dir(folder), "")?;
        let port = free_port();
        let mut command = unprivileged(&program);
        command.arg("-D").arg(&data).arg("-k").arg(folder).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        Self::start("postgres", command.current_dir(folder), folder, port)
    }

    /// A Kafka of one broker, with a message in a topic that a group of consumers has read.
    pub fn kafka(folder: &Path, topic: &str, group: &str) -> Result<Self, StartError> {
        let failed = |source| StartError::Spawn { name: "kafka".to_owned(), source };
        let (port, controller) = (free_port(), free_port());
        let properties = folder.join("server.properties");
        let text = format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
             listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{port}\ncontroller.listener.names=CONTROLLER\n\
             listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\nlog.dirs={}\n\
             offsets.topic.replication.factor=1\noffsets.topic.num.partitions=1\ngroup.initial.rebalance.delay.ms=0\n",
            folder.join("data").display()
        );
        fs::write(&properties, text).map_err(failed)?;
        let format = ["format", "-t", CLUSTER_ID, "-c"];
        run("kafka", java("kafka.tools.StorageTool")?.args(format).arg(&properties), "")?;
        let mut command = java("kafka.Kafka")?;
        let kafka = Self::start("kafka", command.arg(&properties).current_dir(folder), folder, port)?;
        let at = kafka.address();
        let to = ["--bootstrap-server", &at, "--topic", topic];
        run("kafka", java("org.apache.kafka.tools.TopicCommand")?.arg("--create").args(to), "")?;
        run("kafka", java("kafka.tools.ConsoleProducer")?.args(to), "an order\n")?;
        let read = ["--group", group, "--from-beginning", "--max-messages", "1", "--timeout-ms", "30000"];
        run("kafka", java("org.apache.kafka.tools.consumer.ConsoleConsumer")?.args(to).args(read), "")?;
        Ok(kafka)
    }

    fn start(name: &str, command: &mut Command, folder: &Path, port: u16) -> Result<Self, StartError> {
        let log = folder.join(format!("{name}-{port}.log"));
        let answers = || TcpStream::connect(("127.0.0.1", port)).is_ok();
        Ok(Self { port, _server: Server::start(name, command, &log, START_TIMEOUT, answers)? })
    }

    /// `127.0.0.1:PORT`
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// Starts an exporter with its own arguments and environment. Gives where it is scraped, too.
pub fn exporter(
    name: &str,
    folder: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Result<(Server, String), StartError> {
    let address = format!("127.0.0.1:{}", free_port());
    let mut command = Command::new(locate(name)?);
    command.arg(format!("--web.listen-address={address}")).args(arguments).envs(environment.iter().copied());
    let page = format!("http://{address}/metrics");
    let log = folder.join(format!("{name}-{address}.log"));
    let server = Server::start(name, &mut command, &log, START_TIMEOUT, || try_get_text(&page).is_ok())?;
    Ok((server, address))
}

fn java(class: &str) -> Result<Command, StartError> {
    let program = java_home().map_or_else(|| PathBuf::from("java"), |home| home.join("bin/java"));
    let mut command = Command::new(program);
    command.arg("-Xmx512m").arg("-cp").arg(locate("kafka")?.join("*")).arg(class);
    Ok(command)
}

/// Runs a command to its end with `input`.
fn run(name: &str, command: &mut Command, input: &str) -> Result<(), StartError> {
    let failed = |source| StartError::Spawn { name: name.to_owned(), source };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).map_err(failed)?;
    }
    let done = child.wait_with_output().map_err(failed)?;
    if done.status.success() {
        return Ok(());
    }
    let told = [done.stdout, done.stderr].concat();
    Err(failed(std::io::Error::other(String::from_utf8_lossy(&told).into_owned())))
}
