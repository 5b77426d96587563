//! What ships for Kubernetes: rendered by the real kustomize, taken by a real API server, with the least permissions.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use weir_e2e::Weir;
use weir_stack::{Kubernetes, get_json, kustomize, locate, wait_until};

const OVERLAYS: [&str; 3] = ["dev", "staging", "production"];
const WAIT: Duration = Duration::from_secs(30);

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/kubernetes")
}

fn render(overlay: &str) -> String {
    kustomize(&deploy().join("overlays").join(overlay)).unwrap_or_else(|error| panic!("{error}"))
}

/// An API server that knows the kinds of the Prometheus Operator.
fn start(folder: &Path) -> Kubernetes {
    let kubernetes = Kubernetes::start(folder).expect("kubernetes starts");
    let crds = locate("prometheus-operator-crds").expect("they are installed").display().to_string();
    kubernetes.kubectl(&["apply", "--server-side", "-f", &crds]);
    kubernetes.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"]);
    kubernetes
}

/// Server-side apply; unknown fields are refused. Namespaces and kinds may take a moment to be there for the rest.
fn apply(kubernetes: &Kubernetes, rendered: &str) {
    wait_until("everything is taken", WAIT, || kubernetes.try_apply(rendered));
}

#[test]
fn every_overlay_is_taken_by_an_api_server_that_refuses_unknown_fields() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let kubernetes = start(folder.path());
    for overlay in OVERLAYS {
        // Claims of a stateful set cannot change, and overlays differ in their size.
        kubernetes.kubectl(&["delete", "statefulset", "--all", "--all-namespaces"]);
        apply(&kubernetes, &render(overlay));
        for (kind, namespace, name) in [
            ("daemonset", "weir-agent", "weir-agent"),
            ("resourcequota", "weir-agent", "weir-agent"),
            ("networkpolicy", "weir-agent", "default-deny"),
            ("statefulset", "weir-collector", "weir-collector"),
            ("networkpolicy", "weir-collector", "default-deny"),
        ] {
            let found = kubernetes.try_kubectl(&["-n", namespace, "get", kind, name, "-o", "name"], "");
            assert!(found.is_ok(), "{overlay}: {found:?}");
        }
    }
    let found =
        kubernetes.kubectl(&["get", "hpa,pdb,prometheusrule,podmonitor,servicemonitor,configmap", "-A"]);
    for name in [
        "horizontalpodautoscaler",
        "poddisruptionbudget",
        "podmonitor",
        "servicemonitor",
        "weir-dashboard-",
        "weir-datasources",
        "weir-rules-logs",
    ] {
        assert!(found.contains(name), "no {name} in: {found}");
    }
}

#[test]
fn accounts_may_do_what_they_need_and_nothing_else() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let kubernetes = start(folder.path());
    apply(&kubernetes, &render("production"));
    let access = std::fs::read_to_string(deploy().join("access.txt")).expect("the list");
    let checks = access.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut wrong = Vec::new();
    let mut count = 0;
    for check in checks {
        let [subject, verb, resource, namespace, expected] = check.split_whitespace().collect::<Vec<_>>()[..]
        else {
            panic!("not SUBJECT VERB RESOURCE NAMESPACE yes|no: {check}")
        };
        let subject = format!("--as={subject}");
        // To kubectl `pods/log` is a pod named log.
        let (resource, part) =
            resource.split_once('/').filter(|(kind, _)| !kind.is_empty()).unwrap_or((resource, ""));
        let part = format!("--subresource={part}");
        let mut arguments = vec!["auth", "can-i", verb, resource, &subject, &part];
        if namespace == "-" {
            arguments.push("--all-namespaces")
        } else {
            arguments.extend(["-n", namespace])
        }
        // The answer no is a failure of the command.
        let told = match kubernetes.try_kubectl(&arguments, "") {
            Ok(told) => told,
            Err(told) => told,
        };
        let may = told.lines().any(|line| line.trim_end().ends_with("yes"));
        if may != (expected == "yes") {
            wrong.push(format!("{check}: {told}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 20, "{count} checks");
}

/// With the token of its account, an agent that asks as agent.yaml does gets what it asks for.
#[test]
fn an_agent_discovers_what_is_on_its_node_with_the_permissions_of_its_account() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let kubernetes = start(folder.path());
    apply(&kubernetes, &render("production"));
    let metadata = json!({"name": "node-1"});
    kubernetes.apply(&[
        json!({"apiVersion": "v1", "kind": "Node", "metadata": metadata}),
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
    ]);
    let pod = json!({"nodeName": "node-1", "containers": [{"name": "web", "image": "cart:1"}]});
    kubernetes.apply(&[json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "shop", "name": "cart"}, "spec": pod,
    })]);
    let address = json!({"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}]});
    kubernetes.set_status("shop", "node/node-1", &address);
    let ip = json!({"podIP": "127.0.0.2", "podIPs": [{"ip": "127.0.0.2"}]});
    kubernetes.set_status("shop", "pod/cart", &ip);
    let token = folder.path().join("token");
    std::fs::write(&token, kubernetes.account_token("weir-agent", "weir-agent")).expect("a token");
    let access = kubernetes.client_settings(&token);
    let job = |role: &str| {
        let discovery = format!("[{{role: {role}, own_node: true, {access}}}]");
        format!("- {{job_name: {role}, scrape_interval: 1h, kubernetes_sd_configs: {discovery}}}\n")
    };
    let config = format!(
        "kubernetes: {{node_name: node-1, {access}}}\nscrape_configs:\n{}{}",
        job("pod"),
        job("node")
    );
    let mut weir = Weir::start(&folder.path().join("weir"), &config);
    wait_until("a target of each job", WAIT, || {
        let told = get_json(&weir.url("/targets"));
        let jobs: Vec<&str> =
            told.as_array().into_iter().flatten().filter_map(|it| it["job"].as_str()).collect();
        if jobs == ["node", "pod"] { Ok(()) } else { Err(told.to_string()) }
    });
    assert_eq!(weir.books().sum("weir_kubernetes_watch_failures_total", &[]), 0.0);
    assert!(weir.stop().success());
}

#[test]
fn rules_in_the_cluster_are_those_of_alert_rules() {
    let checked = Command::new(deploy().join("generate")).arg("--check").output().expect("it runs");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn weir_takes_the_configurations_that_ship() {
    for file in ["base/agent/agent.yaml", "base/collector/collector.yaml", "overlays/dev/collector.yaml"] {
        let text = std::fs::read_to_string(deploy().join(file)).expect("a configuration");
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("weir.yaml");
        let text = VARIABLES.iter().fold(text, |text, (name, value)| text.replace(name, value));
        std::fs::write(&path, text).expect("a configuration");
        let ended = Weir::run(&["validate", &path.display().to_string()]);
        assert!(ended.status.success(), "{file}: {}", String::from_utf8_lossy(&ended.stderr));
    }
}

/// What the workloads and their settings put into the environment.
const VARIABLES: &[(&str, &str)] = &[
    ("${K8S_NODE_NAME}", "node-1"),
    ("${CLUSTER}", "default"),
    ("${DEPLOYMENT_ENVIRONMENT}", "default"),
    ("${SPOOL_BYTES_MAX}", "2GiB"),
    ("${POD_NAME}", "weir-collector-0"),
];
