//! What the control group allows this process: CPUs and memory (cgroup v2, and v1 where that is what there is).

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// A v1 limit at or above this means none.
const V1_UNLIMITED: u64 = 1 << 60;

/// The limits of a control group and all above it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// CPUs, as quota over period; `None` without a limit.
    pub cpus: Option<f64>,
    /// Bytes; `None` without a limit.
    pub memory_bytes: Option<u64>,
}

impl Limits {
    /// Reads the limits of this process. What cannot be read is no limit.
    pub fn read() -> Self {
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        Self::read_from(Path::new("/sys/fs/cgroup"), &groups)
    }

    fn read_from(root: &Path, groups: &str) -> Self {
        let v2 = groups.lines().find_map(|line| line.strip_prefix("0::"));
        let mut limits = Self::default();
        for folder in v2.map(|group| folders(root, group)).unwrap_or_default() {
            limits.tighten(&Self::of_v2(&folder));
        }
        for (controller, read) in
            [("cpu", Self::of_v1_cpu as fn(&Path) -> Self), ("memory", Self::of_v1_memory)]
        {
            for folder in
                v1_group(groups, controller).map(|it| folders(&root.join(controller), it)).unwrap_or_default()
            {
                limits.tighten(&read(&folder));
            }
        }
        limits
    }

    /// Worker threads: the CPUs of the limit, rounded up, and at most those of the machine.
    pub fn workers(&self) -> NonZeroUsize {
        let machine = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let allowed = self.cpus.map_or(machine.get(), |cpus| cpus.ceil() as usize);
        NonZeroUsize::new(allowed.min(machine.get())).unwrap_or(NonZeroUsize::MIN)
    }

    fn tighten(&mut self, other: &Self) {
        self.cpus = [self.cpus, other.cpus].into_iter().flatten().reduce(f64::min);
        self.memory_bytes = [self.memory_bytes, other.memory_bytes].into_iter().flatten().min();
    }

    fn of_v2(folder: &Path) -> Self {
        let cpus = read_words(&folder.join("cpu.max")).and_then(|words| match words.as_slice() {
            [quota, period] => ratio(quota, period),
            _ => None,
        });
        let memory = read_words(&folder.join("memory.max"));
        Self { cpus, memory_bytes: memory.and_then(|words| words.first()?.parse().ok()) }
    }

    fn of_v1_cpu(folder: &Path) -> Self {
        let file = |name: &str| read_words(&folder.join(name)).and_then(|words| words.into_iter().next());
        let quota = file("cpu.cfs_quota_us").filter(|quota| !quota.starts_with('-'));
        let cpus = quota.zip(file("cpu.cfs_period_us")).and_then(|(quota, period)| ratio(&quota, &period));
        Self { cpus, memory_bytes: None }
    }

    fn of_v1_memory(folder: &Path) -> Self {
        let words = read_words(&folder.join("memory.limit_in_bytes"));
        let bytes = words.and_then(|words| words.first()?.parse().ok()).filter(|&bytes| bytes < V1_UNLIMITED);
        Self { cpus: None, memory_bytes: bytes }
    }
}

fn ratio(quota: &str, period: &str) -> Option<f64> {
    let (quota, period) = (quota.parse::<f64>().ok()?, period.parse::<f64>().ok()?);
    (period > 0.0).then_some(quota / period)
}

fn read_words(path: &Path) -> Option<Vec<String>> {
    Some(fs::read_to_string(path).ok()?.split_whitespace().map(str::to_owned).collect())
}

/// The group of a v1 controller: lines are `id:controllers:path`.
fn v1_group<'a>(groups: &'a str, controller: &str) -> Option<&'a str> {
    groups.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        controllers.split(',').any(|name| name == controller).then_some(path)
    })
}

/// The folder of a group and those above it; in a container the group's own path may not be there.
fn folders(root: &Path, group: &str) -> Vec<PathBuf> {
    Path::new(group.trim_start_matches('/')).ancestors().map(|part| root.join(part)).collect()
}

#[cfg(test)]
mod tests;
