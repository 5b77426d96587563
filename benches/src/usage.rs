//! CPU time and memory of a process, from procfs.

use std::fs;
use std::io;

/// `USER_HZ`: the unit of CPU times in procfs on every Linux that Rust builds for.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process has used so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// User and system time of all its threads, in seconds, to 10 ms.
    pub cpu_seconds: f64,
    /// Resident bytes now.
    pub resident_bytes: u64,
    /// Most resident bytes at any time.
    pub peak_resident_bytes: u64,
}

impl Usage {
    /// Of the process `pid`.
    ///
    /// # Errors
    /// The process is gone.
    pub fn of(pid: u32) -> io::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        // The second field is the program's name in parentheses and may hold spaces.
        let fields: Vec<&str> =
            stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let ticks =
            |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
        let kilobytes = |key: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(key))?;
            value.split_whitespace().next()?.parse::<u64>().ok()
        };
        Ok(Self {
            cpu_seconds: (ticks(11) + ticks(12)) / TICKS_PER_SECOND,
            resident_bytes: kilobytes("VmRSS:").unwrap_or_default() * 1024,
            peak_resident_bytes: kilobytes("VmHWM:").unwrap_or_default() * 1024,
        })
    }

    /// Of this process.
    ///
    /// # Errors
    /// procfs cannot be read.
    pub fn own() -> io::Result<Self> {
        Self::of(std::process::id())
    }
}
