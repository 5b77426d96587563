//! Remote-write 2.0: views, writers and joining against prost.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use prost::Message;
use weir_proto::generated::remote_write_v2 as prw;
use weir_proto::remote_write_v2::{
    Metadata, RequestView, RequestWriter, Sample, SeriesHead, SymbolTable, count_records, join, put_exemplar,
};
use weir_proto::wire::WireError;

use super::choices::Choices;
use super::remote_write_v2_seen::{metrics_through_views, seen_of_metrics};
use super::scramble::{Shape, damage, scramble};

const SYMBOLS: usize = 300;

/// References below the number of symbols, some of which take two bytes.
fn refs() -> impl Strategy<Value = Vec<u32>> {
    vec(0..SYMBOLS as u32, 0..8)
}

fn sample() -> impl Strategy<Value = prw::Sample> {
    (any::<f64>(), any::<i64>(), prop_oneof![0..1_i64, any::<i64>()])
        .prop_map(|(value, timestamp, start_timestamp)| prw::Sample { value, timestamp, start_timestamp })
}

fn histogram() -> impl Strategy<Value = prw::Histogram> {
    (any::<f64>(), any::<i32>(), vec(any::<i64>(), 0..4), any::<i64>()).prop_map(
        |(sum, schema, positive_deltas, timestamp)| prw::Histogram {
            sum,
            schema,
            positive_spans: vec![prw::BucketSpan { offset: schema, length: 2 }],
            positive_deltas,
            timestamp,
            count: Some(prw::histogram::Count::CountInt(7)),
            ..prw::Histogram::default()
        },
    )
}

fn exemplar() -> impl Strategy<Value = prw::Exemplar> {
    (refs(), any::<f64>(), any::<i64>()).prop_map(|(labels_refs, value, timestamp)| prw::Exemplar {
        labels_refs,
        value,
        timestamp,
    })
}

fn metadata() -> impl Strategy<Value = prw::Metadata> {
    (-1_i32..9, 0..SYMBOLS as u32, 0..SYMBOLS as u32).prop_map(|(r#type, help_ref, unit_ref)| prw::Metadata {
        r#type,
        help_ref,
        unit_ref,
    })
}

fn series() -> impl Strategy<Value = prw::TimeSeries> {
    let records = (vec(sample(), 0..3), vec(histogram(), 0..2), vec(exemplar(), 0..2));
    (refs(), records, option::of(metadata())).prop_map(
        |(labels_refs, (samples, histograms, exemplars), metadata)| prw::TimeSeries {
            labels_refs,
            samples,
            histograms,
            exemplars,
            metadata,
        },
    )
}

fn request() -> impl Strategy<Value = prw::Request> {
    (vec(series(), 0..5), "[a-z]{0,3}").prop_map(|(timeseries, word)| prw::Request {
        symbols: (0..SYMBOLS)
            .map(|index| if index == 0 { String::new() } else { format!("{word}{index}") })
            .collect(),
        timeseries,
    })
}

fn records_of(request: &prw::Request) -> usize {
    request.timeseries.iter().map(|series| series.samples.len() + series.histograms.len()).sum()
}

/// A series with each reference replaced by its symbol.
#[derive(Debug)]
#[expect(dead_code, reason = "compared by its debug form, since numbers may not be equal to themselves")]
struct Resolved {
    labels: Vec<String>,
    exemplars: Vec<Vec<String>>,
    help_and_unit: [String; 2],
    /// The series without references.
    rest: prw::TimeSeries,
}

