//! A page that is the last one with other numbers.

use weir_exposition::{Format, Tail, parse_tail};

use super::edits::Edits;
use super::{AHEAD_MAX_MS, PageMemory, PageSettings, Place, Sent};

/// How a sample with its own timestamp stands to the last one of its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// It is newer.
    Advances,
    /// It is the same sample again, and no new record.
    Repeats,
    /// It is older, or another one of the same time, or too far ahead.
    Unusable,
}

impl Clock {
    /// Compares `sample` with the `last` one that was sent.
    pub(super) fn of(last: Option<Sent>, sample: Sent, now_ms: i64) -> Self {
        match last {
            _ if sample.timestamp > now_ms.saturating_add(AHEAD_MAX_MS) => Self::Unusable,
            Some(last) if last == sample => Self::Repeats,
            Some(last) if sample.timestamp <= last.timestamp => Self::Unusable,
            _ => Self::Advances,
        }
    }
}

impl PageMemory {
    /// Writes the page's numbers into the template. `None` when the page differs in more than numbers; the template's
    /// numbers are then of no use, and `sent` is as before.
    pub(super) fn replay(
        &mut self,
        page: &[u8],
        format: Format,
        now_ms: i64,
        settings: &PageSettings,
    ) -> Option<Edits> {
        if format != self.format || self.irregular || !self.reusable || self.pieces.is_empty() {
            return None;
        }
        let mut replay = Replay {
            template: &mut self.template,
            sent: self.sent.clone(),
            clocked: 0,
            series: 0,
            edits: Edits::new(self.symbols.count),
            now_ms,
        };
        let mut rest = page;
        let mut keys = self.keys.as_slice();
        for piece in &self.pieces {
            let (key, next_keys) = keys.split_at(piece.key_len as usize);
            keys = next_keys;
            rest = rest.strip_prefix(key)?;
            if piece.place == Place::Gap {
                continue;
            }
            // Anything but a blank may make the series a longer one.
            if rest.first() != Some(&b' ') {
                return None;
            }
            let tail = parse_tail(rest, format).ok()?;
            rest = &rest[tail.len..];
            replay.sample(piece.place, &tail, settings)?;
        }
        if !rest.is_empty() {
            return None;
        }
        let Replay { sent, edits, .. } = replay;
        self.sent = sent;
        Some(edits)
    }
}

struct Replay<'a> {
    template: &'a mut weir_proto::remote_write_v2::Template,
    sent: Vec<Option<Sent>>,
    clocked: usize,
    series: u32,
    edits: Edits,
    now_ms: i64,
}

impl Replay<'_> {
    #[inline]
    fn sample(&mut self, place: Place, tail: &Tail<'_>, settings: &PageSettings) -> Option<()> {
        let timestamp = if settings.honor_timestamps { tail.timestamp_ms } else { None };
        let timestamp = match (place, timestamp) {
            (Place::Series(slot), None) => {
                if !self.template.set(slot, tail.value, self.now_ms) {
                    return None;
                }
                self.now_ms
            }
            (Place::Clocked(slot), Some(timestamp)) => {
                if !self.clocked_sample(Sent { timestamp, value_bits: tail.value.to_bits() }) {
                    self.edits.skip(self.series);
                    self.series += 1;
                    return Some(());
                }
                if !self.template.set(slot, tail.value, timestamp) {
                    return None;
                }
                timestamp
            }
            (Place::Dropped, _) | (Place::Duplicate, None) => return Some(()),
            _ => return None,
        };
        if let Some(exemplar) = &tail.exemplar {
            self.edits.put_exemplar(self.series, exemplar, timestamp);
        }
        self.series += 1;
        Some(())
    }

    /// Whether a sample with its own timestamp is one to send.
    fn clocked_sample(&mut self, sample: Sent) -> bool {
        let Some(last) = self.sent.get_mut(self.clocked) else { return false };
        self.clocked += 1;
        match Clock::of(*last, sample, self.now_ms) {
            Clock::Advances => *last = Some(sample),
            Clock::Repeats => return false,
            Clock::Unusable => {
                self.edits.unusable += 1;
                return false;
            }
        }
        true
    }
}
