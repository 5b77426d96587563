//! Pages of this process.

use std::collections::BTreeMap;
use std::time::Duration;

use prost::Message;
use weir_ledger::Ledger;
use weir_model::{Receiver, Signal};
use weir_proto::generated::remote_write_v2::Request;

use super::LocalTarget;

fn series(payload: &[u8]) -> Vec<String> {
    let request = Request::decode(payload).expect("a request");
    let text = |reference: &u32| request.symbols[*reference as usize].clone();
    let mut all: Vec<String> = request
        .timeseries
        .iter()
        .map(|series| series.labels_refs.iter().map(text).collect::<Vec<_>>().join(" "))
        .collect();
    all.sort();
    all
}

#[test]
fn a_page_becomes_a_batch_with_labels_and_report_samples() {
    let common = BTreeMap::from([("cluster".to_owned(), "eu".to_owned())]);
    let mut target = LocalTarget::new(&[("job", "node"), ("instance", "n1")], common, Receiver::HostMetrics);
    let ledger = Ledger::new();
    let (batch, error) = target.observe(b"load 1\n", Duration::from_millis(3), &ledger);
    assert_eq!(error, None);
    assert_eq!(batch.records, 6);
    let series = series(&batch.payload);
    assert!(series.contains(&"__name__ load cluster eu instance n1 job node".to_owned()), "{series:?}");
    assert!(series.contains(&"__name__ up cluster eu instance n1 job node".to_owned()), "{series:?}");
    assert_eq!(ledger.snapshot().signal(Signal::Metrics).pending, 6);
}

#[test]
fn a_page_that_cannot_be_read_says_why() {
    let mut target = LocalTarget::new(&[("job", "node")], BTreeMap::new(), Receiver::HostMetrics);
    let (batch, error) = target.observe(b"load one\n", Duration::ZERO, &Ledger::new());
    assert_eq!(batch.records, 5);
    assert!(error.is_some_and(|error| error.contains("line 1")));
}
