//! Trace and span ids as hexadecimal text.
//!
//! An id of zeros only is invalid (W3C Trace Context, 3.2.2.3 and 3.2.2.4) and reads as none.

/// 32 hexadecimal digits of either case.
#[inline]
pub fn trace_id(digits: &[u8]) -> Option<[u8; 16]> {
    id(digits)
}

/// 16 hexadecimal digits of either case.
#[inline]
pub fn span_id(digits: &[u8]) -> Option<[u8; 8]> {
    id(digits)
}

/// Appends `bytes` as lower-case hexadecimal digits.
pub fn put_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let start = out.len();
    out.resize(start + 2 * bytes.len(), 0);
    for (pair, &byte) in out[start..].chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

fn id<const LEN: usize>(digits: &[u8]) -> Option<[u8; LEN]> {
    if digits.len() != 2 * LEN {
        return None;
    }
    let mut id = [0; LEN];
    let mut invalid = 0;
    for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
        let (high, low) = (NIBBLES[usize::from(pair[0])], NIBBLES[usize::from(pair[1])]);
        invalid |= high | low;
        *byte = high << 4 | low & 15;
    }
    (invalid & INVALID == 0 && id != [0; LEN]).then_some(id)
}

const INVALID: u8 = 0x80;

/// The value of each hexadecimal digit, [`INVALID`] for other bytes.
const NIBBLES: [u8; 256] = {
    let mut nibbles = [INVALID; 256];
    let mut value = 0;
    while value < 10 {
        nibbles[b'0' as usize + value] = value as u8;
        value += 1;
    }
    while value < 16 {
        nibbles[b'a' as usize + value - 10] = value as u8;
        nibbles[b'A' as usize + value - 10] = value as u8;
        value += 1;
    }
    nibbles
};

#[cfg(test)]
mod tests;
