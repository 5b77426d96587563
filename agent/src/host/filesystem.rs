//! Mounted file systems, from the mounts of process 1 and statvfs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::fs::{StatVfs, statvfs};

use super::{CollectError, Page, Sources, form};

/// node_exporter's default: file systems that hold nothing of their own.
const IGNORED_TYPES: [&str; 28] = [
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "erofs",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "mqueue",
    "nsfs",
    "overlay",
    "proc",
    "procfs",
    "pstore",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "squashfs",
    "sysfs",
    "tracefs",
    "ramfs",
    "efivarfs",
    "fuse.lxcfs",
];

/// File systems whose answer may never come.
const REMOTE_TYPES: [&str; 10] =
    ["nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "9p", "afs", "lustre", "ocfs2"];
/// How long one of them may take.
const REMOTE_TIMEOUT: Duration = Duration::from_secs(2);
/// What belongs to containers: their own file systems, and volumes that are mounted for them.
const OF_CONTAINERS: [&str; 6] = [
    "/var/lib/docker/",
    "/var/lib/containers/storage/",
    "/var/lib/kubelet/pods/",
    "/run/containerd/",
    "/run/k3s/containerd/",
    "/run/credentials/",
];
/// Mounts that have been asked and have not answered: they are not asked once more until they do.
static STUCK: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

struct Mount<'a> {
    device: &'a str,
    point: String,
    kind: &'a str,
    numbers: Option<Numbers>,
}

struct Numbers {
    size: f64,
    free: f64,
    available: f64,
    files: f64,
    files_free: f64,
    /// Of the mount itself, however weir gets to see it.
    read_only: f64,
}

pub(super) fn collect(sources: &Sources, page: &mut Page) -> Result<(), CollectError> {
    let (path, text) = sources.read("1/mounts").or_else(|_| sources.read("self/mounts"))?;
    let mut mounts: Vec<Mount<'_>> = Vec::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        let (Some(device), Some(point), Some(kind), Some(options)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(form(&path, line));
        };
        let point = unescape(point);
        if !is_ignored(&point, kind)
            && !mounts.iter().any(|mount| mount.point == point && mount.device == device)
        {
            let numbers = read(sources, &point, kind, options);
            mounts.push(Mount { device, point, kind, numbers });
        }
    }
    write(&mounts, page);
    Ok(())
}

/// Name and help of a family, and which number it shows.
type Family = (&'static str, &'static str, fn(&Numbers) -> f64);

fn write(mounts: &[Mount<'_>], page: &mut Page) {
    let families: [Family; 6] = [
        ("node_filesystem_avail_bytes", "Bytes available to users who are not root.", |it| it.available),
        ("node_filesystem_files", "File nodes.", |it| it.files),
        ("node_filesystem_files_free", "Free file nodes.", |it| it.files_free),
        ("node_filesystem_free_bytes", "Free bytes.", |it| it.free),
        ("node_filesystem_readonly", "Whether it is mounted read-only.", |it| it.read_only),
        ("node_filesystem_size_bytes", "Size in bytes.", |it| it.size),
    ];
    for (name, help, value) in families {
        page.family(name, "gauge", help);
        for mount in mounts {
            if let Some(numbers) = &mount.numbers {
                page.sample(&mount.labels(), value(numbers));
            }
        }
    }
    page.family("node_filesystem_device_error", "gauge", "Whether its numbers could not be read.");
    for mount in mounts {
        page.sample(&mount.labels(), f64::from(u8::from(mount.numbers.is_none())));
    }
}

impl Mount<'_> {
    fn labels(&self) -> [(&str, &str); 3] {
        [("device", self.device), ("fstype", self.kind), ("mountpoint", &self.point)]
    }
}

fn read(sources: &Sources, point: &str, kind: &str, options: &str) -> Option<Numbers> {
    let path = sources.root_path.join(point.trim_start_matches('/'));
    let is_remote = REMOTE_TYPES.contains(&kind) || kind.starts_with("fuse");
    let ask = |path: &Path| statvfs(path).ok();
    let stat = if is_remote { within(REMOTE_TIMEOUT, path, ask) } else { ask(&path) }?;
    let block = stat.f_frsize as f64;
    Some(Numbers {
        size: stat.f_blocks as f64 * block,
        free: stat.f_bfree as f64 * block,
        available: stat.f_bavail as f64 * block,
        files: stat.f_files as f64,
        files_free: stat.f_ffree as f64,
        read_only: f64::from(u8::from(options.split(',').any(|option| option == "ro"))),
    })
}

/// Asks on a thread of its own, which stays behind when the answer does not come in time.
pub(super) fn within(
    timeout: Duration,
    path: PathBuf,
    ask: impl FnOnce(&Path) -> Option<StatVfs> + Send + 'static,
) -> Option<StatVfs> {
    if !STUCK.lock().insert(path.clone()) {
        return None;
    }
    let (answers, answer) = mpsc::sync_channel(1);
    let asking = thread::Builder::new().name("statvfs".to_owned()).spawn({
        let path = path.clone();
        move || {
            let found = ask(&path);
            STUCK.lock().remove(&path);
            // Nobody waits any more when it took too long.
            let _ = answers.send(found);
        }
    });
    if asking.is_err() {
        STUCK.lock().remove(&path);
    }
    answer.recv_timeout(timeout).ok().flatten()
}

fn is_ignored(point: &str, kind: &str) -> bool {
    let below = |folder: &str| {
        point == folder || point.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    };
    IGNORED_TYPES.contains(&kind)
        || ["/dev", "/proc", "/sys"].into_iter().any(below)
        || OF_CONTAINERS.iter().any(|folder| point.starts_with(folder))
}

/// The kernel writes space, tab, newline and backslash as octal escapes.
fn unescape(point: &str) -> String {
    point.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}
