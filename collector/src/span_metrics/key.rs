//! What spans are counted by.

use weir_proto::otlp::traces::SpanView;
use weir_proto::wire::WireError;

/// Longer names are cut.
const NAME_BYTES_MAX: usize = 256;
/// Separates the parts of an encoded key; no UTF-8 text has it.
const SEPARATOR: u8 = 0xff;

/// Service, operation, kind and status, in the form that a table looks up: text, separator, text, kind, status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Key(pub(super) Vec<u8>);

/// A key's labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyLabels<'a> {
    pub(super) service: &'a str,
    pub(super) operation: &'a str,
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
}

impl Key {
    /// Becomes the key of `span`.
    pub(super) fn set(&mut self, service: &str, span: &SpanView<'_>) -> Result<(), WireError> {
        let Self(bytes) = self;
        bytes.clear();
        bytes.extend_from_slice(cut(service).as_bytes());
        bytes.push(SEPARATOR);
        bytes.extend_from_slice(cut(span.name()?).as_bytes());
        bytes.push(u8::try_from(span.kind()).unwrap_or(0));
        bytes.push(u8::try_from(span.status_code()?).unwrap_or(0));
        Ok(())
    }
}

/// The labels of an encoded key; none when it is not one.
pub(super) fn labels(key: &[u8]) -> Option<KeyLabels<'_>> {
    let (&[kind, status], texts) = key.split_last_chunk::<2>().map(|(texts, last)| (last, texts))?;
    let at = texts.iter().position(|&byte| byte == SEPARATOR)?;
    Some(KeyLabels {
        service: std::str::from_utf8(&texts[..at]).ok()?,
        operation: std::str::from_utf8(&texts[at + 1..]).ok()?,
        kind: kind_name(kind),
        status: status_name(status),
    })
}

/// `SpanKind` of OTLP.
fn kind_name(kind: u8) -> &'static str {
    match kind {
        1 => "SPAN_KIND_INTERNAL",
        2 => "SPAN_KIND_SERVER",
        3 => "SPAN_KIND_CLIENT",
        4 => "SPAN_KIND_PRODUCER",
        5 => "SPAN_KIND_CONSUMER",
        _ => "SPAN_KIND_UNSPECIFIED",
    }
}

/// `Status.StatusCode` of OTLP.
fn status_name(status: u8) -> &'static str {
    match status {
        1 => "STATUS_CODE_OK",
        2 => "STATUS_CODE_ERROR",
        _ => "STATUS_CODE_UNSET",
    }
}

fn cut(text: &str) -> &str {
    let end = text.floor_char_boundary(NAME_BYTES_MAX);
    &text[..end]
}
