//! A target per port of each service.

use weir_config::StaticConfig;

use super::{Labels, Sources, join};
use crate::objects::{Service, ServicePort};

pub(super) fn targets(service: &Service, sources: &Sources<'_>) -> Vec<StaticConfig> {
    let name = service.metadata.name.as_deref().unwrap_or_default();
    let namespace = service.metadata.namespace.as_deref().unwrap_or_default();
    let mut common = labels(service);
    sources.attach_namespace(&mut common, namespace);
    let spec = &service.spec;
    let of_port = |port: &ServicePort| {
        let mut labels = common.clone();
        labels.add("service_port_name", port.name.as_str());
        labels.add("service_port_number", port.port.to_string());
        labels.add("service_port_protocol", port.protocol.as_str());
        labels.add("service_type", spec.kind.as_str());
        match spec.kind.as_str() {
            "ExternalName" => labels.add("service_external_name", spec.external_name.as_str()),
            _ => labels.add("service_cluster_ip", spec.cluster_ip.as_str()),
        }
        if spec.kind == "LoadBalancer" {
            labels.add("service_loadbalancer_ip", load_balancer_ips(service));
        }
        labels.at(join(&format!("{name}.{namespace}.svc"), port.port))
    };
    spec.ports.iter().map(of_port).collect()
}

/// What is said of a service wherever it is part of a target.
pub(super) fn labels(service: &Service) -> Labels {
    let mut labels = Labels::of(service.metadata.namespace.as_deref());
    labels.add_metadata("service", &service.metadata);
    labels
}

/// What it got, or what was asked for.
fn load_balancer_ips(service: &Service) -> String {
    let got = service.status.load_balancer.ingress.iter().map(|ingress| ingress.ip.as_str());
    let got: Vec<&str> = got.filter(|ip| !ip.is_empty()).collect();
    if got.is_empty() { service.spec.load_balancer_ip.clone() } else { got.join(",") }
}
