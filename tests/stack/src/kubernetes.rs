//! A Kubernetes API server with its etcd: the real one, without controllers, scheduler or nodes.
//!
//! Objects are what tests make of them: nothing gives a pod an address or a service its endpoints but the test. Service
//! accounts have no tokens but those that are asked for, so that the admission plug-in that mounts them is off.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;

use crate::{Server, StartError, free_port, locate, try_get_text};

const START_TIMEOUT: Duration = Duration::from_secs(120);
/// Of the user that may do everything.
const ADMIN_TOKEN: &str = "admin-of-tests";

/// An API server with its folder.
#[derive(Debug)]
pub struct Kubernetes {
    folder: PathBuf,
    etcd_port: u16,
    port: u16,
    api_server: Option<Server>,
    _etcd: Server,
}

impl Kubernetes {
    /// Starts etcd and an API server with their data and certificates under `folder`.
    pub fn start(folder: &Path) -> Result<Self, StartError> {
        let failed = |source| StartError::Spawn { name: "kube-apiserver".to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let etcd_port = free_port();
        let etcd = start_etcd(folder, etcd_port)?;
        let mut kubernetes =
            Self { folder: folder.to_owned(), etcd_port, port: free_port(), api_server: None, _etcd: etcd };
        kubernetes.write_credentials().map_err(failed)?;
        kubernetes.start_again()?;
        Ok(kubernetes)
    }

    /// Starts the API server after a stop, on the same port and data.
    pub fn start_again(&mut self) -> Result<(), StartError> {
        let file = |name: &str| self.folder.join(name).display().to_string();
        let mut command = Command::new(locate("kube-apiserver")?);
        command
            .arg(format!("--etcd-servers=http://127.0.0.1:{}", self.etcd_port))
            .arg(format!("--secure-port={}", self.port))
            .args(["--bind-address=127.0.0.1", "--endpoint-reconciler-type=none"])
            .arg(format!("--tls-cert-file={}", file("server.pem")))
            .arg(format!("--tls-private-key-file={}", file("server.key")))
            .arg(format!("--token-auth-file={}", file("tokens.csv")))
            .arg(format!("--service-account-key-file={}", file("accounts.pub")))
            .arg(format!("--service-account-signing-key-file={}", file("accounts.key")))
            .arg("--service-account-issuer=https://kubernetes.default.svc")
            .args(["--authorization-mode=RBAC", "--disable-admission-plugins=ServiceAccount"])
            .args(["--service-cluster-ip-range=10.96.0.0/16", "--allow-privileged=true"]);
        let log = self.folder.join("kube-apiserver.log");
        let server = Server::start("kube-apiserver", &mut command, &log, START_TIMEOUT, || {
            self.try_kubectl(&["get", "--raw=/readyz"], "").is_ok()
        })?;
        self.api_server = Some(server);
        Ok(())
    }

    /// Ends the API server, not etcd.
    pub fn stop(&mut self) {
        self.api_server.take().map(Server::stop);
    }

    /// `https://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The certificate authority of its certificate, PEM.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// Holds the token of the user that may do everything.
    pub fn admin_token_file(&self) -> PathBuf {
        self.folder.join("admin.token")
    }

    /// Of the user that may do everything.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    /// Settings of a client of it, as Prometheus and weir take them, that shows the token in a file.
    pub fn client_settings(&self, token_file: &Path) -> String {
        format!(
            "api_server: '{}', authorization: {{credentials_file: '{}'}}, tls_config: {{ca_file: '{}'}}",
            self.url(),
            token_file.display(),
            self.ca_file().display()
        )
    }

    /// Runs kubectl as the user that may do everything; what it printed.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.try_kubectl(arguments, "").unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same with `input` on its standard input; what it printed, or what it complained about.
    pub fn try_kubectl(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        let program = locate("kubectl").map_err(|error| error.to_string())?;
        let mut child = Command::new(program)
            .env_clear()
            .env("HOME", &self.folder)
            .arg(format!("--kubeconfig={}", self.kubeconfig().display()))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut stdin = child.stdin.take().expect("it is piped");
        // What a child does not read is no loss.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let ended = child.wait_with_output().map_err(|error| error.to_string())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if ended.status.success() {
            return Ok(text(&ended.stdout));
        }
        Err(format!("kubectl {}: {}{}", arguments.join(" "), text(&ended.stdout), text(&ended.stderr)))
    }

