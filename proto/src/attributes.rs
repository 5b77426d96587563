//! Attribute keys that weir writes or reads, in OpenTelemetry's and its own namespace.

/// Name of the service that emitted the record.
pub const SERVICE_NAME: &str = "service.name";
/// The node's host name.
pub const HOST_NAME: &str = "host.name";
/// The Kubernetes node's name.
pub const K8S_NODE_NAME: &str = "k8s.node.name";
/// Path of the file a line was read from; a resource attribute.
pub const LOG_FILE_PATH: &str = "log.file.path";
/// Byte offset of a line's start in its file; an integer on the record.
pub const LOG_OFFSET: &str = "log.offset";
/// Standard output or error; on the record.
pub const LOG_IOSTREAM: &str = "log.iostream";
/// The correlation id, on log records and spans alike.
pub const CORRELATION_ID: &str = "correlation.id";
/// Identity and generation of the file, 32 hexadecimal digits; on the scope. With [`LOG_OFFSET`] it names a line
/// for ever, so a document id made of them makes a second delivery harmless.
pub const WEIR_FILE_ID: &str = "weir.file.id";
/// Marks a record whose body is a checked JSON object. The value is 8 bytes: start and length, each a
/// little-endian `u32`, of the raw JSON value (quotes included) of the message key within the body; both 0 when the
/// object has none.
pub const WEIR_JSON: &str = "weir.json";
/// Scope name of records that come from files.
pub const SCOPE_TAIL: &str = "weir.tail";
