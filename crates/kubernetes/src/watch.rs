//! Follows the objects of one kind.

use std::collections::HashSet;
use std::fmt::Debug;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use kube::Api;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Config, Event};
use prometheus::{IntCounter, IntGauge};
use serde::de::DeserializeOwned;
use tokio::sync::Notify;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::metrics::KubernetesMetrics;
use crate::objects::Kept;
use crate::store::{Key, Store};

/// The answer of a server that has forgotten the version to go on from: the objects are listed anew.
const GONE: u16 = 410;
/// Before a list that follows an answer `GONE` to a request.
const RELIST_PAUSE: Duration = Duration::from_secs(1);

/// What watches share.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) metrics: KubernetesMetrics,
    /// The only node of interest.
    pub(crate) node: Option<String>,
    /// Told after each change of a store.
    pub(crate) changed: Arc<Notify>,
}

/// A watch: from a stream of events to the store.
struct Watch<K> {
    store: Store<K>,
    /// Whose objects these are, when the watch is of one namespace.
    namespace: Option<String>,
    context: Context,
    failures: IntCounter,
    events: IntCounter,
    incomplete: IntGauge,
    /// What the list under way has brought so far.
    listed: HashSet<Key>,
    is_complete: bool,
    is_failing: bool,
}

/// Keeps `store` up to date with the objects of `api`. Never ends; dropped, the store stays as it is.
pub(crate) async fn follow<K>(
    api: Api<K>,
    namespace: Option<String>,
    config: Config,
    store: Store<K>,
    context: Context,
) where
    K: Kept + DeserializeOwned + Debug + Send + 'static,
{
    let resource = K::plural(&()).into_owned();
    let metrics = &context.metrics;
    let mut watch = Watch {
        store,
        namespace,
        failures: metrics.failures.with_label_values(&[&resource]),
        events: metrics.events.with_label_values(&[&resource]),
        incomplete: metrics.incomplete.with_label_values(&[&resource]),
        context,
        listed: HashSet::new(),
        is_complete: false,
        is_failing: false,
    };
    watch.incomplete.inc();
    loop {
        let mut stream = pin!(watcher::watcher(api.clone(), config.clone()).default_backoff());
        while let Some(event) = stream.next().await {
            match event {
                Ok(event) => watch.take(event),
                // The watcher lists anew by itself.
                Err(watcher::Error::WatchError(status)) if status.code == GONE => {}
                // After these it would ask again and again for what is gone.
                Err(
                    watcher::Error::WatchStartFailed(kube::Error::Api(status))
                    | watcher::Error::InitialListFailed(kube::Error::Api(status)),
                ) if status.code == GONE => break,
                Err(error) => watch.failed(&error),
            }
        }
        sleep(RELIST_PAUSE).await;
    }
}

impl<K: Kept> Watch<K> {
    fn take(&mut self, event: Event<K>) {
        if self.is_failing && !matches!(event, Event::Init) {
            info!(resource = %K::plural(&()), "the Kubernetes API server answers again");
            self.is_failing = false;
        }
        match event {
            Event::Init => return self.listed.clear(),
            Event::InitApply(object) => {
                let key = key_of(&object);
                self.listed.insert(key.clone());
                self.keep(key, object);
            }
            Event::InitDone => self.complete(),
            Event::Apply(object) => self.keep(key_of(&object), object),
            Event::Delete(object) => {
                self.events.inc();
                self.store.objects().remove(&key_of(&object));
            }
        }
        self.context.changed.notify_one();
    }

    fn keep(&mut self, key: Key, mut object: K) {
        self.events.inc();
        object.trim(self.context.node.as_deref());
        self.store.objects().insert(key, object);
    }

    /// What a full list does not have was deleted meanwhile.
    fn complete(&mut self) {
        let listed = std::mem::take(&mut self.listed);
        let namespace = self.namespace.as_deref();
        let is_mine = |key: &Key| namespace.is_none_or(|namespace| namespace == key.0);
        self.store.objects().retain(|key, _| listed.contains(key) || !is_mine(key));
        if !self.is_complete {
            self.is_complete = true;
            self.incomplete.dec();
            self.store.listed();
        }
    }

    fn failed(&mut self, error: &watcher::Error) {
        self.failures.inc();
        if !self.is_failing {
            self.is_failing = true;
            warn!(resource = %K::plural(&()), %error, "no word from the Kubernetes API server; what is known stays in force");
        }
    }
}

impl<K> Drop for Watch<K> {
    fn drop(&mut self) {
        if !self.is_complete {
            self.incomplete.dec();
        }
    }
}

fn key_of<K: Kept>(object: &K) -> Key {
    let metadata = object.meta();
    (metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap_or_default())
}

#[cfg(test)]
mod tests;
