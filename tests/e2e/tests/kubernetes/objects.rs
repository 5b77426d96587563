//! A small cluster: two nodes, pods of a deployment and of a cron job, a service with its endpoints, an ingress.

use serde_json::{Value, json};
use weir_stack::Kubernetes;

/// Makes all of it. Addresses are on loopback.
pub(crate) fn create(kubernetes: &Kubernetes) {
    kubernetes.apply(&[
        object("v1", "Namespace", "", "shop", json!({"labels": {"team": "payments"}}), json!({})),
        object("v1", "Namespace", "", "default", json!({}), json!({})),
    ]);
    let template = json!({"metadata": {"labels": {"app": "cart"}}, "spec": {"containers": [{"name": "web", "image": "cart:1"}]}});
    let batch = json!({"metadata": {}, "spec": {"restartPolicy": "Never", "containers": [{"name": "run", "image": "report:1"}]}});
    kubernetes.apply(&[
        node("node-1"),
        node("node-2"),
        object(
            "apps/v1", "ReplicaSet", "shop", "cart-5f7d", json!({"ownerReferences": [owner("apps/v1", "Deployment", "cart")]}),
            json!({"spec": {"selector": {"matchLabels": {"app": "cart"}}, "template": template}}),
        ),
        object(
            "batch/v1", "Job", "shop", "report-29384756", json!({"ownerReferences": [owner("batch/v1", "CronJob", "report")]}),
            json!({"spec": {"template": batch}}),
        ),
        object(
            "v1", "Service", "shop", "cart", json!({"labels": {"app": "cart"}, "annotations": {"prometheus.io/scrape": "true"}}),
            json!({"spec": {"selector": {"app": "cart"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}}),
        ),
        object(
            "v1", "Service", "shop", "shop-front", json!({}),
            json!({"spec": {"type": "LoadBalancer", "ports": [{"port": 443}]}}),
        ),
        object(
            "v1", "Service", "default", "elsewhere", json!({}),
            json!({"spec": {"type": "ExternalName", "externalName": "shop.test", "ports": [{"name": "tls", "port": 443}]}}),
        ),
        ingress(),
    ]);
    create_pod(kubernetes, "cart-a", "node-1", "127.0.0.2");
    create_pod(kubernetes, "cart-b", "node-2", "127.0.0.3");
    create_report(kubernetes);
    kubernetes.apply(&endpoints());
    for node in ["node-1", "node-2"] {
        let address =
            json!([{"type": "Hostname", "address": node}, {"type": "InternalIP", "address": "127.0.0.1"}]);
        let status = json!({
            "addresses": address,
            "conditions": [{"type": "Ready", "status": "True"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        });
        kubernetes.set_status("default", &format!("node/{node}"), &status);
    }
}

/// A pod of the deployment `cart` that runs on a node.
pub(crate) fn create_pod(kubernetes: &Kubernetes, name: &str, node: &str, ip: &str) {
    create_pending_pod(kubernetes, name, node);
    run_pod(kubernetes, name, ip);
}

/// One of which no status is known yet.
pub(crate) fn create_pending_pod(kubernetes: &Kubernetes, name: &str, node: &str) {
    let metadata = json!({
        "labels": {"app": "cart", "pod-template-hash": "5f7d"},
        "annotations": {"prometheus.io/port": "8080"},
        "ownerReferences": [owner("apps/v1", "ReplicaSet", "cart-5f7d")],
    });
    let spec = json!({"spec": {
        "nodeName": node,
        "containers": [
            {"name": "web", "image": "cart:1", "ports": [{"name": "http", "containerPort": 8080}, {"name": "admin", "containerPort": 9090}]},
            {"name": "sidecar", "image": "proxy:2"},
        ],
        "initContainers": [{"name": "wait", "image": "wait:1"}],
    }});
    kubernetes.apply(&[object("v1", "Pod", "shop", name, metadata, spec)]);
}

/// Its containers run.
pub(crate) fn run_pod(kubernetes: &Kubernetes, name: &str, ip: &str) {
    let status = |name: &str| {
        json!({
            "name": name, "containerID": format!("containerd://{name}"), "image": "i", "imageID": "i", "ready": true, "restartCount": 0,
        })
    };
    kubernetes.set_status(
        "shop",
        &format!("pod/{name}"),
        &json!({
            "phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "hostIP": "127.0.0.1",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [status("web"), status("sidecar")],
            "initContainerStatuses": [status("wait")],
        }),
    );
}

fn create_report(kubernetes: &Kubernetes) {
    let spec = json!({"spec": {"nodeName": "node-1", "containers": [{"name": "run", "image": "report:1"}]}});
    kubernetes.apply(&[object(
        "v1",
        "Pod",
        "shop",
        "report-1",
        json!({"ownerReferences": [owner("batch/v1", "Job", "report-29384756")]}),
        spec,
    )]);
    kubernetes.set_status(
        "shop",
        "pod/report-1",
        &json!({"phase": "Pending", "podIP": "127.0.0.4", "podIPs": [{"ip": "127.0.0.4"}]}),
    );
}

fn endpoints() -> [Value; 2] {
    let pod = |name: &str| json!({"kind": "Pod", "namespace": "shop", "name": name});
    let address =
        |ip: &str, name: &str, node: &str| json!({"ip": ip, "nodeName": node, "targetRef": pod(name)});
    let subsets = json!({"subsets": [{
        "addresses": [address("10.1.0.2", "cart-a", "node-1")],
        "notReadyAddresses": [address("10.1.0.3", "cart-b", "node-2"), {"ip": "10.1.0.9", "hostname": "old"}],
        "ports": [{"name": "http", "port": 8080}],
    }]});
    let endpoint = |ip: &str, name: &str, node: &str, ready: bool| {
        json!({
            "addresses": [ip], "nodeName": node, "zone": "z1", "targetRef": pod(name),
            "conditions": {"ready": ready, "serving": true, "terminating": !ready},
        })
    };
    let slice = json!({
        "addressType": "IPv4",
        "endpoints": [
            endpoint("10.1.0.2", "cart-a", "node-1", true),
            endpoint("10.1.0.3", "cart-b", "node-2", false),
            {"addresses": ["10.1.0.9"], "hostname": "old"},
        ],
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP", "appProtocol": "http"}],
    });
    let of_service = json!({"labels": {"kubernetes.io/service-name": "cart"}});
    [
        object("v1", "Endpoints", "shop", "cart", json!({"labels": {"app": "cart"}}), subsets),
        object("discovery.k8s.io/v1", "EndpointSlice", "shop", "cart-x", of_service, slice),
    ]
}

fn ingress() -> Value {
    let path = |path: &str| {
        json!({
            "path": path, "pathType": "Prefix", "backend": {"service": {"name": "cart", "port": {"number": 80}}},
        })
    };
    let spec = json!({"spec": {
        "ingressClassName": "public",
        "tls": [{"hosts": ["*.shop.test"]}],
        "rules": [
            {"host": "www.shop.test", "http": {"paths": [path("/"), path("/cart")]}},
            {"host": "shop.test", "http": {"paths": [path("/")]}},
        ],
    }});
    object("networking.k8s.io/v1", "Ingress", "shop", "front", json!({"labels": {"app": "cart"}}), spec)
}

fn node(name: &str) -> Value {
    let metadata = json!({"labels": {"topology.kubernetes.io/zone": "z1"}});
    object("v1", "Node", "", name, metadata, json!({"spec": {"providerID": format!("test://{name}")}}))
}

fn object(api: &str, kind: &str, namespace: &str, name: &str, metadata: Value, rest: Value) -> Value {
    let mut object = rest;
    object["apiVersion"] = api.into();
    object["kind"] = kind.into();
    object["metadata"] = metadata;
    object["metadata"]["name"] = name.into();
    if !namespace.is_empty() {
        object["metadata"]["namespace"] = namespace.into();
    }
    object
}

fn owner(api: &str, kind: &str, name: &str) -> Value {
    json!({"apiVersion": api, "kind": kind, "name": name, "uid": "1", "controller": true})
}
