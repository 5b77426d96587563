//! Searches through many bytes at a time.

/// Whether the line is printable ASCII without a backslash. Findings are gathered in 32 places side by side, which
/// the compiler makes vector instructions of.
pub(crate) fn is_plain(line: &[u8]) -> bool {
    // As a signed number, a byte that is not ASCII is below the space too.
    let special = |byte: u8| u8::from(byte.cast_signed() < 0x20) | u8::from(byte == b'\\');
    let (chunks, rest) = line.as_chunks::<32>();
    let mut found = [0; 32];
    for chunk in chunks {
        for (found, &byte) in found.iter_mut().zip(chunk) {
            *found |= special(byte);
        }
    }
    found == [0; 32] && rest.iter().all(|&byte| special(byte) == 0)
}

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGH_BITS: u64 = ONES << 7;

/// The first quote from `at` on.
#[inline]
pub(crate) fn find_quote(line: &[u8], mut at: usize) -> Option<usize> {
    while let Some(chunk) = line.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*chunk) ^ (ONES * b'"' as u64);
        let found = word.wrapping_sub(ONES) & !word & HIGH_BITS;
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    let rest = line.get(at..)?.iter().position(|&byte| byte == b'"')?;
    Some(at + rest)
}

/// The first byte from `at` on that is a quote, a backslash, a control character or (with `HIGH`) not ASCII.
///
/// In each test the subtraction borrows from the next byte only where it found something, so the lowest bit that is
/// set is right.
#[inline]
pub(crate) fn find_special<const HIGH: bool>(line: &[u8], mut at: usize) -> Option<usize> {
    while let Some(chunk) = line.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*chunk);
        let quote = word ^ (ONES * b'"' as u64);
        let backslash = word ^ (ONES * b'\\' as u64);
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let found =
            (quote.wrapping_sub(ONES) & !quote) | (backslash.wrapping_sub(ONES) & !backslash) | control;
        let found = if HIGH { found | word } else { found } & HIGH_BITS;
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    let is_special = |byte: u8| matches!(byte, b'"' | b'\\' | 0..0x20) || (HIGH && byte >= 0x80);
    let rest = line.get(at..)?.iter().position(|&byte| is_special(byte))?;
    Some(at + rest)
}
