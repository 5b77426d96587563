//! Severities of records, as they are counted.

use prost::Message;
use weir_model::{Level, Receiver, Signal};
use weir_proto::generated::otlp::logs::LogRecord;

use super::Received;
use crate::samples;

#[test]
fn log_records_are_counted_by_the_range_of_their_severity() {
    let numbers = [0, 1, 4, 5, 9, 12, 13, 17, 20, 21, 24, 25, -3];
    let record = |severity_number| LogRecord { severity_number, ..LogRecord::default() };
    let request = samples::logs(None, numbers.map(record).to_vec()).encode_to_vec();
    let received = Received::new();
    received.add(Signal::Logs, Receiver::OtlpGrpc, &request);
    received.add(Signal::Traces, Receiver::OtlpGrpc, &request);
    let count =
        |severity| received.log_records.with_label_values(&[Receiver::OtlpGrpc.as_str(), severity]).get();
    let severities = ["unspecified", "trace", "debug", "info", "warn", "error", "fatal"];
    assert_eq!(severities.map(count), [3, 2, 1, 2, 1, 2, 2]);
    assert_eq!(Level::of(i64::from(i32::MAX)), Level::ALL[0]);
}
