//! Seconds per CPU and mode, from the `cpuN` lines of `/proc/stat`.

use super::{CollectError, Page, Sources, form};

const MODES: [&str; 8] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];
const GUEST_MODES: [&str; 2] = ["user", "nice"];
/// `USER_HZ`: the unit of these counters on every Linux that Rust builds for.
const TICKS_PER_SECOND: f64 = 100.0;

pub(super) fn collect(sources: &Sources, page: &mut Page) -> Result<(), CollectError> {
    let (path, text) = sources.read("stat")?;
    let mut cpus = Vec::new();
    for line in text.lines() {
        let Some(rest) = line.strip_prefix("cpu") else { continue };
        let mut words = rest.split(' ');
        let Some(cpu) = words.next().filter(|cpu| !cpu.is_empty()) else { continue };
        let ticks: Result<Vec<f64>, _> = words.map(str::parse).collect();
        cpus.push((cpu, ticks.map_err(|_| form(&path, line))?));
    }
    page.family("node_cpu_guest_seconds_total", "counter", "Seconds the CPUs spent in guests for each mode.");
    for (cpu, ticks) in &cpus {
        for (mode, ticks) in GUEST_MODES.iter().zip(ticks.iter().skip(MODES.len())) {
            page.sample(&[("cpu", cpu), ("mode", mode)], ticks / TICKS_PER_SECOND);
        }
    }
    page.family("node_cpu_seconds_total", "counter", "Seconds the CPUs spent in each mode.");
    for (cpu, ticks) in &cpus {
        for (mode, ticks) in MODES.iter().zip(ticks) {
            page.sample(&[("cpu", cpu), ("mode", mode)], ticks / TICKS_PER_SECOND);
        }
    }
    Ok(())
}
