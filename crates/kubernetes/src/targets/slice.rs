//! A target per address and port of each `EndpointSlice`, and per further port of the pods behind them.

use weir_config::StaticConfig;
use weir_relabel::label_name;

use super::pod::Covered;
use super::{Labels, Sources, join, pod, service};
use crate::objects::{Endpoint, EndpointSlice, Service, SlicePort};

/// Names the service that a slice belongs to.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

pub(super) fn targets(slice: &EndpointSlice, sources: &Sources<'_>) -> Vec<StaticConfig> {
    let namespace = slice.metadata.namespace.as_deref().unwrap_or_default();
    let mut common = Labels::of(Some(namespace));
    common.add("endpointslice_address_type", slice.address_type.as_str());
    common.add_metadata("endpointslice", &slice.metadata);
    let name = slice.metadata.labels.as_ref().and_then(|labels| labels.get(SERVICE_NAME));
    let service = name.and_then(|name| sources.services.get(&(namespace.to_owned(), name.clone())));
    if let Some(service) = service {
        common.merge(&service::labels(service));
    }
    sources.attach_namespace(&mut common, namespace);
    if service.is_some_and(|service| is_second_family(service, slice)) {
        return Vec::new();
    }
    let mut targets = Vec::new();
    let mut covered = Covered::new();
    for (endpoint, port) in
        slice.endpoints.iter().flat_map(|it| slice.ports.iter().map(move |port| (it, port)))
    {
        let mut labels = labels_of(&common, endpoint, port, sources);
        let reference = endpoint.target_ref.as_ref();
        if let (Some(found), Some(reference)) = (sources.pod(reference), reference) {
            labels.merge(&pod::labels(found, sources));
            let ports = covered.entry((reference.namespace.clone(), reference.name.clone())).or_default();
            if let Some(number) = port.port {
                pod::add_container(&mut labels, found, number, None);
                ports.push(number);
            }
        }
        let at = |address: &String| port.port.map_or_else(|| address.clone(), |port| join(address, port));
        targets.extend(endpoint.addresses.iter().map(|address| labels.clone().at(at(address))));
    }
    targets.extend(pod::uncovered(&covered, &common, sources));
    targets
}

fn labels_of(common: &Labels, endpoint: &Endpoint, port: &SlicePort, sources: &Sources<'_>) -> Labels {
    let mut labels = common.clone();
    labels.add_if("endpointslice_port_name", port.name.as_ref());
    labels.add_if("endpointslice_port_protocol", port.protocol.as_ref());
    labels.add_if("endpointslice_port", port.port);
    labels.add_if("endpointslice_port_app_protocol", port.app_protocol.as_ref());
    let conditions = &endpoint.conditions;
    labels.add_if("endpointslice_endpoint_conditions_ready", conditions.ready);
    labels.add_if("endpointslice_endpoint_conditions_serving", conditions.serving);
    labels.add_if("endpointslice_endpoint_conditions_terminating", conditions.terminating);
    labels.add_if("endpointslice_endpoint_hostname", endpoint.hostname.as_ref());
    let reference = endpoint.target_ref.as_ref();
    labels.add_if("endpointslice_address_target_kind", reference.map(|reference| &reference.kind));
    labels.add_if("endpointslice_address_target_name", reference.map(|reference| &reference.name));
    labels.add_if("endpointslice_endpoint_node_name", endpoint.node_name.as_ref());
    labels.add_if("endpointslice_endpoint_zone", endpoint.zone.as_ref());
    for (key, value) in &endpoint.deprecated_topology {
        let key = label_name(key);
        labels.add(&format!("endpointslice_endpoint_topology_{key}"), value.as_str());
        labels.add(&format!("endpointslice_endpoint_topology_present_{key}"), "true");
    }
    let is_node = reference.filter(|reference| reference.kind == "Node");
    let node = is_node.map(|reference| reference.name.as_str()).or(endpoint.node_name.as_deref());
    sources.attach_node(&mut labels, node);
    labels
}

/// The slice of the second family of a service with two would give the same targets again.
fn is_second_family(service: &Service, slice: &EndpointSlice) -> bool {
    let has_two = matches!(service.spec.ip_family_policy.as_str(), "PreferDualStack" | "RequireDualStack");
    has_two && service.spec.ip_families.first().is_some_and(|first| *first != slice.address_type)
}
