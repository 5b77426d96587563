//! The keys that are looked for.

/// What a key names, and its rank among the keys that name the same: 0 is preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Time(u8),
    Severity(u8),
    Message(u8),
    TraceId(u8),
    SpanId(u8),
    TraceParent,
    /// The message when it is text, an object with the severity otherwise.
    Log,
    /// An object with the trace id.
    Trace,
    /// An object with the span id.
    Span,
}

pub(crate) const LOG_MESSAGE: u8 = 2;
pub(crate) const LOG_LEVEL: u8 = 3;
pub(crate) const NESTED_ID: u8 = 4;
pub(crate) const FROM_TRACEPARENT: u8 = 7;

/// The field that a top-level key names. Most keys are ruled out by their length alone.
#[inline]
pub(crate) fn field(key: &[u8]) -> Option<Field> {
    match key.len() {
        2 => match key {
            b"ts" => Some(Field::Time(3)),
            b"@t" => Some(Field::Time(6)),
            b"@l" => Some(Field::Severity(10)),
            b"@m" => Some(Field::Message(4)),
            _ => None,
        },
        3 => match key {
            b"msg" => Some(Field::Message(1)),
            b"log" => Some(Field::Log),
            b"lvl" => Some(Field::Severity(4)),
            _ => None,
        },
        4 => match key {
            b"time" => Some(Field::Time(1)),
            b"body" => Some(Field::Message(3)),
            b"span" => Some(Field::Span),
            _ => None,
        },
        5 => match key {
            b"level" => Some(Field::Severity(0)),
            b"trace" => Some(Field::Trace),
            _ => None,
        },
        6 => of_6(key),
        7 => of_7(key),
        8 => of_8(key),
        9 => of_9(key),
        10 => match key {
            b"@timestamp" => Some(Field::Time(0)),
            b"timeMillis" => Some(Field::Time(5)),
            _ => None,
        },
        11 => match key {
            b"traceparent" => Some(Field::TraceParent),
            b"dd.trace_id" => Some(Field::TraceId(6)),
            _ => None,
        },
        12 => (key == b"severityText").then_some(Field::Severity(8)),
        13 => (key == b"severity_text").then_some(Field::Severity(9)),
        _ => None,
    }
}

fn of_6(key: &[u8]) -> Option<Field> {
    match key {
        b"spanId" => Some(Field::SpanId(1)),
        b"spanID" => Some(Field::SpanId(2)),
        b"spanid" => Some(Field::SpanId(5)),
        _ => None,
    }
}

fn of_7(key: &[u8]) -> Option<Field> {
    match key {
        b"message" => Some(Field::Message(0)),
        b"span_id" => Some(Field::SpanId(0)),
        b"span.id" => Some(Field::SpanId(3)),
        b"traceId" => Some(Field::TraceId(1)),
        b"traceID" => Some(Field::TraceId(2)),
        b"traceid" => Some(Field::TraceId(5)),
        _ => None,
    }
}

fn of_8(key: &[u8]) -> Option<Field> {
    match key {
        b"severity" => Some(Field::Severity(1)),
        b"loglevel" => Some(Field::Severity(5)),
        b"logLevel" => Some(Field::Severity(6)),
        b"trace_id" => Some(Field::TraceId(0)),
        b"trace.id" => Some(Field::TraceId(3)),
        b"datetime" => Some(Field::Time(4)),
        _ => None,
    }
}

fn of_9(key: &[u8]) -> Option<Field> {
    match key {
        b"timestamp" => Some(Field::Time(2)),
        b"log.level" => Some(Field::Severity(2)),
        b"log_level" => Some(Field::Severity(7)),
        _ => None,
    }
}
