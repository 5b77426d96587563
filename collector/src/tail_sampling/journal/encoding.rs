//! The bytes of a journal's file.

use weir_sampling::Threshold;
use weir_spool::Position;

use super::super::decision::Decision;
use super::Record;

const MAGIC: [u8; 8] = *b"WEIRDCSN";
const VERSION: u32 = 1;
/// Magic, version, where the log of kept traces ended when the file was begun, and a checksum.
pub(super) const HEADER_BYTES: usize = 24;
/// Length and checksum.
const RECORD_HEAD_BYTES: usize = 8;
/// `append_at` and `through`.
const STEP_BYTES: usize = 16;
/// Trace id, threshold, verdict.
const DECISION_BYTES: usize = 25;
/// Stands for a step that keeps nothing.
const NOWHERE: u64 = u64::MAX;

/// What a file begins with.
pub(super) enum Header {
    Begun(Position),
    Damaged,
    /// Of this newer version.
    Newer(u32),
}

/// What comes next in a file.
pub(super) enum Found {
    Record(Record),
    End,
    Damaged,
}

/// The header of a file that is begun now.
pub(super) fn header(end: Position) -> Vec<u8> {
    let header = [MAGIC.as_slice(), &VERSION.to_le_bytes(), &end.0.to_le_bytes()].concat();
    let checksum = crc32c::crc32c(&header);
    [header.as_slice(), &checksum.to_le_bytes()].concat()
}

/// Puts a record into `out`, in place of what is there.
pub(super) fn encode(record: &Record, out: &mut Vec<u8>) {
    let through = record.decisions.first().map_or(Position(0), |(_, decision)| decision.through);
    out.clear();
    out.resize(RECORD_HEAD_BYTES, 0);
    out.extend_from_slice(&record.append_at.map_or(NOWHERE, |at| at.0).to_le_bytes());
    out.extend_from_slice(&through.0.to_le_bytes());
    for (id, decision) in &record.decisions {
        out.extend_from_slice(id);
        out.extend_from_slice(&decision.threshold.rejected().to_le_bytes());
        out.push(u8::from(decision.kept));
    }
    let length = (out.len() - RECORD_HEAD_BYTES) as u32;
    let checksum = crc32c::crc32c(&out[RECORD_HEAD_BYTES..]);
    out[..4].copy_from_slice(&length.to_le_bytes());
    out[4..RECORD_HEAD_BYTES].copy_from_slice(&checksum.to_le_bytes());
}

/// Reads what a file begins with.
pub(super) fn read_header(file: &[u8]) -> Header {
    let read = || {
        let version = u32::from_le_bytes(*file.strip_prefix(&MAGIC)?.first_chunk()?);
        let end = u64::from_le_bytes(*file.get(12..)?.first_chunk()?);
        let checksum = u32::from_le_bytes(*file.get(20..)?.first_chunk()?);
        let is_intact = checksum == crc32c::crc32c(&file[..20]);
        Some((version, is_intact.then_some(end)))
    };
    match read() {
        Some((VERSION, Some(end))) => Header::Begun(Position(end)),
        Some((version, _)) if version > VERSION => Header::Newer(version),
        _ => Header::Damaged,
    }
}

/// Takes the next record off `rest`, what is behind the header.
pub(super) fn decode(rest: &mut &[u8]) -> Found {
    if rest.is_empty() {
        return Found::End;
    }
    record(rest).map_or(Found::Damaged, Found::Record)
}

fn record(rest: &mut &[u8]) -> Option<Record> {
    let length = u32::from_le_bytes(*rest.first_chunk()?) as usize;
    let checksum = u32::from_le_bytes(*rest.get(4..)?.first_chunk()?);
    let body = rest.get(RECORD_HEAD_BYTES..)?.get(..length)?;
    if crc32c::crc32c(body) != checksum {
        return None;
    }
    *rest = &rest[RECORD_HEAD_BYTES + length..];
    let append_at = u64::from_le_bytes(*body.first_chunk()?);
    let through = Position(u64::from_le_bytes(*body.get(8..)?.first_chunk()?));
    let decisions = body.get(STEP_BYTES..)?.chunks_exact(DECISION_BYTES).map(|bytes| {
        let threshold = u64::from_le_bytes(*bytes.get(16..)?.first_chunk()?);
        let threshold = Threshold::rejecting(threshold)?;
        Some((*bytes.first_chunk()?, Decision { threshold, kept: bytes[24] == 1, through }))
    });
    let append_at = (append_at != NOWHERE).then_some(Position(append_at));
    Some(Record { append_at, decisions: decisions.collect::<Option<_>>()? })
}
