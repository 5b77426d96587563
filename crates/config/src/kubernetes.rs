//! Kubernetes: discovery of targets, and what is known of the node's pods.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::HttpClientConfig;

/// What is discovered, and whose selectors restrict it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KubernetesRole {
    /// A target per node: its kubelet.
    Node,
    /// A target per container port of each pod.
    Pod,
    /// A target per port of each service.
    Service,
    /// A target per address and port of each `Endpoints` object.
    Endpoints,
    /// A target per address and port of each `EndpointSlice`.
    EndpointSlice,
    /// A target per path of each ingress.
    Ingress,
}

/// How an API server is reached. With neither a server nor a file: as the pod that weir runs in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KubernetesAccess {
    /// Its URL.
    pub api_server: Option<String>,
    /// A kubeconfig file, whose current context is used.
    pub kubeconfig_file: Option<PathBuf>,
    /// Credentials and TLS, with `api_server`.
    pub http: HttpClientConfig,
}

/// Prometheus' `<kubernetes_sd_config>`.
#[derive(Clone, Debug, PartialEq)]
pub struct KubernetesSdConfig {
    /// What is discovered.
    pub role: KubernetesRole,
    /// Where.
    pub access: KubernetesAccess,
    /// Namespaces; empty: all, unless `own_namespace` is set.
    pub namespaces: Vec<String>,
    /// The namespace of the pod that weir runs in as well.
    pub own_namespace: bool,
    /// Restrictions by the kind of object they apply to.
    pub selectors: BTreeMap<KubernetesRole, KubernetesSelector>,
    /// What else is said of each target.
    pub attach_metadata: AttachMetadata,
    /// The node that targets are limited to.
    pub node: Option<String>,
}

/// Restricts which objects are seen; the API server applies it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KubernetesSelector {
    /// By labels.
    pub label: Option<String>,
    /// By fields.
    pub field: Option<String>,
}

/// What is said of a target besides its own object's labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttachMetadata {
    /// Labels and annotations of its node.
    pub node: bool,
    /// Labels and annotations of its namespace.
    pub namespace: bool,
    /// The deployment of its pod.
    pub deployment: bool,
    /// The job of its pod.
    pub job: bool,
    /// The cron job of its pod.
    pub cronjob: bool,
}

/// The node's place in a cluster: pods' metadata for logs, and the node that `own_node` means.
#[derive(Clone, Debug, PartialEq)]
pub struct KubernetesConfig {
    /// The node's name in Kubernetes.
    pub node_name: String,
    /// How its API server is reached.
    pub access: KubernetesAccess,
    /// Labels of pods that become attributes `k8s.pod.label.<key>` of their logs.
    pub pod_labels: Vec<String>,
    /// Annotations of pods that become attributes `k8s.pod.annotation.<key>` of their logs.
    pub pod_annotations: Vec<String>,
    /// `service.name` and `service.version` of logs are taken from the labels `app.kubernetes.io/*`.
    pub service_from_labels: bool,
}
