//! From a pod to the attributes of its logs.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use weir_config::KubernetesConfig;

use super::PodMetadata;
use crate::objects::{Pod, controller};

/// Annotations that begin like this are attributes.
const ATTRIBUTE_ANNOTATION: &str = "resource.opentelemetry.io/";
/// What the deployment's controller adds to the names of its replica sets, with a `-` between.
const TEMPLATE_HASH: &str = "pod-template-hash";
/// Digits that a cron job's controller adds to the names of its jobs: the scheduled time in minutes.
const CRON_DIGITS: usize = 8;

pub(super) fn of(pod: &Pod, config: &KubernetesConfig) -> PodMetadata {
    let metadata = &pod.metadata;
    let mut attributes = BTreeMap::new();
    let mut add = |key: &str, value: &str| {
        if !value.is_empty() {
            attributes.insert(key.to_owned(), value.to_owned());
        }
    };
    let namespace = metadata.namespace.as_deref().unwrap_or_default();
    let name = metadata.name.as_deref().unwrap_or_default();
    add("k8s.namespace.name", namespace);
    add("k8s.pod.name", name);
    add("k8s.pod.uid", metadata.uid.as_deref().unwrap_or_default());
    add("k8s.pod.ip", &pod.status.pod_ip);
    add("k8s.node.name", &pod.spec.node_name);
    let owners = controller(metadata).map(|owner| owners(owner, metadata)).unwrap_or_default();
    for (key, value) in &owners {
        add(key, value);
    }
    let label = |key: &str| metadata.labels.as_ref()?.get(key).map(String::as_str);
    let named_by =
        [label("app.kubernetes.io/name"), owners.first().map(|(_, name)| name.as_str()), Some(name)];
    add("service.name", named_by.into_iter().flatten().next().unwrap_or_default());
    add("service.namespace", namespace);
    add("service.version", label("app.kubernetes.io/version").unwrap_or_default());
    for (key, value) in metadata.annotations.iter().flatten() {
        if let Some(key) = key.strip_prefix(ATTRIBUTE_ANNOTATION) {
            add(key, value);
        }
    }
    for (kind, texts, wanted) in [
        ("label", &metadata.labels, &config.pod_labels),
        ("annotation", &metadata.annotations, &config.pod_annotations),
    ] {
        for key in wanted {
            let value = texts.as_ref().and_then(|texts| texts.get(key)).map_or("", String::as_str);
            add(&format!("k8s.pod.{kind}.{key}"), value);
        }
    }
    PodMetadata { attributes, containers: containers(pod) }
}

/// Who runs the pod: the outermost owner that is known first.
fn owners(owner: &OwnerReference, pod: &ObjectMeta) -> Vec<(&'static str, String)> {
    let name = owner.name.clone();
    match owner.kind.as_str() {
        "ReplicaSet" => {
            let hash = pod.labels.as_ref().and_then(|labels| labels.get(TEMPLATE_HASH));
            let deployment = hash.and_then(|hash| name.strip_suffix(hash)?.strip_suffix('-'));
            let deployment = deployment.map(|name| ("k8s.deployment.name", name.to_owned()));
            deployment.into_iter().chain([("k8s.replicaset.name", name.clone())]).collect()
        }
        "StatefulSet" => vec![("k8s.statefulset.name", name)],
        "DaemonSet" => vec![("k8s.daemonset.name", name)],
        "Job" => {
            let cron = name.rsplit_once('-').filter(|(_, time)| {
                time.len() == CRON_DIGITS && time.bytes().all(|byte| byte.is_ascii_digit())
            });
            let cron = cron.map(|(cron, _)| ("k8s.cronjob.name", cron.to_owned()));
            cron.into_iter().chain([("k8s.job.name", name.clone())]).collect()
        }
        _ => Vec::new(),
    }
}

fn containers(pod: &Pod) -> BTreeMap<String, BTreeMap<String, String>> {
    let statuses = || pod.status.container_statuses.iter().chain(&pod.status.init_container_statuses);
    let all = pod.spec.containers.iter().chain(&pod.spec.init_containers);
    all.map(|container| {
        let mut attributes = BTreeMap::new();
        if !container.image.is_empty() {
            attributes.insert("container.image.name".to_owned(), container.image.clone());
        }
        // As in `containerd://<id>`.
        let id = statuses().find(|status| status.name == container.name);
        if let Some((_, id)) = id.and_then(|status| status.container_id.split_once("://")) {
            attributes.insert("container.id".to_owned(), id.to_owned());
        }
        (container.name.clone(), attributes)
    })
    .collect()
}
