//! `kubernetes` and `kubernetes_sd_configs`.

use std::collections::BTreeMap;

use crate::read::http::{self, HTTP_CLIENT};
use crate::section::Section;
use crate::shape::{Environment, Field, Kind, Shape};
use crate::{
    AttachMetadata, KubernetesAccess, KubernetesConfig, KubernetesRole, KubernetesSdConfig,
    KubernetesSelector,
};

const ROLE_NAMES: &[&str] = &["node", "pod", "service", "endpoints", "endpointslice", "ingress"];

const ROLES: [(&str, KubernetesRole); 6] = [
    ("node", KubernetesRole::Node),
    ("pod", KubernetesRole::Pod),
    ("service", KubernetesRole::Service),
    ("endpoints", KubernetesRole::Endpoints),
    ("endpointslice", KubernetesRole::EndpointSlice),
    ("ingress", KubernetesRole::Ingress),
];

/// Settings of [`HTTP_CLIENT`] that the client of the API server does not have, and what to do instead.
const NOT_TAKEN: [(&str, &str); 3] = [
    ("basic_auth", "use authorization or a client certificate: API servers have had no passwords since 1.19"),
    ("proxy_url", "name the proxy's own address in api_server"),
    ("follow_redirects", "leave it out: the API server does not redirect"),
];

/// `kubernetes`.
pub(crate) static KUBERNETES: Shape = Shape {
    name: "kubernetes",
    doc: "The node's place in a cluster: logs of pods get their pod's metadata.",
    environment: Environment::Inherited,
    fields: &[
        Field::new(
            "node_name",
            Kind::Text,
            "The node's name in Kubernetes, as a DaemonSet tells it (`fieldRef: spec.nodeName`).",
        )
        .required(),
        Field::new(
            "pod_labels",
            Kind::List(&Kind::Text),
            "Labels of pods that become attributes `k8s.pod.label.<key>` of their logs.",
        ),
        Field::new(
            "pod_annotations",
            Kind::List(&Kind::Text),
            "Annotations of pods that become attributes `k8s.pod.annotation.<key>` of their logs.",
        ),
        Field::new(
            "service_from_labels",
            Kind::Flag,
            "`app.kubernetes.io/instance` or `app.kubernetes.io/name` of a pod is its logs' `service.name`, and \
             `app.kubernetes.io/version` their `service.version`.",
        )
        .or("false"),
    ],
    includes: &[&ACCESS],
};

/// `<kubernetes_sd_config>`.
pub(crate) static KUBERNETES_SD: Shape = Shape {
    name: "kubernetes_sd_config",
    doc: "Targets from a Kubernetes API server, which are kept up to date by watches.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("role", Kind::Word(ROLE_NAMES), "What becomes a target.").required(),
        Field::new("namespaces", Kind::Section(&NAMESPACES), NAMESPACES.doc),
        Field::new("selectors", Kind::List(&Kind::Section(&SELECTOR)), SELECTOR.doc),
        Field::new("attach_metadata", Kind::Section(&ATTACH), ATTACH.doc),
        Field::new(
            "own_node",
            Kind::Flag,
            "Only what is on the node that `kubernetes.node_name` names. Prometheus does not have this setting.",
        )
        .or("false"),
    ],
    includes: &[&ACCESS],
};

static ACCESS: Shape = Shape {
    name: "kubernetes_access",
    doc: "How the API server is reached. By default as the pod that weir runs in.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("api_server", Kind::Url(&["http", "https"]), "Its URL; credentials stand beside it."),
        Field::new("kubeconfig_file", Kind::Path, "A kubeconfig file, whose current context is used."),
    ],
    includes: &[&HTTP_CLIENT],
};

static NAMESPACES: Shape = Shape {
    name: "kubernetes_namespaces",
    doc: "Namespaces that are looked at. Default: all.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("own_namespace", Kind::Flag, "That of the pod that weir runs in.").or("false"),
        Field::new("names", Kind::List(&Kind::Text), "These."),
    ],
    includes: &[],
};

static SELECTOR: Shape = Shape {
    name: "kubernetes_selector",
    doc: "Restricts which objects of a kind are seen.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("role", Kind::Word(ROLE_NAMES), "The kind of object.").required(),
        Field::new("label", Kind::Text, "A label selector."),
        Field::new("field", Kind::Text, "A field selector."),
    ],
    includes: &[],
};

static ATTACH: Shape = Shape {
    name: "kubernetes_attach_metadata",
    doc: "What is said of a target besides its own object's labels. Each needs a watch of its own.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("node", Kind::Flag, "Labels and annotations of its node.").or("false"),
        Field::new("namespace", Kind::Flag, "Labels and annotations of its namespace.").or("false"),
        Field::new("deployment", Kind::Flag, "The deployment of its pod.").or("false"),
        Field::new("job", Kind::Flag, "The job of its pod.").or("false"),
        Field::new("cronjob", Kind::Flag, "The cron job of its pod.").or("false"),
    ],
    includes: &[],
};

