//! What the views see of a request, as prost's types. Shared with the fuzz targets.

use prost::Message;
use weir_proto::generated::otlp::collector_logs::ExportLogsServiceRequest;
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::common::any_value::Value;
use weir_proto::generated::otlp::common::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use weir_proto::generated::otlp::logs::{LogRecord, ResourceLogs, ScopeLogs};
use weir_proto::generated::otlp::resource::Resource;
use weir_proto::generated::otlp::trace::{ResourceSpans, ScopeSpans, Span, Status};
use weir_proto::otlp::logs::LogRecordView;
use weir_proto::otlp::traces::SpanView;
use weir_proto::otlp::{AnyValueView, KeyValues, Kind, ResourceView, ScopeView, logs, traces};
use weir_proto::wire::WireError;

/// The request as the views read it, encoded: numbers that are not equal to themselves compare.
pub(crate) fn traces_through_views(request: &[u8]) -> Result<Vec<u8>, WireError> {
    let mut resource_spans = Vec::new();
    for resource in traces::RequestView::new(request).resources() {
        let resource = resource?;
        let mut scope_spans = Vec::new();
        for scope in resource.scopes() {
            let scope = scope?;
            let spans = scope.records().map(|span| read_span(&span?)).collect::<Result<_, _>>()?;
            scope_spans.push(ScopeSpans { scope: read_scope(&scope)?, spans, schema_url: String::new() });
        }
        let schema_url = resource.schema_url()?.to_owned();
        resource_spans.push(ResourceSpans { resource: read_resource(&resource)?, scope_spans, schema_url });
    }
    Ok(ExportTraceServiceRequest { resource_spans }.encode_to_vec())
}

/// The request as the views read it, encoded.
pub(crate) fn logs_through_views(request: &[u8]) -> Result<Vec<u8>, WireError> {
    let mut resource_logs = Vec::new();
    for resource in logs::RequestView::new(request).resources() {
        let resource = resource?;
        let mut scope_logs = Vec::new();
        for scope in resource.scopes() {
            let scope = scope?;
            let log_records =
                scope.records().map(|record| read_record(&record?)).collect::<Result<_, _>>()?;
            scope_logs.push(ScopeLogs { scope: read_scope(&scope)?, log_records, schema_url: String::new() });
        }
        let schema_url = resource.schema_url()?.to_owned();
        resource_logs.push(ResourceLogs { resource: read_resource(&resource)?, scope_logs, schema_url });
    }
    Ok(ExportLogsServiceRequest { resource_logs }.encode_to_vec())
}

fn read_resource<K: Kind>(resource: &ResourceView<'_, K>) -> Result<Option<Resource>, WireError> {
    let attributes = read_key_values(resource.attributes())?;
    Ok(resource.has_resource().then(|| Resource { attributes, ..Resource::default() }))
}

fn read_scope<K: Kind>(scope: &ScopeView<'_, K>) -> Result<Option<InstrumentationScope>, WireError> {
    Ok(Some(InstrumentationScope {
        name: scope.name()?.to_owned(),
        version: scope.version()?.to_owned(),
        attributes: read_key_values(scope.attributes())?,
        dropped_attributes_count: 0,
    }))
}

fn read_span(span: &SpanView<'_>) -> Result<Span, WireError> {
    Ok(Span {
        trace_id: read_id(span.trace_id()?),
        span_id: read_id(span.span_id()?),
        parent_span_id: read_id(span.parent_span_id()?),
        trace_state: span.trace_state()?.to_owned(),
        flags: span.flags(),
        name: span.name()?.to_owned(),
        kind: span.kind(),
        start_time_unix_nano: span.start_time_unix_nano(),
        end_time_unix_nano: span.end_time_unix_nano(),
        attributes: read_key_values(span.attributes())?,
        status: Some(Status { code: span.status_code()?, message: String::new() }),
        ..Span::default()
    })
}

fn read_record(record: &LogRecordView<'_>) -> Result<LogRecord, WireError> {
    Ok(LogRecord {
        time_unix_nano: record.time_unix_nano(),
        observed_time_unix_nano: record.observed_time_unix_nano(),
        severity_number: record.severity_number(),
        severity_text: record.severity_text()?.to_owned(),
        body: record.body()?.map(read_value).transpose()?,
        attributes: read_key_values(record.attributes())?,
        dropped_attributes_count: 0,
        flags: record.flags(),
        trace_id: read_id(record.trace_id()?),
        span_id: read_id(record.span_id()?),
        event_name: record.event_name()?.to_owned(),
    })
}

