//! What is known of the pods of the own node: attributes for their logs.
//!
//! Names are those of OpenTelemetry's
//! [resource conventions](https://opentelemetry.io/docs/specs/semconv/resource/k8s/); `service.*` follow its
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

/// A pod, or one that was deleted not long ago.
#[derive(Clone, Debug)]
pub struct KnownPod {
    /// What is known of it.
    pub metadata: Arc<PodMetadata>,
    /// It was deleted: nothing more will be known.
    pub is_gone: bool,
}

/// What is known of one pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodMetadata {
    /// Identifies it for all time.
    pub uid: String,
    /// Of a static pod: what the kubelet calls it instead of the UID, which the API server gave only its mirror.
    pub static_hash: Option<String>,
    /// Attributes of everything that the pod logs, by key.
    pub attributes: BTreeMap<String, String>,
    /// By name.
    pub containers: BTreeMap<String, ContainerMetadata>,
}

impl PodMetadata {
    /// Whether one of its containers' last runs had this id.
    pub fn had_container(&self, id: &str) -> bool {
        self.containers.values().any(|container| container.ids.values().any(|own| own == id))
    }
}

/// What is known of one container of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerMetadata {
    /// Attributes of what it logs, besides those of its pod.
    pub attributes: BTreeMap<String, String>,
    /// Its last runs, by the number of restarts before each.
    pub ids: BTreeMap<u32, String>,
}

#[derive(Debug, Default)]
struct Index {
    /// By namespace and name; those that had it one after the other.
    pods: HashMap<(String, String), Vec<Known>>,
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

    /// The pod of this name that has the UID or, when it is a static one, the hash.
    pub fn by_uid(&self, namespace: &str, name: &str, uid: &str) -> Option<KnownPod> {
        self.index.lock().by_uid(namespace, name, uid)
    }

    /// The pod of this name of which a container had the id; else the one that has the name now.
    pub fn by_container_id(&self, namespace: &str, name: &str, id: &str) -> Option<KnownPod> {
        self.index.lock().by_container_id(namespace, name, id)
    }
}

async fn run(config: KubernetesConfig, metrics: KubernetesMetrics, index: Arc<Mutex<Index>>) {
    let client = access::reach("kubernetes", || access::client(&config.access)).await;
    let store: Store<Pod> = Store::default();
    store.expect_list();
    let context = Context { metrics, node: Some(config.node_name.clone()), changed: Arc::default() };
    let selection = Config::default().any_semantic().fields(&format!("spec.nodeName={}", config.node_name));
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
    fn by_uid(&self, namespace: &str, name: &str, uid: &str) -> Option<KnownPod> {
        let is_it =
            |metadata: &PodMetadata| metadata.uid == uid || metadata.static_hash.as_deref() == Some(uid);
        self.named(namespace, name).iter().rfind(|known| is_it(&known.metadata)).map(Known::tell)
    }

    fn by_container_id(&self, namespace: &str, name: &str, id: &str) -> Option<KnownPod> {
        let pods = self.named(namespace, name);
        let found = pods.iter().rfind(|known| known.metadata.had_container(id));
        found.or_else(|| pods.last().filter(|known| known.gone.is_none())).map(Known::tell)
    }

    fn named(&self, namespace: &str, name: &str) -> &[Known] {
        self.pods.get(&(namespace.to_owned(), name.to_owned())).map_or(&[], Vec::as_slice)
    }

    fn refresh(&mut self, store: &Store<Pod>, config: &KubernetesConfig, now: Instant) {
        for known in self.pods.values_mut().flatten() {
            known.gone.get_or_insert(now);
        }
        for (key, pod) in store.objects().iter() {
            let metadata = Arc::new(attributes::of(pod, config));
            let of_name = self.pods.entry(key.clone()).or_default();
            of_name.retain(|known| known.metadata.uid != metadata.uid);
            of_name.push(Known { metadata, gone: None });
        }
        self.pods.retain(|_, of_name| {
            of_name.retain(|known| known.gone.is_none_or(|gone| now < gone + REMEMBERED));
            !of_name.is_empty()
        });
    }
}

impl Known {
    fn tell(&self) -> KnownPod {
        KnownPod { metadata: Arc::clone(&self.metadata), is_gone: self.gone.is_some() }
    }
}

#[cfg(test)]
mod tests;
