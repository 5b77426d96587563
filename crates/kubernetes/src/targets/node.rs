//! A target per node: its kubelet.

use weir_config::StaticConfig;
use weir_relabel::label_name;

use super::{Labels, join};
use crate::objects::Node;

/// Kinds of address, the one that is scraped first.
const ADDRESSES: [&str; 6] =
    ["InternalIP", "InternalDNS", "ExternalIP", "ExternalDNS", "LegacyHostIP", "Hostname"];

/// `None` for a node without an address.
pub(super) fn target(node: &Node) -> Option<StaticConfig> {
    let of_kind = |kind: &str| node.status.addresses.iter().find(|address| address.kind == kind);
    let address = ADDRESSES.into_iter().find_map(of_kind)?;
    let mut labels = Labels::default();
    labels.add("node_provider_id", node.spec.provider_id.as_str());
    for condition in &node.status.conditions {
        let kind = label_name(&condition.kind.to_lowercase());
        labels.add(&format!("node_condition_{kind}"), condition.status.to_lowercase());
    }
    labels.add_metadata("node", &node.metadata);
    for known in &node.status.addresses {
        let first = of_kind(&known.kind).unwrap_or(known);
        labels.add(&format!("node_address_{}", label_name(&known.kind)), first.address.as_str());
    }
    let mut group = labels.at(join(&address.address, node.status.daemon_endpoints.kubelet_endpoint.port));
    group.labels.insert("instance".to_owned(), node.metadata.name.clone().unwrap_or_default());
    Some(group)
}