fn read_key_values(key_values: KeyValues<'_>) -> Result<Vec<KeyValue>, WireError> {
    let mut read = Vec::new();
    for key_value in key_values.iter() {
        let key_value = key_value?;
        let key = key_value.key()?.to_owned();
        assert_eq!(key.as_bytes(), key_value.key_bytes());
        read.push(KeyValue { key, value: Some(read_value(key_value.value()?)?), key_strindex: 0 });
    }
    Ok(read)
}

fn read_value(value: AnyValueView<'_>) -> Result<AnyValue, WireError> {
    let value = match value {
        AnyValueView::Empty => None,
        AnyValueView::Str(text) => Some(Value::StringValue(text.to_owned())),
        AnyValueView::Bool(yes) => Some(Value::BoolValue(yes)),
        AnyValueView::Int(number) => Some(Value::IntValue(number)),
        AnyValueView::Double(number) => Some(Value::DoubleValue(number)),
        AnyValueView::Bytes(bytes) => Some(Value::BytesValue(bytes.to_owned())),
        AnyValueView::Array(array) => {
            let values = array.values().map(|value| read_value(value?)).collect::<Result<_, _>>()?;
            Some(Value::ArrayValue(ArrayValue { values }))
        }
        AnyValueView::KvList(list) => {
            Some(Value::KvlistValue(KeyValueList { values: read_key_values(list)? }))
        }
    };
    Ok(AnyValue { value })
}

fn read_id<const N: usize>(id: Option<[u8; N]>) -> Vec<u8> {
    id.map_or_else(Vec::new, |id| id.to_vec())
}

/// Takes out what the views do not show, and encodes.
pub(crate) fn seen_of_traces(mut request: ExportTraceServiceRequest) -> Vec<u8> {
    for resource in &mut request.resource_spans {
        see_resource(&mut resource.resource);
        for scope in &mut resource.scope_spans {
            see_scope(&mut scope.scope);
            scope.schema_url.clear();
            scope.spans.iter_mut().for_each(see_span);
        }
    }
    request.encode_to_vec()
}

/// Takes out what the views do not show, and encodes.
pub(crate) fn seen_of_logs(mut request: ExportLogsServiceRequest) -> Vec<u8> {
    for resource in &mut request.resource_logs {
        see_resource(&mut resource.resource);
        for scope in &mut resource.scope_logs {
            see_scope(&mut scope.scope);
            scope.schema_url.clear();
            scope.log_records.iter_mut().for_each(see_record);
        }
    }
    request.encode_to_vec()
}

fn see_resource(resource: &mut Option<Resource>) {
    if let Some(resource) = resource {
        see_key_values(&mut resource.attributes);
        resource.dropped_attributes_count = 0;
        resource.entity_refs.clear();
    }
}

fn see_scope(scope: &mut Option<InstrumentationScope>) {
    let scope = scope.get_or_insert_default();
    see_key_values(&mut scope.attributes);
    scope.dropped_attributes_count = 0;
}

fn see_span(span: &mut Span) {
    for id in [&mut span.trace_id, &mut span.span_id, &mut span.parent_span_id] {
        see_id(id);
    }
    see_key_values(&mut span.attributes);
    span.events.clear();
    span.links.clear();
    span.dropped_attributes_count = 0;
    span.dropped_events_count = 0;
    span.dropped_links_count = 0;
    span.status.get_or_insert_default().message.clear();
}

fn see_record(record: &mut LogRecord) {
    see_id(&mut record.trace_id);
    see_id(&mut record.span_id);
    see_key_values(&mut record.attributes);
    record.dropped_attributes_count = 0;
    if let Some(body) = &mut record.body {
        see_value(body);
    }
}

fn see_key_values(key_values: &mut [KeyValue]) {
    for key_value in key_values {
        key_value.key_strindex = 0;
        see_value(key_value.value.get_or_insert_default());
    }
}

fn see_value(value: &mut AnyValue) {
    match &mut value.value {
        Some(Value::ArrayValue(array)) => array.values.iter_mut().for_each(see_value),
        Some(Value::KvlistValue(list)) => see_key_values(&mut list.values),
        Some(Value::StringValueStrindex(_)) => value.value = None,
        _ => {}
    }
}

/// An id of zeros is none.
fn see_id(id: &mut Vec<u8>) {
    if id.iter().all(|byte| *byte == 0) {
        id.clear();
    }
}
