//! What is known of the pods of the own node, by pod UID: attributes for their logs.
//!
//! Names are those of OpenTelemetry's
//! [resource conventions](https://opentelemetry.io/docs/specs/semconv/resource/k8s/); `service.*` come near its
//! [rules for Kubernetes](https://opentelemetry.io/docs/specs/semconv/non-normative/k8s-attributes/).

mod attributes;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use kube::Api;
use kube::runtime::watcher::Config;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;
use weir_config::KubernetesConfig;

use crate::access;
use crate::metrics::KubernetesMetrics;
use crate::objects::Pod;
use crate::store::Store;
use crate::watch::{Context, follow};

/// The kubelet names the folder of a static pod's logs by this annotation, not by the UID that the API server gave.
const CONFIG_HASH: &str = "kubernetes.io/config.hash";
/// Changes are taken over at most this often.
const REFRESH_INTERVAL: Duration = Duration::from_millis(100);
/// How long deleted pods are remembered: their last lines are still to be read.
const REMEMBERED: Duration = Duration::from_secs(300);

/// The pods of the own node, kept up to date until the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Pods {
    index: Arc<Mutex<Index>>,
    _task: Arc<AbortOnDropHandle<()>>,
}

/// What is known of one pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodMetadata {
    /// Attributes of everything that the pod logs, by key.
    pub attributes: BTreeMap<String, String>,
    /// Attributes of each container besides.
    pub containers: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Debug, Default)]
struct Index {
    /// By UID, and for static pods by configuration hash as well.
    by_uid: HashMap<String, Known>,
    /// The UID of each namespace and name.
    uids: HashMap<(String, String), String>,
}

#[derive(Debug)]
struct Known {
    metadata: Arc<PodMetadata>,
    /// When the pod was gone.
    gone: Option<Instant>,
}

impl Pods {
    /// Starts watching the node's pods. Must run within a tokio runtime.
    pub fn start(config: KubernetesConfig, metrics: KubernetesMetrics) -> Self {
        let index = Arc::new(Mutex::new(Index::default()));
        let task = tokio::spawn(run(config, metrics, Arc::clone(&index)));
        Self { index, _task: Arc::new(AbortOnDropHandle::new(task)) }
    }

    /// The pod with this UID, also for a while after it was deleted.
    pub fn by_uid(&self, uid: &str) -> Option<Arc<PodMetadata>> {
        self.index.lock().by_uid.get(uid).map(|known| Arc::clone(&known.metadata))
    }

    /// The pod that has this name, or had it last.
    pub fn by_name(&self, namespace: &str, name: &str) -> Option<Arc<PodMetadata>> {
        let index = self.index.lock();
        let uid = index.uids.get(&(namespace.to_owned(), name.to_owned()))?;
        index.by_uid.get(uid).map(|known| Arc::clone(&known.metadata))
    }
}

async fn run(config: KubernetesConfig, metrics: KubernetesMetrics, index: Arc<Mutex<Index>>) {
    let client = access::reach("kubernetes", || access::client(&config.access)).await;
    let store: Store<Pod> = Store::default();
    store.expect_list();
    let context = Context { metrics, node: Some(config.node_name.clone()), changed: Arc::default() };
    let selection = Config::default().fields(&format!("spec.nodeName={}", config.node_name));
    let changed = Arc::clone(&context.changed);
    let watch = follow(Api::all(client), None, selection, store.clone(), context);
    let refresh = async {
        loop {
            changed.notified().await;
            index.lock().refresh(&store, &config, Instant::now());
            sleep(REFRESH_INTERVAL).await;
        }
    };
    tokio::join!(watch, refresh);
}

impl Index {
    fn refresh(&mut self, store: &Store<Pod>, config: &KubernetesConfig, now: Instant) {
        for known in self.by_uid.values_mut() {
            known.gone.get_or_insert(now);
        }
        let pods = store.objects();
        for ((namespace, name), pod) in pods.iter() {
            let uid = pod.metadata.uid.clone().unwrap_or_default();
            let metadata = Arc::new(attributes::of(pod, config));
            let hash = pod.metadata.annotations.as_ref().and_then(|texts| texts.get(CONFIG_HASH));
            for key in [Some(&uid), hash].into_iter().flatten() {
                let known = Known { metadata: Arc::clone(&metadata), gone: None };
                self.by_uid.insert(key.clone(), known);
            }
            self.uids.insert((namespace.clone(), name.clone()), uid);
        }
        self.by_uid.retain(|_, known| known.gone.is_none_or(|gone| now < gone + REMEMBERED));
        let by_uid = &self.by_uid;
        self.uids.retain(|_, uid| by_uid.contains_key(uid));
    }
}

#[cfg(test)]
mod tests;
