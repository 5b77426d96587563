//! A target within this process: its pages take the way of scraped ones.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use weir_exposition::Format;
use weir_ledger::Ledger;
use weir_model::{Batch, OrderKey, Reason, Receiver, Signal, UnixNanos};
use weir_relabel::Labels;

use super::labelling::{LabelRules, Labelling};
use super::page::{Encoded, PageMemory, PageSettings, Report};

/// A target whose pages are made here.
#[derive(Debug)]
pub(crate) struct LocalTarget {
    settings: PageSettings,
    memory: PageMemory,
    receiver: Receiver,
    key: OrderKey,
}

impl LocalTarget {
    /// A target with its own `labels`; `common` are added to every series that does not have them.
    pub(crate) fn new(labels: &[(&str, &str)], common: BTreeMap<String, String>, receiver: Receiver) -> Self {
        let mut target = Labels::default();
        for (name, value) in labels {
            target.set(name, *value);
        }
        let labelling = Labelling { target, rules: Arc::new(LabelRules { common, ..LabelRules::default() }) };
        let settings = PageSettings {
            labelling,
            honor_timestamps: false,
            track_timestamps_staleness: false,
            sample_limit: 0,
        };
        // Any key but 0 keeps the order; the number of receivers keeps it apart from most hashes of targets.
        let key = OrderKey(receiver.index() as u64 + 1);
        Self { memory: PageMemory::new(&settings), settings, receiver, key }
    }

    /// Turns a page of the text format, which took so long to make, into a batch whose records are pending in the
    /// ledger. A page that cannot be read gives `up 0` and the reason.
    pub(crate) fn observe(
        &mut self,
        page: &[u8],
        took: Duration,
        ledger: &Ledger,
    ) -> (Batch, Option<String>) {
        let received = UnixNanos::now();
        let now_ms = (received.0 / 1_000_000) as i64;
        let (observed, error) = match self.memory.observe(page, Format::Text, now_ms, &self.settings) {
            Ok(observed) => (observed, None),
            Err(refused) => {
                let lost = self.memory.lose(refused.counts, now_ms, &self.settings);
                (lost, Some(refused.error.to_string()))
            }
        };
        let report = Report::new(error.is_none(), took.as_secs_f64(), observed.counts);
        let Encoded { payload, records, filtered, unusable } = self.memory.encode(observed, &report, now_ms);
        let component = self.receiver.as_str();
        ledger.receive(Signal::Metrics, self.receiver, u64::from(records) + filtered + unusable);
        ledger.drop_pending(Signal::Metrics, component, Reason::Filtered, filtered);
        ledger.drop_pending(Signal::Metrics, component, Reason::Malformed, unusable);
        (Batch { signal: Signal::Metrics, records, key: self.key, received, payload }, error)
    }
}

#[cfg(test)]
mod tests;
