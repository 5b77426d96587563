//! Attributes from pods, static pods, and pods that are gone.

use serde_json::{Value, json};
use tokio::time::Instant;
use weir_config::{KubernetesAccess, KubernetesConfig};

use super::attributes::split_image;
use super::{Index, PodMetadata, REMEMBERED};
use crate::objects::Pod;
use crate::store::Store;

fn config() -> KubernetesConfig {
    KubernetesConfig {
        node_name: "node-1".to_owned(),
        access: KubernetesAccess::default(),
        pod_labels: vec!["team".to_owned()],
        pod_annotations: vec!["on-call".to_owned()],
        service_from_labels: false,
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

fn metadata_of(pod: Value, config: &KubernetesConfig) -> PodMetadata {
    let mut index = Index::default();
    index.refresh(&store(&[pod]), config, Instant::now());
    let found = index.by_uid("shop", "cart-5f7d-x", "u-1").expect("the pod");
    PodMetadata::clone(&found.metadata)
}

fn owner(kind: &str, name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": kind, "name": name, "uid": "o-1", "controller": true})
}

/// A pod with statuses of its container `web`.
fn pod_with(uid: &str, status: &Value) -> Value {
    let mut pod = pod(&owner("StatefulSet", "cart"), &json!({}), &json!({}));
    pod["metadata"]["uid"] = json!(uid);
    pod["status"]["containerStatuses"] = json!([status]);
    pod
}

#[test]
fn a_pod_of_a_deployment_is_its_service() {
    let labels = json!({"pod-template-hash": "5f7d", "team": "payments", "app.kubernetes.io/version": "1.2"});
    let pod = pod(&owner("ReplicaSet", "cart-5f7d"), &labels, &json!({"on-call": "yes"}));
    let expected = json!({
        "k8s.namespace.name": "shop", "k8s.pod.name": "cart-5f7d-x", "k8s.pod.uid": "u-1", "k8s.pod.ip": "10.1.0.9",
        "k8s.node.name": "node-1", "k8s.deployment.name": "cart", "k8s.replicaset.name": "cart-5f7d",
        "service.name": "cart", "service.namespace": "shop",
        "k8s.pod.label.team": "payments", "k8s.pod.annotation.on-call": "yes",
    });
    let found = metadata_of(pod, &config());
    assert_eq!(json!(found.attributes), expected);
    let of_container = json!({"container.image.name": "cart", "service.version": "1.2"});
    assert_eq!(json!(found.containers["web"].attributes), of_container);
}

#[test]
fn annotations_win_over_owners_and_wanted_labels_stand_between_them() {
    let service = |service_from_labels, owner: &Value, labels: &Value, annotations: &Value| {
        let config = KubernetesConfig { service_from_labels, ..config() };
        let found = metadata_of(pod(owner, labels, annotations), &config);
        let of_container = found.containers["web"].attributes.get("service.version").cloned();
        let version = found.attributes.get("service.version").cloned().or(of_container);
        format!("{} {}", found.attributes["service.name"], version.unwrap_or_default())
    };
    let by_name = json!({"app.kubernetes.io/name": "shop", "app.kubernetes.io/instance": ""});
    let by_all = json!({
        "app.kubernetes.io/name": "shop", "app.kubernetes.io/instance": "basket", "app.kubernetes.io/version": "7",
    });
    let by_annotation = json!({
        "resource.opentelemetry.io/service.name": "trolley", "resource.opentelemetry.io/service.version": "8",
    });
    let (set, none) = (owner("StatefulSet", "cart"), json!({}));
    assert_eq!(service(true, &set, &by_all, &by_annotation), "trolley 8");
    assert_eq!(service(false, &set, &by_all, &by_annotation), "trolley 8");
    assert_eq!(service(true, &set, &by_all, &none), "basket 7");
    assert_eq!(service(true, &set, &by_name, &none), "shop 1.2");
    assert_eq!(service(false, &set, &by_all, &none), "cart 1.2");
    assert_eq!(service(true, &owner("Job", "report-29384756"), &none, &none), "report 1.2");
    assert_eq!(service(true, &owner("Job", "import-42"), &none, &none), "import-42 1.2");
    assert_eq!(service(true, &owner("Node", "node-1"), &none, &none), "cart-5f7d-x 1.2");
}

#[test]
fn annotations_cannot_change_facts() {
    let annotations = json!({
        "resource.opentelemetry.io/k8s.namespace.name": "bank", "resource.opentelemetry.io/container.id": "f00d",
        "resource.opentelemetry.io/log.file.path": "/x", "resource.opentelemetry.io/host.name": "elsewhere",
        "resource.opentelemetry.io/deployment.environment.name": "test", "resource.opentelemetry.io/": "nothing",
    });
    let found =
        metadata_of(pod(&owner("StatefulSet", "cart"), &json!({}), &annotations), &config()).attributes;
    assert_eq!(found["k8s.namespace.name"], "shop");
    assert_eq!(found["deployment.environment.name"], "test");
    for key in ["container.id", "log.file.path", "host.name", ""] {
        assert!(!found.contains_key(key), "{key:?}");
    }
}

#[test]
fn an_image_is_a_name_and_a_version() {
    for (image, name, version) in [
        ("cart", "cart", ""),
        ("cart:1.2", "cart", "1.2"),
        ("registry.test:5000/shop/cart", "registry.test:5000/shop/cart", ""),
        ("registry.test:5000/shop/cart:1.2@sha256:ab", "registry.test:5000/shop/cart", "1.2@sha256:ab"),
        ("registry.test/cart@sha256:ab", "registry.test/cart", "sha256:ab"),
    ] {
        assert_eq!(split_image(image), (name, version), "{image}");
    }
}

#[test]
fn each_run_of_a_container_has_its_own_id() {
    let ids = |status: Value| json!(metadata_of(pod_with("u-1", &status), &config()).containers["web"].ids);
    let terminated = |id: &str| json!({"terminated": {"containerID": id, "exitCode": 1}});
    let running = json!({
        "name": "web", "restartCount": 2, "containerID": "containerd://b", "lastState": terminated("containerd://a"),
    });
    assert_eq!(ids(running), json!({"1": "a", "2": "b"}));
    let waiting = json!({
        "name": "web", "restartCount": 2, "containerID": "containerd://b", "lastState": terminated("containerd://b"),
    });
    assert_eq!(ids(waiting), json!({"2": "b"}));
    assert_eq!(ids(json!({"name": "web", "restartCount": 0, "lastState": {}})), json!({}));
    assert_eq!(ids(json!({"name": "web", "containerID": "containerd://a"})), json!({"0": "a"}));
}

#[test]
fn a_static_pod_is_found_by_the_hash_that_names_its_folder_where_its_name_fits() {
    let mut index = Index::default();
    let of_node = |annotations: Value| pod(&owner("Node", "node-1"), &json!({}), &annotations);
    let mirror = json!({"kubernetes.io/config.hash": "0a1b", "kubernetes.io/config.mirror": "0a1b"});
    index.refresh(&store(&[of_node(mirror)]), &config(), Instant::now());
    assert_eq!(index.by_uid("shop", "cart-5f7d-x", "0a1b").expect("the pod").metadata.uid, "u-1");
    assert!(index.by_uid("shop", "other", "0a1b").is_none());
    assert!(index.by_uid("bank", "cart-5f7d-x", "u-1").is_none());

    index.refresh(
        &store(&[of_node(json!({"kubernetes.io/config.hash": "0a1b"}))]),
        &config(),
        Instant::now(),
    );
    assert!(index.by_uid("shop", "cart-5f7d-x", "0a1b").is_none(), "no mirror of a static pod");
}

#[test]
fn a_deleted_pod_is_remembered_for_a_while_beside_the_one_that_took_its_name() {
    let now = Instant::now();
    let mut index = Index::default();
    let run = |uid: &str, id: &str| {
        pod_with(uid, &json!({"name": "web", "containerID": format!("containerd://{id}")}))
    };
    let uid = |index: &Index, id: &str| {
        let found = index.by_container_id("shop", "cart-5f7d-x", id);
        found.map(|pod| (pod.metadata.uid.clone(), pod.is_gone))
    };
    index.refresh(&store(&[run("u-1", "a")]), &config(), now);
    assert_eq!(uid(&index, "a"), Some(("u-1".to_owned(), false)));
    index.refresh(&store(&[]), &config(), now);
    assert_eq!(uid(&index, "b"), None, "a pod that is gone starts no container");
    index.refresh(&store(&[run("u-2", "b")]), &config(), now);
    assert_eq!(uid(&index, "a"), Some(("u-1".to_owned(), true)));
    assert_eq!(uid(&index, "b"), Some(("u-2".to_owned(), false)));
    assert_eq!(uid(&index, "c"), Some(("u-2".to_owned(), false)), "its status is to come");

    index.refresh(&store(&[run("u-2", "b")]), &config(), now + REMEMBERED);
    assert!(index.by_uid("shop", "cart-5f7d-x", "u-1").is_none());
    index.refresh(&store(&[]), &config(), now + REMEMBERED);
    index.refresh(&store(&[]), &config(), now + 2 * REMEMBERED);
    assert!(index.pods.is_empty());
}
