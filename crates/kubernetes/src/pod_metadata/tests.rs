//! Attributes from pods, static pods, and pods that are gone.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use weir_config::{KubernetesAccess, KubernetesConfig};

use super::{Index, REMEMBERED};
use crate::objects::Pod;
use crate::store::Store;

fn config() -> KubernetesConfig {
    KubernetesConfig {
        node_name: "node-1".to_owned(),
        access: KubernetesAccess::default(),
        pod_labels: vec!["team".to_owned()],
        pod_annotations: vec!["on-call".to_owned()],
    }
}

fn store(pods: &[Value]) -> Store<Pod> {
    let store = Store::default();
    for pod in pods {
        let pod: Pod = serde_json::from_value(pod.clone()).expect("a pod");
        let key = ["namespace", "name"].map(|key| {
            let metadata = if key == "name" { &pod.metadata.name } else { &pod.metadata.namespace };
            metadata.clone().unwrap_or_default()
        });
        let [namespace, name] = key;
        store.objects().insert((namespace, name), pod);
    }
    store
}

fn pod(owner: &Value, labels: &Value, annotations: &Value) -> Value {
    json!({
        "metadata": {
            "namespace": "shop", "name": "cart-5f7d-x", "uid": "u-1", "labels": labels, "annotations": annotations,
            "ownerReferences": [owner],
        },
        "spec": {"nodeName": "node-1", "containers": [{"name": "web", "image": "cart:1.2"}]},
        "status": {"podIP": "10.1.0.9", "containerStatuses": [{"name": "web", "containerID": "containerd://c0ffee"}]},
    })
}

fn attributes_of(pod: Value) -> Value {
    let mut index = Index::default();
    index.refresh(&store(&[pod]), &config(), Instant::now());
    json!(index.by_uid["u-1"].metadata.attributes)
}

fn owner(kind: &str, name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": kind, "name": name, "uid": "o-1", "controller": true})
}

#[test]
fn a_pod_of_a_deployment_is_its_service() {
    let labels = json!({"pod-template-hash": "5f7d", "team": "payments", "app.kubernetes.io/version": "1.2"});
    let found = attributes_of(pod(&owner("ReplicaSet", "cart-5f7d"), &labels, &json!({"on-call": "yes"})));
    let expected = json!({
        "k8s.namespace.name": "shop", "k8s.pod.name": "cart-5f7d-x", "k8s.pod.uid": "u-1", "k8s.pod.ip": "10.1.0.9",
        "k8s.node.name": "node-1", "k8s.deployment.name": "cart", "k8s.replicaset.name": "cart-5f7d",
        "service.name": "cart", "service.namespace": "shop", "service.version": "1.2",
        "k8s.pod.label.team": "payments", "k8s.pod.annotation.on-call": "yes",
    });
    assert_eq!(found, expected);
}

#[test]
fn annotations_win_over_labels_and_labels_over_owners() {
    let name = |owner: &Value, labels: Value, annotations: Value| {
        attributes_of(pod(owner, &labels, &annotations))["service.name"].clone()
    };
    let by_label = json!({"app.kubernetes.io/name": "basket"});
    let by_annotation = json!({"resource.opentelemetry.io/service.name": "trolley"});
    let set = owner("StatefulSet", "cart");
    assert_eq!(name(&set, by_label.clone(), by_annotation), "trolley");
    assert_eq!(name(&set, by_label, json!({})), "basket");
    assert_eq!(name(&set, json!({}), json!({})), "cart");
    assert_eq!(name(&owner("Job", "report-29384756"), json!({}), json!({})), "report");
    assert_eq!(name(&owner("Job", "import-42"), json!({}), json!({})), "import-42");
    assert_eq!(name(&owner("Node", "node-1"), json!({}), json!({})), "cart-5f7d-x");
}

#[test]
fn a_static_pod_is_found_by_the_hash_that_names_its_folder_and_a_deleted_one_is_remembered_for_a_while() {
    let now = Instant::now();
    let mut index = Index::default();
    let hash = json!({"kubernetes.io/config.hash": "0a1b"});
    index.refresh(&store(&[pod(&owner("Node", "node-1"), &json!({}), &hash)]), &config(), now);
    assert_eq!(index.by_uid["0a1b"].metadata, index.by_uid["u-1"].metadata);
    assert_eq!(index.by_uid["u-1"].metadata.containers["web"]["container.id"], "c0ffee");

    let later = now + Duration::from_secs(1);
    index.refresh(&store(&[]), &config(), later);
    assert!(index.by_uid.contains_key("u-1") && !index.uids.is_empty());
    index.refresh(&store(&[]), &config(), later + REMEMBERED);
    assert!(index.by_uid.is_empty() && index.uids.is_empty());
}
