//! Document ids that follow from where a record came from.
//!
//! Both kinds start with the time of birth, which spares Elasticsearch most lookups for ids that it cannot have yet.

use weir_model::{Batch, UnixNanos};
use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::json::put_hex;

/// Hexadecimal digits of a file's identity.
const FILE_ID_LEN: usize = 32;
const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Whether `text` is a file's identity as the tailer writes it. Anything else, be it from a sender that uses the
/// attribute's name for something of its own, must not get into an action line.
pub(crate) fn is_file_id(text: &str) -> bool {
    text.len() == FILE_ID_LEN && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Appends the id of the line at `offset` of a file: its identity, which starts with its birth time, and the offset.
pub(crate) fn put_line_id(out: &mut Vec<u8>, file_id: &str, offset: u64) {
    out.extend_from_slice(file_id.as_bytes());
    put_hex(out, &offset.to_be_bytes());
}

/// Appends the id of a record that came by OTLP: the second in which weir received its batch, and a hash of its
/// bytes, its place in the batch and the batch's time. The spool keeps all three, so a retry after a restart has the
/// same id; a sender that sends the same request twice gets two documents.
pub(crate) fn put_record_id(out: &mut Vec<u8>, batch: &Batch, index: u32, record: &[u8]) {
    let UnixNanos(received) = batch.received;
    put_hex(out, &((received / NANOS_PER_SECOND) as u32).to_be_bytes());
    // An odd factor makes the seed of each place in the batch a different one.
    let seed = received ^ u64::from(index).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    put_hex(out, &xxh3_128_with_seed(record, seed).to_be_bytes());
}
