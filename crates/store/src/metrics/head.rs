//! Recent samples, one row per batch. docs/formats/store.md describes the bytes.

use super::Point;
use super::varint::{take, take_byte, take_u64};
use weir_proto::wire::put_varint;

const VERSION: u8 = 1;

/// A sample of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) series: u32,
    pub(crate) point: Point,
}

/// First and last time of entries; none when there are none.
pub(crate) fn time_range(entries: &[Entry]) -> Option<(i64, i64)> {
    let times = entries.iter().map(|entry| entry.point.0);
    Some((times.clone().min()?, times.max()?))
}

/// Packs entries, which get sorted by series and time.
pub(crate) fn encode(entries: &mut [Entry]) -> Vec<u8> {
    entries.sort_by_key(|entry| (entry.series, entry.point.0));
    let base = time_range(entries).map_or(0, |(first, _)| first);
    let mut out = Vec::with_capacity(9 + entries.len() * 11);
    out.push(VERSION);
    out.extend_from_slice(&base.to_le_bytes());
    let mut series = 0;
    for entry in entries {
        let (time, value) = entry.point;
        put_varint(&mut out, u64::from(entry.series - series));
        put_varint(&mut out, time.wrapping_sub(base) as u64);
        out.extend_from_slice(&value.to_bits().to_le_bytes());
        series = entry.series;
    }
    out
}

/// The entries of a row. Ends at the first damaged one.
#[derive(Clone, Debug)]
pub(crate) struct Entries<'a> {
    bytes: &'a [u8],
    base: i64,
    series: u32,
}

impl<'a> Entries<'a> {
    pub(crate) fn new(mut bytes: &'a [u8]) -> Self {
        let version = take_byte(&mut bytes);
        let base = take_u64(&mut bytes);
        match (version, base) {
            (Some(VERSION), Some(base)) => Self { bytes, base: base as i64, series: 0 },
            _ => Self { bytes: &[], base: 0, series: 0 },
        }
    }

    fn read(&mut self) -> Option<Entry> {
        let bytes = &mut self.bytes;
        self.series = self.series.checked_add(u32::try_from(take(bytes)?).ok()?)?;
        let time = self.base.wrapping_add(take(bytes)? as i64);
        Some(Entry { series: self.series, point: (time, f64::from_bits(take_u64(bytes)?)) })
    }
}

impl Iterator for Entries<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let entry = self.read();
        if entry.is_none() {
            self.bytes = &[];
        }
        entry
    }
}

#[cfg(test)]
mod tests;
