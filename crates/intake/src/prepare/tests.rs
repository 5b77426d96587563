//! What becomes of requests, seen through prost.

use bytes::Bytes;
use proptest::prelude::{Strategy, any, prop_assert_eq, prop_oneof, proptest};
use proptest::{collection, option, sample};
use prost::Message;
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::common::any_value::Value;
use weir_proto::generated::otlp::resource::Resource;
use weir_proto::generated::otlp::trace::Span;
use weir_proto::generated::otlp::trace::span::Link;
use weir_proto::otlp::logs::LogRecord as Logs;
use weir_proto::otlp::traces::Span as Traces;
use weir_proto::wire::WireError;
use weir_sampling::{Decision, Sampler, TraceState, put_threshold};

use super::{Prepared, prepare};
use crate::IntakeSettings;
use crate::samples::{
    attributes, encode, logs, record, records_of, settings, span, spans_of, text, texts, trace_id, traces,
};
use crate::settings::Plan;

const LOW: u64 = 1;
const HIGH: u64 = (1 << 56) - 1;

fn half() -> IntakeSettings {
    IntakeSettings { traces_ratio: 0.5, ..settings() }
}

fn correlated() -> IntakeSettings {
    IntakeSettings { correlation_keys: vec!["x-request-id".to_owned()], ..settings() }
}

fn identified() -> IntakeSettings {
    let resource = [("host.name", "node-1"), ("deployment.environment.name", "production")];
    let resource = resource.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    IntakeSettings { resource, ..settings() }
}

fn prepare_traces(settings: IntakeSettings, spans: Vec<Span>) -> Prepared {
    prepare::<Traces>(&encode(&traces(None, spans)), &Plan::new(settings)).unwrap()
}

