//! What tail sampling and span metrics both read of spans.

use weir_proto::attributes::SERVICE_NAME;
use weir_proto::otlp::{AnyValueView, KeyValues};
use weir_proto::wire::WireError;

/// The service of a resource that does not name one (OpenTelemetry resource conventions, `service.name`).
const UNKNOWN_SERVICE: &str = "unknown_service";

/// `SpanStatus.STATUS_CODE_ERROR`.
pub(crate) const STATUS_ERROR: i32 = 2;

/// The name of a resource's service.
pub(crate) fn service_name<'a>(resource: KeyValues<'a>) -> Result<&'a str, WireError> {
    let name = resource.find(SERVICE_NAME)?;
    Ok(name.and_then(|name| name.as_str()).filter(|name| !name.is_empty()).unwrap_or(UNKNOWN_SERVICE))
}

/// An attribute's value as text; none for lists, maps and bytes.
pub(crate) fn text_of(value: &AnyValueView<'_>) -> Option<String> {
    match value {
        AnyValueView::Str(text) => Some((*text).to_owned()),
        AnyValueView::Int(number) => Some(number.to_string()),
        AnyValueView::Double(number) => Some(number.to_string()),
        AnyValueView::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
