//! From a pod to the attributes of its logs.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use weir_config::KubernetesConfig;

use super::{ContainerMetadata, PodMetadata};
use crate::objects::{ContainerStatus, Pod, controller};

/// Annotations that begin like this are attributes.
const ATTRIBUTE_ANNOTATION: &str = "resource.opentelemetry.io/";
/// Attributes that begin like these are facts, which annotations cannot change.
const FACTS: [&str; 4] = ["k8s.", "container.", "log.", "host."];
/// What the deployment's controller adds to the names of its replica sets, with a `-` between.
const TEMPLATE_HASH: &str = "pod-template-hash";
/// Digits that a cron job's controller adds to the names of its jobs: the scheduled time in minutes.
const CRON_DIGITS: usize = 8;
/// How the kubelet names the logs of a static pod.
const CONFIG_HASH: &str = "kubernetes.io/config.hash";
/// On what the kubelet tells the API server of a static pod: its hash once more.
const CONFIG_MIRROR: &str = "kubernetes.io/config.mirror";

const SERVICE_VERSION: &str = "service.version";

pub(super) fn of(pod: &Pod, config: &KubernetesConfig) -> PodMetadata {
    let metadata = &pod.metadata;
    let label = |key: &str| text(metadata.labels.as_ref(), key);
    let annotation = |key: &str| text(metadata.annotations.as_ref(), key);
    let name = metadata.name.as_deref().unwrap_or_default();
    let namespace = metadata.namespace.as_deref().unwrap_or_default();
    let uid = metadata.uid.as_deref().unwrap_or_default();
    let owners = controller(metadata).map(|owner| owners(owner, metadata)).unwrap_or_default();

    let mut attributes = Attributes::default();
    attributes.add("k8s.namespace.name", namespace);
    attributes.add("k8s.pod.name", name);
    attributes.add("k8s.pod.uid", uid);
    attributes.add("k8s.pod.ip", &pod.status.pod_ip);
    attributes.add("k8s.node.name", &pod.spec.node_name);
    for (key, value) in &owners {
        attributes.add(key, value);
    }
    attributes.add("service.namespace", namespace);
    attributes.add("service.name", owners.first().map_or(name, |(_, owner)| owner));
    if config.service_from_labels {
        attributes.add("service.name", label("app.kubernetes.io/name"));
        attributes.add("service.name", label("app.kubernetes.io/instance"));
        attributes.add(SERVICE_VERSION, label("app.kubernetes.io/version"));
    }
    for (key, value) in metadata.annotations.iter().flatten() {
        if let Some(key) = key.strip_prefix(ATTRIBUTE_ANNOTATION)
            && !key.is_empty()
            && !FACTS.iter().any(|fact| key.starts_with(fact))
        {
            attributes.add(key, value);
        }
    }
    for key in &config.pod_labels {
        attributes.add(&format!("k8s.pod.label.{key}"), label(key));
    }
    for key in &config.pod_annotations {
        attributes.add(&format!("k8s.pod.annotation.{key}"), annotation(key));
    }
    let Attributes(attributes) = attributes;
    let hash = annotation(CONFIG_HASH);
    PodMetadata {
        uid: uid.to_owned(),
        static_hash: (!hash.is_empty() && hash == annotation(CONFIG_MIRROR)).then(|| hash.to_owned()),
        containers: containers(pod, !attributes.contains_key(SERVICE_VERSION)),
        attributes,
    }
}

/// Of those with one key, the last that is not empty stays.
#[derive(Default)]
struct Attributes(BTreeMap<String, String>);

impl Attributes {
    fn add(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.0.insert(key.to_owned(), value.to_owned());
        }
    }
}

fn text<'t>(texts: Option<&'t BTreeMap<String, String>>, key: &str) -> &'t str {
    texts.and_then(|texts| texts.get(key)).map_or("", String::as_str)
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

fn containers(pod: &Pod, is_version_by_image: bool) -> BTreeMap<String, ContainerMetadata> {
    let (spec, status) = (&pod.spec, &pod.status);
    let statuses = || {
        let others = status.init_container_statuses.iter().chain(&status.ephemeral_container_statuses);
        status.container_statuses.iter().chain(others)
    };
    let others = spec.init_containers.iter().chain(&spec.ephemeral_containers);
    let all = spec.containers.iter().chain(others);
    all.map(|container| {
        let mut attributes = Attributes::default();
        let (image, version) = split_image(&container.image);
        attributes.add("container.image.name", image);
        if is_version_by_image {
            attributes.add(SERVICE_VERSION, version);
        }
        let status = statuses().find(|status| status.name == container.name);
        let ids = status.map(ids).unwrap_or_default();
        (container.name.clone(), ContainerMetadata { attributes: attributes.0, ids })
    })
    .collect()
}

/// The name of an image, and what follows it: `tag`, `digest` or `tag@digest`.
pub(super) fn split_image(image: &str) -> (&str, &str) {
    let path = image.rfind('/').map_or(0, |slash| slash + 1);
    image[path..].find([':', '@']).map_or((image, ""), |end| (&image[..path + end], &image[path + end + 1..]))
}

/// The ids of the last run and of the one before it. While a container that crashed waits to be started again, both are
/// of the same run.
fn ids(status: &ContainerStatus) -> BTreeMap<u32, String> {
    let restarts = status.restart_count;
    let last = [restarts.checked_sub(1), Some(restarts)];
    let ids = [&status.last_state.terminated.container_id, &status.container_id];
    // As in `containerd://<id>`.
    let ids = ids.map(|id| id.split_once("://").map(|(_, id)| id.to_owned()));
    let [before, current] = &ids;
    let is_one = before == current;
    let ids = last.into_iter().zip(ids).skip(usize::from(is_one));
    ids.filter_map(|(restarts, id)| restarts.zip(id)).collect()
}
