//! Numbers of the whole system: the rest of `/proc/stat`, open files, the kernel's identity, the time.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{CollectError, Page, Sources, form};

/// Line of `/proc/stat`, metric, kind, help.
const LINES: [(&str, &str, &str, &str); 6] = [
    ("btime", "node_boot_time_seconds", "gauge", "Time of the boot, in seconds since the epoch."),
    ("ctxt", "node_context_switches_total", "counter", "Context switches."),
    ("processes", "node_forks_total", "counter", "Forks."),
    ("intr", "node_intr_total", "counter", "Interrupts serviced."),
    ("procs_blocked", "node_procs_blocked", "gauge", "Processes blocked on IO."),
    ("procs_running", "node_procs_running", "gauge", "Processes that can run."),
];

pub(super) fn collect(sources: &Sources, page: &mut Page) -> Result<(), CollectError> {
    let (path, text) = sources.read("stat")?;
    for (key, metric, kind, help) in LINES {
        let rest = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
        let Some(rest) = rest else { continue };
        let first = rest.split(' ').next().unwrap_or_default();
        page.single(metric, kind, help, first.parse().map_err(|_| form(&path, rest))?);
    }
    open_files(sources, page)?;
    let uname = rustix::system::uname();
    page.family("node_uname_info", "gauge", "The kernel's identity.");
    page.sample(
        &[
            ("domainname", &uname.domainname().to_string_lossy()),
            ("machine", &uname.machine().to_string_lossy()),
            ("nodename", &uname.nodename().to_string_lossy()),
            ("release", &uname.release().to_string_lossy()),
            ("sysname", &uname.sysname().to_string_lossy()),
            ("version", &uname.version().to_string_lossy()),
        ],
        1.0,
    );
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    page.single("node_time_seconds", "gauge", "System time in seconds since the epoch.", now.as_secs_f64());
    Ok(())
}

fn open_files(sources: &Sources, page: &mut Page) -> Result<(), CollectError> {
    let (path, text) = sources.read("sys/fs/file-nr")?;
    let numbers: Vec<f64> = text.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [allocated, _, maximum] = numbers[..] else { return Err(form(&path, &text)) };
    page.single("node_filefd_allocated", "gauge", "File descriptors in use.", allocated);
    page.single("node_filefd_maximum", "gauge", "File descriptors at most.", maximum);
    Ok(())
}
