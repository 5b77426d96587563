//! What the signals get.

use std::collections::BTreeMap;

use super::Identity;

fn identity(configured: &[(&str, &str)], node_name: Option<&str>) -> Identity {
    let configured = configured.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Identity::new(configured, "kernel".to_owned(), node_name.map(str::to_owned))
}

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn all_signals_carry_what_is_configured_and_the_node() {
    let identity = identity(&[("deployment.environment.name", "test")], Some("node-1"));
    let node = [("deployment_environment_name", "test"), ("k8s_node_name", "node-1")];
    assert_eq!(identity.scrape_labels(), labels(&node));
    assert_eq!(identity.labels(), labels(&[node[0], ("host_name", "kernel"), node[1]]));
    let keys: Vec<_> = identity.attributes().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["deployment.environment.name", "host.name", "k8s.node.name"]);
}

#[test]
fn a_configured_name_wins_over_the_one_found_out_and_goes_everywhere() {
    let identity = identity(&[("host.name", "given"), ("k8s.node.name", "mine")], Some("node-1"));
    assert_eq!(identity.host_name(), "given");
    assert_eq!(identity.scrape_labels(), labels(&[("host_name", "given"), ("k8s_node_name", "mine")]));
}
