//! A target per container port of each pod, and what the targets of endpoints say of their pods.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use weir_config::StaticConfig;

use super::{Labels, Sources, join};
use crate::objects::{Container, ContainerPort, Pod, controller};
use crate::store::Key;

/// A container without ports gives a target without one, which relabelling may add.
pub(super) fn targets(pod: &Pod, sources: &Sources<'_>) -> Vec<StaticConfig> {
    let node = pod.spec.node_name.as_str();
    // A node selector hides nodes and the pods on them.
    let is_hidden = sources.attach.node && !sources.nodes.contains_key(&(String::new(), node.to_owned()));
    if pod.status.pod_ip.is_empty() || is_hidden {
        return Vec::new();
    }
    let mut common = Labels::of(pod.metadata.namespace.as_deref());
    common.merge(&labels(pod, sources));
    sources.attach_node(&mut common, Some(node));
    sources.attach_namespace(&mut common, pod.metadata.namespace.as_deref().unwrap_or_default());
    let mut targets = Vec::new();
    for (container, is_init) in containers(pod) {
        let mut labels = common.clone();
        name_container(&mut labels, container, is_init);
        labels.add("pod_container_id", container_id(pod, container, is_init));
        if container.ports.is_empty() {
            targets.push(labels.clone().at(pod.status.pod_ip.clone()));
        }
        for port in &container.ports {
            let mut labels = labels.clone();
            add_port(&mut labels, port, &port.protocol);
            targets.push(labels.at(join(&pod.status.pod_ip, port.container_port)));
        }
    }
    targets
}

/// What is said of a pod wherever it is part of a target.
pub(super) fn labels(pod: &Pod, sources: &Sources<'_>) -> Labels {
    let mut labels = Labels::default();
    labels.add("pod_ip", pod.status.pod_ip.as_str());
    let ready = pod.status.conditions.iter().find(|condition| condition.kind == "Ready");
    labels.add("pod_ready", ready.map_or("unknown".to_owned(), |ready| ready.status.to_lowercase()));
    labels.add("pod_phase", pod.status.phase.as_str());
    labels.add("pod_node_name", pod.spec.node_name.as_str());
    labels.add("pod_host_ip", pod.status.host_ip.as_str());
    labels.add("pod_uid", pod.metadata.uid.clone().unwrap_or_default());
    labels.add_metadata("pod", &pod.metadata);
    add_owners(&mut labels, &pod.metadata, sources);
    labels
}

fn add_owners(labels: &mut Labels, pod: &ObjectMeta, sources: &Sources<'_>) {
    let Some(owner) = controller(pod) else { return };
    labels.add("pod_controller_kind", owner.kind.as_str());
    labels.add("pod_controller_name", owner.name.as_str());
    let key = (pod.namespace.clone().unwrap_or_default(), owner.name.clone());
    let owner_of = |metadata: Option<&ObjectMeta>, kind: &str| {
        metadata.and_then(controller).filter(|owner| owner.kind == kind).map(|owner| owner.name.clone())
    };
    match owner.kind.as_str() {
        "ReplicaSet" if sources.attach.deployment => {
            let set = sources.replica_sets.get(&key).map(|set| &set.metadata);
            labels.add_if("pod_deployment_name", owner_of(set, "Deployment"));
        }
        "Job" => {
            if sources.attach.job {
                labels.add("pod_job_name", owner.name.as_str());
            }
            if sources.attach.cronjob {
                let job = sources.jobs.get(&key).map(|job| &job.metadata);
                labels.add_if("pod_cronjob_name", owner_of(job, "CronJob"));
            }
        }
        _ => {}
    }
}

/// Labels of the containers that listen on an endpoint's port; the last of them stays. `protocol`: the endpoint's, where
/// that is what is said.
pub(super) fn add_container(labels: &mut Labels, pod: &Pod, port: u16, protocol: Option<&str>) {
    for (container, is_init) in containers(pod) {
        if let Some(found) = container.ports.iter().find(|found| found.container_port == port) {
            name_container(labels, container, is_init);
            add_port(labels, found, protocol.unwrap_or(&found.protocol));
        }
    }
}

/// The ports of each pod that its endpoints have.
pub(super) type Covered = BTreeMap<Key, Vec<u16>>;

/// Targets of the ports of these pods that none of their endpoints has.
pub(super) fn uncovered(covered: &Covered, common: &Labels, sources: &Sources<'_>) -> Vec<StaticConfig> {
    let mut targets = Vec::new();
    for (key, covered) in covered {
        // A pod has no address while it starts and after it was evicted.
        let Some(pod) = sources.pods.get(key).filter(|pod| !pod.status.pod_ip.is_empty()) else { continue };
        for (container, is_init) in containers(pod) {
            for port in container.ports.iter().filter(|port| !covered.contains(&port.container_port)) {
                let mut labels = common.clone();
                name_container(&mut labels, container, is_init);
                add_port(&mut labels, port, &port.protocol);
                labels.merge(&self::labels(pod, sources));
                targets.push(labels.at(join(&pod.status.pod_ip, port.container_port)));
            }
        }
    }
    targets
}

fn name_container(labels: &mut Labels, container: &Container, is_init: bool) {
    labels.add("pod_container_name", container.name.as_str());
    labels.add("pod_container_image", container.image.as_str());
    labels.add("pod_container_init", is_init.to_string());
}

fn add_port(labels: &mut Labels, port: &ContainerPort, protocol: &str) {
    labels.add("pod_container_port_name", port.name.as_str());
    labels.add("pod_container_port_number", port.container_port.to_string());
    labels.add("pod_container_port_protocol", protocol);
}

/// Containers, and whether each is one that runs before the others.
fn containers(pod: &Pod) -> impl Iterator<Item = (&Container, bool)> {
    let main = pod.spec.containers.iter().map(|container| (container, false));
    main.chain(pod.spec.init_containers.iter().map(|container| (container, true)))
}

fn container_id(pod: &Pod, container: &Container, is_init: bool) -> String {
    let statuses = if is_init { &pod.status.init_container_statuses } else { &pod.status.container_statuses };
    let status = statuses.iter().find(|status| status.name == container.name);
    status.map(|status| status.container_id.clone()).unwrap_or_default()
}
