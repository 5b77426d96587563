//! Hashes of short stretches of a file.

use xxhash_rust::xxh3::xxh3_64;

/// The length and hash of a stretch of bytes, kept instead of the bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digest {
    pub(crate) len: u16,
    pub(crate) hash: u64,
}

impl Digest {
    /// Hashes the first 64 KiB - 1 of `bytes`.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        Self { len, hash: if len == 0 { 0 } else { xxh3_64(&bytes[..usize::from(len)]) } }
    }

    pub(crate) fn len(self) -> usize {
        usize::from(self.len)
    }

    /// True when `bytes` start with the stretch.
    pub(crate) fn starts(self, bytes: &[u8]) -> bool {
        bytes.get(..self.len()).is_some_and(|stretch| Self::of(stretch) == self)
    }
}
