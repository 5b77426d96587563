//! A store to test with, and records to put in it.

use prometheus::Registry;
use prost::Message;
use tempfile::TempDir;
use weir_delivery::{Exporter, Outcome};
use weir_model::{Batch, OrderKey, Signal, UnixNanos};
use weir_proto::generated::otlp::collector_logs::ExportLogsServiceRequest;
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::common::any_value::Value;
use weir_proto::generated::otlp::common::{AnyValue, InstrumentationScope, KeyValue};
use weir_proto::generated::otlp::logs::{LogRecord, ResourceLogs, ScopeLogs};
use weir_proto::generated::otlp::resource::Resource;
use weir_proto::generated::otlp::trace::{ResourceSpans, ScopeSpans, Span};
use weir_proto::remote_write_v2::{Metadata, RequestWriter, Sample, SeriesHead, SymbolTable, put_exemplar};

use crate::{Filters, LogQuery, LogRow, LogSelection, Search, Store, StoreSettings};

/// The time of the tests, in nanoseconds since 1970.
pub(crate) const NOW: i64 = 1_795_527_000_000_000_000;
pub(crate) const SECOND: i64 = 1_000_000_000;
pub(crate) const MS: i64 = 1_000_000;

/// A store in a folder of its own.
pub(crate) struct Stage {
    pub(crate) folder: TempDir,
    pub(crate) registry: Registry,
    pub(crate) store: Store,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut StoreSettings)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut settings = StoreSettings::new(folder.path());
        change(&mut settings);
        let registry = Registry::new();
        let store = Store::open(settings, &registry).expect("a store");
        Self { folder, registry, store }
    }

    /// Closes the store and opens it again.
    pub(crate) async fn reopen(&mut self) {
        self.store.close().await;
        self.registry = Registry::new();
        self.store = Store::open(StoreSettings::new(self.folder.path()), &self.registry).expect("a store");
    }

    /// Stores a batch.
    pub(crate) async fn put(&self, batch: &Batch) -> Outcome {
        let mut request = self.store.encode(std::slice::from_ref(batch)).request.expect("a request");
        self.store.send(&mut request).await
    }

    /// Stores a batch in full.
    pub(crate) async fn put_new(&self, batch: &Batch) {
        assert_eq!(self.put(batch).await, Outcome::Delivered { deduplicated: 0 });
    }

    /// Messages of the records that match, newest first.
    pub(crate) async fn messages(&self, q: &str, filters: &[&str]) -> Vec<String> {
        let query = LogQuery { selection: selection(q, filters), limit: 1000, ..LogQuery::default() };
        let page = self.store.logs(query).await.expect("readable");
        assert!(page.complete && page.next_cursor.is_none());
        page.records.into_iter().map(|row| row.message).collect()
    }

    /// All records, newest first.
    pub(crate) async fn rows(&self) -> Vec<LogRow> {
        let query = LogQuery { selection: selection("", &[]), limit: 1000, ..LogQuery::default() };
        self.store.logs(query).await.expect("readable").records
    }

    /// What a metric of the store says.
    pub(crate) fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name).expect("the metric is there");
        let has = |metric: &&prometheus::proto::Metric| {
            labels.iter().all(|wanted| metric.get_label().iter().any(|label| label.value() == *wanted))
        };
        let metric = family.get_metric().iter().find(has).expect("the series is there");
        metric.get_counter().get_value() + metric.get_gauge().get_value()
    }
}

/// All times.
pub(crate) fn selection(q: &str, filters: &[&str]) -> LogSelection {
    let filters = Filters::parse(filters).expect("valid filters");
    LogSelection { search: Search::parse(q), filters, from: 0, to: i64::MAX }
}

fn batch(signal: Signal, records: usize, received: i64, payload: Vec<u8>) -> Batch {
    Batch {
        signal,
        records: records as u32,
        key: OrderKey::ANY,
        received: UnixNanos(received as u64),
        payload: payload.into(),
    }
}

/// An attribute.
pub(crate) fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

pub(crate) fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

pub(crate) fn int(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::IntValue(value))
}

/// A log record with a body, at a time in nanoseconds.
pub(crate) fn record(time: i64, body: &str) -> LogRecord {
    let value = Some(Value::StringValue(body.to_owned()));
    LogRecord {
        time_unix_nano: time as u64,
        severity_number: 9,
        body: Some(AnyValue { value }),
        ..LogRecord::default()
    }
}

/// A batch of OTLP log records of a service.
pub(crate) fn logs(service: &str, received: i64, records: Vec<LogRecord>) -> Batch {
    logs_of(vec![text("service.name", service)], InstrumentationScope::default(), received, records)
}

