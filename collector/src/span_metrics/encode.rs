//! From counts to batches of samples.

use std::collections::BTreeMap;

use prost::Message;
use weir_model::{Batch, OrderKey, Receiver, Signal, UnixNanos};
use weir_proto::generated::remote_write_v2::{BucketSpan, Histogram, histogram};
use weir_proto::remote_write_v2::{Metadata, RequestWriter, Sample, SeriesHead, SymbolTable, put_exemplar};

use super::counts::{Counts, Exemplar, SCHEMA, ZERO_THRESHOLD};
use super::key::{KeyLabels, labels};
use super::table::Table;

const CALLS: &str = "traces_span_metrics_calls_total";
const DURATION: &str = "traces_span_metrics_duration_seconds";
const CALLS_HELP: &str = "Spans, counted before sampling.";
const DURATION_HELP: &str = "Durations of spans, counted before sampling.";
/// `MetricType` of remote-write 2.0.
const COUNTER: i32 = 1;
const HISTOGRAM: i32 = 3;
/// Series go into one batch until it has so many bytes.
const BATCH_BYTES: usize = 512 << 10;
/// Exemplars of a native histogram.
const EXEMPLARS_MAX: usize = 10;
/// Batches of these series keep their order; see `LocalTarget` for the number.
const KEY: OrderKey = OrderKey(Receiver::SpanMetrics.index() as u64 + 1);

/// Which values of the counts are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// 0, at the time when a series began.
    Beginning,
    /// What was counted, now.
    Now(i64),
}

/// All series as they are at `now`, in milliseconds since the Unix epoch. Series that are new begin with 0, in batches of
/// their own, which come first.
pub(super) fn batches(table: &Table, common: &BTreeMap<String, String>, now: i64) -> Vec<Batch> {
    let mut beginnings = Writer::new(&table.bounds, common);
    let mut counts = Writer::new(&table.bounds, common);
    let series = table.series.iter().map(|(key, counts)| (labels(key), counts));
    for (labels, of) in series.chain(table.overflow.iter().map(|counts| (None, counts))) {
        if !of.told {
            beginnings.put(labels, of, Moment::Beginning);
        }
        counts.put(labels, of, Moment::Now(now));
    }
    beginnings.end();
    counts.end();
    beginnings.batches.into_iter().chain(counts.batches).collect()
}

/// Fills batches.
struct Writer<'a> {
    bounds: Vec<(f64, String)>,
    common: &'a BTreeMap<String, String>,
    symbols: SymbolTable,
    request: RequestWriter,
    batches: Vec<Batch>,
}

impl<'a> Writer<'a> {
    fn new(bounds: &[f64], common: &'a BTreeMap<String, String>) -> Self {
        let bounds = bounds.iter().map(|&bound| (bound, bound_text(bound)));
        let bounds = bounds.chain([(f64::INFINITY, "+Inf".to_owned())]).collect();
        Self {
            bounds,
            common,
            symbols: SymbolTable::new(),
            request: RequestWriter::default(),
            batches: Vec::new(),
        }
    }

    /// Puts the series of one key.
    fn put(&mut self, key: Option<KeyLabels<'_>>, counts: &Counts, moment: Moment) {
        let (share, timestamp) = match moment {
            Moment::Beginning => (0.0, counts.started),
            Moment::Now(now) => (1.0, now),
        };
        let sample = |value: f64| Sample { value: value * share, timestamp, start_timestamp: counts.started };
        let calls = self.metadata(COUNTER, CALLS_HELP);
        let head = self.head(CALLS, key, None, calls);
        self.request.put_sample(head.as_bytes(), &sample(counts.calls));
        let duration = self.metadata(HISTOGRAM, DURATION_HELP);
        let shown: &[Option<Exemplar>] = if moment == Moment::Beginning { &[] } else { &counts.exemplars };
        let mut below = 0.0;
        for index in 0..self.bounds.len() {
            below += counts.classic[index];
            let bound = self.bounds[index].1.clone();
            let head = self.head(&format!("{DURATION}_bucket"), key, Some(&bound), duration);
            let exemplar = shown.get(index).copied().flatten();
            let exemplar = self.exemplars(exemplar.as_slice());
            self.request.put_series(head.as_bytes(), &sample(below), &exemplar);
        }
        for (suffix, value) in [("_sum", counts.sum), ("_count", counts.calls)] {
            let head = self.head(&format!("{DURATION}{suffix}"), key, None, duration);
            self.request.put_sample(head.as_bytes(), &sample(value));
        }
        let mut latest: Vec<Exemplar> = shown.iter().copied().flatten().collect();
        latest.sort_by_key(|exemplar| exemplar.time);
        let latest = latest.split_off(latest.len().saturating_sub(EXEMPLARS_MAX));
        let exemplars = self.exemplars(&latest);
        let head = self.head(DURATION, key, None, duration);
        let native = native(counts, moment, timestamp).encode_to_vec();
        self.request.put_histogram(head.as_bytes(), &native, &exemplars);
        if self.request.encoded_len() >= BATCH_BYTES {
            self.end();
        }
    }

