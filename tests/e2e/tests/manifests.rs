//! What ships for Kubernetes: rendered by the real kustomize, taken by a real API server, with the least permissions.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
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
fn every_overlay_is_taken_by_an_api_server_that_refuses_unknown_fields_and_taken_again() {
    for overlay in OVERLAYS {
        let folder = tempfile::tempdir().expect("temporary folder");
        let kubernetes = start(folder.path());
        let rendered = render(overlay);
        apply(&kubernetes, &rendered);
        kubernetes.try_apply(&rendered).unwrap_or_else(|error| panic!("{overlay}, once more: {error}"));
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
        let kinds = "hpa,pdb,prometheusrule,podmonitor,servicemonitor,configmap";
        let found = kubernetes.kubectl(&["get", kinds, "-A"]);
        for name in ["podmonitor", "servicemonitor", "weir-dashboard-", "weir-datasources", "weir-rules-logs"]
        {
            assert!(found.contains(name), "{overlay}: no {name} in: {found}");
        }
        assert_eq!(found.contains("horizontalpodautoscaler"), overlay == "production", "{found}");
        assert_eq!(found.contains("poddisruptionbudget"), overlay != "dev", "{found}");
        assert!(!found.contains("checkout"), "objectives of others page: {found}");
        pods_pass_admission(&kubernetes, overlay);
        weir_takes_its_configurations(&kubernetes, folder.path(), overlay);
    }
}

#[test]
fn objectives_are_taken_beside_an_overlay() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let kubernetes = start(folder.path());
    apply(&kubernetes, &render("staging"));
    let rendered =
        kustomize(&deploy().join("base/monitoring/slos")).unwrap_or_else(|error| panic!("{error}"));
    apply(&kubernetes, &rendered);
    assert!(kubernetes.kubectl(&["get", "prometheusrule", "-A"]).contains("checkout-availability"));
}

fn workload(kubernetes: &Kubernetes, namespace: &str, kind: &str) -> Value {
    let found = kubernetes.kubectl(&["-n", namespace, "get", kind, namespace, "-o", "json"]);
    serde_json::from_str(&found).expect("an object")
}

/// Pod Security lets each pod into its namespace, and keeps the agent's, which sees the node, out of the collector's.
fn pods_pass_admission(kubernetes: &Kubernetes, overlay: &str) {
    let create = |of: &Value, namespace: &str| {
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "spec": of["spec"]["template"]["spec"]});
        pod["metadata"] = json!({"name": "tried", "namespace": namespace});
        // The account is of the other namespace, which is not the point.
        pod["spec"]["serviceAccountName"] = json!("default");
        // A stateful set's controller adds the claim.
        if of["kind"] == "StatefulSet" {
            let volumes = pod["spec"]["volumes"].as_array_mut().expect("volumes");
            volumes.push(json!({"name": "spool", "emptyDir": {}}));
        }
        kubernetes.try_kubectl(&["create", "--dry-run=server", "-f", "-"], &pod.to_string())
    };
    for namespace in ["weir-agent", "weir-collector"] {
        kubernetes.apply(&[json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": namespace},
        })]);
    }
    let agent = workload(kubernetes, "weir-agent", "daemonset");
    let collector = workload(kubernetes, "weir-collector", "statefulset");
    for (of, namespace) in [(&agent, "weir-agent"), (&collector, "weir-collector")] {
        let taken = create(of, namespace);
        assert!(taken.is_ok(), "{overlay}: {namespace}: {taken:?}");
    }
    let refused = create(&agent, "weir-collector").expect_err("it sees the node");
    assert!(refused.contains("violates PodSecurity") && refused.contains("hostPath"), "{refused}");
}

