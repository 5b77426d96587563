//! Block devices, from `/proc/diskstats` (kernel documentation: admin-guide/iostats).

use super::{CollectError, Page, Sources, form};

const SECTOR_BYTES: f64 = 512.0;
const MILLISECOND: f64 = 0.001;

/// Name, kind, factor and help of each column after the device's name.
const COLUMNS: [(&str, &str, f64, &str); 17] = [
    ("node_disk_reads_completed_total", "counter", 1.0, "Reads completed."),
    ("node_disk_reads_merged_total", "counter", 1.0, "Reads merged."),
    ("node_disk_read_bytes_total", "counter", SECTOR_BYTES, "Bytes read."),
    ("node_disk_read_time_seconds_total", "counter", MILLISECOND, "Seconds spent by all reads."),
    ("node_disk_writes_completed_total", "counter", 1.0, "Writes completed."),
    ("node_disk_writes_merged_total", "counter", 1.0, "Writes merged."),
    ("node_disk_written_bytes_total", "counter", SECTOR_BYTES, "Bytes written."),
    ("node_disk_write_time_seconds_total", "counter", MILLISECOND, "Seconds spent by all writes."),
    ("node_disk_io_now", "gauge", 1.0, "Operations in progress."),
    ("node_disk_io_time_seconds_total", "counter", MILLISECOND, "Seconds spent doing operations."),
    (
        "node_disk_io_time_weighted_seconds_total",
        "counter",
        MILLISECOND,
        "Weighted seconds spent doing operations.",
    ),
    ("node_disk_discards_completed_total", "counter", 1.0, "Discards completed."),
    ("node_disk_discards_merged_total", "counter", 1.0, "Discards merged."),
    ("node_disk_discarded_sectors_total", "counter", 1.0, "Sectors discarded."),
    ("node_disk_discard_time_seconds_total", "counter", MILLISECOND, "Seconds spent by all discards."),
    ("node_disk_flush_requests_total", "counter", 1.0, "Flush requests completed."),
    (
        "node_disk_flush_requests_time_seconds_total",
        "counter",
        MILLISECOND,
        "Seconds spent by all flush requests.",
    ),
];

pub(super) fn collect(sources: &Sources, page: &mut Page) -> Result<(), CollectError> {
    let (path, text) = sources.read("diskstats")?;
    let mut devices = Vec::new();
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace().skip(2);
        let device = words.next().ok_or_else(|| form(&path, line))?;
        if is_ignored(device) {
            continue;
        }
        let numbers: Result<Vec<f64>, _> = words.map(str::parse).collect();
        devices.push((device, numbers.map_err(|_| form(&path, line))?));
    }
    for (column, (name, kind, factor, help)) in COLUMNS.iter().enumerate() {
        page.family(name, kind, help);
        for (device, numbers) in &devices {
            if let Some(number) = numbers.get(column) {
                page.sample(&[("device", device)], number * factor);
            }
        }
    }
    Ok(())
}

/// node_exporter's default: memory disks, loops, floppies, and partitions of disks that are shown as a whole.
fn is_ignored(device: &str) -> bool {
    let stem = device.trim_end_matches(|digit: char| digit.is_ascii_digit());
    if stem.len() == device.len() {
        return false;
    }
    if ["ram", "zram", "loop", "fd"].contains(&stem) {
        return true;
    }
    let disk_letter = ["hd", "sd", "vd", "xvd"].iter().find_map(|kind| stem.strip_prefix(kind));
    if disk_letter.is_some_and(|letter| letter.len() == 1 && letter.as_bytes()[0].is_ascii_lowercase()) {
        return true;
    }
    stem.strip_prefix("nvme").and_then(|rest| rest.strip_suffix('p')).is_some_and(|rest| {
        rest.split_once('n')
            .is_some_and(|(controller, namespace)| is_number(controller) && is_number(namespace))
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
