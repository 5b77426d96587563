//! Bodies against prost: what is sent decodes to what the batches hold.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert_eq, proptest};
use prost::Message;
use weir_config::{HttpClientConfig, RemoteWriteConfig, RemoteWriteMessage};
use weir_model::{Batch, OrderKey, Reason, Signal, UnixNanos};
use weir_proto::generated::{remote_write_v1 as v1, remote_write_v2 as v2};
use weir_relabel::{Rule, RuleSpec};

use super::{EncodedPart, Encoder, RECORDS_ALONE_MIN, dropped};

pub(crate) fn config(message: RemoteWriteMessage, rules: Vec<Rule>) -> RemoteWriteConfig {
    RemoteWriteConfig {
        name: "remote_write".to_owned(),
        url: String::new(),
        remote_timeout: std::time::Duration::from_secs(5),
        message,
        write_relabel_configs: rules,
        http: HttpClientConfig::default(),
        shards: 1,
        samples_per_send: 2000,
        batch_send_deadline: std::time::Duration::ZERO,
        backoff_min: std::time::Duration::from_millis(1),
        backoff_max: std::time::Duration::from_millis(1),
    }
}

type Labels = Vec<(String, String)>;

/// A series as both versions know it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    pub(crate) labels: Labels,
    pub(crate) samples: Vec<(f64, i64)>,
    pub(crate) histogram: Option<u64>,
    pub(crate) exemplars: Vec<(Labels, f64, i64)>,
    pub(crate) help: String,
}

impl Series {
    pub(crate) fn new(name: &str, job: &str, value: f64) -> Self {
        let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Self {
            labels: vec![label("__name__", name), label("job", job)],
            samples: vec![(value, 1_700_000_000_000)],
            histogram: None,
            exemplars: Vec::new(),
            help: String::new(),
        }
    }

    fn records(&self) -> u32 {
        (self.samples.len() + usize::from(self.histogram.is_some())) as u32
    }
}

