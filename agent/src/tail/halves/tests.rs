//! Halves of requests.

use bytes::Bytes;
use prost::Message;
use weir_proto::generated::otlp::collector_logs::ExportLogsServiceRequest;
use weir_proto::generated::otlp::logs::{LogRecord, ResourceLogs, ScopeLogs};

use super::halves;

fn request(times: &[u64]) -> Bytes {
    let record = |&time_unix_nano: &u64| LogRecord { time_unix_nano, ..LogRecord::default() };
    let scope_logs =
        vec![ScopeLogs { log_records: times.iter().map(record).collect(), ..ScopeLogs::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
    ExportLogsServiceRequest { resource_logs }.encode_to_vec().into()
}

fn times(payload: &Bytes) -> Vec<u64> {
    let request = ExportLogsServiceRequest::decode(payload.clone()).expect("a request");
    let scopes = request.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
    scopes.flat_map(|scope| &scope.log_records).map(|record| record.time_unix_nano).collect()
}

#[test]
fn both_halves_together_are_the_whole_in_its_order() {
    let [(first, first_records), (second, second_records)] =
        halves(&request(&[1, 2, 3, 4, 5]), 5).expect("five records can be parted");
    assert_eq!((times(&first), first_records), (vec![1, 2], 2));
    assert_eq!((times(&second), second_records), (vec![3, 4, 5], 3));
}

#[test]
fn a_single_record_cannot_be_parted() {
    assert!(halves(&request(&[1]), 1).is_none());
}
