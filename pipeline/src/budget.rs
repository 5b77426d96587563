//! How the memory budget is shared out.

use weir_config::{Config, MemoryLimit};

use weir_agent::cgroup::Limits;

/// The budget where the control group sets none.
const DEFAULT_BYTES: u64 = 512 << 20;
const MIB: u64 = 1 << 20;

/// Bytes for everything that can grow. Invariant: `3 * (spool_memory + spool_in_flight) + otlp_in_flight` is at most
/// half of the budget, `undecided` at most a quarter; the rest is for requests under way, page memories and the program itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Budget {
    /// Recent batches kept per signal for exporters that have caught up.
    pub(super) spool_memory: u64,
    /// Batches per signal that wait for the spool's writer.
    pub(super) spool_in_flight: u64,
    /// OTLP bodies that are being handled, over all listeners.
    pub(super) otlp_in_flight: u64,
    /// Undecided traces of a collector.
    pub(super) undecided: u64,
}

impl Budget {
    pub(super) fn of(config: &Config, cgroup: &Limits) -> Self {
        let total = match config.limits.memory {
            MemoryLimit::Bytes(bytes) => bytes,
            MemoryLimit::Auto => cgroup.memory_bytes.unwrap_or(DEFAULT_BYTES),
        };
        let share = |divisor: u64, most: u64| (total / divisor).clamp(MIB, most);
        let budget = Self {
            spool_memory: share(32, 8 * MIB),
            spool_in_flight: share(32, 8 * MIB),
            otlp_in_flight: share(4, 64 * MIB),
            undecided: share(4, u64::MAX),
        };
        debug_assert!(
            total < 16 * MIB
                || 3 * (budget.spool_memory + budget.spool_in_flight) + budget.otlp_in_flight <= total / 2
        );
        budget
    }
}