fn resolved(request: &prw::Request) -> Vec<Resolved> {
    // A request without symbols may still say 0, the empty one.
    let symbol = |reference: u32| request.symbols.get(reference as usize).cloned().unwrap_or_default();
    let symbols = |refs: Vec<u32>| refs.into_iter().map(symbol).collect::<Vec<_>>();
    let resolve = |series: &prw::TimeSeries| {
        let mut rest = series.clone();
        let metadata = rest.metadata.take().unwrap_or_default();
        Resolved {
            labels: symbols(std::mem::take(&mut rest.labels_refs)),
            exemplars: rest
                .exemplars
                .iter_mut()
                .map(|exemplar| symbols(std::mem::take(&mut exemplar.labels_refs)))
                .collect(),
            help_and_unit: [symbol(metadata.help_ref), symbol(metadata.unit_ref)],
            rest: prw::TimeSeries {
                metadata: Some(prw::Metadata { r#type: metadata.r#type, ..prw::Metadata::default() }),
                ..rest
            },
        }
    };
    request.timeseries.iter().map(resolve).collect()
}

/// Whether the requests could be joined; then the result is what they were.
fn assert_joined(requests: &[Vec<u8>]) -> bool {
    let Ok(joined) = join(requests.iter().map(Vec::as_slice)) else { return false };
    let decode = |bytes: &Vec<u8>| prw::Request::decode(bytes.as_slice());
    // Joining overlooks errors in fields that it does not read.
    let Ok(requests) = requests.iter().map(decode).collect::<Result<Vec<_>, _>>() else { return true };
    let joined = decode(&joined).expect("what is joined of sound requests is sound");
    assert_eq!(joined.symbols[0], "");
    let expected: Vec<_> = requests.iter().flat_map(resolved).collect();
    assert_eq!(format!("{:?}", resolved(&joined)), format!("{expected:?}"));
    true
}

fn assert_views_agree(bytes: &[u8]) {
    if let Ok(decoded) = prw::Request::decode(bytes) {
        assert_eq!(count_records(bytes), Ok(records_of(&decoded) as u64));
        assert_eq!(metrics_through_views(bytes), Ok(seen_of_metrics(decoded)));
    } else {
        // Errors in fields that the views skip are theirs to overlook; they must end.
        let _ = (count_records(bytes), metrics_through_views(bytes));
    }
}

proptest! {
    #[test]
    fn views_read_what_prost_decodes_in_any_encoding(
        request in request(),
        scrambling in vec(any::<u16>(), 0..80),
        damaging in vec(any::<u16>(), 0..12),
    ) {
        let encoded = request.encode_to_vec();
        assert_views_agree(&encoded);
        let mut bytes = scramble(&encoded, Shape::MetricsRequest, &mut Choices::new(&scrambling));
        assert_views_agree(&bytes);
        damage(&mut bytes, &mut Choices::new(&damaging));
        assert_views_agree(&bytes);
    }

    #[test]
    fn joined_requests_name_the_same_symbols(requests in vec(request(), 0..4)) {
        let encoded: Vec<_> = requests.iter().map(Message::encode_to_vec).collect();
        assert!(assert_joined(&encoded));
    }

    #[test]
    fn requests_in_another_encoding_join_to_the_same_or_not_at_all(
        one in request(),
        other in request(),
        scrambling in vec(any::<u16>(), 0..80),
    ) {
        let mut choices = Choices::new(&scrambling);
        let scrambled =
            [one, other].map(|request| scramble(&request.encode_to_vec(), Shape::MetricsRequest, &mut choices));
        assert_joined(&scrambled);
    }

    #[test]
    fn joining_any_bytes_fails_or_ends(one in vec(any::<u8>(), 0..40), other in request()) {
        let other = other.encode_to_vec();
        let _ = join([one.as_slice(), other.as_slice()]);
    }

    #[test]
    fn a_written_request_decodes_to_what_was_put(
        series in vec((refs(), metadata(), sample(), vec(exemplar(), 0..2)), 0..6),
        histogram in option::of(histogram()),
    ) {
        let mut symbols = SymbolTable::new();
        for index in 1..SYMBOLS {
            assert_eq!(symbols.intern(&format!("s{index}")) as usize, index);
        }
        let mut writer = RequestWriter::default();
        let mut expected = Vec::new();
        for (labels_refs, metadata, sample, exemplars) in series {
            writer.put_series(&head(&labels_refs, metadata), &plain(&sample), &encoded(&exemplars));
            expected.push(prw::TimeSeries {
                labels_refs,
                samples: vec![sample],
                exemplars,
                metadata: Some(metadata),
                ..prw::TimeSeries::default()
            });
        }
        if let Some(histogram) = histogram {
            writer.put_histogram(&head(&[1, 2], prw::Metadata::default()), &histogram.encode_to_vec(), &[]);
            expected.push(prw::TimeSeries {
                labels_refs: vec![1, 2],
                histograms: vec![histogram],
                ..prw::TimeSeries::default()
            });
        }
        let request = writer.request(&symbols);
        assert_eq!(count_records(&request), Ok(writer.records()));
        let decoded = prw::Request::decode(request.as_slice()).unwrap();
        assert_eq!(decoded.symbols.len(), SYMBOLS);
        let expected = prw::Request { symbols: decoded.symbols.clone(), timeseries: expected };
        assert_eq!(seen_of_metrics(decoded), seen_of_metrics(expected));
    }

    #[test]
    fn a_template_with_samples_set_is_the_request_with_these_samples(
        series in vec((refs(), metadata(), any::<f64>(), any::<f64>()), 1..6),
        times in (1_700_000_000_000_i64..1_800_000_000_000, 1_700_000_000_000_i64..1_800_000_000_000),
    ) {
        let symbols = SymbolTable::new();
        let mut writer = RequestWriter::with_capacity(64);
        let mut next = RequestWriter::default();
        let mut slots = Vec::new();
        for (labels_refs, metadata, before, after) in &series {
            let head = head(labels_refs, *metadata);
            let put = |writer: &mut RequestWriter, value: f64, timestamp: i64| {
                writer.put_sample(&head, &Sample { value, timestamp, start_timestamp: 0 })
            };
            slots.push(put(&mut writer, *before, times.0));
            put(&mut next, *after, times.1);
        }
        let mut template = writer.template(&symbols);
        for (slot, (_, _, _, after)) in slots.into_iter().zip(&series) {
            assert!(template.set(slot, *after, times.1));
        }
        assert_eq!(template.as_bytes(), next.request(&symbols));
        assert_eq!(template.records(), series.len() as u64);
    }
}

fn head(label_refs: &[u32], metadata: prw::Metadata) -> Box<[u8]> {
    let metadata =
        Metadata { kind: metadata.r#type, help_ref: metadata.help_ref, unit_ref: metadata.unit_ref };
    SeriesHead::new(label_refs, metadata).as_bytes().into()
}

fn plain(sample: &prw::Sample) -> Sample {
    Sample { value: sample.value, timestamp: sample.timestamp, start_timestamp: sample.start_timestamp }
}

fn encoded(exemplars: &[prw::Exemplar]) -> Vec<u8> {
    let mut out = Vec::new();
    for exemplar in exemplars {
        put_exemplar(&mut out, &exemplar.labels_refs, exemplar.value, exemplar.timestamp);
    }
    out
}

#[test]
fn a_timestamp_of_another_width_needs_a_new_request() {
    let symbols = SymbolTable::new();
    let mut writer = RequestWriter::default();
    let sample = |timestamp| Sample { value: 1.0, timestamp, start_timestamp: 0 };
    let slot = writer.put_sample(&[], &sample(1_700_000_000_000));
    let mut template = writer.template(&symbols);
    let before = template.as_bytes().to_vec();
    for timestamp in [0, 1, 1 << 34, 1 << 42, i64::MAX, -1] {
        assert!(!template.set(slot, 2.0, timestamp), "{timestamp}");
    }
    assert_eq!(template.as_bytes(), before);
    assert!(template.set(slot, 2.0, 1_700_000_000_001));
}

#[test]
fn a_symbol_is_written_once_and_forgotten_when_taken_back() {
    let mut symbols = SymbolTable::new();
    assert!(symbols.is_empty());
    let (a, b) = (symbols.intern("a"), symbols.intern("b"));
    assert_eq!((symbols.intern(""), symbols.intern("a"), symbols.intern("b")), (0, a, b));
    assert_eq!((symbols.get(b), symbols.get(3), symbols.len()), (Some(b"b".as_slice()), None, 3));
    symbols.truncate(2);
    assert_eq!((symbols.len(), symbols.encoded()), (2, b"\x22\x00\x22\x01a".as_slice()));
    assert_eq!((symbols.intern("c"), symbols.intern("b")), (2, 3));
    symbols.truncate(0);
    assert!(symbols.is_empty());
}

#[test]
fn a_reference_past_the_symbols_of_its_request_is_refused() {
    let request = |labels_refs: Vec<u32>| {
        let series = prw::TimeSeries { labels_refs, ..prw::TimeSeries::default() };
        let symbols = vec![String::new(), "a".to_owned()];
        prw::Request { symbols, timeseries: vec![series] }.encode_to_vec()
    };
    let (good, bad) = (request(vec![1, 1]), request(vec![1, 2]));
    assert!(join([good.as_slice(), good.as_slice()]).is_ok());
    assert_eq!(join([bad.as_slice(), good.as_slice()]), Err(WireError::Reference));
    assert_eq!(RequestView::new(&bad).symbols().count(), 2);
}
