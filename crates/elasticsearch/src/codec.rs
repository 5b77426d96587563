//! Compression of bulk bodies and the buffers that they are made in.

use bytes::Bytes;
use libdeflater::{CompressionLvl, Compressor, Decompressor};
use parking_lot::Mutex;
use weir_config::Compression;

/// A buffer is kept whatever the requests' size; a larger one only while requests need it.
const KEPT_BYTES_MIN: usize = 256 << 10;

/// Whole-buffer gzip or nothing, with buffers that are used again.
pub(crate) struct Codec {
    /// The level, where bodies are compressed.
    level: Option<CompressionLvl>,
    idle: Mutex<Vec<Scratch>>,
}

/// What one request is made in.
#[derive(Default)]
pub(crate) struct Scratch {
    /// The body before compression.
    pub(crate) plain: Vec<u8>,
    compressed: Vec<u8>,
    compressor: Option<Compressor>,
    /// Bytes of a recent large body; sinks with each one that is smaller.
    peak: usize,
}

/// A body as it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    pub(crate) body: Bytes,
    plain_len: usize,
    pub(crate) is_gzip: bool,
}

/// A gzip body that does not unpack.
#[derive(Debug, thiserror::Error)]
#[error("gzip body cannot be unpacked: {0}")]
pub(crate) struct UnpackError(String);

impl Codec {
    pub(crate) fn new(compression: Compression) -> Self {
        let level = match compression {
            Compression::None => None,
            // The configuration allows 1 to 12; anything else would be a level that exists.
            Compression::Gzip(level) => {
                CompressionLvl::new(i32::from(level)).ok().or_else(|| CompressionLvl::new(1).ok())
            }
        };
        Self { level, idle: Mutex::default() }
    }

    /// Lends scratch to `work`.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let mut scratch = self.idle.lock().pop().unwrap_or_default();
        scratch.plain.reserve(scratch.peak);
        let done = work(&mut scratch);
        scratch.trim();
        self.idle.lock().push(scratch);
        done
    }

    /// Packs and empties `scratch.plain`.
    pub(crate) fn pack(&self, scratch: &mut Scratch) -> Packed {
        let plain_len = scratch.plain.len();
        scratch.peak = plain_len.max(scratch.peak - scratch.peak / 8);
        let Some(level) = self.level else {
            return Packed {
                body: Bytes::from(std::mem::take(&mut scratch.plain)),
                plain_len,
                is_gzip: false,
            };
        };
        let compressor = scratch.compressor.get_or_insert_with(|| Compressor::new(level));
        let room = compressor.gzip_compress_bound(plain_len);
        if scratch.compressed.len() < room {
            scratch.compressed.resize(room, 0);
        }
        let len = compressor
            .gzip_compress(&scratch.plain, &mut scratch.compressed)
            .expect("there is room for the largest possible output");
        scratch.plain.clear();
        // Exactly as large as the content: it lives as long as the request is retried.
        Packed { body: Bytes::copy_from_slice(&scratch.compressed[..len]), plain_len, is_gzip: true }
    }
}

impl Scratch {
    /// Gives memory back that recent bodies did not need. Full pages from the system cost as much as writing the
    /// documents, so that buffers stay as long as bodies stay large.
    fn trim(&mut self) {
        self.plain.clear();
        let needed = self.peak.max(KEPT_BYTES_MIN);
        for buffer in [&mut self.plain, &mut self.compressed] {
            if buffer.capacity() / 4 > needed {
                buffer.truncate(needed);
                buffer.shrink_to(needed);
            }
        }
    }
}

impl Packed {
    /// The body before compression.
    pub(crate) fn unpack(&self) -> Result<Bytes, UnpackError> {
        if self.is_gzip { gunzip(&self.body, self.plain_len).map(Bytes::from) } else { Ok(self.body.clone()) }
    }
}

/// Unpacks an answer. Its length, which gzip keeps modulo 4 GiB in the last 4 bytes, may be at most `bytes_max`.
pub(crate) fn unpack_answer(body: &[u8], bytes_max: usize) -> Result<Vec<u8>, UnpackError> {
    let len = body.last_chunk::<4>().map_or(0, |len| u32::from_le_bytes(*len) as usize);
    if len > bytes_max {
        return Err(UnpackError(format!("{len} bytes are more than the limit")));
    }
    gunzip(body, len)
}

fn gunzip(body: &[u8], plain_len: usize) -> Result<Vec<u8>, UnpackError> {
    let mut plain = vec![0; plain_len];
    let len = Decompressor::new()
        .gzip_decompress(body, &mut plain)
        .map_err(|error| UnpackError(error.to_string()))?;
    plain.truncate(len);
    Ok(plain)
}
