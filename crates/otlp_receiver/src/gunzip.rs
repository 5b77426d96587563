//! Unpacking of gzip bodies within a limit.

use std::io::{self, Read};

use flate2::bufread::MultiGzDecoder;

use crate::budget::Share;

/// Why a body was not unpacked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GunzipError {
    /// The bytes are not gzip, or end too soon.
    #[error("body is not valid gzip: {0}")]
    Malformed(#[from] io::Error),
    /// More than the limit comes out.
    #[error("body is too large once unpacked")]
    TooLarge,
    /// The budget has no room for what comes out.
    #[error("no room")]
    Full,
}

/// Bytes that will come out, as the trailer says (RFC 1952, ISIZE: the last member's size modulo 2^32). A hint: the
/// sender may lie.
pub(crate) fn told_len(packed: &[u8]) -> usize {
    packed.last_chunk().map_or(0, |trailer| u32::from_le_bytes(*trailer) as usize)
}

/// Unpacks `packed`, taking the bytes that come out from `share` before they are written.
pub(crate) fn gunzip(packed: &[u8], limit: usize, share: &mut Share) -> Result<Vec<u8>, GunzipError> {
    let mut decoder = MultiGzDecoder::new(packed);
    let mut out = Vec::new();
    let (mut taken, mut capacity) = (0, told_len(packed).min(limit));
    let mut carry = None;
    loop {
        if !share.try_grow(capacity - taken) {
            return Err(GunzipError::Full);
        }
        taken = capacity;
        out.reserve_exact(capacity - out.len());
        out.extend(carry.take());
        (&mut decoder).take((capacity - out.len()) as u64).read_to_end(&mut out)?;
        carry = read_byte(&mut decoder)?;
        if carry.is_none() {
            share.shrink(taken - out.len());
            return Ok(out);
        }
        if capacity == limit {
            return Err(GunzipError::TooLarge);
        }
        capacity = (capacity * 2).max(GROWTH_MIN).min(limit);
    }
}

fn read_byte(reader: &mut impl Read) -> io::Result<Option<u8>> {
    let mut byte = [0];
    Ok((reader.read(&mut byte)? > 0).then_some(byte[0]))
}

const GROWTH_MIN: usize = 4096;

#[cfg(test)]
mod tests;