    fn metadata(&mut self, kind: i32, help: &str) -> Metadata {
        let unit = if kind == HISTOGRAM { "seconds" } else { "" };
        Metadata { kind, help_ref: self.symbols.intern(help), unit_ref: self.symbols.intern(unit) }
    }

    fn head(
        &mut self,
        name: &str,
        key: Option<KeyLabels<'_>>,
        le: Option<&str>,
        metadata: Metadata,
    ) -> SeriesHead {
        let mut all: BTreeMap<&str, &str> =
            self.common.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.insert("__name__", name);
        all.extend(le.map(|le| ("le", le)));
        match key {
            Some(key) => all.extend([
                ("service_name", key.service),
                ("span_name", key.operation),
                ("span_kind", key.kind),
                ("status_code", key.status),
            ]),
            None => all.extend([("otel_metric_overflow", "true")]),
        }
        all.retain(|_, value| !value.is_empty());
        let refs: Vec<u32> = all
            .into_iter()
            .flat_map(|(name, value)| [self.symbols.intern(name), self.symbols.intern(value)])
            .collect();
        SeriesHead::new(&refs, metadata)
    }

    fn exemplars(&mut self, shown: &[Exemplar]) -> Vec<u8> {
        let mut out = Vec::new();
        for exemplar in shown {
            let labels = [("span_id", hex(&exemplar.span_id)), ("trace_id", hex(&exemplar.trace_id))];
            let refs: Vec<u32> = labels
                .iter()
                .flat_map(|(name, value)| [self.symbols.intern(name), self.symbols.intern(value)])
                .collect();
            put_exemplar(&mut out, &refs, exemplar.seconds, exemplar.time);
        }
        out
    }

    /// Completes the batch.
    fn end(&mut self) {
        if self.request.records() > 0 {
            self.batches.push(Batch {
                signal: Signal::Metrics,
                records: self.request.records() as u32,
                key: KEY,
                received: UnixNanos::now(),
                payload: self.request.request(&self.symbols).into(),
            });
        }
        self.request.clear();
        self.symbols = SymbolTable::new();
    }
}

/// A native histogram of floats, since a span may stand for a fraction more than a whole number of spans.
fn native(counts: &Counts, moment: Moment, timestamp: i64) -> Histogram {
    let mut native = Histogram {
        schema: SCHEMA,
        zero_threshold: ZERO_THRESHOLD,
        timestamp,
        start_timestamp: counts.started,
        count: Some(histogram::Count::CountFloat(0.0)),
        zero_count: Some(histogram::ZeroCount::ZeroCountFloat(0.0)),
        ..Histogram::default()
    };
    if moment == Moment::Beginning {
        return native;
    }
    native.sum = counts.sum;
    native.count = Some(histogram::Count::CountFloat(counts.calls));
    native.zero_count = Some(histogram::ZeroCount::ZeroCountFloat(counts.zero));
    let mut next = None;
    for (&index, &count) in &counts.native {
        match native.positive_spans.last_mut().filter(|_| next == Some(index)) {
            Some(span) => span.length += 1,
            None => {
                let offset = index - next.unwrap_or(0);
                native.positive_spans.push(BucketSpan { offset, length: 1 });
            }
        }
        native.positive_counts.push(count);
        next = Some(index + 1);
    }
    native
}

/// A bound as Prometheus writes it: a whole number has `.0`.
fn bound_text(bound: f64) -> String {
    let text = bound.to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
