//! A target within this process: its pages take the way of scraped ones.

use std::collections::BTreeMap;
use std::time::Duration;

use weir_ledger::Ledger;
use weir_model::{Batch, Receiver};

pub(super) struct LocalTarget {}

impl LocalTarget {
    pub(super) fn new(
        labels: BTreeMap<String, String>,
        common: BTreeMap<String, String>,
        receiver: Receiver,
    ) -> Self {
        let _ = (labels, common, receiver);
        Self {}
    }

    pub(super) fn observe(&mut self, page: &[u8], took: Duration, ledger: &Ledger) -> Batch {
        let _ = (page, took, ledger);
        panic!("not built yet")
    }
}
