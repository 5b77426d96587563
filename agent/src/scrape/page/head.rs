//! The part of a series that stays the same: its label references and metadata.

use weir_proto::remote_write_v2::Metadata;
use weir_proto::wire::{put_tag, put_varint, put_varint_field, varint_len};

/// `labels_refs` of a `TimeSeries`.
const LABEL_REFS: u32 = 1;
/// `metadata` of a `TimeSeries`.
const METADATA: u32 = 5;

/// Puts the fields into `out`, which is cleared first. The same bytes as `SeriesHead` has, in a buffer that is used
/// again: a page with a thousand series has a thousand of them.
pub(super) fn put_head(out: &mut Vec<u8>, refs: &[u32], metadata: Metadata) {
    out.clear();
    put_tag(out, LABEL_REFS, 2);
    put_varint(out, refs.iter().map(|&reference| varint_len(u64::from(reference))).sum::<usize>() as u64);
    for &reference in refs {
        put_varint(out, u64::from(reference));
    }
    if metadata == Metadata::default() {
        return;
    }
    let fields = [
        (1, u64::from(metadata.kind.unsigned_abs())),
        (3, u64::from(metadata.help_ref)),
        (4, u64::from(metadata.unit_ref)),
    ];
    let present = fields.into_iter().filter(|(_, value)| *value != 0);
    let len: usize = present.clone().map(|(_, value)| 1 + varint_len(value)).sum();
    put_tag(out, METADATA, 2);
    put_varint(out, len as u64);
    for (number, value) in present {
        put_varint_field(out, number, value);
    }
}

#[cfg(test)]
mod tests;