/// Reads `kubernetes`.
pub(crate) fn kubernetes(section: &Section<'_>) -> KubernetesConfig {
    let node_name = section.text("node_name").unwrap_or_default();
    if section.has("node_name") && node_name.is_empty() {
        section.mistake("node_name", "is empty", "write the node's name, such as ${K8S_NODE_NAME}");
    }
    KubernetesConfig {
        node_name,
        access: access(section),
        pod_labels: section.texts("pod_labels"),
        pod_annotations: section.texts("pod_annotations"),
        service_from_labels: section.flag("service_from_labels"),
    }
}

/// Reads one entry of `kubernetes_sd_configs`. `own_node` is `kubernetes.node_name`.
pub(crate) fn discovery(section: &Section<'_>, own_node: Option<&str>) -> KubernetesSdConfig {
    let role = section.word("role", &ROLES).unwrap_or(KubernetesRole::Pod);
    let namespaces = section.section_or_empty("namespaces");
    let config = KubernetesSdConfig {
        role,
        access: access(section),
        namespaces: namespaces.texts("names"),
        own_namespace: namespaces.flag("own_namespace"),
        selectors: selectors(section, role),
        attach_metadata: attach_metadata(&section.section_or_empty("attach_metadata")),
        node: node(section, role, own_node),
    };
    let elsewhere = ["api_server", "kubeconfig_file"].into_iter().find(|key| section.has(key));
    if let (true, Some(key)) = (config.own_namespace, elsewhere) {
        section.mistake(
            "namespaces",
            format!("own_namespace stands beside {key}"),
            "name the namespace: only within a pod there is one of its own",
        );
    }
    config
}

fn access(section: &Section<'_>) -> KubernetesAccess {
    let access = KubernetesAccess {
        api_server: section.url("api_server"),
        kubeconfig_file: section.path("kubeconfig_file"),
        http: http::read(section),
    };
    if access.api_server.is_some() && access.kubeconfig_file.is_some() {
        section.mistake("kubeconfig_file", "stands beside api_server", "keep one of them");
    }
    for (key, remedy) in NOT_TAKEN {
        if section.has(key) {
            section.mistake(key, "has no effect on the way to an API server", remedy);
        }
    }
    let http = ["authorization", "bearer_token", "bearer_token_file", "tls_config", "http_headers"];
    if let (None, Some(key)) = (&access.api_server, http.into_iter().find(|key| section.has(key))) {
        section.mistake(key, "needs api_server", "name the server's URL in api_server, or leave this out");
    }
    access
}

fn node(section: &Section<'_>, role: KubernetesRole, own_node: Option<&str>) -> Option<String> {
    if !section.flag("own_node") {
        return None;
    }
    if matches!(role, KubernetesRole::Service | KubernetesRole::Ingress) {
        section.mistake(
            "own_node",
            "says nothing here: services and ingresses are on no node",
            "leave it out",
        );
    } else if own_node.is_none() {
        section.mistake(
            "own_node",
            "needs the node's name",
            "add `kubernetes: {node_name: ${K8S_NODE_NAME}}` at the top level",
        );
    }
    own_node.map(str::to_owned)
}

/// Each kind of object may have one, and only kinds that the role looks at.
fn selectors(section: &Section<'_>, role: KubernetesRole) -> BTreeMap<KubernetesRole, KubernetesSelector> {
    let mut selectors = BTreeMap::new();
    for entry in section.sections("selectors") {
        let (label, field) = (entry.text("label"), entry.text("field"));
        let Some(kind) = entry.word("role", &ROLES) else { continue };
        if !watched(role).contains(&kind) {
            let of = |role| ROLES.iter().find(|(_, known)| *known == role).map_or("", |(name, _)| *name);
            let allowed: Vec<&str> = watched(role).iter().map(|kind| of(*kind)).collect();
            entry.mistake(
                "role",
                format!("is not looked at for targets of the role {}", of(role)),
                format!("select by one of: {}", allowed.join(", ")),
            );
        }
        if selectors.insert(kind, KubernetesSelector { label, field }).is_some() {
            entry.mistake("role", "is selected by twice", "join both into one, with a comma between");
        }
    }
    selectors
}

/// The kinds of object that a role's targets are made of.
fn watched(role: KubernetesRole) -> &'static [KubernetesRole] {
    use KubernetesRole::{EndpointSlice, Endpoints, Ingress, Node, Pod, Service};
    match role {
        Node => &[Node],
        Pod => &[Pod, Node],
        Service => &[Service],
        Endpoints => &[Pod, Service, Endpoints],
        EndpointSlice => &[Pod, Service, EndpointSlice],
        Ingress => &[Ingress],
    }
}

fn attach_metadata(section: &Section<'_>) -> AttachMetadata {
    AttachMetadata {
        node: section.flag("node"),
        namespace: section.flag("namespace"),
        deployment: section.flag("deployment"),
        job: section.flag("job"),
        cronjob: section.flag("cronjob"),
    }
}

#[cfg(test)]
mod tests;
