//! The series that a page has had so far.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::scrape::by_hash::ByHash;

/// What is known of a series on this page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Series {
    /// The time of its last sample.
    pub(super) timestamp: i64,
    /// Whether it ends with a staleness marker when it is gone.
    pub(super) tracked: bool,
    start: u32,
    len: u32,
}

/// Series by their label references, which must be into one symbol table.
#[derive(Debug)]
pub(super) struct Seen {
    refs: Vec<u32>,
    by_hash: ByHash<Series>,
    /// A page cannot know it, so it cannot make label sets collide.
    seed: u64,
}

impl Seen {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            refs: Vec::new(),
            by_hash: ByHash::with_capacity_and_hasher(capacity, Default::default()),
            seed: fastrand::u64(..),
        }
    }

    pub(super) fn get(&mut self, refs: &[u32]) -> Option<&mut Series> {
        let Self { refs: all, by_hash, seed } = self;
        let series = by_hash.get_mut(&hash(refs, *seed))?;
        (all[series.start as usize..][..series.len as usize] == *refs).then_some(series)
    }

    /// Adds a series that is not there. Of two with one hash the second stays unknown: that is harmless, and once in
    /// 2^64.
    pub(super) fn insert(&mut self, refs: &[u32], timestamp: i64, tracked: bool) {
        let series = Series { timestamp, tracked, start: self.refs.len() as u32, len: refs.len() as u32 };
        self.refs.extend_from_slice(refs);
        self.by_hash.entry(hash(refs, self.seed)).or_insert(series);
    }
}

fn hash(refs: &[u32], seed: u64) -> u64 {
    let mut bytes = [0; 4 * 64];
    let mut hash = seed;
    for refs in refs.chunks(64) {
        for (bytes, reference) in bytes.chunks_exact_mut(4).zip(refs) {
            bytes.copy_from_slice(&reference.to_le_bytes());
        }
        hash = xxh3_64_with_seed(&bytes[..4 * refs.len()], hash);
    }
    hash
}
