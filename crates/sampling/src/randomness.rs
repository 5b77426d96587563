//! The randomness of a trace.

use crate::threshold::hex;

/// 56 bits that every participant in a trace knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Randomness(u64);

impl Randomness {
    /// The last 7 bytes of the trace id (W3C Trace Context level 2, randomness of trace-id).
    #[inline]
    pub const fn from_trace_id(trace_id: &[u8; 16]) -> Self {
        Self(u128::from_be_bytes(*trace_id) as u64 & ((1 << 56) - 1))
    }

    /// An explicit randomness value, `rv`: exactly 14 lower-case hexadecimal digits.
    pub fn parse(rv: &[u8]) -> Option<Self> {
        if rv.len() != 14 || rv.iter().any(u8::is_ascii_uppercase) {
            return None;
        }
        hex(rv).map(Self)
    }

    /// The value, below 2^56.
    pub const fn value(self) -> u64 {
        self.0
    }
}
