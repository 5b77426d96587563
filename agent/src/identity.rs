//! Who this node is: the attributes that join the records of all signals.
//!
//! | on | what |
//! |---|---|
//! | logs, traces, weir's host metrics | the configured attributes, `host.name`, `k8s.node.name` |
//! | scraped series | the configured attributes and `k8s.node.name`; see docs/adr/0002-identity-on-metrics.md |

use std::collections::BTreeMap;

use weir_config::Config;
use weir_proto::attributes::{HOST_NAME, K8S_NODE_NAME};
use weir_relabel::label_name;

/// The variable through which a DaemonSet tells the node's name (`fieldRef: spec.nodeName`).
const NODE_NAME_VARIABLE: &str = "K8S_NODE_NAME";

/// The identity of this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    attributes: BTreeMap<String, String>,
    host_name_is_configured: bool,
}

impl Identity {
    /// What is configured, and what is found out beside it.
    pub fn of(config: &Config) -> Self {
        let node_name = std::env::var(NODE_NAME_VARIABLE).ok().filter(|name| !name.is_empty());
        Self::new(config.resource.clone(), kernel_host_name(), node_name)
    }

    fn new(configured: BTreeMap<String, String>, host_name: String, node_name: Option<String>) -> Self {
        let host_name_is_configured = configured.contains_key(HOST_NAME);
        let mut attributes = configured;
        attributes.entry(HOST_NAME.to_owned()).or_insert(host_name);
        if let Some(name) = node_name {
            attributes.entry(K8S_NODE_NAME.to_owned()).or_insert(name);
        }
        Self { attributes, host_name_is_configured }
    }

    /// As attributes of a resource.
    pub fn attributes(&self) -> Vec<(String, String)> {
        self.attributes.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// As labels of weir's own series about this node.
    pub fn labels(&self) -> BTreeMap<String, String> {
        self.attributes.iter().map(|(key, value)| (label_name(key), value.clone())).collect()
    }

    /// As labels of scraped series.
    pub fn scrape_labels(&self) -> BTreeMap<String, String> {
        let mut labels = self.labels();
        if !self.host_name_is_configured {
            labels.remove(&label_name(HOST_NAME));
        }
        labels
    }

    /// The host's name.
    pub fn host_name(&self) -> &str {
        self.attributes.get(HOST_NAME).map_or("", String::as_str)
    }
}

fn kernel_host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
