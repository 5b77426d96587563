//! Whether weir accepts input, and if not, why.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

/// What stands in the way of being ready. Clones share their reasons.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    reasons: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Readiness {
    /// Nothing stands in the way.
    pub fn new() -> Self {
        Self::default()
    }

    /// `component` is not ready for this reason, which replaces an earlier one.
    pub fn block(&self, component: &str, reason: impl Into<String>) {
        self.reasons.lock().insert(component.to_owned(), reason.into());
    }

    /// `component` is ready.
    pub fn clear(&self, component: &str) {
        self.reasons.lock().remove(component);
    }

    /// `component: reason` of everything that is not ready, in the order of the components' names.
    pub fn reasons(&self) -> Vec<String> {
        self.reasons.lock().iter().map(|(component, reason)| format!("{component}: {reason}")).collect()
    }
}