/// A batch of lines of a file: offset and record of each.
pub(crate) fn lines(file: u8, received: i64, lines: Vec<(i64, LogRecord)>) -> Batch {
    let scope = InstrumentationScope {
        name: "weir.tail".to_owned(),
        attributes: vec![text("weir.file.id", &format!("{file:032x}"))],
        ..InstrumentationScope::default()
    };
    let resource = vec![text("log.file.path", &format!("/var/log/{file}.log")), text("host.name", "n1")];
    let record = |(offset, mut record): (i64, LogRecord)| {
        record.attributes.push(int("log.offset", offset));
        record
    };
    logs_of(resource, scope, received, lines.into_iter().map(record).collect())
}

/// A batch of log records.
pub(crate) fn logs_of(
    resource: Vec<KeyValue>,
    scope: InstrumentationScope,
    received: i64,
    records: Vec<LogRecord>,
) -> Batch {
    let count = records.len();
    let request = ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(Resource { attributes: resource, ..Resource::default() }),
            scope_logs: vec![ScopeLogs { scope: Some(scope), log_records: records, ..ScopeLogs::default() }],
            ..ResourceLogs::default()
        }],
    };
    batch(Signal::Logs, count, received, request.encode_to_vec())
}

/// A span of trace `trace` that starts `start` and takes `duration` nanoseconds after [`NOW`].
pub(crate) fn span(trace: u8, id: u8, parent: u8, start: i64, duration: i64) -> Span {
    let span_id = |id: u8| if id == 0 { Vec::new() } else { vec![id; 8] };
    Span {
        trace_id: vec![trace; 16],
        span_id: span_id(id),
        parent_span_id: span_id(parent),
        name: format!("op{id}"),
        kind: 1,
        start_time_unix_nano: (NOW + start) as u64,
        end_time_unix_nano: (NOW + start + duration) as u64,
        ..Span::default()
    }
}

/// A batch of spans of a service.
pub(crate) fn spans(service: &str, received: i64, spans: Vec<Span>) -> Batch {
    let count = spans.len();
    let resource = Resource { attributes: vec![text("service.name", service)], ..Resource::default() };
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![ScopeSpans { spans, ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }],
    };
    batch(Signal::Traces, count, received, request.encode_to_vec())
}

/// A series' sample: labels such as `name{a="b"}` in pairs, milliseconds, value.
pub(crate) type SeriesSample<'a> = (&'a [(&'a str, &'a str)], i64, f64);

/// A batch of samples.
pub(crate) fn samples(received: i64, samples: &[SeriesSample<'_>]) -> Batch {
    let mut symbols = SymbolTable::new();
    let mut writer = RequestWriter::default();
    for &(labels, timestamp, value) in samples {
        let head = head(&mut symbols, labels, Metadata::default());
        writer.put_sample(head.as_bytes(), &Sample { value, timestamp, start_timestamp: 0 });
    }
    batch(Signal::Metrics, samples.len(), received, writer.request(&symbols))
}

/// A batch of one sample of a counter with help and an exemplar of a trace.
pub(crate) fn sample_with_exemplar(labels: &[(&str, &str)], timestamp: i64, value: f64, trace: u8) -> Batch {
    let mut symbols = SymbolTable::new();
    let metadata = Metadata { kind: 1, help_ref: symbols.intern("Requests served."), unit_ref: 0 };
    let head = head(&mut symbols, labels, metadata);
    let trace_id = format!("{trace:02x}").repeat(16);
    let refs = [symbols.intern("trace_id"), symbols.intern(&trace_id)];
    let mut exemplar = Vec::new();
    put_exemplar(&mut exemplar, &refs, 0.31, timestamp - 5);
    let mut writer = RequestWriter::default();
    writer.put_series(head.as_bytes(), &Sample { value, timestamp, start_timestamp: 0 }, &exemplar);
    batch(Signal::Metrics, 1, NOW + timestamp, writer.request(&symbols))
}

/// A batch of one native histogram, which the store does not keep, and one sample.
pub(crate) fn native_histogram(timestamp: i64) -> Batch {
    let mut symbols = SymbolTable::new();
    let mut writer = RequestWriter::default();
    let native = head(&mut symbols, &[("__name__", "native")], Metadata::default());
    writer.put_histogram(native.as_bytes(), &[], &[]);
    let plain = head(&mut symbols, &[("__name__", "plain")], Metadata::default());
    writer.put_sample(plain.as_bytes(), &Sample { value: 1.0, timestamp, start_timestamp: 0 });
    batch(Signal::Metrics, 2, NOW, writer.request(&symbols))
}

fn head(symbols: &mut SymbolTable, labels: &[(&str, &str)], metadata: Metadata) -> SeriesHead {
    let mut labels = labels.to_vec();
    labels.sort_unstable();
    let refs: Vec<u32> =
        labels.iter().flat_map(|(name, value)| [symbols.intern(name), symbols.intern(value)]).collect();
    SeriesHead::new(&refs, metadata)
}