/// `weir validate` of each configuration as the pod gets it, with the pod's environment.
fn weir_takes_its_configurations(kubernetes: &Kubernetes, folder: &Path, overlay: &str) {
    for (namespace, kind, file) in
        [("weir-agent", "daemonset", "agent.yaml"), ("weir-collector", "statefulset", "collector.yaml")]
    {
        let of = workload(kubernetes, namespace, kind);
        let data = |name: &Value| {
            let name = name.as_str().expect("a name");
            let found = kubernetes.kubectl(&["-n", namespace, "get", "configmap", name, "-o", "json"]);
            serde_json::from_str::<Value>(&found).expect("an object")["data"].clone()
        };
        let spec = &of["spec"]["template"]["spec"];
        let volumes = spec["volumes"].as_array().expect("volumes");
        let config = volumes.iter().find(|volume| volume["name"] == "config").expect("a configuration");
        let text = data(&config["configMap"]["name"])[file].as_str().expect("a configuration").to_owned();
        let path = folder.join(file);
        std::fs::write(&path, text).expect("a configuration");
        let container = &spec["containers"][0];
        let mut environment: Vec<(String, String)> = Vec::new();
        for source in container["envFrom"].as_array().into_iter().flatten() {
            let settings = data(&source["configMapRef"]["name"]);
            let settings = settings.as_object().expect("settings").iter();
            environment.extend(
                settings.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())),
            );
        }
        for variable in container["env"].as_array().into_iter().flatten() {
            environment
                .push((variable["name"].as_str().expect("a name").to_owned(), "of-this-pod".to_owned()));
        }
        let ended = Weir::run_with(&["validate", &path.display().to_string()], &environment);
        assert!(ended.status.success(), "{overlay}: {file}: {}", String::from_utf8_lossy(&ended.stderr));
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
        let (Ok(told) | Err(told)) = kubernetes.try_kubectl(&arguments, "");
        if told.trim_end().rsplit([' ', '\n']).next() != Some(expected) {
            wrong.push(format!("{check}: {told}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 20, "{count} checks");

    // Beside what every account may do, and nothing that is not on the list.
    let all = |account: &str| -> BTreeSet<String> {
        let (namespace, _) = account.split_once(':').expect("a namespace");
        let subject = format!("--as=system:serviceaccount:{account}");
        let told = kubernetes.kubectl(&["auth", "can-i", "--list", &subject, "-n", namespace]);
        told.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    let common = all("weir-monitoring:default");
    let own = |account: &str| all(account).difference(&common).cloned().collect::<Vec<_>>();
    assert_eq!(
        own("weir-agent:weir-agent"),
        ["nodes [] [] [list watch]", "nodes/metrics [] [] [get]", "pods [] [] [list watch]"]
    );
    for nothing in ["weir-agent:default", "weir-collector:default", "weir-collector:weir-collector"] {
        assert!(own(nothing).is_empty(), "{nothing}: {:?}", own(nothing));
    }
}

/// The configuration that ships with this machine's paths and ports, and the API server of the test.
fn shipped_configuration(access: &str, token: &Path, ca: &Path) -> String {
    let text = std::fs::read_to_string(deploy().join("base/agent/agent.yaml")).expect("a configuration");
    let account = "/var/run/secrets/kubernetes.io/serviceaccount";
    let own_lines = ["spool:", "telemetry:", "shutdown_timeout:", "    paths:"];
    let lines = text.lines().filter(|line| !own_lines.iter().any(|own| line.starts_with(own)));
    let text = lines.collect::<Vec<_>>().join("\n") + "\n";
    text.replace(
        "kubernetes:\n  node_name: ${K8S_NODE_NAME}\n  pod_labels: ",
        &format!("kubernetes: {{{access}, node_name: node-1, pod_labels: "),
    )
    .replace("app.kubernetes.io/version]\n", "app.kubernetes.io/version]}\n")
    .replace("own_node: true}", &format!("own_node: true, {access}}}"))
    .replace("  - name: pods\n", "  - name: pods\n    paths: [/nowhere/*.log]\n")
    .replace(&format!("{account}/token"), &token.display().to_string())
    .replace(&format!("{account}/ca.crt"), &ca.display().to_string())
    .replace("/host/root", "/")
    .replace("/host", "")
    .replace("0.0.0.0:4317", "127.0.0.1:0")
    .replace("0.0.0.0:4318", "127.0.0.1:0")
    .replace("${K8S_NODE_NAME}", "node-1")
    .replace("${CLUSTER}", "c")
    .replace("${DEPLOYMENT_ENVIRONMENT}", "e")
}

/// A pod with two ports and an init container.
fn pod(kubernetes: &Kubernetes, name: &str, ip: &str, phase: &str, annotations: &Value) {
    let ports = json!([{"containerPort": 8080}]);
    let spec = json!({
        "nodeName": "node-1", "containers": [{"name": "web", "image": "cart:1", "ports": ports}],
        "initContainers": [{"name": "wait", "image": "wait:1"}],
    });
    let metadata = json!({
        "namespace": "shop", "name": name, "annotations": annotations, "labels": {"app.kubernetes.io/name": "cart"},
    });
    kubernetes.apply(&[json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})]);
    let status = json!({"podIP": ip, "podIPs": [{"ip": ip}], "phase": phase});
    kubernetes.set_status("shop", &format!("pod/{name}"), &status);
}

/// With the token of its account, an agent with the configuration that ships finds what it should, where it should.
#[test]
fn an_agent_finds_what_is_on_its_node_with_the_permissions_of_its_account() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let kubernetes = start(folder.path());
    apply(&kubernetes, &render("production"));
    kubernetes.apply(&[
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}}),
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
    ]);
    let status = json!({
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
    });
    kubernetes.set_status("shop", "node/node-1", &status);
    let asks = json!({"prometheus.io/scrape": "true"});
    let elsewhere = json!({
        "prometheus.io/scrape": "true", "prometheus.io/port": "9102", "prometheus.io/path": "/m", "prometheus.io/scheme": "https",
    });
    pod(&kubernetes, "plain", "127.0.0.2", "Running", &asks);
    pod(&kubernetes, "elsewhere", "127.0.0.3", "Running", &elsewhere);
    pod(&kubernetes, "six", "fd00::7", "Running", &elsewhere);
    pod(&kubernetes, "pending", "127.0.0.4", "Pending", &asks);
    pod(&kubernetes, "silent", "127.0.0.5", "Running", &json!({}));
    let token = folder.path().join("token");
    std::fs::write(&token, kubernetes.account_token("weir-agent", "weir-agent")).expect("a token");
    let access = kubernetes.client_settings(&token);
    let config = shipped_configuration(&access, &token, &kubernetes.ca_file());
    let mut weir = Weir::start(&folder.path().join("weir"), &config);
    let expected = BTreeSet::from(
        [
            "cadvisor node-1 https://127.0.0.1:10250/metrics/cadvisor",
            "kubelet node-1 https://127.0.0.1:10250/metrics",
            "cart 127.0.0.2:8080 http://127.0.0.2:8080/metrics",
            "cart 127.0.0.3:9102 https://127.0.0.3:9102/m",
            "cart [fd00::7]:9102 https://[fd00::7]:9102/m",
        ]
        .map(str::to_owned),
    );
    wait_until("the targets", WAIT, || {
        let told = get_json(&weir.url("/targets"));
        let targets = told.as_array().cloned().unwrap_or_default();
        let text = |target: &Value| {
            let part = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let labels = &target["labels"];
            format!("{} {} {}", part(&labels["job"]), part(&labels["instance"]), part(&target["url"]))
        };
        let found: BTreeSet<String> = targets.iter().map(text).collect();
        if found == expected { Ok(()) } else { Err(format!("{found:#?} {}", told[0])) }
    });
    assert_eq!(weir.books().sum("weir_kubernetes_watch_failures_total", &[]), 0.0);
    assert!(weir.stop().success());
}

#[test]
fn rules_in_the_cluster_are_those_of_alert_rules() {
    let checked = Command::new(deploy().join("generate")).arg("--check").output().expect("it runs");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
