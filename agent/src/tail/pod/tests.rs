//! Paths of containers' logs, and paths that are none.

use std::path::Path;

use super::PodPath;

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
