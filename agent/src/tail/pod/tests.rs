//! Paths of containers' logs, and paths that are none.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use weir_kubernetes::{ContainerMetadata, KnownPod, PodMetadata};

use super::{Knowledge, PodPath};

const FILE: &str = "/var/log/pods/shop_cart_u-1/web";

fn link(id: &str) -> String {
    format!("/var/log/containers/cart_shop_web-{id}.log")
}

/// A pod whose container `web` had these ids.
fn pod(ids: &[(u32, &str)], is_gone: bool) -> KnownPod {
    let ids = ids.iter().map(|&(restarts, id)| (restarts, id.to_owned())).collect();
    let attributes = BTreeMap::from([("service.version".to_owned(), "1.2".to_owned())]);
    let containers = BTreeMap::from([("web".to_owned(), ContainerMetadata { attributes, ids })]);
    KnownPod { metadata: Arc::new(PodMetadata { containers, ..PodMetadata::default() }), is_gone }
}

fn said_by(path: &str) -> String {
    PodPath::of(Path::new(path)).map_or("nothing".to_owned(), |path| format!("{:?}", path.attributes(None)))
}

#[test]
fn the_kubelets_paths_say_whose_container_it_is() {
    let uid = "0a6b2c1e-7d3f-4a59-8c11-5e2f9b7d6a01";
    for end in ["3.log", "3.log.20261126-101500", "3.log.20261126-101500.gz"] {
        assert_eq!(
            said_by(&format!("/var/log/pods/shop_cart-5f7d-x_{uid}/web/{end}")),
            format!(
                "{{\"k8s.container.name\": \"web\", \"k8s.container.restart_count\": \"3\", \
                 \"k8s.namespace.name\": \"shop\", \"k8s.pod.name\": \"cart-5f7d-x\", \"k8s.pod.uid\": \"{uid}\"}}"
            )
        );
    }
    let id = "c0ffee00".repeat(8);
    assert_eq!(
        said_by(&format!("/var/log/containers/cart-5f7d-x_shop_web-log-{id}.log")),
        format!(
            "{{\"container.id\": \"{id}\", \"k8s.container.name\": \"web-log\", \
             \"k8s.namespace.name\": \"shop\", \"k8s.pod.name\": \"cart-5f7d-x\"}}"
        )
    );
}

#[test]
fn other_paths_say_nothing() {
    for path in [
        "/var/log/syslog",
        "/var/log/pods/shop_cart/web/0.log",
        "/var/log/pods/shop_cart_uid_more/web/0.log",
        "/var/log/pods/shop_cart_uid/web/current.log",
        "/var/log/containers/cart_shop_web-short.log",
        "/srv/a_b_c/web.log",
    ] {
        assert_eq!(said_by(path), "nothing", "{path}");
    }
}

#[test]
fn a_record_has_the_id_of_the_run_that_wrote_it() {
    let (other, current) = ("a".repeat(64), "b".repeat(64));
    let pod = pod(&[(1, &other), (2, &current)], false);
    let id = |path: &str| {
        let path = PodPath::of(Path::new(path)).expect("a container's file");
        let attributes = path.attributes(Some(&pod.metadata));
        assert_eq!(attributes["service.version"], "1.2");
        assert_eq!(attributes["service.instance.id"], "shop.cart.web");
        attributes.get("container.id").map(ToString::to_string)
    };
    assert_eq!(id(&format!("{FILE}/0.log")), None);
    assert_eq!(id(&format!("{FILE}/1.log")).as_ref(), Some(&other));
    assert_eq!(id(&format!("{FILE}/2.log")).as_ref(), Some(&current));
    assert_eq!(id(&format!("{FILE}/3.log")), None);
    assert_eq!(id(&link(&other)).as_ref(), Some(&other));
}

#[test]
fn a_link_whose_container_is_not_known_may_be_of_a_pod_that_had_the_name_before() {
    let (other, current) = ("a".repeat(64), "b".repeat(64));
    let pod = pod(&[(2, &current)], false);
    let is_of = |path: &str| PodPath::of(Path::new(path)).expect("a container's file").is_of(&pod);
    assert!(is_of(&link(&current)) && is_of(&format!("{FILE}/7.log")));
    assert!(!is_of(&link(&other)));
}

#[test]
fn a_container_is_known_once_the_status_tells_of_its_run_or_its_pod_is_gone() {
    let (id, other) = ("a".repeat(64), "b".repeat(64));
    let knowledge = |path: &str, pod: Option<&KnownPod>| {
        PodPath::of(Path::new(path)).expect("a container's file").knowledge(pod)
    };
    for path in [&format!("{FILE}/1.log"), &link(&id)] {
        assert_eq!(knowledge(path, None), Knowledge::None, "{path}");
        assert_eq!(knowledge(path, Some(&pod(&[], false))), Knowledge::Pod, "{path}");
        assert_eq!(knowledge(path, Some(&pod(&[(0, &other)], false))), Knowledge::Pod, "{path}");
        assert_eq!(knowledge(path, Some(&pod(&[(1, &id)], false))), Knowledge::Whole, "{path}");
        assert_eq!(knowledge(path, Some(&pod(&[], true))), Knowledge::Whole, "{path}");
    }
    let earlier = format!("{FILE}/0.log");
    assert_eq!(knowledge(&earlier, Some(&pod(&[(3, &id)], false))), Knowledge::Whole, "an earlier run");
}
