//! The agent in Kubernetes: targets and pods' metadata from a real API server.

#[path = "kubernetes/objects.rs"]
mod objects;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use weir_e2e::{Weir, world_readable_folder};
use weir_stack::{Elasticsearch, Kubernetes, Prometheus, PrometheusMode, get_json, wait_until};

const WAIT: Duration = Duration::from_secs(60);

/// A job of each role and one with everything attached. Nothing is scraped within the test: the interval is an hour, and
/// the addresses become one on loopback where nobody listens.
fn jobs(kubernetes: &Kubernetes) -> String {
    let mut jobs = String::from("global: {scrape_interval: 1h}\nscrape_configs:\n");
    let attach = "attach_metadata: {node: true, namespace: true, deployment: true, job: true, cronjob: true}";
    for (name, role, more) in [
        ("node", "node", ""),
        ("pod", "pod", ""),
        ("service", "service", ""),
        ("endpoints", "endpoints", ""),
        ("endpointslice", "endpointslice", ""),
        ("ingress", "ingress", ""),
        ("pod-attached", "pod", attach),
        ("endpoints-attached", "endpoints", attach),
        ("endpointslice-attached", "endpointslice", attach),
        ("service-attached", "service", "attach_metadata: {namespace: true}"),
        ("pod-selected", "pod", "namespaces: {names: [shop]}, selectors: [{role: pod, label: app=cart}]"),
    ] {
        jobs += &format!(
            "- job_name: {name}\n  kubernetes_sd_configs:\n  - {{role: {role}, {}{}{more}}}\n  relabel_configs:\n\
             \x20 - {{source_labels: [__address__], target_label: was}}\n\
             \x20 - {{action: labelmap, regex: __meta_kubernetes_(.+)}}\n\
             \x20 - {{target_label: __address__, replacement: '127.0.0.1:1'}}\n",
            kubernetes.client_settings(&kubernetes.admin_token_file()),
            if more.is_empty() { "" } else { ", " },
        );
    }
    jobs
}

/// What Prometheus says of its own settings among a target's labels.
const OWN_SETTINGS: [&str; 3] = [
    "__always_scrape_classic_histograms__",
    "__convert_classic_histograms_to_nhcb__",
    "__scrape_native_histograms__",
];

/// The labels before relabelling of each target of a job, as text that compares.
fn discovered(targets: &Value, job: &str, labels: &str) -> BTreeSet<String> {
    let targets = targets.as_array().map(Vec::as_slice).unwrap_or_default();
    let of_job = targets.iter().filter(|target| target[labels]["job"] == job);
    let text = |target: &Value| {
        let mut labels = target[labels].as_object().cloned().unwrap_or_default();
        labels.retain(|name, _| !OWN_SETTINGS.contains(&name.as_str()));
        Value::Object(labels).to_string()
    };
    of_job.map(text).collect()
}

/// Another selector in the last job; and besides it an entry that comes before the changed one.
fn changed(config: &str, kubernetes: &Kubernetes) -> (String, String) {
    let entry =
        format!("  - {{role: service, {}}}\n", kubernetes.client_settings(&kubernetes.admin_token_file()));
    let changed = config.replace("label: app=cart", "label: app in (cart)");
    let head = "- job_name: pod-selected\n  kubernetes_sd_configs:\n";
    let (others, selected) = changed.split_once(head).expect("the job");
    let with_more = format!("{others}{head}{entry}{selected}");
    (changed, with_more)
}

