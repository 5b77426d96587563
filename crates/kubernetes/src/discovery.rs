//! `kubernetes_sd_configs`: which objects are watched, and when targets are made of them anew.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::NamespaceResourceScope;
use kube::runtime::watcher::Config;
use kube::{Api, Client, Resource};
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;
use weir_config::{KubernetesRole, KubernetesSdConfig, StaticConfig};

use crate::access::{self, AccessError};
use crate::metrics::KubernetesMetrics;
use crate::objects::Kept;
use crate::store::Store;
use crate::targets::{self, Stores};
use crate::watch::{Context, follow};

/// Targets are made of changed objects at most this often.
const REBUILD_INTERVAL: Duration = Duration::from_secs(1);

/// Targets, each in a group of its own.
pub type Groups = Arc<[StaticConfig]>;

/// The targets of one entry of `kubernetes_sd_configs`, kept up to date until this is dropped.
#[derive(Debug)]
pub struct Discovery {
    config: KubernetesSdConfig,
    groups: Arc<Mutex<Option<Groups>>>,
    _task: AbortOnDropHandle<()>,
}

impl Discovery {
    /// Starts watching. `changed` is told whenever [`Discovery::groups`] gives something else. Must run within a tokio
    /// runtime.
    pub fn start(config: KubernetesSdConfig, metrics: KubernetesMetrics, changed: Arc<Notify>) -> Self {
        let groups = Arc::default();
        let task = tokio::spawn(run(config.clone(), metrics, Arc::clone(&groups), changed));
        Self { config, groups, _task: AbortOnDropHandle::new(task) }
    }

    /// What is discovered.
    pub fn config(&self) -> &KubernetesSdConfig {
        &self.config
    }

    /// The targets as they are known now, each in a group of its own; `None` before everything that they are made of has
    /// been listed once.
    pub fn groups(&self) -> Option<Groups> {
        self.groups.lock().clone()
    }
}

async fn run(
    config: KubernetesSdConfig,
    metrics: KubernetesMetrics,
    groups: Arc<Mutex<Option<Groups>>>,
    changed: Arc<Notify>,
) {
    let (client, namespaces) = access::reach("kubernetes_sd_configs", || open(&config)).await;
    let context = Context { metrics, node: config.node.clone(), changed: Arc::default() };
    let mut watches =
        Watches { client, namespaces, context: context.clone(), config: &config, tasks: JoinSet::new() };
    let stores = Stores::default();
    watches.start(&stores);
    loop {
        context.changed.notified().await;
        if !stores.are_complete() {
            continue;
        }
        let found: Groups = targets::make(config.role, config.attach_metadata, &stores).into();
        let is_new = groups.lock().replace(Arc::clone(&found)) != Some(found);
        if is_new {
            changed.notify_one();
        }
        sleep(REBUILD_INTERVAL).await;
    }
}

/// A client, and the namespaces to look at; `None` is all of them.
async fn open(config: &KubernetesSdConfig) -> Result<(Client, Vec<Option<String>>), AccessError> {
    let mut namespaces = config.namespaces.clone();
    if config.own_namespace {
        namespaces.push(access::own_namespace()?);
    }
    namespaces.sort();
    namespaces.dedup();
    let namespaces =
        if namespaces.is_empty() { vec![None] } else { namespaces.into_iter().map(Some).collect() };
    Ok((access::client(&config.access).await?, namespaces))
}

/// Starts what the role needs.
struct Watches<'a> {
    client: Client,
    namespaces: Vec<Option<String>>,
    context: Context,
    config: &'a KubernetesSdConfig,
    tasks: JoinSet<()>,
}

impl Watches<'_> {
    fn start(&mut self, stores: &Stores) {
        use KubernetesRole::{EndpointSlice, Endpoints, Ingress, Node, Pod, Service};
        let role = self.config.role;
        match role {
            Node => {}
            Pod => self.namespaced(&stores.pods, Some(Pod), self.on_node("spec.nodeName")),
            Service => self.namespaced(&stores.services, Some(Service), None),
            Ingress => self.namespaced(&stores.ingresses, Some(Ingress), None),
            Endpoints | EndpointSlice => {
                self.namespaced(&stores.services, Some(Service), None);
                self.namespaced(&stores.pods, Some(Pod), self.on_node("spec.nodeName"));
                match role {
                    Endpoints => self.namespaced(&stores.endpoints, Some(Endpoints), None),
                    _ => self.namespaced(&stores.slices, Some(EndpointSlice), None),
                }
            }
        }
        self.attach(stores);
    }

    fn attach(&mut self, stores: &Stores) {
        use KubernetesRole::{EndpointSlice, Endpoints, Node, Pod};
        let (role, attach) = (self.config.role, self.config.attach_metadata);
        let has_pods = matches!(role, Pod | Endpoints | EndpointSlice);
        if role == Node || has_pods && attach.node {
            self.clusterwide(&stores.nodes, Some(Node), self.on_node("metadata.name"));
        }
        if role != Node && attach.namespace {
            self.clusterwide(&stores.namespaces, None, None);
        }
        if has_pods && attach.deployment {
            self.namespaced(&stores.replica_sets, None, None);
        }
        if has_pods && attach.cronjob {
            self.namespaced(&stores.jobs, None, None);
        }
    }

    /// A field selector for the only node of interest.
    fn on_node(&self, field: &str) -> Option<String> {
        self.config.node.as_ref().map(|node| format!("{field}={node}"))
    }

    fn clusterwide<K>(&mut self, store: &Store<K>, selector: Option<KubernetesRole>, field: Option<String>)
    where
        K: Kept + DeserializeOwned + Debug + Send + 'static,
    {
        self.follow(Api::all(self.client.clone()), None, store, self.selection(selector, field));
    }

    fn namespaced<K>(&mut self, store: &Store<K>, selector: Option<KubernetesRole>, field: Option<String>)
    where
        K: Kept + Resource<Scope = NamespaceResourceScope> + DeserializeOwned + Debug + Send + 'static,
    {
        for namespace in self.namespaces.clone() {
            let api = match &namespace {
                Some(namespace) => Api::namespaced(self.client.clone(), namespace),
                None => Api::all(self.client.clone()),
            };
            self.follow(api, namespace, store, self.selection(selector, field.clone()));
        }
    }

    fn follow<K>(&mut self, api: Api<K>, namespace: Option<String>, store: &Store<K>, selection: Config)
    where
        K: Kept + DeserializeOwned + Debug + Send + 'static,
    {
        store.expect_list();
        self.tasks.spawn(follow(api, namespace, selection, store.clone(), self.context.clone()));
    }

    /// The configured selector of a kind, and `field` besides.
    fn selection(&self, kind: Option<KubernetesRole>, field: Option<String>) -> Config {
        let selector = kind.and_then(|kind| self.config.selectors.get(&kind)).cloned().unwrap_or_default();
        let fields: Vec<String> = [selector.field, field].into_iter().flatten().collect();
        Config {
            label_selector: selector.label,
            field_selector: (!fields.is_empty()).then(|| fields.join(",")),
            ..Config::default().any_semantic()
        }
    }
}
