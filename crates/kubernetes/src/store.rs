//! The objects of one kind that are known.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::{MappedMutexGuard, Mutex, MutexGuard};

/// Namespace and name; the namespace is empty for what has none.
pub(crate) type Key = (String, String);

/// Objects by key.
pub(crate) type Objects<K> = BTreeMap<Key, K>;

/// Shared between the watches that fill it and those that read it.
#[derive(Debug)]
pub(crate) struct Store<K> {
    inner: Arc<Mutex<Inner<K>>>,
}

#[derive(Debug)]
struct Inner<K> {
    objects: Objects<K>,
    /// Watches that have not listed all their objects yet.
    unlisted: usize,
}

impl<K> Default for Store<K> {
    fn default() -> Self {
        Self { inner: Arc::new(Mutex::new(Inner { objects: BTreeMap::new(), unlisted: 0 })) }
    }
}

impl<K> Clone for Store<K> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<K> Store<K> {
    /// One watch more will fill it.
    pub(crate) fn expect_list(&self) {
        self.inner.lock().unlisted += 1;
    }

    /// A watch has listed all its objects for the first time.
    pub(crate) fn listed(&self) {
        self.inner.lock().unlisted -= 1;
    }

    /// Whether every watch has listed its objects. True without watches.
    pub(crate) fn is_complete(&self) -> bool {
        self.inner.lock().unlisted == 0
    }

    /// The objects, locked.
    pub(crate) fn objects(&self) -> MappedMutexGuard<'_, Objects<K>> {
        MutexGuard::map(self.inner.lock(), |inner| &mut inner.objects)
    }
}
