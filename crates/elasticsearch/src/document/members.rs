//! Members of a document.

use weir_proto::otlp::{KeyValueView, KeyValues};
use weir_proto::wire::WireError;

use crate::json::{put_flat, put_hex, put_string};

/// Appends a member's name. `name` is one of ours and needs no escaping.
pub(super) fn put_name(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

pub(super) fn put_text(out: &mut Vec<u8>, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        put_name(out, name);
        put_string(out, text);
    }
}

pub(super) fn put_id<const N: usize>(out: &mut Vec<u8>, name: &str, id: &[u8; N]) {
    put_name(out, name);
    out.push(b'"');
    put_hex(out, id);
    out.push(b'"');
}

/// Appends an object with the attributes that `is_other` picks. Of several with one key the first is taken, since
/// Elasticsearch refuses a document with a key twice.
pub(super) fn put_others(
    out: &mut Vec<u8>,
    name: &str,
    attributes: KeyValues<'_>,
    is_other: impl Fn(&KeyValueView<'_>) -> Result<bool, WireError>,
) -> Result<(), WireError> {
    put_name(out, name);
    out.push(b'{');
    let mut seen = 0_u64;
    let mut is_first = true;
    for (index, entry) in attributes.iter().enumerate() {
        let entry = entry?;
        // Looking back costs; mostly the bit says that it is not needed.
        let bit = key_bit(entry.key_bytes());
        if !is_other(&entry)? || (seen & bit != 0 && occurs_before(attributes, index, entry.key_bytes())) {
            continue;
        }
        seen |= bit;
        if !is_first {
            out.push(b',');
        }
        is_first = false;
        put_string(out, entry.key()?);
        out.push(b':');
        put_flat(out, entry.value()?)?;
    }
    out.push(b'}');
    Ok(())
}

/// One of 64 bits for a key.
fn key_bit(key: &[u8]) -> u64 {
    let hash =
        key.iter().fold(key.len() as u64, |hash, &byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)));
    1 << (hash % 64)
}

fn occurs_before(attributes: KeyValues<'_>, index: usize, key: &[u8]) -> bool {
    attributes.iter().take(index).any(|entry| entry.is_ok_and(|entry| entry.key_bytes() == key))
}
