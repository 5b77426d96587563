//! Times and durations as a person writes them (docs/api.md, Conventions).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Units of a duration with their milliseconds.
const UNITS: [(&str, f64); 5] = [("ms", 1.0), ("s", 1e3), ("m", 60e3), ("h", 3600e3), ("d", 86_400e3)];
/// The largest time, in milliseconds: its nanoseconds fit 63 bits.
const MS_MAX: f64 = 9_223_372_036_854.0;

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

/// Reads milliseconds since 1970, RFC 3339, `now`, or `now-15m`. Cut to whole milliseconds.
pub(crate) fn time(text: &str, now_ms: i64) -> Option<i64> {
    if let Some(rest) = text.strip_prefix("now") {
        let (sign, span) = match rest.chars().next() {
            None => return Some(now_ms),
            Some('-') => (-1, &rest[1..]),
            Some('+') => (1, &rest[1..]),
            Some(_) => return None,
        };
        let span = i64::try_from(with_unit(span)?.as_millis()).ok()?;
        return now_ms.checked_add(sign * span).filter(|time| *time >= 0);
    }
    let ms = match text.parse::<f64>() {
        Ok(ms) => ms,
        Err(_) => text.parse::<Timestamp>().ok()?.as_millisecond() as f64,
    };
    (0.0..=MS_MAX).contains(&ms).then_some(ms as i64)
}

/// Reads `250ms`, `1.5s`, `2m`, `1h`, `7d`; a bare number is milliseconds.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    match text.parse::<f64>() {
        Ok(ms) => from_ms(ms),
        Err(_) => with_unit(text),
    }
}

fn with_unit(text: &str) -> Option<Duration> {
    let digits = text.find(|each: char| !each.is_ascii_digit() && each != '.')?;
    let (number, unit) = text.split_at(digits);
    let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
    from_ms(number.parse::<f64>().ok()? * scale)
}

fn from_ms(ms: f64) -> Option<Duration> {
    (0.0..=MS_MAX).contains(&ms).then(|| Duration::from_secs_f64(ms / 1e3))
}

#[cfg(test)]
mod tests;
