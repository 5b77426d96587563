//! From entries to a batch: an OTLP request per service, joined.

use std::collections::BTreeMap;

use bytes::Bytes;
use weir_model::UnixNanos;
use weir_proto::attributes::{
    CORRELATION_ID, HOST_NAME, LOG_OFFSET, SCOPE_TAIL, SERVICE_NAME, WEIR_FILE_ID, WEIR_JSON,
};
use weir_proto::otlp::AnyValueView;
use weir_proto::otlp::write::{Attribute, LogRecord, LogsHeader, LogsWriter};

use super::entry::Entry;
use crate::tail::encode::{Style, message_place};

/// The Elastic Common Schema's names.
const IDENTIFIER: &str = "log.syslog.appname";
const PROCESS: &str = "process.pid";
/// No schema has one.
const UNIT: &str = "systemd.unit";

/// Bytes of a request to begin with.
const CAPACITY: usize = 4 << 10;

/// What entries came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Encoded {
    pub(super) payload: Bytes,
    pub(super) records: u64,
    /// Records left out with their traces.
    pub(super) sampled: u64,
}

/// Encodes entries, in their order within a service.
pub(super) fn encode(style: &Style, entries: &[Entry]) -> Encoded {
    let observed = UnixNanos::now().0;
    let mut writers: BTreeMap<(&str, &str), LogsWriter> = BTreeMap::new();
    let mut sampled = 0;
    for entry in entries {
        let found = style.scan(&entry.message);
        let trace_id = found.as_ref().and_then(|found| found.trace_id);
        if style.drops(trace_id) {
            sampled += 1;
            continue;
        }
        let (sequence, number) = entry.identity().unwrap_or_default();
        let writer = writers.entry((entry.service(), sequence)).or_insert_with_key(|(service, sequence)| {
            LogsWriter::new(&header(style, service, sequence), CAPACITY)
        });
        let json = found.as_ref().map(message_place);
        let correlation = found.as_ref().and_then(|found| style.correlation_id(found));
        let mut attributes: Vec<Attribute<'_>> = vec![(LOG_OFFSET, AnyValueView::Int(number))];
        attributes.extend(json.as_ref().map(|place| (WEIR_JSON, AnyValueView::Bytes(place))));
        attributes.extend(correlation.as_ref().map(|id| (CORRELATION_ID, AnyValueView::Str(id))));
        attributes.extend(entry.unit.as_deref().map(|unit| (UNIT, AnyValueView::Str(unit))));
        attributes.extend(entry.identifier.as_deref().map(|name| (IDENTIFIER, AnyValueView::Str(name))));
        attributes.extend(entry.process.map(|process| (PROCESS, AnyValueView::Int(process))));
        // What a line says of itself is closer to the event than what the journal says of it.
        let severity = found.as_ref().and_then(|found| found.severity).or(entry.severity);
        let severity = severity.unwrap_or(weir_jsonline::Severity { number: 0, text: "" });
        writer.append(&LogRecord {
            time_unix_nano: found.as_ref().and_then(|found| found.time).unwrap_or(entry.time),
            observed_time_unix_nano: observed,
            severity_number: severity.number,
            severity_text: severity.text,
            body: &entry.message,
            attributes: &attributes,
            trace_id,
            span_id: found.as_ref().and_then(|found| found.span_id),
            flags: 0,
        });
    }
    let records = writers.values().map(|writer| u64::from(writer.records())).sum();
    let parts: Vec<Bytes> = writers.into_values().map(LogsWriter::finish).collect();
    Encoded { payload: parts.concat().into(), records, sampled }
}

/// The journal is to its entries what a file is to its lines: its sequence and an entry's number name it for ever.
fn header(style: &Style, service: &str, sequence: &str) -> LogsHeader {
    let shared = style.settings.resource.iter().filter(|(key, _)| key != SERVICE_NAME);
    let mut resource: Vec<Attribute<'_>> = vec![(SERVICE_NAME, AnyValueView::Str(service))];
    resource.extend(shared.map(|(key, value)| (key.as_str(), AnyValueView::Str(value))));
    if !resource.iter().any(|&(key, _)| key == HOST_NAME) {
        resource.push((HOST_NAME, AnyValueView::Str(style.host_name())));
    }
    LogsHeader::new(&resource, SCOPE_TAIL, &[(WEIR_FILE_ID, AnyValueView::Str(sequence))])
}
