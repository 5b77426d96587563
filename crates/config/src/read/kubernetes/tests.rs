//! Access, roles and selectors, and what is wrong with them.

use std::path::Path;

use crate::{KubernetesRole, parse};

fn mistakes(sd: &str) -> String {
    let text = format!(
        "kubernetes: {{node_name: node-1}}\nscrape_configs:\n- job_name: pods\n  kubernetes_sd_configs: [{sd}]\n"
    );
    parse(&text, "weir.yaml")
        .map(|loaded| format!("{:?}", loaded.config.scrape_configs[0].kubernetes_sd_configs))
        .unwrap_or_else(|mistakes| mistakes.to_string())
}

#[test]
fn discovery_is_read_as_prometheus_reads_it_and_may_be_limited_to_the_own_node() {
    let text = "\
kubernetes: {node_name: node-1, pod_labels: [team]}
scrape_configs:
- job_name: pods
  kubernetes_sd_configs:
  - role: pod
    own_node: true
    namespaces: {own_namespace: true, names: [shop]}
    selectors: [{role: pod, label: 'app in (a, b)', field: status.phase=Running}]
    attach_metadata: {node: true, cronjob: true}
  - role: endpointslice
    api_server: https://10.0.0.1:6443
    authorization: {credentials_file: token}
    tls_config: {ca_file: ca.pem}
";
    let config = parse(text, "folder/weir.yaml").unwrap_or_else(|mistakes| panic!("{mistakes}")).config;
    let [pods, slices] = &config.scrape_configs[0].kubernetes_sd_configs[..] else {
        panic!("two are written")
    };
    assert_eq!((pods.role, pods.node.as_deref()), (KubernetesRole::Pod, Some("node-1")));
    assert!(pods.own_namespace && pods.namespaces == ["shop"]);
    let selector = &pods.selectors[&KubernetesRole::Pod];
    assert_eq!(selector.field.as_deref(), Some("status.phase=Running"));
    assert!(pods.attach_metadata.node && pods.attach_metadata.cronjob && !pods.attach_metadata.job);
    assert_eq!((slices.role, &slices.node), (KubernetesRole::EndpointSlice, &None));
    assert_eq!(slices.access.api_server.as_deref(), Some("https://10.0.0.1:6443"));
    assert_eq!(slices.access.http.tls.ca_file.as_deref(), Some(Path::new("folder/ca.pem")));
    assert_eq!(config.kubernetes.expect("it is there").pod_labels, ["team"]);
}

#[test]
fn what_cannot_work_is_refused_with_the_remedy() {
    for (sd, complaint) in [
        ("{}", "role: is missing"),
        ("{role: pods}", "pod"),
        ("{role: service, own_node: true}", "services and ingresses are on no node"),
        ("{role: node, selectors: [{role: pod}]}", "select by one of: node"),
        ("{role: pod, selectors: [{role: pod, label: a}, {role: pod, label: b}]}", "is selected by twice"),
        ("{role: pod, api_server: 'http://a', kubeconfig_file: b}", "stands beside api_server"),
        ("{role: pod, tls_config: {}}", "needs api_server"),
        ("{role: pod, api_server: 'http://a', basic_auth: {username: a}}", "has no effect on the way"),
        ("{role: pod, api_server: 'http://a', namespaces: {own_namespace: true}}", "name the namespace"),
    ] {
        let told = mistakes(sd);
        assert!(told.contains(complaint), "{sd}: {told}");
    }
    let text = "scrape_configs: [{job_name: a, kubernetes_sd_configs: [{role: pod, own_node: true}]}]";
    let told = parse(text, "weir.yaml").expect_err("no node is named").to_string();
    assert!(told.contains("kubernetes: {node_name: ${K8S_NODE_NAME}}"), "{told}");
}
