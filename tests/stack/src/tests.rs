//! The servers come up, answer, and keep their data over a restart.

use serde_json::json;

use crate::{
    Elasticsearch, Jaeger, JaegerMode, Kubernetes, Prometheus, PrometheusMode, locate, post_json, wait_until,
};
use std::time::Duration;

#[test]
fn the_version_of_a_go_tool_is_the_one_its_module_pins() {
    for (name, module, package) in [
        ("prometheus", include_str!("../prometheus/go.mod"), "github.com/prometheus/prometheus"),
        ("promtool", include_str!("../prometheus/go.mod"), "github.com/prometheus/prometheus"),
        ("alertmanager", include_str!("../alertmanager/go.mod"), "github.com/prometheus/alertmanager"),
        ("amtool", include_str!("../alertmanager/go.mod"), "github.com/prometheus/alertmanager"),
        ("jaeger", include_str!("../jaeger/go.mod"), "github.com/jaegertracing/jaeger"),
        (
            "telemetrygen",
            include_str!("../telemetrygen/go.mod"),
            "github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen",
        ),
        ("etcd", include_str!("../etcd/go.mod"), "go.etcd.io/etcd/server/v3"),
        ("kube-apiserver", include_str!("../kubernetes/go.mod"), "k8s.io/kubernetes"),
        ("kubectl", include_str!("../kubernetes/go.mod"), "k8s.io/kubernetes"),
        ("kustomize", include_str!("../kustomize/go.mod"), "sigs.k8s.io/kustomize/kustomize/v5"),
        (
            "prometheus-operator-crds",
            include_str!("../prometheus-operator/go.mod"),
            "github.com/prometheus-operator/prometheus-operator",
        ),
        (
            "elasticsearch_exporter",
            include_str!("../elasticsearch_exporter/go.mod"),
            "github.com/prometheus-community/elasticsearch_exporter",
        ),
        (
            "postgres_exporter",
            include_str!("../postgres_exporter/go.mod"),
            "github.com/prometheus-community/postgres_exporter",
        ),
        ("redis_exporter", include_str!("../redis_exporter/go.mod"), "github.com/oliver006/redis_exporter"),
        ("kafka_exporter", include_str!("../kafka_exporter/go.mod"), "github.com/grafana/kafka_exporter"),
    ] {
        let pinned = module
            .lines()
            .map(|line| line.trim().trim_start_matches("require ").trim())
            .find_map(|line| line.strip_prefix(package)?.strip_prefix(' '))
            .and_then(|rest| rest.split(' ').next());
        assert_eq!(pinned, crate::locate::version_of(name), "{name}");
    }
}

#[test]
fn a_program_that_is_not_installed_is_named_with_the_remedy() {
    let error = locate("no-such-program").expect_err("it does not exist");
    assert_eq!(
        error.to_string(),
        "no-such-program is not installed; run tests/stack/install no-such-program"
    );
}

#[test]
fn elasticsearch_keeps_its_documents_over_a_restart() {
    let folder = tempfile::Builder::new().permissions(world_readable()).tempdir().expect("temporary folder");
    let mut node = Elasticsearch::start(&folder.path().join("es")).expect("elasticsearch starts");
    post_json(&format!("{}/things/_doc?refresh=true", node.url()), &json!({"a": 1})).expect("indexed");
    node.stop();
    node.start_again().expect("elasticsearch starts again");
    wait_until("the document is there", Duration::from_secs(30), || match node.count("things")? {
        1 => Ok(()),
        other => Err(format!("{other} documents")),
    });
}

#[test]
fn jaeger_and_prometheus_start_stop_and_start_again() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let mut jaeger = Jaeger::start(&JaegerMode::Store, &folder.path().join("jaeger")).expect("jaeger starts");
    let mut prometheus =
        Prometheus::start(PrometheusMode::Receiver, &folder.path().join("prometheus"), "global: {}\n")
            .expect("prometheus starts");
    jaeger.stop();
    prometheus.stop();
    jaeger.start_again().expect("jaeger starts again");
    prometheus.start_again().expect("prometheus starts again");
    assert!(jaeger.query("services").is_ok());
    assert_eq!(prometheus.api("query", &[("query", "vector(1)")])["result"][0]["value"][1], "1");
}

#[test]
fn a_kubernetes_api_server_keeps_its_objects_over_a_restart_and_refuses_fields_that_do_not_exist() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let mut kubernetes = Kubernetes::start(folder.path()).expect("it starts");
    let space = |field: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", field: {"a": "b"}}});
    kubernetes.apply(&[space("labels")]);
    let refused = kubernetes.try_apply(&space("lables").to_string()).expect_err("there is no such field");
    assert!(refused.contains("lables"), "{refused}");
    kubernetes.stop();
    kubernetes.start_again().expect("it starts again");
    assert_eq!(kubernetes.kubectl(&["get", "namespace", "shop", "-o", "jsonpath={.metadata.labels.a}"]), "b");
}

fn world_readable() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o755)
}
