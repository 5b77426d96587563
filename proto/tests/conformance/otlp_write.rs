//! Batches of log records that weir writes itself.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use prost::Message;
use weir_proto::generated::otlp::collector_logs::ExportLogsServiceRequest;
use weir_proto::generated::otlp::common::any_value::Value;
use weir_proto::generated::otlp::common::{AnyValue, InstrumentationScope, KeyValue};
use weir_proto::generated::otlp::logs::{LogRecord as ProstRecord, ResourceLogs, ScopeLogs};
use weir_proto::generated::otlp::resource::Resource;
use weir_proto::otlp::AnyValueView;
use weir_proto::otlp::check_logs;
use weir_proto::otlp::write::{Attribute, LogRecord, LogsHeader, LogsWriter};

type Owned = (String, Value);

fn attributes() -> impl Strategy<Value = Vec<Owned>> {
    let value = prop_oneof![
        "\\PC{0,20}".prop_map(Value::StringValue),
        any::<i64>().prop_map(Value::IntValue),
        any::<bool>().prop_map(Value::BoolValue),
        (-1e9..1e9).prop_map(Value::DoubleValue),
        vec(any::<u8>(), 8).prop_map(Value::BytesValue),
    ];
    vec(("[a-z.]{1,12}", value), 0..4)
}

fn record() -> impl Strategy<Value = (ProstRecord, Vec<Owned>)> {
    let ids = (option::of(any::<[u8; 16]>()), option::of(any::<[u8; 8]>()), any::<u32>());
    let body = prop_oneof![4 => "\\PC{0,40}", 1 => (0_usize..20_000).prop_map(|len| "x".repeat(len))];
    let numbers = (prop_oneof![any::<u64>(), 0..1_u64], any::<u64>(), 0_i32..25);
    (numbers, "[A-Z]{0,5}", body, attributes(), ids).prop_map(
        |(numbers, severity_text, body, attributes, ids)| {
            let record = ProstRecord {
                time_unix_nano: numbers.0,
                observed_time_unix_nano: numbers.1,
                severity_number: numbers.2,
                severity_text,
                body: Some(AnyValue { value: Some(Value::StringValue(body)) }),
                attributes: decoded(&attributes),
                flags: ids.2,
                trace_id: ids.0.map(|id| id.to_vec()).unwrap_or_default(),
                span_id: ids.1.map(|id| id.to_vec()).unwrap_or_default(),
                ..ProstRecord::default()
            };
            (record, attributes)
        },
    )
}

fn decoded(attributes: &[Owned]) -> Vec<KeyValue> {
    let decode = |(key, value): &Owned| KeyValue {
        key: key.clone(),
        value: Some(AnyValue { value: Some(value.clone()) }),
        key_strindex: 0,
    };
    attributes.iter().map(decode).collect()
}

fn borrowed(attributes: &[Owned]) -> Vec<Attribute<'_>> {
    let borrow = |value| match value {
        &Value::IntValue(number) => AnyValueView::Int(number),
        &Value::BoolValue(yes) => AnyValueView::Bool(yes),
        &Value::DoubleValue(number) => AnyValueView::Double(number),
        Value::BytesValue(bytes) => AnyValueView::Bytes(bytes),
        Value::StringValue(text) => AnyValueView::Str(text),
        other => panic!("not generated: {other:?}"),
    };
    attributes.iter().map(|(key, value)| (key.as_str(), borrow(value))).collect()
}

fn append(writer: &mut LogsWriter, record: &ProstRecord, attributes: &[Owned]) {
    let Some(Value::StringValue(body)) = record.body.as_ref().and_then(|body| body.value.as_ref()) else {
        panic!("a body of text is generated");
    };
    writer.append(&LogRecord {
        time_unix_nano: record.time_unix_nano,
        observed_time_unix_nano: record.observed_time_unix_nano,
        severity_number: record.severity_number as u8,
        severity_text: &record.severity_text,
        body,
        attributes: &borrowed(attributes),
        trace_id: record.trace_id.as_slice().try_into().ok(),
        span_id: record.span_id.as_slice().try_into().ok(),
        flags: record.flags,
    });
}

proptest! {
    #[test]
    fn a_batch_decodes_to_the_records_appended(
        resource in attributes(),
        scope in attributes(),
        records in vec(record(), 0..6),
    ) {
        let header = LogsHeader::new(&borrowed(&resource), "weir.tail", &borrowed(&scope));
        let mut writer = LogsWriter::new(&header, 0);
        for (record, attributes) in &records {
            append(&mut writer, record, attributes);
        }
        assert_eq!(writer.records() as usize, records.len());
        let size = writer.encoded_len();
        let request = writer.finish();
        assert!(request.len() <= size);
        assert_eq!(check_logs(&request), Ok(records.len() as u64));

        let scope = InstrumentationScope {
            name: "weir.tail".to_owned(),
            attributes: decoded(&scope),
            ..InstrumentationScope::default()
        };
        let log_records = records.into_iter().map(|(record, _)| record).collect();
        let scope_logs = vec![ScopeLogs { scope: Some(scope), log_records, schema_url: String::new() }];
        let resource = Some(Resource { attributes: decoded(&resource), ..Resource::default() });
        let expected = ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs { resource, scope_logs, schema_url: String::new() }],
        };
        assert_eq!(ExportLogsServiceRequest::decode(request).unwrap(), expected);
    }
}
