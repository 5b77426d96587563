//! The strings of a request, each once.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use super::view::SYMBOLS;
use crate::wire::{Fields, put_bytes_field};

/// Symbols, encoded as they stand in a request. The first one is the empty string, as the specification demands.
///
/// The strings are held once, encoded; the index has 12 bytes for each.
#[derive(Clone, Debug)]
pub struct SymbolTable {
    /// The `symbols` fields of a request.
    encoded: Vec<u8>,
    /// Where each symbol's field starts in `encoded`.
    starts: Vec<u32>,
    /// The symbol with this hash. Of two with one hash only the first is found; the second is written again.
    index: HashMap<u64, u32, PassThrough>,
    hasher: RandomState,
}

impl Default for SymbolTable {
    fn default() -> Self {
        Self::new()
    }
}

impl SymbolTable {
    /// A table with the empty string.
    pub fn new() -> Self {
        let mut table = Self {
            encoded: Vec::new(),
            starts: Vec::new(),
            index: HashMap::default(),
            hasher: RandomState::new(),
        };
        table.intern("");
        table
    }

    /// The reference of `text`, which is added when it is new.
    pub fn intern(&mut self, text: &str) -> u32 {
        let hash = self.hasher.hash_one(text);
        if let Some(&reference) = self.index.get(&hash)
            && self.get(reference) == Some(text.as_bytes())
        {
            return reference;
        }
        let reference = self.starts.len() as u32;
        self.starts.push(self.encoded.len() as u32);
        put_bytes_field(&mut self.encoded, SYMBOLS, text.as_bytes());
        self.index.entry(hash).or_insert(reference);
        reference
    }

    /// The symbol's bytes.
    pub fn get(&self, reference: u32) -> Option<&[u8]> {
        let start = *self.starts.get(reference as usize)? as usize;
        Fields::new(&self.encoded[start..]).next()?.ok()?.bytes().ok()
    }

    /// Number of symbols.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether only the empty string is there.
    pub fn is_empty(&self) -> bool {
        self.starts.len() == 1
    }

    /// Forgets all symbols from the `len`-th on; the empty string stays. For symbols that only one request needs.
    pub fn truncate(&mut self, len: usize) {
        let len = len.max(1);
        let Some(&end) = self.starts.get(len) else { return };
        self.starts.truncate(len);
        self.encoded.truncate(end as usize);
        self.index.retain(|_, reference| (*reference as usize) < len);
    }

    /// The `symbols` fields of a request.
    pub fn encoded(&self) -> &[u8] {
        &self.encoded
    }
}

/// Hashes a hash to itself.
#[derive(Clone, Copy, Debug, Default)]
struct PassThrough;

impl BuildHasher for PassThrough {
    type Hasher = Same;

    fn build_hasher(&self) -> Same {
        Same(0)
    }
}

struct Same(u64);

impl std::hash::Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }
}
