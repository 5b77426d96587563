//! Durations as Prometheus writes them in labels: `1m30s`, `15s`, `250ms`.

use std::time::Duration;

/// Units from the largest to the smallest, in milliseconds.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// Reads numbers with units, each unit at most once and the largest first; or `0`. `None` for anything else and for
/// what is longer than Prometheus' 292 years.
pub(super) fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    if text.is_empty() {
        return None;
    }
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let (number, after) = rest.split_at(digits);
        let unit_len = after.find(|character: char| character.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_len);
        let (_, millis) = units.find(|(name, _)| *name == unit)?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*millis)?)?;
        rest = after;
    }
    (total <= i64::MAX as u64 / 1_000_000).then(|| Duration::from_millis(total))
}

/// Writes a duration of whole milliseconds. Years, weeks and days appear only when nothing is left over, as in
/// Prometheus.
pub(super) fn format(duration: Duration) -> String {
    let mut millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (name, unit) in UNITS {
        let exact_only = matches!(name, "y" | "w" | "d");
        if millis >= unit && (!exact_only || millis.is_multiple_of(unit)) {
            text += &format!("{}{name}", millis / unit);
            millis %= unit;
        }
    }
    text
}

#[cfg(test)]
mod tests;
