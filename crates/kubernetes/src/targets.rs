//! From objects to targets, with the labels that
//! [Prometheus](https://prometheus.io/docs/prometheus/latest/configuration/configuration/#kubernetes_sd_config) gives
//! them.

mod endpoints;
mod ingress;
mod node;
mod pod;
mod service;
mod slice;

use std::collections::BTreeMap;
use std::fmt::Display;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use weir_config::{AttachMetadata, KubernetesRole, StaticConfig};
use weir_relabel::label_name;

use crate::objects::{
    EndpointSlice, Endpoints, Ingress, Job, Namespace, Node, ObjectReference, Pod, ReplicaSet, Service,
};
use crate::store::{Objects, Store};

/// All that targets can be made of; what a role does not need stays empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stores {
    pub(crate) nodes: Store<Node>,
    pub(crate) pods: Store<Pod>,
    pub(crate) services: Store<Service>,
    pub(crate) endpoints: Store<Endpoints>,
    pub(crate) slices: Store<EndpointSlice>,
    pub(crate) ingresses: Store<Ingress>,
    pub(crate) namespaces: Store<Namespace>,
    pub(crate) replica_sets: Store<ReplicaSet>,
    pub(crate) jobs: Store<Job>,
}

impl Stores {
    /// Whether everything has been listed once.
    pub(crate) fn are_complete(&self) -> bool {
        self.nodes.is_complete()
            && self.pods.is_complete()
            && self.services.is_complete()
            && self.endpoints.is_complete()
            && self.slices.is_complete()
            && self.ingresses.is_complete()
            && self.namespaces.is_complete()
            && self.replica_sets.is_complete()
            && self.jobs.is_complete()
    }
}

/// The objects that labels are taken from besides the role's own.
struct Sources<'a> {
    attach: AttachMetadata,
    nodes: &'a Objects<Node>,
    pods: &'a Objects<Pod>,
    services: &'a Objects<Service>,
    namespaces: &'a Objects<Namespace>,
    replica_sets: &'a Objects<ReplicaSet>,
    jobs: &'a Objects<Job>,
}

/// Makes the targets of a role, each in a group of its own.
pub(crate) fn make(role: KubernetesRole, attach: AttachMetadata, stores: &Stores) -> Vec<StaticConfig> {
    let (nodes, pods, services) = (stores.nodes.objects(), stores.pods.objects(), stores.services.objects());
    let (namespaces, replica_sets) = (stores.namespaces.objects(), stores.replica_sets.objects());
    let jobs = stores.jobs.objects();
    let sources = Sources {
        attach,
        nodes: &nodes,
        pods: &pods,
        services: &services,
        namespaces: &namespaces,
        replica_sets: &replica_sets,
        jobs: &jobs,
    };
    match role {
        KubernetesRole::Node => nodes.values().filter_map(node::target).collect(),
        KubernetesRole::Pod => pods.values().flat_map(|pod| pod::targets(pod, &sources)).collect(),
        KubernetesRole::Service => {
            services.values().flat_map(|service| service::targets(service, &sources)).collect()
        }
        KubernetesRole::Endpoints => {
            let endpoints = stores.endpoints.objects();
            endpoints.values().flat_map(|object| endpoints::targets(object, &sources)).collect()
        }
        KubernetesRole::EndpointSlice => {
            let slices = stores.slices.objects();
            slices.values().flat_map(|object| slice::targets(object, &sources)).collect()
        }
        KubernetesRole::Ingress => {
            let ingresses = stores.ingresses.objects();
            ingresses.values().flat_map(|ingress| ingress::targets(ingress, &sources)).collect()
        }
    }
}

impl Sources<'_> {
    /// The pod that an address belongs to, as far as it is known.
    fn pod(&self, reference: Option<&ObjectReference>) -> Option<&Pod> {
        let reference = reference.filter(|reference| reference.kind == "Pod")?;
        self.pods.get(&(reference.namespace.clone(), reference.name.clone()))
    }

    /// Adds labels of the namespace, when they are wanted.
    fn attach_namespace(&self, labels: &mut Labels, namespace: &str) {
        if let (true, Some(found)) =
            (self.attach.namespace, self.namespaces.get(&(String::new(), namespace.to_owned())))
        {
            labels.add_texts("namespace", &found.metadata);
        }
    }

    /// Adds labels of a node, when they are wanted.
    fn attach_node(&self, labels: &mut Labels, name: Option<&str>) {
        let Some(name) = name.filter(|_| self.attach.node) else { return };
        if let Some(node) = self.nodes.get(&(String::new(), name.to_owned())) {
            labels.add_metadata("node", &node.metadata);
        }
    }
}

/// A target's labels, under their names without [`PREFIX`].
#[derive(Clone, Debug, Default)]
struct Labels {
    labels: BTreeMap<String, String>,
}

const PREFIX: &str = "__meta_kubernetes_";

impl Labels {
    fn of(namespace: Option<&str>) -> Self {
        let mut labels = Self::default();
        labels.add("namespace", namespace.unwrap_or_default());
        labels
    }

    fn add(&mut self, name: &str, value: impl Into<String>) {
        self.labels.insert(format!("{PREFIX}{name}"), value.into());
    }

    fn add_if(&mut self, name: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.add(name, value.to_string());
        }
    }

    /// An object's name, labels and annotations.
    fn add_metadata(&mut self, kind: &str, metadata: &ObjectMeta) {
        self.add(&format!("{kind}_name"), metadata.name.clone().unwrap_or_default());
        self.add_texts(kind, metadata);
    }

    /// An object's labels and annotations; each also as present, since an empty value would not show.
    fn add_texts(&mut self, kind: &str, metadata: &ObjectMeta) {
        for (what, texts) in [("label", &metadata.labels), ("annotation", &metadata.annotations)] {
            for (key, value) in texts.iter().flatten() {
                let key = label_name(key);
                self.add(&format!("{kind}_{what}_{key}"), value.as_str());
                self.add(&format!("{kind}_{what}present_{key}"), "true");
            }
        }
    }

    /// Adds all of `others`, which win.
    fn merge(&mut self, others: &Self) {
        self.labels.extend(others.labels.clone());
    }

    fn at(self, address: String) -> StaticConfig {
        StaticConfig { targets: vec![address], labels: self.labels }
    }
}

/// `host:port`, with an IPv6 address in brackets.
fn join(host: &str, port: impl Display) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests;
