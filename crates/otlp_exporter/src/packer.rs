//! Compression of whole bodies.

use bytes::Bytes;
use libdeflater::{CompressionLvl, Compressor};
use parking_lot::Mutex;

/// Compresses with gzip. A compressor is some hundred kilobytes large, so one is kept for the next request.
pub(crate) struct Packer {
    level: CompressionLvl,
    idle: Mutex<Option<Compressor>>,
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packer").field("level", &self.level).finish_non_exhaustive()
    }
}

impl Packer {
    /// Levels are 1 to 12; others are moved to the nearest.
    pub(crate) fn new(level: u8) -> Self {
        let level = CompressionLvl::new(i32::from(level.clamp(1, 12))).unwrap_or_default();
        Self { level, idle: Mutex::new(None) }
    }

    /// The gzip of the concatenation of `parts`.
    pub(crate) fn pack<'a>(&self, parts: impl Iterator<Item = &'a [u8]>) -> Bytes {
        let idle = self.idle.lock().take();
        let mut compressor = idle.unwrap_or_else(|| Compressor::new(self.level));
        let mut parts = parts.peekable();
        let first = parts.next().unwrap_or_default();
        let packed = if parts.peek().is_none() {
            gzip(&mut compressor, first)
        } else {
            let mut joined = first.to_vec();
            parts.for_each(|part| joined.extend_from_slice(part));
            gzip(&mut compressor, &joined)
        };
        *self.idle.lock() = Some(compressor);
        packed
    }
}

fn gzip(compressor: &mut Compressor, bytes: &[u8]) -> Bytes {
    let mut out = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let len = compressor.gzip_compress(bytes, &mut out).expect("the bound leaves room for every input");
    out.truncate(len);
    out.shrink_to_fit();
    Bytes::from(out)
}

#[cfg(test)]
mod tests;
