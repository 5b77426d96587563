//! A target per path of each ingress, for probes from outside.

use weir_config::StaticConfig;

use super::{Labels, Sources};
use crate::objects::{Ingress, IngressRule};

pub(super) fn targets(ingress: &Ingress, sources: &Sources<'_>) -> Vec<StaticConfig> {
    let namespace = ingress.metadata.namespace.as_deref();
    let mut common = Labels::of(namespace);
    common.add_if("ingress_class_name", ingress.spec.ingress_class_name.as_ref());
    common.add_metadata("ingress", &ingress.metadata);
    sources.attach_namespace(&mut common, namespace.unwrap_or_default());
    let of_rule = |rule: &IngressRule| {
        let mut hosts = ingress.spec.tls.iter().flat_map(|tls| &tls.hosts);
        let scheme = if hosts.any(|pattern| matches(pattern, &rule.host)) { "https" } else { "http" };
        let mut common = common.clone();
        common.add("ingress_scheme", scheme);
        common.add("ingress_host", rule.host.as_str());
        let at = |path: &str| {
            let mut labels = common.clone();
            labels.add("ingress_path", if path.is_empty() { "/" } else { path });
            labels.at(rule.host.clone())
        };
        match &rule.http {
            Some(http) => http.paths.iter().map(|path| at(&path.path)).collect(),
            None => vec![at("/")],
        }
    };
    ingress.spec.rules.iter().flat_map(of_rule).collect()
}

/// A wildcard stands for one whole label of the name, the first.
fn matches(pattern: &str, host: &str) -> bool {
    if pattern == host {
        return true;
    }
    let rest = |name: &str| name.split_once('.').map(|(_, rest)| rest.to_owned());
    pattern.starts_with("*.") && rest(pattern) == rest(host)
}
