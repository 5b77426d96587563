//! Pressure stall information, from `/proc/pressure`. A kernel without it has no such files: no metrics, no error.

use super::{CollectError, Page, Sources, form};

const MICROSECOND: f64 = 1e-6;

/// File, line and metric. The kernel's `full` line of `cpu` has no meaning for a whole system.
const LINES: [(&str, &str, &str, &str); 6] = [
    ("cpu", "some", "node_pressure_cpu_waiting_seconds_total", "Seconds in which processes waited for CPU."),
    ("io", "some", "node_pressure_io_waiting_seconds_total", "Seconds in which processes waited for IO."),
    (
        "io",
        "full",
        "node_pressure_io_stalled_seconds_total",
        "Seconds in which no process ran for want of IO.",
    ),
    (
        "irq",
        "full",
        "node_pressure_irq_stalled_seconds_total",
        "Seconds in which no process ran for interrupts.",
    ),
    (
        "memory",
        "some",
        "node_pressure_memory_waiting_seconds_total",
        "Seconds in which processes waited for memory.",
    ),
    (
        "memory",
        "full",
        "node_pressure_memory_stalled_seconds_total",
        "Seconds in which no process ran for want of memory.",
    ),
];

pub(super) fn collect(sources: &Sources, page: &mut Page) -> Result<(), CollectError> {
    for (file, kind, metric, help) in LINES {
        let Ok((path, text)) = sources.read(&format!("pressure/{file}")) else { continue };
        let Some(line) = text.lines().find(|line| line.starts_with(kind)) else { continue };
        let total = line.rsplit_once("total=").and_then(|(_, total)| total.parse::<f64>().ok());
        page.single(metric, "counter", help, total.ok_or_else(|| form(&path, line))? * MICROSECOND);
    }
    Ok(())
}
