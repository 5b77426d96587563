//! How the store is set up.

use std::path::PathBuf;
use std::time::Duration;

/// How much is kept by default.
pub const BYTES_MAX_DEFAULT: u64 = 1 << 30;
/// How long it is kept by default.
pub const AGE_MAX_DEFAULT: Duration = Duration::from_secs(7 * 24 * 3600);
/// A smaller store could not hold a transaction and its indexes.
pub const BYTES_MAX_MIN: u64 = 8 << 20;

/// Where the store is and what it may keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// The folder of the file; made when it is not there.
    pub folder: PathBuf,
    /// Bytes that the file's used pages may take, at least [`BYTES_MAX_MIN`]. Past it the oldest records go.
    pub bytes_max: u64,
    /// How long after its reception a record is kept.
    pub age_max: Duration,
}

impl StoreSettings {
    /// A store in `folder` with the default limits.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), bytes_max: BYTES_MAX_DEFAULT, age_max: AGE_MAX_DEFAULT }
    }
}