#[test]
fn targets_have_the_labels_that_prometheus_gives_them_and_follow_changes_and_outages() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let mut kubernetes = Kubernetes::start(&folder.path().join("kubernetes")).expect("kubernetes starts");
    objects::create(&kubernetes);
    let config = jobs(&kubernetes);
    let prometheus = Prometheus::start(PrometheusMode::Receiver, &folder.path().join("prometheus"), &config)
        .expect("prometheus starts");
    let mut weir = Weir::start(&folder.path().join("weir"), &config);
    let compare = |weir: &Weir| {
        let theirs = prometheus.api("targets", &[("state", "active")])["activeTargets"].clone();
        let ours = get_json(&weir.url("/targets"));
        let names = config.lines().filter_map(|line| line.strip_prefix("- job_name: "));
        for job in names {
            let (ours, theirs) =
                (discovered(&ours, job, "discovered_labels"), discovered(&theirs, job, "discoveredLabels"));
            if theirs.is_empty() || ours != theirs {
                return Err(format!(
                    "{job}: only weir: {:#?}, only prometheus: {:#?}",
                    ours.difference(&theirs),
                    theirs.difference(&ours)
                ));
            }
        }
        Ok(())
    };
    wait_until("the same targets", WAIT, || compare(&weir));
    kubernetes.kubectl(&["-n", "shop", "delete", "pod", "cart-b", "--force", "--grace-period=0"]);
    kubernetes.kubectl(&["-n", "shop", "label", "service", "cart", "tier=web"]);
    let has_pod = |weir: &Weir, name: &str| {
        let told = get_json(&weir.url("/targets")).to_string();
        told.contains(&format!("\"__meta_kubernetes_pod_name\":\"{name}\""))
    };
    wait_until("the same targets after changes", WAIT, || match has_pod(&weir, "cart-b") {
        true => Err("the deleted pod is there".to_owned()),
        false => compare(&weir),
    });

    let before = get_json(&weir.url("/targets"));
    kubernetes.stop();
    wait_until("the outage shows", WAIT, || {
        let failures = weir.books().sum("weir_kubernetes_watch_failures_total", &[]);
        if failures > 0.0 { Ok(()) } else { Err("no failure is counted".to_owned()) }
    });
    let count = |targets: &Value| targets.as_array().map_or(0, Vec::len);
    assert_eq!(count(&get_json(&weir.url("/targets"))), count(&before), "what is known stays in force");
    let (changed, with_more) = changed(&config, &kubernetes);
    weir.write_config(&with_more);
    weir.hang_up();
    wait_until("the reload", WAIT, || {
        match weir.books().sum("weir_config_reloads_total", &[("outcome", "applied")]) {
            1.0 => Ok(()),
            _ => Err(weir.log()),
        }
    });
    assert_eq!(
        count(&get_json(&weir.url("/targets"))),
        count(&before),
        "a changed entry keeps what is known"
    );
    kubernetes.start_again().expect("kubernetes starts again");
    weir.write_config(&changed);
    weir.hang_up();
    objects::create_pod(&kubernetes, "cart-c", "node-1", "127.0.0.7");
    wait_until("the same targets after an outage", 2 * WAIT, || match has_pod(&weir, "cart-c") {
        true => compare(&weir),
        false => Err("the new pod is not there".to_owned()),
    });
    assert!(weir.stop().success());
}

#[test]
fn limited_to_the_own_node_targets_are_those_that_are_on_it() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let kubernetes = Kubernetes::start(&folder.path().join("kubernetes")).expect("kubernetes starts");
    objects::create(&kubernetes);
    let config = jobs(&kubernetes).replace("{role: ", "{own_node: true, role: ");
    let keep = ["node", "pod", "endpoints", "endpointslice"];
    let mut jobs = config.split("- job_name: ");
    let mut config = jobs.next().unwrap_or_default().to_owned();
    for job in jobs.filter(|job| keep.iter().any(|name| job.starts_with(&format!("{name}\n")))) {
        config += &format!("- job_name: {job}");
    }
    config += "kubernetes: {node_name: node-2, kubeconfig_file: ";
    config += &format!("'{}'}}\n", kubernetes.kubeconfig().display());
    let mut weir = Weir::start(&folder.path().join("weir"), &config);
    let nodes = |job: &str, label: &str| -> BTreeSet<String> {
        let targets = get_json(&weir.url("/targets"));
        let targets = targets.as_array().cloned().unwrap_or_default();
        let of_job = targets.iter().filter(|target| target["job"] == job);
        of_job.filter_map(|target| Some(target["discovered_labels"][label].as_str()?.to_owned())).collect()
    };
    for (job, label) in [
        ("node", "__meta_kubernetes_node_name"),
        ("pod", "__meta_kubernetes_pod_node_name"),
        ("endpoints", "__meta_kubernetes_endpoint_node_name"),
        ("endpointslice", "__meta_kubernetes_endpointslice_endpoint_node_name"),
    ] {
        wait_until(&format!("targets of {job}"), WAIT, || match nodes(job, label) {
            found if found == BTreeSet::from(["node-2".to_owned()]) => Ok(()),
            other => Err(format!("{other:?}")),
        });
    }
    assert!(weir.stop().success());
}