fn correlation_id(found: &[weir_proto::generated::otlp::common::KeyValue]) -> Vec<String> {
    let found = found.iter().filter(|attribute| attribute.key == "correlation.id");
    found
        .map(|attribute| match attribute.value.clone().and_then(|value| value.value) {
            Some(Value::StringValue(text)) => text,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn a_request_passes_uncopied_when_nothing_is_configured() {
    let body = encode(&traces(None, vec![span(trace_id(LOW))]));
    let prepared = prepare::<Traces>(&body, &Plan::new(settings())).unwrap();
    assert_eq!((prepared.payload.as_ptr(), prepared.kept), (body.as_ptr(), 1));
    let body = encode(&logs(None, vec![record(trace_id(LOW)), record(Vec::new())]));
    let prepared = prepare::<Logs>(&body, &Plan::new(half())).unwrap();
    assert_eq!((prepared.payload.as_ptr(), prepared.kept), (body.as_ptr(), 2));
}

#[test]
fn resource_attributes_are_added_where_absent() {
    let own = Resource { attributes: attributes(&[("host.name", text("mine"))]), ..Resource::default() };
    let body = encode(&traces(Some(own), vec![span(trace_id(LOW))]));
    let prepared = prepare::<Traces>(&body, &Plan::new(identified())).unwrap();
    let request = ExportTraceServiceRequest::decode(&*prepared.payload).unwrap();
    let expected = [("host.name", text("mine")), ("deployment.environment.name", text("production"))];
    assert_eq!(request.resource_spans[0].resource.as_ref().unwrap().attributes, attributes(&expected));
}

#[test]
fn a_resource_is_made_where_there_is_none() {
    let prepared = prepare_traces(identified(), vec![span(trace_id(LOW))]);
    let request = ExportTraceServiceRequest::decode(&*prepared.payload).unwrap();
    let expected = [("host.name", text("node-1")), ("deployment.environment.name", text("production"))];
    assert_eq!(request.resource_spans[0].resource.as_ref().unwrap().attributes, attributes(&expected));
    assert_eq!(spans_of(&prepared.payload), [span(trace_id(LOW))]);
}

#[test]
fn sampling_drops_spans_and_records_its_threshold_on_the_rest() {
    let vendor = Span { trace_state: "rojo=1,ot=th:4;x:y".to_owned(), ..span(trace_id(HIGH)) };
    let strict = Span { trace_state: "ot=th:c".to_owned(), ..span(trace_id(HIGH)) };
    let rootless = span(Vec::new());
    let spans = vec![span(trace_id(LOW)), vendor, strict.clone(), rootless.clone(), span(trace_id(HIGH))];
    let prepared = prepare_traces(half(), spans);
    assert_eq!((prepared.kept, prepared.sampled_out, prepared.malformed), (4, 1, 0));
    let with_state = |state: &str| Span { trace_state: state.to_owned(), ..span(trace_id(HIGH)) };
    let expected = [with_state("ot=x:y;th:8,rojo=1"), strict, rootless, with_state("ot=th:8")];
    assert_eq!(spans_of(&prepared.payload), expected);
}

#[test]
fn nothing_is_left_of_a_request_whose_spans_are_all_sampled_out() {
    let prepared = prepare_traces(half(), vec![span(trace_id(LOW)), span(trace_id(LOW + 1))]);
    assert_eq!(prepared, Prepared { payload: Bytes::new(), kept: 0, sampled_out: 2, malformed: 0 });
}

#[test]
fn spans_and_log_records_get_their_correlation_id() {
    let with = |found: &[(&str, Value)]| Span { attributes: attributes(found), ..span(vec![0xab; 16]) };
    let spans = vec![
        with(&[("x", text("y")), ("x-request-id", text("r1"))]),
        with(&[("http.request.header.x-request-id", texts(&["r2", "other"]))]),
        with(&[("baggage", text("x-request-id=r%33"))]),
        with(&[("x-request-id", Value::IntValue(4))]),
        with(&[("correlation.id", text("own")), ("x-request-id", text("r5"))]),
        with(&[("x-request-id", Value::BoolValue(true))]),
    ];
    let prepared = prepare_traces(correlated(), spans);
    let ids: Vec<_> =
        spans_of(&prepared.payload).iter().flat_map(|span| correlation_id(&span.attributes)).collect();
    assert_eq!(ids, ["r1", "r2", "r3", "4", "own", "abababababababababababababababab"]);

    let mut with_key = record(Vec::new());
    with_key.attributes = attributes(&[("x-request-id", text("r1"))]);
    let body = encode(&logs(None, vec![with_key, record(vec![0xab; 16]), record(Vec::new())]));
    let prepared = prepare::<Logs>(&body, &Plan::new(correlated())).unwrap();
    let ids: Vec<_> =
        records_of(&prepared.payload).iter().map(|record| correlation_id(&record.attributes)).collect();
    assert_eq!(ids, [vec!["r1"], vec!["abababababababababababababababab"], vec![]]);
}

#[test]
fn log_records_follow_their_trace_where_that_is_asked_for() {
    let body = encode(&logs(None, vec![record(trace_id(LOW)), record(trace_id(HIGH)), record(Vec::new())]));
    let following = IntakeSettings { logs_follow_traces: true, ..half() };
    let prepared = prepare::<Logs>(&body, &Plan::new(following)).unwrap();
    assert_eq!((prepared.kept, prepared.sampled_out), (2, 1));
    assert_eq!(records_of(&prepared.payload), [record(trace_id(HIGH)), record(Vec::new())]);
}

#[test]
fn a_ratio_that_is_none_keeps_everything() {
    let prepared =
        prepare_traces(IntakeSettings { traces_ratio: f64::NAN, ..settings() }, vec![span(trace_id(LOW))]);
    assert_eq!((prepared.kept, prepared.sampled_out), (1, 0));
}

#[test]
fn only_records_with_an_id_of_a_wrong_length_are_left_out() {
    let good = span(trace_id(HIGH));
    let short = span(vec![1; 15]);
    let long = Span { span_id: vec![1; 9], ..good.clone() };
    let parent = Span { parent_span_id: vec![1; 7], ..good.clone() };
    let link = Link { trace_id: vec![1; 3], ..Link::default() };
    let linked = Span { links: vec![link], ..good.clone() };
    let prepared = prepare_traces(settings(), vec![short, good.clone(), long, parent, linked, good.clone()]);
    assert_eq!((prepared.kept, prepared.malformed, prepared.sampled_out), (2, 4, 0));
    assert_eq!(spans_of(&prepared.payload), [good.clone(), good]);

    let body = encode(&logs(None, vec![record(vec![1; 17]), record(trace_id(1))]));
    let prepared = prepare::<Logs>(&body, &Plan::new(settings())).unwrap();
    assert_eq!((prepared.kept, prepared.malformed), (1, 1));
    assert_eq!(records_of(&prepared.payload), [record(trace_id(1))]);
}

#[test]
fn what_is_left_of_a_request_is_still_sampled() {
    let spans = vec![span(vec![1; 15]), span(trace_id(LOW)), span(trace_id(HIGH))];
    let prepared = prepare_traces(half(), spans);
    assert_eq!((prepared.kept, prepared.malformed, prepared.sampled_out), (1, 1, 1));
}

#[test]
fn a_request_that_breaks_the_wire_format_is_refused_even_if_an_id_is_wrong_too() {
    let mut body = traces(None, vec![span(vec![1; 15]), span(trace_id(LOW))]).encode_to_vec();
    body.truncate(body.len() - 1);
    let prepared = prepare::<Traces>(&Bytes::from(body), &Plan::new(half()));
    assert_eq!(prepared, Err(WireError::Truncated));
}

fn any_span() -> impl Strategy<Value = Span> {
    let state = prop_oneof![
        proptest::strategy::Just(String::new()),
        "ot=th:[0-9a-f]{1,14}",
        "(rojo=1,)?ot=(rv:[0-9a-f]{14})?(;th:[0-9a-f]{1,4})?(,congo=2)?",
    ];
    let key = sample::select(&["x-request-id", "correlation.id", "baggage", "other"][..]);
    let attribute = (key, "[a-z0-9=,-]{0,8}").prop_map(|(key, value)| (key, text(&value)));
    (any::<[u8; 16]>(), option::of(state), collection::vec(attribute, 0..4), "[a-z]{0,300}").prop_map(
        |(id, state, found, name)| {
            let trace_state = state.unwrap_or_default();
            Span { trace_state, name, attributes: attributes(&found), ..span(id.to_vec()) }
        },
    )
}

/// The same by decoding, changing and keeping objects.
fn model(settings: &IntakeSettings, request: &mut ExportTraceServiceRequest) {
    let sampler = Sampler::new(settings.traces_ratio).unwrap();
    for resource in &mut request.resource_spans {
        for scope in &mut resource.scope_spans {
            scope.spans.retain_mut(|span| sample(&sampler, span));
        }
        resource.scope_spans.retain(|scope| !scope.spans.is_empty());
        let found = &mut resource.resource.get_or_insert_default().attributes;
        for (key, value) in &settings.resource {
            if !found.iter().any(|attribute| attribute.key == *key) {
                found.extend(attributes(&[(key, text(value))]));
            }
        }
    }
    request.resource_spans.retain(|resource| !resource.scope_spans.is_empty());
}

fn sample(sampler: &Sampler, span: &mut Span) -> bool {
    let id: [u8; 16] = span.trace_id.clone().try_into().unwrap();
    match sampler.decide(&id, &TraceState::parse(span.trace_state.as_bytes())) {
        Decision::Drop => return false,
        Decision::Keep => {}
        Decision::KeepAs(threshold) => {
            let mut state = Vec::new();
            put_threshold(span.trace_state.as_bytes(), threshold, &mut state);
            span.trace_state = String::from_utf8(state).unwrap();
        }
    }
    true
}

proptest! {
    #[test]
    fn splicing_equals_decoding_changing_and_encoding(
        resources in collection::vec(collection::vec(collection::vec(any_span(), 1..4), 1..3), 0..3),
        ratio in 0.1..0.9_f64,
    ) {
        let mut request = ExportTraceServiceRequest::default();
        for scopes in resources {
            let mut resource = traces(None, Vec::new()).resource_spans.remove(0);
            resource.scope_spans = scopes.into_iter().map(|spans| {
                traces(None, spans).resource_spans.remove(0).scope_spans.remove(0)
            }).collect();
            request.resource_spans.push(resource);
        }
        let settings = IntakeSettings { traces_ratio: ratio, ..identified() };
        let prepared = prepare::<Traces>(&encode(&request), &Plan::new(settings.clone())).unwrap();
        let before = request.encode_to_vec();
        model(&settings, &mut request);
        let spans = |bytes: &[u8]| spans_of(bytes).len() as u64;
        let expected = (spans(&request.encode_to_vec()), spans(&before));
        prop_assert_eq!((prepared.kept, prepared.kept + prepared.sampled_out), expected);
        prop_assert_eq!(ExportTraceServiceRequest::decode(&*prepared.payload).unwrap(), request);
    }

    #[test]
    fn every_span_ends_with_at_most_one_correlation_id_more(spans in collection::vec(any_span(), 1..6)) {
        let prepared = prepare_traces(correlated(), spans.clone());
        for (after, before) in spans_of(&prepared.payload).iter().zip(&spans) {
            let (after, before) = (correlation_id(&after.attributes), correlation_id(&before.attributes));
            let expected = if before.is_empty() { 1 } else { before.len() };
            prop_assert_eq!(after.len(), expected);
        }
    }
}
