//! Buffers that requests are made in.

use bytes::Bytes;
use parking_lot::Mutex;
use snap::raw::{Encoder, max_compress_len};

/// What one request is made in: given out while it is made, kept for the next one.
pub(crate) struct Scratch {
    /// The request before compression.
    pub(crate) plain: Vec<u8>,
    compressed: Vec<u8>,
    encoder: Encoder,
}

/// A buffer keeps at most this much between requests, so that one large request does not stay in memory for ever.
const KEPT_BYTES_MAX: usize = 1 << 20;

impl Scratch {
    fn new() -> Self {
        Self { plain: Vec::new(), compressed: Vec::new(), encoder: Encoder::new() }
    }

    /// Snappy block format.
    ///
    /// The format ends at 4 GiB; no request comes near, since a batch is bounded by the spool's frame.
    pub(crate) fn compress(&mut self, plain: &[u8]) -> Bytes {
        compress(&mut self.encoder, &mut self.compressed, plain)
    }

    /// Snappy block format of `self.plain`.
    pub(crate) fn compress_plain(&mut self) -> Bytes {
        compress(&mut self.encoder, &mut self.compressed, &self.plain)
    }

    fn shrink(&mut self) {
        for buffer in [&mut self.plain, &mut self.compressed] {
            buffer.clear();
            buffer.shrink_to(KEPT_BYTES_MAX);
        }
    }
}

fn compress(encoder: &mut Encoder, compressed: &mut Vec<u8>, plain: &[u8]) -> Bytes {
    let room = max_compress_len(plain.len());
    if compressed.len() < room {
        compressed.resize(room, 0);
    }
    let len = encoder.compress(plain, compressed).expect("there is room for the largest possible output");
    // Exactly as large as the content: it lives as long as the request is retried.
    Bytes::copy_from_slice(&compressed[..len])
}

/// Scratch that is not in use. There is at most one per request made at the same time.
#[derive(Default)]
pub(crate) struct Scratches {
    idle: Mutex<Vec<Scratch>>,
}

impl Scratches {
    /// Lends scratch to `work`.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let mut scratch = self.idle.lock().pop().unwrap_or_else(Scratch::new);
        let done = work(&mut scratch);
        scratch.shrink();
        self.idle.lock().push(scratch);
        done
    }
}
