//! What the end-to-end comparison with Prometheus cannot bring about in one cluster.

use serde_json::{Value, json};
use weir_config::{AttachMetadata, KubernetesRole, StaticConfig};

use super::{Stores, join, label_name, make};
use crate::objects::Kept;
use crate::store::Store;

fn put<K: Kept + serde::de::DeserializeOwned>(store: &Store<K>, node: Option<&str>, object: Value) {
    let mut object: K = serde_json::from_value(object).expect("an object");
    object.trim(node);
    let metadata = object.meta();
    let key = (metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap_or_default());
    store.objects().insert(key, object);
}

fn addresses(groups: &[StaticConfig]) -> Vec<&str> {
    groups.iter().flat_map(|group| &group.targets).map(String::as_str).collect()
}

#[test]
fn endpoints_of_other_nodes_are_not_kept() {
    let stores = Stores::default();
    let endpoint = |ip: &str, node: &str| json!({"addresses": [ip], "conditions": {}, "nodeName": node});
    let slice = json!({
        "metadata": {"namespace": "shop", "name": "cart-1"}, "addressType": "IPv4",
        "endpoints": [endpoint("10.0.0.1", "node-1"), endpoint("10.0.0.2", "node-2")],
        "ports": [{"name": "http", "port": 80, "protocol": "TCP"}],
    });
    put(&stores.slices, Some("node-1"), slice);
    let address = |ip: &str, node: &str| json!({"ip": ip, "nodeName": node});
    let endpoints = json!({
        "metadata": {"namespace": "shop", "name": "cart"},
        "subsets": [{
            "addresses": [address("10.0.0.1", "node-1"), address("10.0.0.2", "node-2")],
            "notReadyAddresses": [address("10.0.0.3", "node-2")],
            "ports": [{"port": 80, "protocol": "TCP"}],
        }],
    });
    put(&stores.endpoints, Some("node-1"), endpoints);
    for role in [KubernetesRole::EndpointSlice, KubernetesRole::Endpoints] {
        assert_eq!(addresses(&make(role, AttachMetadata::default(), &stores)), ["10.0.0.1:80"]);
    }
}

#[test]
fn lists_that_go_wrote_as_null_are_empty() {
    let stores = Stores::default();
    let slice = json!({"metadata": {"name": "a"}, "addressType": "IPv4", "endpoints": null, "ports": null});
    put(&stores.slices, None, slice);
    assert!(make(KubernetesRole::EndpointSlice, AttachMetadata::default(), &stores).is_empty());
}

#[test]
fn addresses_and_names_are_written_as_prometheus_writes_them() {
    assert_eq!(join("fd00::1", 80), "[fd00::1]:80");
    assert_eq!(label_name("app.kubernetes.io/part-of"), "app_kubernetes_io_part_of");
}
