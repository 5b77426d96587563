//! Which attribute becomes which ECS field, and how the fields of a document are mapped.
//!
//! No field here can refuse a value: ids and names are keywords, which take any scalar, and what has a type of its
//! own (`@timestamp`, `log.offset`) is written by weir.

/// Resource attributes (OpenTelemetry semantic conventions) and their ECS field. Where two name one field, the first
/// that the resource has wins.
pub(crate) const RESOURCE_FIELDS: &[(&str, &str)] = &[
    ("service.name", "service.name"),
    ("service.version", "service.version"),
    ("service.namespace", "service.namespace"),
    ("service.instance.id", "service.node.name"),
    ("deployment.environment.name", "service.environment"),
    ("deployment.environment", "service.environment"),
    ("host.name", "host.name"),
    ("host.id", "host.id"),
    ("host.arch", "host.architecture"),
    ("host.type", "host.type"),
    ("os.type", "host.os.platform"),
    ("os.name", "host.os.name"),
    ("os.version", "host.os.version"),
    ("os.description", "host.os.full"),
    ("process.pid", "process.pid"),
    ("process.executable.name", "process.name"),
    ("process.executable.path", "process.executable"),
    ("process.command_line", "process.command_line"),
    ("container.id", "container.id"),
    ("container.name", "container.name"),
    ("container.runtime", "container.runtime"),
    ("container.image.name", "container.image.name"),
    ("k8s.cluster.name", "orchestrator.cluster.name"),
    ("k8s.namespace.name", "kubernetes.namespace"),
    ("k8s.node.name", "kubernetes.node.name"),
    ("k8s.node.uid", "kubernetes.node.uid"),
    ("k8s.pod.name", "kubernetes.pod.name"),
    ("k8s.pod.uid", "kubernetes.pod.uid"),
    ("k8s.pod.ip", "kubernetes.pod.ip"),
    ("k8s.container.name", "kubernetes.container.name"),
    ("k8s.deployment.name", "kubernetes.deployment.name"),
    ("k8s.replicaset.name", "kubernetes.replicaset.name"),
    ("k8s.statefulset.name", "kubernetes.statefulset.name"),
    ("k8s.daemonset.name", "kubernetes.daemonset.name"),
    ("k8s.job.name", "kubernetes.job.name"),
    ("k8s.cronjob.name", "kubernetes.cronjob.name"),
    ("cloud.provider", "cloud.provider"),
    ("cloud.account.id", "cloud.account.id"),
    ("cloud.region", "cloud.region"),
    ("cloud.availability_zone", "cloud.availability_zone"),
    ("cloud.platform", "cloud.service.name"),
    ("log.file.path", "log.file.path"),
    ("log.file.name", "log.file.name"),
];

/// Keyword fields that come from the record or the configuration.
pub(crate) const RECORD_KEYWORDS: &[&str] = &[
    "log.level",
    "log.severity_text",
    "log.logger",
    "trace.id",
    "span.id",
    "correlation.id",
    "stream",
    "event.action",
    "error.type",
    "data_stream.type",
    "data_stream.dataset",
    "data_stream.namespace",
];

/// Fields with full text.
pub(crate) const TEXTS: &[&str] = &["message", "error.message", "error.stack_trace"];

/// Objects of which every leaf is a keyword, whatever their keys.
pub(crate) const FLATTENED: &[&str] = &["json", "attributes", "labels"];

/// The index of a resource attribute in [`RESOURCE_FIELDS`].
pub(crate) fn resource_field(attribute: &[u8]) -> Option<usize> {
    RESOURCE_FIELDS.iter().position(|(name, _)| name.as_bytes() == attribute)
}