    /// Creates objects or changes them to what is given, by server-side apply; unknown fields are refused.
    pub fn apply(&self, objects: &[Value]) {
        let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": objects});
        self.try_apply(&list.to_string()).unwrap_or_else(|error| panic!("{error}"));
    }

    /// The same with objects in YAML or JSON; what kubectl printed, or what it complained about.
    pub fn try_apply(&self, objects: &str) -> Result<String, String> {
        let apply = ["apply", "--server-side", "--force-conflicts", "--validate=strict", "-f", "-"];
        self.try_kubectl(&apply, objects)
    }

    /// Changes the status of an object as its kubelet or controller would. `object` as in `pod/name`.
    pub fn set_status(&self, namespace: &str, object: &str, status: &Value) {
        let patch = serde_json::json!({ "status": status }).to_string();
        self.kubectl(&[
            "-n",
            namespace,
            "patch",
            object,
            "--subresource=status",
            "--type=merge",
            "-p",
            &patch,
        ]);
    }

    /// A token of a service account.
    pub fn account_token(&self, namespace: &str, account: &str) -> String {
        self.kubectl(&["-n", namespace, "create", "token", account]).trim().to_owned()
    }

    fn write_credentials(&self) -> io::Result<()> {
        let write = |name: &str, text: &str| fs::write(self.folder.join(name), text);
        let (ca, server, key) = certificates().map_err(io::Error::other)?;
        write("ca.pem", &ca)?;
        write("server.pem", &server)?;
        write("server.key", &key)?;
        let accounts = KeyPair::generate().map_err(io::Error::other)?;
        write("accounts.key", &accounts.serialize_pem())?;
        write("accounts.pub", &accounts.public_key_pem())?;
        write("tokens.csv", &format!("{ADMIN_TOKEN},admin,1,system:masters\n"))?;
        write("admin.token", ADMIN_TOKEN)?;
        let kubeconfig = serde_json::json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "tests", "cluster": {"server": self.url(), "certificate-authority": self.ca_file()}}],
            "users": [{"name": "admin", "user": {"token": ADMIN_TOKEN}}],
            "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "admin"}}],
            "current-context": "tests",
        });
        write("kubeconfig", &kubeconfig.to_string())
    }
}

/// What the real kustomize makes of a folder; what it complains about.
pub fn kustomize(folder: &Path) -> Result<String, String> {
    let program = locate("kustomize").map_err(|error| error.to_string())?;
    let built = Command::new(program).arg("build").arg(folder).output().map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if built.status.success() { Ok(text(&built.stdout)) } else { Err(text(&built.stderr)) }
}

fn start_etcd(folder: &Path, port: u16) -> Result<Server, StartError> {
    let (url, peers) = (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{}", free_port()));
    let mut command = Command::new(locate("etcd")?);
    command
        .arg(format!("--data-dir={}", folder.join("etcd").display()))
        .arg(format!("--listen-client-urls={url}"))
        .arg(format!("--advertise-client-urls={url}"))
        .arg(format!("--listen-peer-urls={peers}"))
        .arg(format!("--initial-advertise-peer-urls={peers}"))
        .arg(format!("--initial-cluster=default={peers}"))
        .args(["--unsafe-no-fsync", "--log-level=warn"]);
    let health = format!("{url}/health");
    let log = folder.join("etcd.log");
    Server::start("etcd", &mut command, &log, START_TIMEOUT, || try_get_text(&health).is_ok())
}

/// A certificate authority, and a certificate of 127.0.0.1 with its key, in PEM.
fn certificates() -> Result<(String, String, String), rcgen::Error> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate()?;
    let ca = authority.self_signed(&authority_key)?;
    let key = KeyPair::generate()?;
    let server = CertificateParams::new(vec!["127.0.0.1".to_owned()])?
        .signed_by(&key, &Issuer::new(authority, authority_key))?;
    Ok((ca.pem(), server.pem(), key.serialize_pem()))
}