pub(crate) fn batch(series: &[Series]) -> Batch {
    let mut request = v2::Request { symbols: vec![String::new()], timeseries: Vec::new() };
    for one in series {
        let symbols = &mut request.symbols;
        let timeseries = v2::TimeSeries {
            labels_refs: refs(symbols, &one.labels),
            samples: one
                .samples
                .iter()
                .map(|&(value, timestamp)| v2::Sample { value, timestamp, start_timestamp: 5 })
                .collect(),
            histograms: one.histogram.iter().map(|&count| histogram_v2(count)).collect(),
            exemplars: one
                .exemplars
                .iter()
                .map(|(labels, value, timestamp)| v2::Exemplar {
                    labels_refs: refs(symbols, labels),
                    value: *value,
                    timestamp: *timestamp,
                })
                .collect(),
            metadata: Some(v2::Metadata { r#type: 1, help_ref: intern(symbols, &one.help), unit_ref: 0 }),
        };
        request.timeseries.push(timeseries);
    }
    Batch {
        signal: Signal::Metrics,
        records: series.iter().map(Series::records).sum(),
        key: OrderKey(1),
        received: UnixNanos(1_700_000_000_000_000_000),
        payload: Bytes::from(request.encode_to_vec()),
    }
}

fn histogram_v2(count: u64) -> v2::Histogram {
    v2::Histogram { count: Some(v2::histogram::Count::CountInt(count)), timestamp: 7, ..Default::default() }
}

fn intern(symbols: &mut Vec<String>, text: &str) -> u32 {
    let at = symbols.iter().position(|symbol| symbol == text).unwrap_or_else(|| {
        symbols.push(text.to_owned());
        symbols.len() - 1
    });
    at as u32
}

fn refs(symbols: &mut Vec<String>, labels: &[(String, String)]) -> Vec<u32> {
    labels.iter().flat_map(|(name, value)| [intern(symbols, name), intern(symbols, value)]).collect()
}

pub(crate) fn plain(body: &[u8]) -> Vec<u8> {
    snap::raw::Decoder::new().decompress_vec(body).unwrap()
}

pub(crate) fn read_v2(body: &[u8]) -> Vec<Series> {
    let request = v2::Request::decode(&*plain(body)).unwrap();
    assert_eq!(request.symbols[0], "");
    let text = |reference: u32| request.symbols[reference as usize].clone();
    let labels = |refs: &[u32]| refs.chunks(2).map(|pair| (text(pair[0]), text(pair[1]))).collect::<Vec<_>>();
    let series = |one: &v2::TimeSeries| Series {
        labels: labels(&one.labels_refs),
        samples: one.samples.iter().map(|sample| (sample.value, sample.timestamp)).collect(),
        histogram: one.histograms.first().map(|histogram| match histogram.count {
            Some(v2::histogram::Count::CountInt(count)) => count,
            _ => 0,
        }),
        exemplars: one
            .exemplars
            .iter()
            .map(|exemplar| (labels(&exemplar.labels_refs), exemplar.value, exemplar.timestamp))
            .collect(),
        help: one.metadata.as_ref().map(|metadata| text(metadata.help_ref)).unwrap_or_default(),
    };
    request.timeseries.iter().map(series).collect()
}

/// The series of a request of 1.0, without help texts, and the metadata as (family, help).
pub(crate) fn read_v1(body: &[u8]) -> (Vec<Series>, Labels) {
    let request = v1::WriteRequest::decode(&*plain(body)).unwrap();
    let labels = |labels: &[v1::Label]| {
        labels.iter().map(|label| (label.name.clone(), label.value.clone())).collect::<Vec<_>>()
    };
    let series = |one: &v1::TimeSeries| Series {
        labels: labels(&one.labels),
        samples: one.samples.iter().map(|sample| (sample.value, sample.timestamp)).collect(),
        histogram: one.histograms.first().map(|histogram| match histogram.count {
            Some(v1::histogram::Count::CountInt(count)) => count,
            _ => 0,
        }),
        exemplars: one
            .exemplars
            .iter()
            .map(|exemplar| (labels(&exemplar.labels), exemplar.value, exemplar.timestamp))
            .collect(),
        help: String::new(),
    };
    let metadata = request.metadata.iter();
    let metadata = metadata.map(|family| (family.metric_family_name.clone(), family.help.clone())).collect();
    (request.timeseries.iter().map(series).collect(), metadata)
}

fn encode(message: RemoteWriteMessage, rules: Vec<Rule>, batches: &[Batch]) -> EncodedPart {
    Encoder::new(&config(message, rules)).encode(batches)
}

fn drop_rule(regex: &str) -> Rule {
    Rule::new(RuleSpec {
        source_labels: Some(vec!["__name__".to_owned()]),
        regex: Some(regex.to_owned()),
        action: Some("drop".to_owned()),
        ..RuleSpec::default()
    })
    .unwrap()
}

fn set_rule(label: &str, value: &str) -> Rule {
    Rule::new(RuleSpec {
        target_label: Some(label.to_owned()),
        replacement: Some(value.to_owned()),
        ..RuleSpec::default()
    })
    .unwrap()
}

fn some_labels() -> impl Strategy<Value = Labels> {
    vec(("[a-c]{1,2}", "[x-z]{1,3}"), 0..4).prop_map(|mut labels| {
        labels.sort();
        labels.dedup_by(|left, right| left.0 == right.0);
        labels
    })
}

fn some_series() -> impl Strategy<Value = Series> {
    let samples = vec((any::<i32>().prop_map(f64::from), any::<i64>()), 0..3);
    let exemplars = vec((some_labels(), Just(1.5), any::<i64>()), 0..2);
    (some_labels(), samples, proptest::option::of(1_u64..), exemplars, "[h]{0,3}").prop_map(
        |(labels, samples, histogram, exemplars, help)| Series {
            labels,
            samples,
            histogram,
            exemplars,
            help,
        },
    )
}

proptest! {
    #[test]
    fn every_body_holds_what_the_batches_hold(batches in vec(vec(some_series(), 1..4), 1..4)) {
        let all: Vec<Series> = batches.concat();
        let records = all.iter().map(|series| u64::from(series.records())).sum::<u64>();
        let batches: Vec<Batch> = batches.iter().map(|series| batch(series)).collect();
        // A rule that changes nothing sends 2.0 through the relabelling writer.
        for rules in [vec![], vec![drop_rule("no such name")]] {
            let encoded = encode(RemoteWriteMessage::V2, rules, &batches);
            prop_assert_eq!(encoded.part.as_ref().map_or(0, |part| part.records), records);
            if let Some(part) = encoded.part {
                prop_assert_eq!(&read_v2(&part.body), &all);
            }
        }
        let without_help: Vec<Series> =
            all.iter().cloned().map(|series| Series { help: String::new(), ..series }).collect();
        if let Some(part) = encode(RemoteWriteMessage::V1, vec![], &batches).part {
            prop_assert_eq!(read_v1(&part.body).0, without_help);
        }
    }

    #[test]
    fn bytes_that_are_no_request_never_panic(payload in vec(any::<u8>(), 0..200), records in 1_u32..9) {
        let broken = Batch { payload: payload.into(), records, ..batch(&[]) };
        for message in [RemoteWriteMessage::V1, RemoteWriteMessage::V2] {
            for rules in [vec![], vec![drop_rule("x")]] {
                let encoded = encode(message, rules, &[broken.clone(), broken.clone()]);
                let kept = encoded.part.as_ref().map_or(0, |part| part.records);
                prop_assert_eq!(kept + encoded.filtered + encoded.malformed, 2 * u64::from(records));
            }
        }
    }
}

#[test]
fn a_single_batch_of_2_0_is_sent_byte_for_byte() {
    let batch = batch(&[Series::new("up", "a", 1.0)]);
    let part = encode(RemoteWriteMessage::V2, vec![], std::slice::from_ref(&batch)).part.unwrap();
    assert_eq!(plain(&part.body), batch.payload);
}

#[test]
fn relabelling_drops_and_changes_series_in_both_versions() {
    let batches = [
        batch(&[Series::new("up", "a", 1.0), Series::new("noise", "a", 2.0)]),
        batch(&[Series::new("up", "b", 3.0)]),
    ];
    let rules = || vec![drop_rule("noise"), set_rule("cluster", "eu")];
    let mut expected = vec![Series::new("up", "a", 1.0), Series::new("up", "b", 3.0)];
    for series in &mut expected {
        series.labels.insert(1, ("cluster".to_owned(), "eu".to_owned()));
    }
    for message in [RemoteWriteMessage::V1, RemoteWriteMessage::V2] {
        let encoded = encode(message, rules(), &batches);
        assert_eq!(dropped(std::slice::from_ref(&encoded)), [(Reason::Filtered, 1)]);
        let part = encoded.part.unwrap();
        assert_eq!(part.records, 2);
        let sent = match message {
            RemoteWriteMessage::V1 => read_v1(&part.body).0,
            RemoteWriteMessage::V2 => read_v2(&part.body),
        };
        assert_eq!(sent, expected);
    }
}

#[test]
fn a_request_of_which_nothing_is_left_is_not_sent() {
    let batches = [batch(&[Series::new("noise", "a", 2.0)])];
    let encoded = encode(RemoteWriteMessage::V2, vec![drop_rule("noise")], &batches);
    assert!(encoded.part.is_none());
    assert_eq!(dropped(std::slice::from_ref(&encoded)), [(Reason::Filtered, 1)]);
}

#[test]
fn a_damaged_batch_is_left_out_and_the_others_are_sent() {
    let good = batch(&[Series::new("up", "a", 1.0)]);
    let cut = Batch { payload: good.payload.slice(..good.payload.len() - 1), records: 4, ..good.clone() };
    for message in [RemoteWriteMessage::V1, RemoteWriteMessage::V2] {
        let encoded = encode(message, vec![], &[good.clone(), cut.clone(), good.clone()]);
        assert_eq!(dropped(std::slice::from_ref(&encoded)), [(Reason::Malformed, 4)]);
        let part = encoded.part.unwrap();
        assert_eq!(part.records, 2);
        let sent = match message {
            RemoteWriteMessage::V1 => read_v1(&part.body).0,
            RemoteWriteMessage::V2 => read_v2(&part.body),
        };
        assert_eq!(sent, [Series::new("up", "a", 1.0), Series::new("up", "a", 1.0)]);
    }
}

#[test]
fn labels_that_are_not_sorted_are_sorted_for_1_0() {
    let mut series = Series::new("up", "a", 1.0);
    series.labels.reverse();
    let part = encode(RemoteWriteMessage::V1, vec![], &[batch(&[series])]).part.unwrap();
    assert_eq!(read_v1(&part.body).0, [Series::new("up", "a", 1.0)]);
}

#[test]
fn metadata_of_a_family_goes_once_a_minute_into_a_request_of_1_0() {
    let helped = |name: &str, help: &str| Series { help: help.to_owned(), ..Series::new(name, "a", 1.0) };
    let scrape = batch(&[helped("a_total", "A"), helped("b_total", "B"), helped("b_total", "B")]);
    let encoder = Encoder::new(&config(RemoteWriteMessage::V1, vec![]));
    let metadata = |batch: &Batch| {
        let part = encoder.encode(std::slice::from_ref(batch)).part.unwrap();
        read_v1(&part.body).1
    };
    let family = |name: &str, help: &str| (name.to_owned(), help.to_owned());
    assert_eq!(metadata(&scrape), [family("a_total", "A"), family("b_total", "B")]);
    assert_eq!(metadata(&scrape), []);
}

#[test]
fn a_part_splits_into_its_batches_until_one_is_left() {
    let batches: Vec<Batch> =
        (0..3).map(|value| batch(&[Series::new("up", "a", f64::from(value))])).collect();
    let encoder = Encoder::new(&config(RemoteWriteMessage::V1, vec![]));
    let whole = encoder.encode(&batches).part.unwrap();
    let [left, right] = encoder.split(&whole).unwrap().map(|half| half.part.unwrap());
    assert_eq!((left.records, right.records), (1, 2));
    assert!(encoder.split(&left).is_none());
    assert_eq!(encoder.split(&right).unwrap().map(|half| half.part.unwrap().records), [1, 1]);
}

#[test]
fn large_batches_of_2_0_are_sent_alone_and_small_ones_together() {
    let of = |records| Batch { records, ..batch(&[Series::new("up", "a", 1.0)]) };
    let large = RECORDS_ALONE_MIN;
    let batches = [of(1), of(2), of(large), of(large), of(3), of(4)];
    let records = |message| {
        let encoder = Encoder::new(&config(message, vec![]));
        let parts = encoder.encode_all(&batches).into_iter();
        parts.map(|part| part.part.unwrap().records).collect::<Vec<_>>()
    };
    let large = u64::from(large);
    assert_eq!(records(RemoteWriteMessage::V2), [3, large, large, 7]);
    assert_eq!(records(RemoteWriteMessage::V1), [10 + 2 * large]);
}
