//! A target per address and port of each `Endpoints` object, and per further port of the pods behind them.

use weir_config::StaticConfig;

use super::pod::Covered;
use super::{Labels, Sources, join, pod, service};
use crate::objects::{EndpointAddress, EndpointPort, Endpoints};

pub(super) fn targets(object: &Endpoints, sources: &Sources<'_>) -> Vec<StaticConfig> {
    let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
    let mut common = Labels::of(Some(namespace));
    let name = object.metadata.name.clone().unwrap_or_default();
    if let Some(service) = sources.services.get(&(namespace.to_owned(), name)) {
        common.merge(&service::labels(service));
    }
    common.add_metadata("endpoints", &object.metadata);
    sources.attach_namespace(&mut common, namespace);
    let mut targets = Vec::new();
    let mut covered = Covered::new();
    for subset in &object.subsets {
        for port in &subset.ports {
            let ready = subset.addresses.iter().map(|address| (address, true));
            let addresses = ready.chain(subset.not_ready_addresses.iter().map(|address| (address, false)));
            for (address, is_ready) in addresses {
                let mut labels = labels_of(&common, address, port, is_ready, sources);
                let reference = address.target_ref.as_ref();
                if let (Some(found), Some(reference)) = (sources.pod(reference), reference) {
                    labels.merge(&pod::labels(found, sources));
                    pod::add_container(&mut labels, found, port.port, Some(&port.protocol));
                    let key = (reference.namespace.clone(), reference.name.clone());
                    covered.entry(key).or_default().push(port.port);
                }
                targets.push(labels.at(join(&address.ip, port.port)));
            }
        }
    }
    targets.extend(pod::uncovered(&covered, &common, sources));
    targets
}

fn labels_of(
    common: &Labels,
    address: &EndpointAddress,
    port: &EndpointPort,
    is_ready: bool,
    sources: &Sources<'_>,
) -> Labels {
    let mut labels = common.clone();
    labels.add("endpoint_port_name", port.name.as_str());
    labels.add("endpoint_port_protocol", port.protocol.as_str());
    labels.add("endpoint_ready", is_ready.to_string());
    let reference = address.target_ref.as_ref();
    labels.add_if("endpoint_address_target_kind", reference.map(|reference| &reference.kind));
    labels.add_if("endpoint_address_target_name", reference.map(|reference| &reference.name));
    labels.add_if("endpoint_node_name", address.node_name.as_ref());
    labels.add("endpoint_hostname", address.hostname.as_str());
    let is_node = reference.filter(|reference| reference.kind == "Node");
    let node = address.node_name.as_deref().or(is_node.map(|reference| reference.name.as_str()));
    sources.attach_node(&mut labels, node);
    labels
}
