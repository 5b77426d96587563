//! Reading in small chunks, so that every border falls everywhere.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use tempfile::TempDir;
use weir_model::{Batch, OrderKey, Signal, UnixNanos};

use super::{SegmentReader, Walk};
use crate::frame::{FrameHeader, MAGIC};
use crate::mark::Mark;
use crate::segment::HEADER_BYTES;
use crate::storage::{Disk, Storage};

const CHUNK_BYTES: usize = 64;

fn frame(position: u64, payload: &'static [u8]) -> (FrameHeader, Vec<u8>) {
    let batch = Batch {
        signal: Signal::Logs,
        records: 1,
        key: OrderKey::ANY,
        received: UnixNanos(1),
        payload: Bytes::from_static(payload),
    };
    let header = FrameHeader::of(&batch, Mark { position, record: 7 });
    (header, [&header.encode()[..], payload].concat())
}

fn reader(path: &Path, data: &[u8]) -> SegmentReader {
    fs::write(path, [&[0; HEADER_BYTES], data].concat()).unwrap();
    SegmentReader::new(Disk.open(path).unwrap(), Signal::Logs, 0, CHUNK_BYTES)
}

#[test]
fn the_next_frame_is_found_wherever_it_starts_and_whatever_precedes_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("segment");
    for skipped in 1..3 * CHUNK_BYTES {
        let (header, bytes) = frame(skipped as u64, b"payload");
        let misleading: Vec<u8> = MAGIC.iter().copied().cycle().take(skipped).collect();
        for garbage in [vec![0; skipped], misleading] {
            let data = [garbage, bytes.clone()].concat();
            let end = data.len() as u64;
            let mut reader = reader(&path, &data);
            assert_eq!(reader.resync(0, end).unwrap(), Some(header), "{skipped} bytes skipped");
            assert_eq!(reader.resync(0, end - 1).unwrap(), None, "the frame ends after the end");
        }
    }
}

#[test]
fn frames_larger_and_smaller_than_a_chunk_are_walked_through() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("segment");
    let (mut data, mut first) = (Vec::new(), None);
    for payload in [&[b'a'; 200][..], b"", b"b", &[b'c'; 64], &[b'd'; 1000], b"e"] {
        let (header, bytes) = frame(data.len() as u64, payload);
        first = first.or(Some(header));
        data.extend(bytes);
    }
    let end = data.len() as u64;
    let walk = reader(&path, &data).walk(Mark::default(), end).unwrap();
    let expected = Walk { first, end: Mark { position: end, record: 8 }, damage: Vec::new() };
    assert_eq!(walk, expected);
}
