//! What a run of the model may do to the spool.

use std::time::Duration;

use fastrand::Rng;
use weir_model::Signal;

use crate::SpoolSettings;

/// What a run may do to the spool, drawn once per seed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hazards {
    pub(super) signal: Signal,
    pub(super) power_loss_setting: bool,
    pub(super) drop_oldest: bool,
    pub(super) small: bool,
    pub(super) ages: bool,
    pub(super) kills: bool,
    pub(super) power_cuts: bool,
    pub(super) disk_full: bool,
    pub(super) sync_fails: bool,
}

impl Hazards {
    pub(super) fn draw(rng: &mut Rng) -> Self {
        Self {
            signal: if rng.bool() { Signal::Logs } else { Signal::Metrics },
            power_loss_setting: rng.u8(..4) == 0,
            drop_oldest: rng.u8(..4) == 0,
            small: rng.bool(),
            ages: rng.u8(..4) == 0,
            kills: rng.bool(),
            power_cuts: rng.u8(..3) == 0,
            disk_full: rng.u8(..4) == 0,
            sync_fails: rng.u8(..6) == 0,
        }
    }

    pub(super) fn apply(&self, settings: &mut SpoolSettings, rng: &mut Rng) {
        settings.power_loss = self.power_loss_setting;
        settings.drop_oldest = self.drop_oldest;
        settings.bytes_max = if self.small { 32 * 500 } else { 1 << 20 };
        settings.segment_bytes_max = rng.u64(100..3000);
        settings.memory_bytes_max = rng.u64(200..6000);
        if self.ages {
            settings.age_max = Duration::from_secs(20);
        }
    }
}
