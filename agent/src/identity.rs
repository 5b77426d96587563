//! What weir finds out about where it runs.

use weir_proto::attributes::{HOST_NAME, K8S_NODE_NAME};

/// The variable through which a DaemonSet tells the node's name (`fieldRef: spec.nodeName`).
const NODE_NAME_VARIABLE: &str = "K8S_NODE_NAME";

/// Resource attributes that hold for everything on this node.
pub(crate) fn detected() -> Vec<(&'static str, String)> {
    let node = std::env::var(NODE_NAME_VARIABLE).ok().filter(|name| !name.is_empty());
    node.map(|name| (K8S_NODE_NAME, name)).into_iter().chain([(HOST_NAME, host_name())]).collect()
}

/// The kernel's host name.
pub(crate) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
