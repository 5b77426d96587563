//! Limits and times of the tailer.

use std::num::NonZero;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use weir_kubernetes::Pods;

/// Files held open at most, where the process may open more.
const FILES_MAX: u64 = 8192;
/// Reads at a time at most, on a machine with more processors.
const READS_MAX: usize = 4;

/// Limits and times of the tailer.
#[derive(Clone, Debug)]
pub struct TailSettings {
    /// The folder of the checkpoint; created when absent.
    pub dir: PathBuf,
    /// Files read at the same time, each with a buffer of 256 KiB. Default: the processors, at most 4.
    pub reads_max: usize,
    /// Files held open. Past it new ones wait until others are done. Default 8192, at most half of what the process
    /// may open.
    pub files_max: usize,
    /// How long writes to a file gather before it is read again. Default 100 ms.
    pub read_delay: Duration,
    /// How often files without a name or without a watch are looked at. Default 1 s.
    pub poll_interval: Duration,
    /// How often the folders are walked, beside the system's notifications. Default 10 s.
    pub reconcile_interval: Duration,
    /// A file without a name is closed when it has been quiet for so long after its last byte was read. Its last
    /// line is then taken without a newline. Default 15 s.
    pub rotated_grace: Duration,
    /// How often the checkpoint is saved when something changed. Default 1 s.
    pub save_interval: Duration,
    /// Bytes of deleted files that may be held until they are read; past it the oldest is given up and counted.
    /// Default 1 GiB.
    pub deleted_bytes_max: u64,
    /// How long a stop waits for reads that the spool does not take. Default 5 s.
    pub stop_timeout: Duration,
    /// What is known of the pods that write files; `None`: only what their paths say.
    pub pods: Option<Pods>,
    /// How long a new file waits for its pod to be known. Default 5 s.
    pub pod_wait: Duration,
}

impl TailSettings {
    /// The defaults, with the checkpoint in `dir`.
    pub fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            reads_max: thread::available_parallelism().map_or(1, NonZero::get).min(READS_MAX),
            files_max: files_max(),
            read_delay: Duration::from_millis(100),
            poll_interval: Duration::from_secs(1),
            reconcile_interval: Duration::from_secs(10),
            rotated_grace: Duration::from_secs(15),
            save_interval: Duration::from_secs(1),
            deleted_bytes_max: 1 << 30,
            stop_timeout: Duration::from_secs(5),
            pods: None,
            pod_wait: Duration::from_secs(5),
        }
    }
}

fn files_max() -> usize {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from((limit / 2).min(FILES_MAX)).unwrap_or(usize::MAX)
}
