//! Samples of one series, packed. docs/formats/store.md describes the bytes.

use super::Point;
use super::varint::{put_zigzag, take, take_byte, take_u64, take_zigzag};
use weir_proto::wire::put_varint;

const VERSION: u8 = 1;

/// Packs samples, which are in order of time.
pub(crate) fn encode(points: &[Point]) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + points.len() * 4);
    out.push(VERSION);
    put_varint(&mut out, points.len() as u64);
    let Some(&(first_time, first_value)) = points.first() else { return out };
    put_zigzag(&mut out, first_time);
    out.extend_from_slice(&first_value.to_bits().to_le_bytes());
    let (mut time, mut delta, mut bits) = (first_time, 0, first_value.to_bits());
    for &(next_time, value) in &points[1..] {
        let next_delta = next_time.wrapping_sub(time);
        put_zigzag(&mut out, next_delta.wrapping_sub(delta));
        put_difference(&mut out, bits ^ value.to_bits());
        (time, delta, bits) = (next_time, next_delta, value.to_bits());
    }
    out
}

/// A byte that says which of the 8 bytes follow: those between the zero bytes at both ends.
fn put_difference(out: &mut Vec<u8>, difference: u64) {
    let leading = difference.leading_zeros() / 8;
    let trailing = if difference == 0 { 0 } else { difference.trailing_zeros() / 8 };
    let len = 8 - leading - trailing;
    out.push((leading << 4 | len) as u8);
    let bytes = difference.to_be_bytes();
    out.extend_from_slice(&bytes[leading as usize..(leading + len) as usize]);
}

/// Appends the samples of a chunk. None when it is damaged; what was readable is appended.
pub(crate) fn decode(mut bytes: &[u8], points: &mut Vec<Point>) -> Option<()> {
    if take_byte(&mut bytes)? != VERSION {
        return None;
    }
    let count = take(&mut bytes)?;
    if count == 0 {
        return Some(());
    }
    let (mut time, mut delta, mut bits) = (take_zigzag(&mut bytes)?, 0_i64, take_u64(&mut bytes)?);
    points.push((time, f64::from_bits(bits)));
    for _ in 1..count {
        delta = delta.wrapping_add(take_zigzag(&mut bytes)?);
        time = time.wrapping_add(delta);
        bits ^= take_difference(&mut bytes)?;
        points.push((time, f64::from_bits(bits)));
    }
    Some(())
}

fn take_difference(bytes: &mut &[u8]) -> Option<u64> {
    let head = take_byte(bytes)?;
    let (leading, len) = (usize::from(head >> 4), usize::from(head & 15));
    let mut difference = [0; 8];
    difference.get_mut(leading..leading + len)?.copy_from_slice(bytes.get(..len)?);
    *bytes = &bytes[len..];
    Some(u64::from_be_bytes(difference))
}

#[cfg(test)]
mod tests;
