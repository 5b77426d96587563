//! How many bytes each receiver brings in.

use std::sync::Arc;

use prometheus::{IntCounter, IntCounterVec, Opts};
use weir_model::{Receiver, Signal};

/// Counts encoded bytes that the spool has taken. Clones share the counters.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedBytes {
    family: IntCounterVec,
    /// By signal and receiver; none where a receiver cannot bring in a signal.
    counters: Arc<[[Option<IntCounter>; Receiver::ALL.len()]; 3]>,
}

impl ReceivedBytes {
    pub(crate) fn new() -> Self {
        let options = Opts::new("weir_received_bytes_total", "Bytes taken into the spool, as it holds them.");
        let family = IntCounterVec::new(options, &["signal", "receiver"])
            .expect("the name and labels are constants of valid form");
        let counters = Signal::ALL.map(|signal| {
            Receiver::ALL.map(|receiver| {
                let labels = [signal.as_str(), receiver.as_str()];
                receiver.brings(signal).then(|| family.with_label_values(&labels))
            })
        });
        Self { family, counters: Arc::new(counters) }
    }

    pub(crate) fn add(&self, signal: Signal, receiver: Receiver, bytes: usize) {
        if let Some(counter) = &self.counters[signal.index()][receiver.index()] {
            counter.inc_by(bytes as u64);
        }
    }

    pub(crate) fn get(&self, signal: Signal, receiver: Receiver) -> u64 {
        self.counters[signal.index()][receiver.index()].as_ref().map_or(0, IntCounter::get)
    }

    pub(crate) fn family(&self) -> IntCounterVec {
        self.family.clone()
    }
}