#[test]
fn logs_of_pods_say_whose_they_are_also_when_the_lines_came_before_the_word_of_the_pod() {
    let folder = world_readable_folder();
    let kubernetes = Kubernetes::start(&folder.path().join("kubernetes")).expect("kubernetes starts");
    let elasticsearch = Elasticsearch::start(&folder.path().join("es")).expect("elasticsearch starts");
    objects::create(&kubernetes);
    let pods = folder.path().join("pods");
    let config = format!(
        "kubernetes: {{node_name: node-1, pod_labels: [app], kubeconfig_file: '{}'}}\n\
         logs: [{{name: pods, paths: ['{}/*/*/*.log'], format: cri}}]\n\
         elasticsearch: [{{urls: ['{}']}}]\n",
        kubernetes.kubeconfig().display(),
        pods.display(),
        elasticsearch.url()
    );
    let uid =
        |pod: &str| kubernetes.kubectl(&["-n", "shop", "get", "pod", pod, "-o", "jsonpath={.metadata.uid}"]);
    write_line(&pods, &format!("shop_cart-a_{}", uid("cart-a")), "known before");
    write_line(&pods, "gone_nobody_0a6b2c1e-7d3f-4a59-8c11-5e2f9b7d6a01", "never known");
    let mut weir = Weir::start(&folder.path().join("weir"), &config);
    let document = |message: &str| {
        wait_until(message, WAIT, || {
            let query = json!({"match_phrase": {"message": message}});
            let found = elasticsearch.search("logs-*", &query)?;
            found.into_iter().next().map(|(_, source)| source).ok_or_else(|| "no document".to_owned())
        })
    };
    let known = document("known before");
    assert_eq!(known["kubernetes.pod.name"], "cart-a", "{known}");
    assert_eq!(known["kubernetes.deployment.name"], "cart", "{known}");
    assert_eq!(known["service.name"], "cart", "{known}");
    assert_eq!(known["kubernetes.node.name"], "node-1", "{known}");
    assert_eq!(known["kubernetes.container.name"], "web", "{known}");
    assert!(known.to_string().contains("k8s.pod.label.app"), "{known}");
    let unknown = document("never known");
    assert_eq!(unknown["kubernetes.pod.name"], "nobody", "{unknown}");
    assert!(unknown["service.name"].is_null(), "{unknown}");

    // The kubelet makes the folder of a new pod when the API server has told it of the pod; weir may hear of it later,
    // and of its status later still.
    objects::create_pending_pod(&kubernetes, "cart-c", "node-1");
    write_line(&pods, &format!("shop_cart-c_{}", uid("cart-c")), "just started");
    objects::run_pod(&kubernetes, "cart-c", "127.0.0.7");
    let started = document("just started");
    assert_eq!(started["service.name"], "cart", "{started}");
    assert_eq!(started["container.id"], "web", "{started}");
    assert_eq!(started["container.image.name"], "cart", "{started}");
    assert_eq!(started["service.version"], "1", "{started}");
    assert!(started.to_string().contains("127.0.0.7"), "{started}");
    weir.await_books("one pod was never known", WAIT, |books| {
        books.sum("weir_tail_pods_unknown_total", &[]) == 1.0
    });
    weir.finish();
}

fn write_line(pods: &Path, pod: &str, text: &str) {
    let folder = pods.join(pod).join("web");
    fs::create_dir_all(&folder).expect("a pod's folder");
    let line = format!("2026-11-26T10:00:00.000000001Z stdout F {text}\n");
    fs::write(folder.join("0.log"), line).expect("a pod's log");
}
